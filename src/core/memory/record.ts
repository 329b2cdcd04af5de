/** One pod's history with every series checked, before it is cut into lives. */
import type { Bytes, EpochMs, Milliseconds } from '../units.ts';
import type { ContainerHistory, KillMark, Series, Step } from '../model/series.ts';
import type { CleanSeries, MemorySignal } from './fit-types.ts';
import type { Repairs } from './hygiene.ts';
import { between, cleanSeries, maximum, notBytes, stepOf } from './hygiene.ts';

export interface PodRecord {
  readonly pod: string;
  /** The window: from here on samples were asked for. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
  readonly signal: MemorySignal;
  readonly memory: CleanSeries;
  readonly level: CleanSeries;
  readonly shmem?: CleanSeries;
  readonly traffic?: CleanSeries;
  readonly peak?: CleanSeries;
  readonly restarts?: CleanSeries;
  readonly startedAt?: CleanSeries;
  readonly oomEvents?: CleanSeries;
  readonly cpuSeconds?: CleanSeries;
  readonly limits: readonly LimitStep[];
  readonly requests: readonly LimitStep[];
  readonly versions: readonly Step<string>[];
  readonly kills: readonly KillMark[];
}

export interface LimitStep {
  readonly fromMs: EpochMs;
  readonly bytes: Bytes;
}

export interface RecordResult {
  readonly record?: PodRecord;
  /** What was wrong, in words. */
  readonly notes: readonly string[];
  /** Share of the samples that had to be left out or put in order. */
  readonly damagedRatio: number;
}

/** A page: no limit is smaller. */
const LEAST_LIMIT_BYTES = 4096;
/** A kernel without a limit writes about 2^63; anything from an exabyte on means none. */
const MOST_LIMIT_BYTES = 2 ** 50;

/** Checks everything, never throws, and says what it did. No record = nothing that can be judged. */
export function readRecord(
  history: ContainerHistory,
  kills: readonly KillMark[],
  nowMs: EpochMs,
): RecordResult {
  const notes: string[] = Array.isArray(history.notes) ? history.notes.slice(0, 5) : [];
  let bad = 0;
  let total = 0;
  const read = (series: Series | undefined, name?: string): CleanSeries | undefined => {
    const cleaned = cleanSeries(series, nowMs);
    if (cleaned === undefined) return undefined;
    if (name !== undefined) {
      bad += badOf(cleaned.repairs);
      total += cleaned.repairs.total;
      notes.push(...repairNotes(name, cleaned.repairs));
      const wrong = notBytes(cleaned.series);
      if (wrong !== undefined) {
        if (name !== 'shared memory') notes.push(`The ${name} of ${history.pod} was not read: ${wrong}.`);
        return undefined;
      }
    }
    return cleaned.series.timesMs.length === 0 ? undefined : cleaned.series;
  };
  const workingSet = read(history.workingSet, 'working set');
  const usage = read(history.usage, 'usage');
  const rss = read(history.rss, 'anonymous memory');
  const level = workingSet ?? usage ?? rss;
  const damagedRatio = total === 0 ? 0 : bad / total;
  if (level === undefined) return { notes, damagedRatio };
  // A series that covers a part of the other would hide growth.
  const rssCovers = rss !== undefined && rss.timesMs.length >= 0.7 * level.timesMs.length;
  const memory = rssCovers ? rss : level;
  const optional = {
    shmem: read(history.shmem, 'shared memory'),
    traffic: read(history.traffic?.perSecond),
    peak: read(history.peak),
    restarts: read(history.restarts),
    startedAt: read(history.startedAt),
    oomEvents: read(history.oomEvents),
    cpuSeconds: read(history.cpuSeconds),
  };
  const { fromMs, toMs } = windowOf(history, memory, nowMs);
  return {
    notes,
    damagedRatio,
    record: {
      pod: history.pod,
      fromMs,
      toMs,
      stepMs: stepOf(memory, history.stepMs),
      signal: rssCovers ? 'rss' : workingSet === undefined ? 'usage' : 'working-set',
      memory,
      level,
      limits: limitSteps(history.limit),
      requests: limitSteps(history.request),
      versions: (history.version ?? []).filter(({ fromMs: at }) => at <= nowMs),
      kills: kills.filter(({ pod, atMs }) => pod === history.pod && atMs <= nowMs && atMs >= fromMs),
      ...present(optional),
    },
  };
}

function badOf({ invalid, disordered, future }: Repairs): number {
  return invalid + disordered + future;
}

/** What was asked for, as far as it is sound; samples outside of it widen it. */
function windowOf(
  history: ContainerHistory,
  { timesMs }: CleanSeries,
  nowMs: EpochMs,
): { readonly fromMs: EpochMs; readonly toMs: EpochMs } {
  const first = timesMs[0] as number;
  return {
    fromMs: Number.isFinite(history.fromMs) ? Math.min(history.fromMs, first) : first,
    toMs: Number.isFinite(history.toMs) ? Math.min(history.toMs, nowMs) : nowMs,
  };
}

/** Without the properties that are undefined. */
function present<Part extends object>(parts: Part): { [Key in keyof Part]?: Exclude<Part[Key], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Part]?: Exclude<Part[Key], undefined>;
  };
}

function repairNotes(name: string, repairs: Repairs): readonly string[] {
  const parts = [
    repairs.invalid > 0 ? `${repairs.invalid} that are no numbers of bytes` : '',
    repairs.duplicates > 0 ? `${repairs.duplicates} duplicates` : '',
    repairs.future > 0 ? `${repairs.future} of the future` : '',
  ].filter((part) => part !== '');
  const left = parts.length === 0 ? [] : [`Of the ${name} samples were left out: ${parts.join(', ')}.`];
  const order =
    repairs.disordered === 0
      ? []
      : [`${repairs.disordered} samples of the ${name} came out of order and were sorted.`];
  return [...left, ...order];
}

/** Limits that can be limits, ascending; `'unlimited'` and its numbers say nothing and are left out. */
function limitSteps(steps: readonly Step<Bytes | 'unlimited'>[] | undefined): readonly LimitStep[] {
  const kept: LimitStep[] = [];
  for (const { fromMs, value } of [...(steps ?? [])].sort((a, b) => a.fromMs - b.fromMs)) {
    if (typeof value !== 'number' || !(value >= LEAST_LIMIT_BYTES && value < MOST_LIMIT_BYTES)) continue;
    if (Number.isFinite(fromMs) && kept.at(-1)?.bytes !== value) kept.push({ fromMs, bytes: value });
  }
  return kept;
}

/** The limit at an instant; before the first entry the first one holds. */
export function limitAt(limits: readonly LimitStep[], atMs: EpochMs): Bytes | undefined {
  let found = limits[0]?.bytes;
  for (const { fromMs, bytes } of limits) if (fromMs <= atMs) found = bytes;
  return found;
}

/** The highest value in a span, or `undefined` where no sample is. */
export function highestIn(
  series: CleanSeries | undefined,
  fromMs: EpochMs,
  toMs: EpochMs,
): number | undefined {
  if (series === undefined) return undefined;
  const { values } = between(series, fromMs, toMs);
  return values.length === 0 ? undefined : maximum(values);
}
