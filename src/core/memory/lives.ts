/**
 * Cuts a pod's history where one container ended and the next began. A fit across such a cut calls the fall a part of
 * the shape and finds no leak, so every sign of a new container counts: its start time, the restart count, and
 * counters that begin again.
 */
import type { Bytes, EpochMs } from '../units.ts';
import { MINUTE_MS, SECOND_MS } from '../units.ts';
import type { ChangeMark, KillMark } from '../model/series.ts';
import type { CleanSeries, Run } from './fit-types.ts';
import { between, maximum } from './hygiene.ts';
import type { PodRecord } from './record.ts';
import { highestIn, limitAt } from './record.ts';
import type { Life } from './types.ts';

/** Between the death of one container and the start of the next. */
interface Cut {
  readonly endMs: EpochMs;
  readonly startMs?: EpochMs;
  readonly kill?: KillMark;
  readonly changed?: true;
}

/** A kubelet waits at most 5 minutes before it restarts; pulling and starting come on top. */
const LONGEST_PAUSE_MS = 12 * MINUTE_MS;
/** Clocks of the node and of the scraper may differ by this much without a word. */
const SKEW_MS = 2 * SECOND_MS;
/** The restart count comes from the API server and may be a scrape ahead of the death's time stamp. */
const COUNT_SKEW_MS = 15 * SECOND_MS;
/** Clocks further apart than this are not mended. */
const MOST_SKEW_MS = 5 * MINUTE_MS;
/** A rollout replaces pods one after another. */
const ROLLOUT_MS = 20 * MINUTE_MS;
/** A container that restarts every minute for a day and a half; beyond that the newest are looked at. */
const MOST_CUTS = 2000;

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
    end: endOf(record, { cut, lastMs, changes: span.changes }),
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

function cutsOf(record: PodRecord): readonly Cut[] {
  const cuts = cutsAtKills(record.kills.map((kill) => onTheNodesClock(kill, record)));
  joinStarts(cuts, startsSeen(record), record);
  cuts.sort(byEnd);
  cuts.push(...restartsBeside(record, cuts));
  const slackMs = 1.5 * record.stepMs + SKEW_MS;
  for (const [lowMs, highMs] of counterResets(record)) {
    const known = cuts.some(
      ({ endMs, startMs = endMs }) => startMs > lowMs - slackMs && endMs < highMs + slackMs,
    );
    if (!known) cuts.push({ endMs: lowMs, startMs: highMs });
  }
  return cuts.sort(byEnd).slice(-MOST_CUTS);
}

function byEnd(a: Cut, b: Cut): number {
  return a.endMs - b.endMs;
}

/**
 * Restarts that no kill and no start time accounts for. Each increase of the count belongs to the oldest death before
 * it that none has been given to; it comes when the kubelet has waited and started the container again.
 */
function restartsBeside({ restarts, stepMs }: PodRecord, cuts: readonly Cut[]): readonly Cut[] {
  const found: Cut[] = [];
  if (restarts === undefined) return found;
  let next = 0;
  for (let index = 1; index < restarts.values.length; index += 1) {
    let more = (restarts.values[index] as number) - (restarts.values[index - 1] as number);
    if (more <= 0) continue;
    const lowMs = restarts.timesMs[index - 1] as number;
    const highMs = restarts.timesMs[index] as number;
    while (next < cuts.length && lowMs - (cuts[next] as Cut).endMs > LONGEST_PAUSE_MS + stepMs) next += 1;
    while (more > 0 && next < cuts.length && beganOf(cuts[next] as Cut) <= highMs + COUNT_SKEW_MS) {
      next += 1;
      more -= 1;
    }
    for (; more > 0 && found.length < MOST_CUTS; more -= 1) found.push({ endMs: lowMs, startMs: lowMs + 1 });
  }
  return found;
}

function beganOf({ startMs, endMs }: Cut): EpochMs {
  return startMs ?? endMs;
}

/**
 * The kill's clock may be ahead of the node's. A container that still runs a quarter of an hour later with the start it
 * had before the kill was not killed then: the one before it was.
 */
