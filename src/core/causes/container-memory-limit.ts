import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { formatBytes, formatTime } from '../text/amounts.ts';
import { LIKELY_FROM, POSSIBLE_FROM, RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { execVictimWeight } from './exec-process-memory.ts';
import { endsContainer, wasFirstProcess } from '../facts/first-process.ts';
import { levelOf } from './level.ts';
import {
  companions,
  endExplained,
  endingKill,
  exceedsNode,
  exitCode,
  isOomSeenAbovePod,
  isSigkill,
  lastReadKill,
  loggedExit,
  outlivedKill,
  limitOf,
  nodeEventsInWindow,
  oomLines,
  peakRatio,
  saysOomKilled,
} from './read.ts';
import { contra, excluded, found, fromKernel, fromLine, nameOf, present, pro } from './say.ts';

/** Peak over limit from which the container counts as having been at its limit. */
const AT_LIMIT = 0.9;
/** The OOM flag with a limit set and nothing else: most such deaths are the container's own limit. */
const FLAG_WITH_LIMIT = 0.8;
/** A lost OOM event (containerd before 2.3, systemd scope race): usage at the limit is all there is. */
const LOST_EVENT = 0.6;
/** The log ends before the exit; the report read shows the same container at the same limit shortly before. */
const NEXT_KILL_UNREAD = 0.85;
/** The OOM flag where not even the limit was read (a fragment of `describe`). */
const FLAG_ALONE = 0.65;

/** The victim may have been exec'd in as well as forked. */
const STRANGE_VICTIM = 0.7;

function limitText(facts: DeathFacts, kill?: KernelOomKill): string {
  // The figures of a report belong to the cgroup that was full, which may be the pod's.
  const printed = kill?.oomCgroup?.level === 'pod' ? undefined : kill?.limitBytes;
  const limit = printed ?? limitOf(facts) ?? kill?.limitBytes;
  return limit === undefined || limit === 'unlimited'
    ? 'its memory limit'
    : `its limit of ${formatBytes(limit)}`;
}

function summary(facts: DeathFacts, kill?: KernelOomKill): string {
  const at = facts.diedAtMs === undefined ? '' : ` at ${formatTime(facts.diedAtMs)}`;
  const bare = facts.container === undefined && kill?.taskCgroup?.containerId === undefined;
  return `The kernel killed ${nameOf(facts)}${at}: ${bare && kill?.victim !== undefined ? 'its cgroup' : 'it'} reached ${limitText(facts, kill)}.`;
}

/** A victim that is not the container's own program leaves less for the container's own limit. */
function victimCap(facts: DeathFacts, kill: KernelOomKill): number {
  const exec = execVictimWeight(facts, kill);
  if (exec !== undefined) return exec >= POSSIBLE_FROM ? POSSIBLE_FROM : STRANGE_VICTIM;
  // Without group kill only the victim died of it: the container's own end was passed on by its first process.
  const endUnread = facts.subject.kind === 'kernel';
  const child = !kill.groupKill && wasFirstProcess(facts, kill) === 'no';
  return child && (isSigkill(facts) || endUnread) ? POSSIBLE_FROM : 1;
}

function byKernel(facts: DeathFacts, kill: KernelOomKill): Assessment | undefined {
  const level = levelOf(facts, kill);
  if (level.K1 === undefined) {
    const other = level.K6 !== undefined ? 'the node as a whole' : 'a cgroup above the container';
    return excluded(
      contra('kernel log', `the kernel says that ${other} was out of memory`, { records: [kill.id] }),
    );
  }
  const capped = Math.min(
    level.K1,
    victimCap(facts, kill),
    endingKill(facts) === undefined ? NEXT_KILL_UNREAD : 1,
  );
  // A kernel log alone does not show whether the container ended with the process.
  const unseen =
    facts.subject.kind === 'kernel' && !endsContainer(facts, kill) && loggedExit(facts) === undefined;
  // Nor does a report whose distance from the exit is unknown.
  const untimed = facts.subject.kind === 'container' && facts.diedAtMs === undefined && !kill.groupKill;
  const weight = outlivedKill(facts) !== undefined ? 0.3 : unseen || untimed ? Math.min(capped, 0.9) : capped;
  const because = present([
    fromKernel(kill),
    level.reason === undefined ? undefined : pro('kernel log', level.reason, { records: [kill.id] }),
    ...flagStatements(facts),
  ]);
  return found(weight, summary(facts, kill), because);
}

function flagStatements(facts: DeathFacts): readonly Statement[] {
  const { pod, termination } = facts;
  const flag = saysOomKilled(facts)
    ? [
        pro(
          'pod status',
          `reason OOMKilled, exit code ${termination?.exitCode ?? '?'}: a process of this container was killed for memory`,
          {
            atMs: facts.diedAtMs,
            records: pod === undefined ? [] : [pod.id],
          },
        ),
      ]
    : [];
  const lines = oomLines(facts).map((line) =>
    fromLine(line, 'the runtime saw an OOM kill in this container'),
  );
  return [...flag, ...lines.slice(0, 1)];
}

function peakStatement(facts: DeathFacts): Statement | undefined {
  const ratio = peakRatio(facts);
  const limit = limitOf(facts);
  if (ratio === undefined || limit === undefined || facts.peakBytes === undefined) return undefined;
  const text = `highest reading ${formatBytes(facts.peakBytes)} of ${formatBytes(limit)}`;
  return ratio >= AT_LIMIT ? pro('metrics', text) : undefined;
}

/** Most OOM kills are of a container's own limit, and nothing here says whether this one has a limit. */
function byFlagAlone(facts: DeathFacts): Assessment {
  const at = facts.diedAtMs === undefined ? '' : ` at ${formatTime(facts.diedAtMs)}`;
  const who = facts.subject.kind === 'trace' ? `a process of ${nameOf(facts)}` : nameOf(facts);
  return found(
    FLAG_ALONE,
    `The kernel killed ${who} for memory${at}, most probably at its own limit; the limit is not in this evidence.`,
    flagStatements(facts),
  );
}

/** Below what names a cause: beside the pod's own limit (K4) it stays open which was hit. */
const SHARED = 0.58;

/** A limit of the pod as a whole, or tmpfs that outlives the container, may have been hit instead (K4). */
function sharesMemory(facts: DeathFacts): boolean {
  return facts.hasPodLevelResources || (facts.pod?.memoryVolumes.length ?? 0) > 0;
}

/**
 * On cgroup v1 the OOM of one container flags every container of its pod (mem_cgroup_oom_notify walks the subtree,
 * mm/memcontrol.c), and a kernel log of that time that names no process of it speaks against the flag. At its own limit
 * it is only known to have been where its readings say so.
 */
function flagMayBeFalse(facts: DeathFacts): boolean {
  if ((peakRatio(facts) ?? 0) >= AT_LIMIT) return false;
  return facts.kernelLogCovers || (facts.node?.cgroupVersion === 1 && companions(facts) > 0);
}

/** `OOMKilled` (or the runtime's own line) without the kernel's report: the level must be inferred. */
function byFlag(facts: DeathFacts): Assessment | undefined {
  const limit = limitOf(facts);
  if (limit === undefined) {
    if (facts.limitBytes !== 'unlimited') return byFlagAlone(facts);
    return excluded(contra('pod spec', 'the container has no memory limit of its own'));
  }
  if (exceedsNode(facts, limit)) {
    return excluded(
      contra('pod spec', `its limit of ${formatBytes(limit)} is more memory than the node has`),
    );
  }
  const ratio = peakRatio(facts);
  const pressure = nodeEventsInWindow(facts, [
    'SystemOOM',
    'EvictionThresholdMet',
    'NodeHasInsufficientMemory',
  ]);
  const farFromLimit = ratio !== undefined && ratio <= 0.75 && pressure.length > 0;
  const systemOom = pressure.some((event) => event.reason === 'SystemOOM');
  const neighbours = facts.cohort.filter((other) => other.reason === 'OOMKilled').length;
  let weight = ratio !== undefined && ratio >= AT_LIMIT ? 0.9 : FLAG_WITH_LIMIT;
  if (farFromLimit || systemOom) weight = 0.4;
  // Several at once may be the node's doing; the kubelet would then have written SystemOOM, if its events were read.
  else if (neighbours >= 2 && ratio === undefined) weight = facts.nodeEvents.length > 0 ? LIKELY_FROM : 0.65;
  // A burst between two samples is possible, and so is a limit above the container's.
  else if (ratio !== undefined && ratio <= 0.75) weight = 0.7;
  if (sharesMemory(facts)) weight = Math.min(weight, SHARED);
  // The only limit there is belongs to the pod (K4).
  if (facts.hasPodLevelResources && facts.container?.limits.memoryBytes === undefined)
    weight = Math.min(weight, 0.4);
  if (flagMayBeFalse(facts)) weight = Math.min(weight, 0.7);
  // A kill by the kubelet without a time may have been of this life: then the flag only sticks.
  if (facts.killDecisions.some(({ atMs }) => atMs === undefined)) weight = Math.min(weight, 0.65);
  if (isOomSeenAbovePod(facts)) weight = Math.min(weight, SHARED);
  if (endExplained(facts)) weight = Math.min(weight, 0.3);
  const because = present([
    ...flagStatements(facts),
    pro('pod spec', `its memory limit is ${formatBytes(limit)}`, {
      records: facts.pod === undefined ? [] : [facts.pod.id],
    }),
    peakStatement(facts),
  ]);
  return found(weight, summary(facts), because);
}

/** 137 with reason `Error`: memory only if usage stood at the limit and nothing else explains the exit. */
function byUsage(facts: DeathFacts): Assessment | undefined {
  const ratio = peakRatio(facts);
  if (ratio === undefined) return undefined;
  if (facts.kernelLogCovers) {
    return excluded(
      contra('kernel log', 'the kernel log of that time was read and reports no OOM kill of this container'),
    );
  }
  if (ratio < AT_LIMIT) {
    const limit = limitOf(facts) ?? 0;
    return found(0.15, summary(facts), [], {
      against: [
        contra(
          'metrics',
          `highest reading ${formatBytes(facts.peakBytes ?? 0)} of ${formatBytes(limit)}, far from the limit`,
        ),
      ],
    });
  }
  const weight = facts.eventsCoverWindow === 'yes' ? LOST_EVENT : 0.5;
  const because = present([
    peakStatement(facts),
    facts.eventsCoverWindow === 'yes'
      ? pro('events', 'the events of that time are there and show no kill by the kubelet')
      : undefined,
    pro('runtime', 'containerd before 2.3 can lose the OOM event and report Error'),
  ]);
  return found(
    weight,
    `Probably the kernel killed ${nameOf(facts)} at ${limitText(facts)}, and the runtime lost the OOM event.`,
    because,
  );
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { subject } = facts;
  if (subject.kind === 'trace') return oomLines(facts).length > 0 ? byFlagAlone(facts) : undefined;
  if (subject.kind !== 'container' && subject.kind !== 'kernel') return undefined;
  const kill = endingKill(facts);
  if (
    kill !== undefined &&
    (isSigkill(facts) || subject.kind === 'kernel' || exitCode(facts) === undefined)
  ) {
    return byKernel(facts, kill);
  }
  if (!isSigkill(facts)) return undefined;
  const lastRead = endExplained(facts) ? undefined : lastReadKill(facts);
  if (lastRead !== undefined) return byKernel(facts, lastRead);
  if (saysOomKilled(facts) || oomLines(facts).length > 0) return byFlag(facts);
  if (endExplained(facts) || facts.pod?.os === 'windows') return undefined;
  if (facts.kernelLogCovers && peakRatio(facts) === undefined) {
    return excluded(
      contra('kernel log', 'the kernel log of that time was read and reports no OOM kill of this container'),
    );
  }
  return byUsage(facts);
}

/** K1: the container's own (or an equal pod) memory limit, PID 1 dies. domain: kernel mm/memcontrol.c, mm/oom_kill.c. */
export const containerMemoryLimit: Cause = {
  code: 'K1',
  id: 'container-memory-limit',
  title: 'container memory limit',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel + 8,
  needs: ['pod', 'kernel-log', 'node-log'],
  assess,
};
