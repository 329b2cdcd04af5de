/**
 * Cuts a pod's history where one container ended and the next began. A fit across such a cut calls the fall a part of
 * the shape and finds no leak, so every sign of a new container counts: its start time, the restart count, and
 * counters that begin again.
 */
import type { Bytes, EpochMs } from '../units.ts';
import { MINUTE_MS } from '../units.ts';
import type { ChangeMark, KillMark } from '../model/series.ts';
import type { Cut } from './cuts.ts';
import { cutsOf, ROLLOUT_MS, SKEW_MS } from './cuts.ts';
import type { CleanSeries, Run } from './fit-types.ts';
import { between, maximum } from './hygiene.ts';
import type { PodRecord } from './record.ts';
import { highestIn, limitAt } from './record.ts';
import type { Life } from './types.ts';

/** The runs of one pod, oldest first. Runs without a sample are kept out; their kills count elsewhere. */
export function cutIntoRuns(record: PodRecord, changes: readonly ChangeMark[]): readonly Run[] {
  const cuts = cutsOf(record);
  const runs: Run[] = [];
  let fromMs = Number.NEGATIVE_INFINITY;
  for (const cut of [...cuts, undefined]) {
    const run = runBetween(record, { fromMs, cut, isFirst: runs.length === 0, changes });
    if (run !== undefined) runs.push(run);
    if (cut !== undefined) fromMs = cut.startMs ?? cut.endMs + 1;
  }
  return runs;
}

function runBetween(
  record: PodRecord,
  span: {
    readonly fromMs: EpochMs;
    readonly cut: Cut | undefined;
    readonly isFirst: boolean;
    readonly changes: readonly ChangeMark[];
  },
): Run | undefined {
  const { cut } = span;
  const untilMs = cut?.endMs ?? Number.MAX_SAFE_INTEGER - 1;
  const memory = between(record.memory, span.fromMs, untilMs);
  // A life that no sample fell into is known by its death alone.
  const firstMs = memory.timesMs[0] ?? (cut?.kill === undefined ? undefined : span.fromMs);
  const lastMs = memory.timesMs.at(-1) ?? firstMs;
  if (firstMs === undefined || lastMs === undefined || !Number.isFinite(firstMs)) return undefined;
  const startedMs = startOf(record, firstMs);
  const fromMs = Number.isFinite(span.fromMs) ? span.fromMs : (startedMs ?? firstMs);
  const seen =
    startedMs === undefined
      ? !span.isFirst || firstMs > record.fromMs + 3 * record.stepMs
      : startedMs >= record.fromMs - record.stepMs;
  const toMs = cut?.endMs ?? lastMs;
  const level = between(record.level, span.fromMs, untilMs);
  const life: Life = {
    pod: record.pod,
    fromMs,
    toMs,
    start: seen ? 'seen' : 'before-window',
    end: endOf(record, { cut, fromMs, lastMs, changes: span.changes }),
    samples: memory.timesMs.length,
    ...levels(record, { fromMs, toMs, level, kill: cut?.kill }),
  };
  return {
    life,
    signal: record.signal,
    memory,
    level,
    stepMs: record.stepMs,
    limits: limitsWithin(record, fromMs, toMs),
    ...(record.shmem !== undefined && { shmem: between(record.shmem, span.fromMs, untilMs) }),
    ...(record.traffic !== undefined && { traffic: between(record.traffic, span.fromMs, untilMs) }),
    ...(cut?.kill !== undefined && { kill: cut.kill }),
    ...versionAt(record, (fromMs + toMs) / 2),
  };
}

/** A run as it was known at an earlier instant: no sample, kill or end of later. */
export function knownBy(run: Run, untilMs: EpochMs): Run | undefined {
  const { life } = run;
  if (life.fromMs > untilMs) return undefined;
  if (life.toMs <= untilMs) return run;
  const until = (series: CleanSeries): CleanSeries => between(series, Number.NEGATIVE_INFINITY, untilMs);
  const memory = until(run.memory);
  if (memory.timesMs.length === 0) return undefined;
  const { kill: _, shmem, traffic, limits, ...rest } = run;
  return {
    ...rest,
    life: { ...life, toMs: untilMs, end: 'still-running', samples: memory.timesMs.length },
    memory,
    level: until(run.level),
    limits: limits.filter(({ fromMs }) => fromMs <= untilMs),
    ...(shmem !== undefined && { shmem: until(shmem) }),
    ...(traffic !== undefined && { traffic: until(traffic) }),
  };
}

function levels(
  record: PodRecord,
  span: {
    readonly fromMs: EpochMs;
    readonly toMs: EpochMs;
    readonly level: CleanSeries;
    readonly kill: KillMark | undefined;
  },
): Pick<Life, 'limitBytes' | 'requestBytes' | 'highestBytes' | 'peakBytes'> {
  const { fromMs, toMs, kill } = span;
  const highest = maximum(span.level.values);
  const counted = highestIn(record.peak, fromMs, toMs);
  const peak = Math.max(counted ?? 0, kill?.peakBytes ?? 0);
  const limit = kill?.limitBytes ?? limitAt(record.limits, toMs);
  const request = limitAt(record.requests, toMs);
  return {
    highestBytes: highest,
    ...(peak > highest && { peakBytes: peak }),
    ...(limit !== undefined && { limitBytes: limit }),
    ...(request !== undefined && { requestBytes: request }),
  };
}

function limitsWithin(
  record: PodRecord,
  fromMs: EpochMs,
  toMs: EpochMs,
): readonly { readonly fromMs: EpochMs; readonly bytes: Bytes }[] {
  const first = limitAt(record.limits, fromMs);
  if (first === undefined) return [];
  return [
    { fromMs, bytes: first },
    ...record.limits.filter((step) => step.fromMs > fromMs && step.fromMs <= toMs && step.bytes !== first),
  ];
}

function versionAt(record: PodRecord, atMs: EpochMs): { readonly version?: string } {
  const found = record.versions.findLast(({ fromMs }) => fromMs <= atMs) ?? record.versions[0];
  return found === undefined ? {} : { version: found.value };
}

function endOf(
  record: PodRecord,
  at: {
    readonly cut: Cut | undefined;
    readonly fromMs: EpochMs;
    readonly lastMs: EpochMs;
    readonly changes: readonly ChangeMark[];
  },
): Life['end'] {
  const { cut, lastMs } = at;
  const endMs = cut?.endMs ?? lastMs;
  const kind = cut?.kill?.kind;
  if (kind !== undefined && kind !== 'not-memory') return 'kill';
  const changed =
    cut?.changed === true ||
    at.changes.some(
      (change) =>
        change.kind !== 'scale' &&
        // What was there before a container started did not end it.
        change.atMs > at.fromMs &&
        change.atMs <= endMs + 2 * record.stepMs &&
        endMs - change.atMs < ROLLOUT_MS + 2 * record.stepMs,
    );
  if (cut !== undefined) return changed ? 'change' : 'restart';
  if (lastMs >= record.toMs - Math.max(4 * record.stepMs, 5 * MINUTE_MS)) return 'still-running';
  return changed ? 'change' : 'gone';
}

/** The start that the container's own start time gives for the sample at `atMs`. */
function startOf(record: PodRecord, atMs: EpochMs): EpochMs | undefined {
  const { startedAt } = record;
  if (startedAt === undefined) return undefined;
  const near = between(startedAt, atMs - record.stepMs, atMs + 5 * record.stepMs);
  const started = near.values.at(-1);
  return started === undefined || started > atMs + SKEW_MS ? undefined : started;
}
