/** What killed the replicas of a container: deaths that were judged, counters, and restarts out of a full memory. */
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { ContainerHistory, KillMark } from '../core/model/series.ts';
import type { EpochMs } from '../core/units.ts';
import { MINUTE_MS } from '../core/units.ts';
import type { HistoryGroup } from './memory-question.ts';

export interface GroupKills {
  /** Ascending. */
  readonly kills: readonly KillMark[];
  /** As they came, with a note where a restart was taken for a kill. */
  readonly histories: readonly ContainerHistory[];
}

export function killsOf(group: HistoryGroup, deaths: readonly Diagnosis[]): GroupKills {
  const pods = new Set(group.histories.map(({ pod }) => pod));
  const kills = deaths.flatMap((death) => killOf(death, group, pods));
  const histories = group.histories.map((history) => {
    const fresh = (marks: readonly KillMark[]): readonly KillMark[] =>
      marks.filter((mark) => !kills.some((known) => isSame(known, mark, history.stepMs)));
    if (history.oomEvents !== undefined) {
      kills.push(...fresh(countedKills(history)));
      return history;
    }
    const knowsRestarts = history.restarts !== undefined || history.startedAt !== undefined;
    const inferred = fresh(knowsRestarts ? restartsAtLimit(history) : fallsFromLimit(history));
    kills.push(...inferred);
    return inferred.length === 0 ? history : withNote(history, knowsRestarts, inferred.length);
  });
  return { kills: kills.toSorted((one, other) => one.atMs - other.atMs), histories };
}

/** A container that restarts with its last sample this near to its limit was hardly restarted by anything else. */
const AT_LIMIT_RATIO = 0.97;
/** A restart takes its time; after a longer gap anything may have happened. */
const MOST_STEPS = 5;

/** Where nobody counts kills: restarts out of a memory that was full. */
function restartsAtLimit(history: ContainerHistory): readonly KillMark[] {
  const { restarts, limit, pod } = history;
  const memory = history.workingSet ?? history.rss;
  if (restarts === undefined || limit === undefined || memory === undefined) return [];
  const marks: KillMark[] = [];
  for (let index = 1; index < restarts.values.length; index += 1) {
    const fromMs = restarts.timesMs[index - 1];
    const toMs = restarts.timesMs[index];
    if (fromMs === undefined || toMs === undefined) continue;
    if ((restarts.values[index] ?? 0) <= (restarts.values[index - 1] ?? 0)) continue;
    const last = memory.timesMs.findLastIndex((atMs) => atMs <= fromMs);
    const limitBytes = limit.findLast((step) => step.fromMs <= fromMs)?.value;
    const isFull =
      typeof limitBytes === 'number' && (memory.values[last] ?? 0) >= AT_LIMIT_RATIO * limitBytes;
    if (isFull) marks.push({ pod, atMs: killedAt(history, fromMs, toMs), kind: 'limit', limitBytes });
  }
  return marks;
}

/** What is left of a full memory at the next sample: less is hardly given back by a running program. */
const FALLEN_RATIO = 0.5;

/** Where nobody counts restarts either: a memory that was full and at the next sample is nearly empty. */
function fallsFromLimit(history: ContainerHistory): readonly KillMark[] {
  const { limit, pod, stepMs } = history;
  const memory = history.workingSet ?? history.rss;
  if (limit === undefined || memory === undefined) return [];
  const marks: KillMark[] = [];
  for (let index = 1; index < memory.values.length; index += 1) {
    const fromMs = memory.timesMs[index - 1] ?? 0;
    const toMs = memory.timesMs[index] ?? 0;
    const limitBytes = limit.findLast((step) => step.fromMs <= fromMs)?.value;
    if (typeof limitBytes !== 'number' || toMs - fromMs > MOST_STEPS * stepMs) continue;
    const before = memory.values[index - 1] ?? 0;
    if (before < AT_LIMIT_RATIO * limitBytes || (memory.values[index] ?? 0) > FALLEN_RATIO * before) continue;
    marks.push({ pod, atMs: Math.floor((fromMs + toMs) / 2), kind: 'unknown', limitBytes });
  }
  return marks;
}

function withNote(history: ContainerHistory, knowsRestarts: boolean, inferred: number): ContainerHistory {
  const [one, more, unread] = knowsRestarts
    ? ['restart out of', 'restarts out of', 'no counter of kills was read']
    : ['fall from', 'falls from', 'neither restarts nor kills were read'];
  const what =
    inferred === 1
      ? `1 ${one} a full memory is taken for a kill at the limit`
      : `${inferred} ${more} a full memory are taken for kills at the limit`;
  return { ...history, notes: [...(history.notes ?? []), `${what}: ${unread}`] };
}

function killOf(death: Diagnosis, group: HistoryGroup, pods: ReadonlySet<string>): readonly KillMark[] {
  const { target, container, atMs, verdict, limitBytes, peakBytes } = death;
  if (verdict.kind === 'nothing-died' || atMs === undefined || target.pod === undefined) return [];
  if (target.namespace !== undefined && target.namespace !== group.namespace) return [];
  if (!pods.has(target.pod) || (container !== undefined && container !== group.container)) return [];
  return [
    {
      pod: target.pod,
      atMs,
      kind: killKind(verdict),
      ...(typeof limitBytes === 'number' ? { limitBytes } : {}),
      ...(peakBytes === undefined ? {} : { peakBytes }),
    },
  ];
}

function killKind({ kind, code, memory }: Diagnosis['verdict']): KillMark['kind'] {
  if (kind !== 'identified') return 'unknown';
  if (code === 'L1') return 'evicted';
  switch (memory) {
    case 'container':
      return 'limit';
    case 'pod':
    case 'node':
    case 'runtime-heap':
      return 'memory';
    case 'none':
      return 'not-memory';
    case 'unknown':
      return 'unknown';
    default:
      return memory satisfies never;
  }
}

/** Kills that only a counter knows: the API remembers one death per container. */
function countedKills(history: ContainerHistory): readonly KillMark[] {
  const { oomEvents, pod } = history;
  if (oomEvents === undefined) return [];
  const marks: KillMark[] = [];
  for (let index = 1; index < oomEvents.values.length; index += 1) {
    const before = oomEvents.values[index - 1] ?? 0;
    const value = oomEvents.values[index] ?? 0;
    const isKill = value > before || (value < before && value > 0);
    const fromMs = oomEvents.timesMs[index - 1];
    const toMs = oomEvents.timesMs[index];
    if (!isKill || fromMs === undefined || toMs === undefined) continue;
    const atMs = killedAt(history, fromMs, toMs);
    const limit = history.limit?.findLast((step) => step.fromMs <= atMs)?.value;
    marks.push({ pod, atMs, kind: 'limit', ...(typeof limit === 'number' ? { limitBytes: limit } : {}) });
  }
  return marks;
}

/** Somewhere between two readings, and before the container that runs at the second one started. */
function killedAt({ startedAt }: ContainerHistory, fromMs: EpochMs, toMs: EpochMs): EpochMs {
  const index = startedAt?.timesMs.findIndex((atMs) => atMs >= toMs) ?? -1;
  const startMs = index < 0 ? undefined : startedAt?.values[index];
  const endMs = startMs !== undefined && startMs > fromMs && startMs < toMs ? startMs : toMs;
  return Math.floor((fromMs + endMs) / 2);
}

/** A counter is read up to a step after the death, sometimes two. */
function isSame(known: KillMark, counted: KillMark, stepMs: number): boolean {
  return known.pod === counted.pod && Math.abs(known.atMs - counted.atMs) <= Math.max(2 * stepMs, MINUTE_MS);
}
