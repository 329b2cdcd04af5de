/** Findings beside the cause: true, worth knowing, and not what ended this instance. */
import { isStartFailure } from '../causes/start-out-of-memory.ts';
import { nodeTrouble } from '../causes/status-lost.ts';
import { earlierChildKill, nodeEventsInWindow, peakRatio, realKills, saysOomKilled } from '../causes/read.ts';
import { kernelHeldNode, pageCacheThatFilled } from '../facts/memory.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { DeathCode } from '../model/diagnosis.ts';
import { findLogClues } from '../runtimes/log-clues.ts';
import { runtimeOf } from '../runtimes/index.ts';
import { formatBytes, formatDuration } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';

/** An instance that dies this soon, again and again, has no leak: it cannot start within its limit. */
const START_UP_MS = 5 * SECOND_MS;
const REPEATED = 2;

const MEMORY_CODES: ReadonlySet<string> = new Set(['K1', 'K2', 'K3', 'K4', 'K5', 'K6', 'K7', 'K8', 'K9']);

function stickyFlag(facts: DeathFacts, code: DeathCode): readonly string[] {
  if (!saysOomKilled(facts) || MEMORY_CODES.has(code)) return [];
  return [
    'The reason says OOMKilled: while this container lived, a process of it was OOM-killed, or on cgroup v1 one of its neighbours. The flag stays until the end and is not what ended it.',
  ];
}

function childBefore(facts: DeathFacts, code: DeathCode): readonly string[] {
  const kill = earlierChildKill(facts);
  if (kill === undefined || code === 'K3' || code === 'K2') return [];
  return [
    `The kernel had killed ${kill.victim?.comm ?? 'a child process'} in this container for memory earlier in its life.`,
  ];
}

function startUp(facts: DeathFacts, code: DeathCode): readonly string[] {
  const { termination, container } = facts;
  if (code !== 'K1' || termination?.startedAtMs === undefined || termination.finishedAtMs === undefined)
    return [];
  const lived = termination.finishedAtMs - termination.startedAtMs;
  const restarts = container?.status?.restartCount ?? 0;
  if (lived > START_UP_MS || restarts < REPEATED) return [];
  return [
    `It lived ${formatDuration(lived)} and was restarted ${restarts} times: the limit is below what it needs to start, which is no leak.`,
  ];
}

function starvedProbe(facts: DeathFacts, code: DeathCode): readonly string[] {
  if (code !== 'L4' && code !== 'L5') return [];
  const ratio = peakRatio(facts);
  const near =
    ratio !== undefined && ratio >= 0.9
      ? [
          `Its memory stood at ${Math.round(ratio * 100)} % of its limit, so the probe may have failed for lack of memory.`,
        ]
      : [];
  const stalled = facts.cgroups.find((c) => (c.pressure?.fullAvg60Percent ?? 0) >= 10);
  const psi =
    stalled === undefined
      ? []
      : [
          `Its tasks stood still for memory ${stalled.pressure?.fullAvg60Percent ?? 0} % of the last minute (PSI), so the probe may have failed for lack of memory.`,
        ];
  const pressure = nodeEventsInWindow(facts, [
    'NodeHasInsufficientMemory',
    'EvictionThresholdMet',
    'SystemOOM',
  ]);
  const node =
    pressure.length > 0 || memoryPressureAt(facts)
      ? ['The node was short of memory at that time, so the probe may have failed for lack of memory.']
      : [];
  return [...near, ...psi, ...node];
}

function memoryPressureAt(facts: DeathFacts): boolean {
  const condition = facts.node?.conditions.find((c) => c.type === 'MemoryPressure' && c.status === 'True');
  const since = condition?.lastTransitionAtMs;
  return since !== undefined && facts.diedAtMs !== undefined && since <= facts.diedAtMs;
}

function knobs(facts: DeathFacts): readonly string[] {
  if (facts.container === undefined) return [];
  const comms = facts.kernelKills.flatMap((kill) => (kill.victim === undefined ? [] : [kill.victim.comm]));
  const runtime = runtimeOf(facts.container, comms, {
    ...(facts.limitBytes === undefined ? {} : { limitBytes: facts.limitBytes }),
    ...(facts.node?.kernelVersion === undefined ? {} : { kernelVersion: facts.node.kernelVersion }),
  });
  return runtime?.flags.map((flag) => flag.text) ?? [];
}

function workerTimeout(facts: DeathFacts): readonly string[] {
  const clue = findLogClues(facts.logTail?.lines ?? []).find((c) => c.kind === 'worker-timeout');
  return clue === undefined
    ? []
    : [
        `Its log shows that a master process killed a worker that had timed out, which is not memory: ${clue.line}`,
      ];
}

function pageCache(facts: DeathFacts): readonly string[] {
  const cache = pageCacheThatFilled(realKills(facts.kernelKills).at(-1));
  if (cache === undefined) return [];
  const dirty = cache.dirty ? ', nearly all of it waiting to be written' : '';
  return [
    `Page cache, not the program's own memory, filled the cgroup: ${formatBytes(cache.fileBytes)} of ${formatBytes(cache.limitBytes)}${dirty}.`,
  ];
}

function kernelMemory(facts: DeathFacts): readonly string[] {
  const kill = facts.kernelKills.at(-1);
  if (!kernelHeldNode(kill)) return [];
  const { activeAnonBytes = 0, inactiveAnonBytes = 0, totalBytes = 0 } = kill?.nodeMemory ?? {};
  return [
    `Programs held only ${formatBytes(activeAnonBytes + inactiveAnonBytes)} of the node's ${formatBytes(totalBytes)}: the kernel itself held the rest, so no pod explains it.`,
  ];
}

function lost(facts: DeathFacts, code: DeathCode): readonly string[] {
  return code === 'L15' ? nodeTrouble(facts).map((statement) => `Around that time: ${statement.text}.`) : [];
}

export function beside(facts: DeathFacts, code: DeathCode): readonly string[] {
  if (isStartFailure(facts) && code !== 'K7') return [];
  return [
    ...stickyFlag(facts, code),
    ...childBefore(facts, code),
    ...startUp(facts, code),
    ...starvedProbe(facts, code),
    ...pageCache(facts),
    ...kernelMemory(facts),
    ...lost(facts, code),
    ...workerTimeout(facts),
    ...(MEMORY_CODES.has(code) || code === 'H1' ? knobs(facts) : []),
  ];
}
