import { muchWasFree } from '../facts/memory.ts';
import type { DeathFacts } from '../facts/types.ts';
import { formatBytes, formatTime } from '../text/amounts.ts';
import { LIKELY_FROM, RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { levelOf } from './level.ts';
import {
  endExplained,
  endingKill,
  isSigkill,
  isOomSeenAbovePod,
  looksLikeProgram,
  nodeEventsInWindow,
  oomLines,
  peakRatio,
  saysOomKilled,
  whyNoLimitOfItsPod,
} from './read.ts';
import { contra, found, fromEvent, fromKernel, nameOf, present, pro } from './say.ts';

/** Constraints of a report that looked at some of the node's memory only (include/linux/oom.h). */
const PARTS: ReadonlySet<string> = new Set(['CONSTRAINT_CPUSET', 'CONSTRAINT_MEMORY_POLICY']);

function summary(facts: DeathFacts): string {
  const at = facts.diedAtMs === undefined ? '' : ` at ${formatTime(facts.diedAtMs)}`;
  const node = facts.nodeName === undefined ? 'the node' : `node ${facts.nodeName}`;
  const part = facts.kernelKills.some(
    ({ scope, constraint }) => scope === 'global' && PARTS.has(constraint ?? ''),
  );
  const what = part
    ? `the part of ${node}'s memory it may use (cpuset or NUMA policy) had run out`
    : `${node} itself had run out of memory`;
  return `The kernel killed ${nameOf(facts)}${at}: ${what}.`;
}

function byKernel(facts: DeathFacts): Assessment | undefined {
  const kill = endingKill(facts) ?? (facts.subject.kind === 'kernel' ? facts.kernelKills[0] : undefined);
  if (kill === undefined) return undefined;
  const { K6 } = levelOf(facts, kill);
  if (K6 === undefined) return undefined;
  const free = kill.nodeMemory?.freeBytes;
  const total = kill.nodeMemory?.totalBytes;
  const odd =
    muchWasFree(kill) && free !== undefined && total !== undefined
      ? [
          contra(
            'kernel log',
            `${formatBytes(free)} of ${formatBytes(total)} were free: this may be a false report caused by a cgroup's limit`,
          ),
        ]
      : [];
  const text =
    kill.outcome === 'panic' || kill.outcome === 'no-killable'
      ? nobodyKilled(facts, kill.outcome, odd.length > 0)
      : summary(facts);
  return found(K6, text, [fromKernel(kill)], { against: odd });
}

function nobodyKilled(facts: DeathFacts, outcome: 'panic' | 'no-killable', doubtful: boolean): string {
  const node = facts.nodeName === undefined ? 'The node' : `Node ${facts.nodeName}`;
  const end =
    outcome === 'panic'
      ? 'and the kernel stopped with a panic'
      : 'and the kernel found no process it could kill';
  return doubtful
    ? `The kernel took ${node.replace(/^T/, 't').replace(/^N/, 'n')} to be out of memory although much was free, ${end}.`
    : `${node} had run out of memory ${end}.`;
}

/** `SystemOOM, victim process: P, pid: N` (pkg/kubelet/oom/oom_watcher_linux.go): a host pid, no pod. */
function systemOoms(facts: DeathFacts) {
  return nodeEventsInWindow(facts, ['SystemOOM']).map((event) => {
    const comm = /victim process: (.+?), pid: \d+/.exec(event.message)?.[1];
    return { event, fits: comm !== undefined && looksLikeProgram(facts.container, comm) };
  });
}

function byFlag(facts: DeathFacts): Assessment | undefined {
  const systemOom = systemOoms(facts);
  const fitting = systemOom.find(({ fits }) => fits) ?? systemOom[0];
  const pressure = nodeEventsInWindow(facts, ['EvictionThresholdMet', 'NodeHasInsufficientMemory']);
  const flagged = saysOomKilled(facts) || oomLines(facts).length > 0;
  // An OOM of the whole node tells no cgroup (mm/oom_kill.c), so these lines speak for a limit.
  const explained = endExplained(facts) || (fitting === undefined && isOomSeenAbovePod(facts));
  const because = present([
    fitting === undefined ? undefined : fromEvent(fitting.event),
    ...pressure.slice(0, 2).map((event) => fromEvent(event)),
  ]);
  const unlimited = whyNoLimitOfItsPod(facts);
  if (flagged && unlimited !== undefined) {
    const none = pro('pod spec', `${unlimited}, so no limit of theirs was hit`);
    return found(explained ? 0.3 : aboveLimits(facts, fitting !== undefined), summary(facts), [
      none,
      ...because,
    ]);
  }
  if (flagged && fitting !== undefined) return found(explained ? 0.3 : 0.85, summary(facts), because);
  if (flagged) return flaggedByNeighbours(facts, { pressure: pressure.length > 0, explained, because });
  if (fitting === undefined || explained) return undefined;
  return found(fitting.fits ? 0.95 : 0.65, summary(facts), because);
}

/**
 * No limit of the pod was hit: the node itself, or the limit of all pods together. The kubelet writes SystemOOM only of
 * the node (pkg/kubelet/oom/oom_watcher_linux.go), so where the node's events were read its absence speaks for the other.
 */
function aboveLimits(facts: DeathFacts, systemOom: boolean): number {
  if (systemOom) return 0.9;
  return facts.nodeEvents.length > 0 && facts.eventsCoverWindow === 'yes' ? 0.55 : LIKELY_FROM;
}

/** No SystemOOM event, but signs that more than this container was short of memory. */
function flaggedByNeighbours(
  facts: DeathFacts,
  signs: { readonly pressure: boolean; readonly explained: boolean; readonly because: Assessment['because'] },
): Assessment | undefined {
  if (signs.explained) return undefined;
  const ratio = peakRatio(facts);
  const farFromLimit = ratio !== undefined && ratio <= 0.75 && signs.pressure;
  const neighbours = facts.cohort.filter((other) => other.reason === 'OOMKilled').length >= 2;
  const weight = (farFromLimit ? 0.65 : signs.pressure ? 0.4 : 0.3) + (neighbours ? 0.15 : 0);
  if (!farFromLimit && !neighbours && !signs.pressure) return undefined;
  const extra = present([
    farFromLimit
      ? pro('metrics', `highest reading was ${Math.round((ratio ?? 0) * 100)} % of its own limit`)
      : undefined,
    neighbours
      ? pro('pod status', 'several containers of this node were OOM-killed within a minute')
      : undefined,
  ]);
  return found(weight, summary(facts), [...extra, ...signs.because]);
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { subject } = facts;
  if (subject.kind !== 'container' && subject.kind !== 'kernel') return undefined;
  const kernel = byKernel(facts);
  if (kernel !== undefined || endingKill(facts) !== undefined) return kernel;
  return isSigkill(facts) ? byFlag(facts) : undefined;
}

/** K6: the whole node was out of memory; the victim is chosen by oom_score and is often innocent. */
export const nodeOutOfMemory: Cause = {
  code: 'K6',
  id: 'node-out-of-memory',
  title: 'node out of memory',
  sender: 'kernel.global',
  memory: 'node',
  rank: RANK.kernel + 3,
  needs: ['pod', 'kernel-log', 'node-events'],
  assess,
};