function onTheNodesClock(kill: KillMark, { startedAt, stepMs }: PodRecord): KillMark {
  if (startedAt === undefined) return kill;
  const after = between(startedAt, kill.atMs, kill.atMs + MOST_SKEW_MS + LONGEST_PAUSE_MS + 3 * stepMs);
  const startMs = after.values.at(-1);
  const lastMs = after.timesMs.at(-1) ?? 0;
  const survived = startMs !== undefined && startMs < kill.atMs && lastMs > kill.atMs + LONGEST_PAUSE_MS;
  return survived && kill.atMs - startMs < MOST_SKEW_MS ? { ...kill, atMs: startMs - 1 } : kill;
}

/** Two sources report one death a few seconds apart: that is one kill, and the better known kind stays. */
function cutsAtKills(kills: readonly KillMark[]): Cut[] {
  const cuts: Cut[] = [];
  for (const kill of kills.toSorted((a, b) => a.atMs - b.atMs)) {
    const last = cuts.at(-1);
    if (last?.kill === undefined || kill.atMs - last.endMs > 5 * SECOND_MS) {
      cuts.push({ endMs: kill.atMs, kill });
    } else if (last.kill.kind === 'unknown') cuts[cuts.length - 1] = { endMs: kill.atMs, kill };
  }
  return cuts;
}

function joinStarts(cuts: Cut[], starts: readonly Cut[], record: PodRecord): void {
  let next = 0;
  const atKills = cuts.length;
  for (const start of starts) {
    const startMs = start.startMs ?? start.endMs;
    while (next < atKills && (cuts[next]?.endMs ?? 0) <= startMs + SKEW_MS) next += 1;
    const before = cuts[next - 1];
    const fits =
      before !== undefined &&
      before.startMs === undefined &&
      startMs - before.endMs < LONGEST_PAUSE_MS + record.stepMs;
    if (fits) cuts[next - 1] = { ...before, startMs: Math.max(startMs, before.endMs + 1) };
    else cuts.push(start);
  }
}

/** Instants at which a start time or a version says that something new began. */
function startsSeen(record: PodRecord): readonly Cut[] {
  const { startedAt, versions, memory } = record;
  const starts: Cut[] = [];
  if (startedAt !== undefined) {
    const { timesMs, values } = startedAt;
    for (let index = 1; index < values.length; index += 1) {
      const startMs = values[index] as number;
      if (startMs <= (values[index - 1] as number) + SKEW_MS) continue;
      const lowMs = timesMs[index - 1] as number;
      const highMs = timesMs[index] as number;
      const sound = startMs > lowMs - record.stepMs && startMs <= highMs + SKEW_MS;
      starts.push({ endMs: lowMs, startMs: sound ? Math.max(startMs, lowMs + 1) : highMs });
    }
  }
  for (const { fromMs } of versions.slice(1)) {
    if (starts.some(({ startMs = 0 }) => Math.abs(startMs - fromMs) < ROLLOUT_MS)) continue;
    if (fromMs > (memory.timesMs[0] as number))
      starts.push({ endMs: fromMs - 1, startMs: fromMs, changed: true });
  }
  return starts.sort((a, b) => a.endMs - b.endMs);
}

/** Spans between two samples in which a counter began again. */
function counterResets(record: PodRecord): readonly (readonly [EpochMs, EpochMs])[] {
  const spans: (readonly [EpochMs, EpochMs])[] = [];
  const scan = (series: CleanSeries | undefined, isNew: (now: number, before: number) => boolean): void => {
    if (series === undefined) return;
    const { timesMs, values } = series;
    for (let index = 1; index < values.length; index += 1) {
      if (isNew(values[index] as number, values[index - 1] as number)) {
        spans.push([timesMs[index - 1] as number, timesMs[index] as number]);
      }
    }
  };
  // Doubled series let a counter waver: only a real new beginning falls below half.
  scan(record.cpuSeconds, (now, before) => now < before / 2);
  scan(record.oomEvents, (now, before) => now < before);
  return spans.slice(-MOST_CUTS);
}
