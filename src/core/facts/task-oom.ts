/**
 * The runtime's OOM lines. On cgroup v1 a full cgroup tells every container below it (mem_cgroup_oom_notify,
 * mm/memcontrol.c), and containerd writes a line for each; an OOM of the whole node tells nobody.
 */
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';
import { containerIdOfKill, type BundleIndex } from './index-bundle.ts';

/** containerd writes the lines of one OOM within 7 ms (seen with 1.6.20, four containers). */
const SAME_OOM_MS = 10;
/** The runtime notes the end of the victim within 0.1 s; a sandbox whose pod has ended is removed 2 s later. */
const ENDED_MS = SECOND_MS;
const ENDS: ReadonlySet<NodeLogRecord['kind']> = new Set(['task-exit', 'shim-left', 'shim-cleanup']);
/** Status has whole seconds, and the kernel log has its own clock. */
const SAME_KILL_MS = 3 * SECOND_MS;

/**
 * Other containers, sandboxes included, that the runtime saw hit in the same moment and that lived on: one that ended had
 * an OOM kill of its own by chance. Undefined where the runtime logged none of this one.
 */
export function oomSeenBeside(index: BundleIndex, nodeLog: readonly NodeLogRecord[]): number | undefined {
  const own = nodeLog.findLast((record) => record.kind === 'task-oom');
  if (own?.atMs === undefined || own.containerId === undefined) return undefined;
  const { atMs, containerId, nodeName } = own;
  const others = index.taskOoms.filter(
    (other) =>
      other.containerId !== containerId &&
      other.atMs !== undefined &&
      Math.abs(other.atMs - atMs) <= SAME_OOM_MS &&
      other.nodeName === nodeName &&
      !endedThen(index, other.containerId, atMs),
  );
  return new Set(others.map((other) => other.containerId)).size;
}

function endedThen(index: BundleIndex, containerId: string | undefined, atMs: EpochMs): boolean {
  if (containerId === undefined) return false;
  return (index.nodeLogByContainer.get(containerId) ?? []).some(
    (record) =>
      ENDS.has(record.kind) && record.atMs !== undefined && Math.abs(record.atMs - atMs) <= ENDED_MS,
  );
}

/** The line at that time told of the kill of a process of another container, which is known. */
export function toldOfOther(
  index: BundleIndex,
  own: { readonly pod: PodEvidence; readonly container: ContainerEvidence; readonly containerId: string },
  atMs: EpochMs | undefined,
): boolean {
  const { pod, container, containerId } = own;
  const node = pod.nodeName === undefined ? undefined : index.nodeByName.get(pod.nodeName);
  if (atMs === undefined || node?.cgroupVersion === 2) return false;
  const isNear = (otherMs: EpochMs | undefined): boolean =>
    otherMs !== undefined && Math.abs(otherMs - atMs) <= SAME_KILL_MS;
  const sibling = pod.containers.some(
    ({ name, status }) =>
      name !== container.name &&
      [status?.state, status?.lastState].some(
        (state) =>
          state?.kind === 'terminated' &&
          state.termination.reason === 'OOMKilled' &&
          state.termination.exitCode === 137 &&
          isNear(state.termination.finishedAtMs),
      ),
  );
  if (sibling) return true;
  return index.bundle.kernelKills.some((kill) => {
    const { nodeName, oomCgroup } = kill;
    const victim = containerIdOfKill(kill);
    const ofPod = oomCgroup?.level === 'pod' && oomCgroup.podUid === pod.uid;
    const above = oomCgroup?.level === 'kubepods' || oomCgroup?.level === 'qos';
    const here = nodeName === undefined || pod.nodeName === undefined || nodeName === pod.nodeName;
    return victim !== undefined && victim !== containerId && (ofPod || above) && here && isNear(kill.atMs);
  });
}
