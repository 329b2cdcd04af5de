/** Kernel reports of a dead instance whose container ID the evidence does not name: `describe` prints only the present one. */
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerEvidence, ContainerTermination, PodEvidence } from '../model/kubernetes.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';
import { containerIdOfKill, podUidOfKill } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import { containerLimit, limitOrUnlimited, podLimit } from './memory.ts';

/** Status times have whole seconds, and the kernel's clock is another one. */
const CLOCK_SLACK_MS = 2 * SECOND_MS;
/** The kernel's report and the exit it caused are this close. */
const AT_EXIT_MS = 5 * SECOND_MS;

/** Whether a report falls into the life of an instance; undated reports may. */
export function isInLife(
  kill: KernelOomKill,
  life: { readonly startedAtMs?: EpochMs | undefined; readonly endedAtMs?: EpochMs | undefined },
): boolean {
  const { startedAtMs, endedAtMs } = life;
  if (kill.atMs === undefined) return true;
  if (startedAtMs !== undefined && kill.atMs < startedAtMs - CLOCK_SLACK_MS) return false;
  return endedAtMs === undefined || kill.atMs <= endedAtMs + CLOCK_SLACK_MS;
}

interface Ended {
  readonly pod: PodEvidence;
  readonly container: ContainerEvidence;
  readonly termination: ContainerTermination;
}

function isFlagged({ reason }: ContainerTermination): boolean {
  return reason === 'OOMKilled';
}

/** Reports that no container ID in the evidence claims: of the pod where its UID is known, else of the only pod there is. */
function unclaimed(index: BundleIndex, pod: PodEvidence): readonly KernelOomKill[] {
  const lone = pod.uid === undefined && index.bundle.pods.length === 1;
  const ofPod = lone ? index.bundle.kernelKills : (index.killsByPod.get(pod.uid ?? '') ?? []);
  return ofPod.filter((kill) => !index.podByContainerId.has(containerIdOfKill(kill) ?? ''));
}

function showsLimitOf({ pod, container }: Ended, { limitBytes }: KernelOomKill): boolean {
  return (
    limitBytes !== undefined && [containerLimit(pod, container), podLimit(pod)].includes(Number(limitBytes))
  );
}

/** The container's own cgroup was hit, and its limit is another than this one's. */
function isOfAnother({ pod, container }: Ended, { oomCgroup, limitBytes }: KernelOomKill): boolean {
  const own = containerLimit(pod, container);
  return (
    oomCgroup?.level === 'container' && limitBytes !== undefined && own !== undefined && limitBytes !== own
  );
}

/** A sibling that says OOMKilled ended at the time of the report, and this one does not say so. */
function fitsSibling({ pod, container, termination }: Ended, kill: KernelOomKill): boolean {
  if (isFlagged(termination)) return false;
  return pod.containers.some(
    ({ name, status }) =>
      name !== container.name &&
      [status?.state, status?.lastState].some(
        (state) =>
          state?.kind === 'terminated' && isFlagged(state.termination) && isAtExit(kill, state.termination),
      ),
  );
}

function isAtExit({ atMs }: KernelOomKill, { finishedAtMs }: ContainerTermination): boolean {
  return atMs !== undefined && finishedAtMs !== undefined && Math.abs(atMs - finishedAtMs) <= AT_EXIT_MS;
}

/** Of reports about several pods only those that show this container's limit can be told as its own. */
function unambiguous(kills: readonly KernelOomKill[], ended: Ended): readonly KernelOomKill[] {
  const pods = new Set(kills.map(podUidOfKill).filter((uid) => uid !== undefined));
  return pods.size < 2 ? kills : kills.filter((kill) => showsLimitOf(ended, kill));
}

/**
 * Reports at the time of the exit of an instance without an ID, if the exit says OOMKilled or the report shows its
 * limit. Reports at another time of its life, or without a time, need both, where the limit was read.
 */
export function adoptedKills(index: BundleIndex, ended: Ended): readonly KernelOomKill[] {
  const { pod, termination } = ended;
  if (pod.origin !== 'describe' || termination.containerId !== undefined) return [];
  if (termination.finishedAtMs === undefined) return [];
  const open = unclaimed(index, pod).filter((kill) => !isOfAnother(ended, kill) && !fitsSibling(ended, kill));
  const flagged = isFlagged(termination);
  const atExit = open.filter((kill) => isAtExit(kill, termination) && (flagged || showsLimitOf(ended, kill)));
  if (atExit.length > 0) return unambiguous(atExit, ended);
  if (!flagged) return [];
  const { startedAtMs, finishedAtMs: endedAtMs } = termination;
  // A fragment cut off above the limits cannot contradict the report's.
  const limitUnread = limitOrUnlimited(pod, ended.container) === undefined;
  const before = open.filter(
    (kill) => isInLife(kill, { startedAtMs, endedAtMs }) && (limitUnread || showsLimitOf(ended, kill)),
  );
  const dated = before.every(({ atMs }) => atMs !== undefined);
  return dated || before.length === 1 ? unambiguous(before, ended) : [];
}

/** Every report that some instance of the pod takes as its own in this way. */
export function adoptedByPod(index: BundleIndex, pod: PodEvidence): ReadonlySet<KernelOomKill> {
  if (pod.origin !== 'describe' || index.bundle.kernelKills.length === 0) return new Set();
  return new Set(
    pod.containers.flatMap((container) =>
      [container.status?.state, container.status?.lastState].flatMap((state) =>
        state?.kind === 'terminated'
          ? adoptedKills(index, { pod, container, termination: state.termination })
          : [],
      ),
    ),
  );
}
