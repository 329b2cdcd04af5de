/** Every sign of a new container, joined to one list of cuts: kills, start times, restart counts, counters that begin again. */
import type { KillMark } from '../model/series.ts';
import type { EpochMs } from '../units.ts';
import { MINUTE_MS, SECOND_MS } from '../units.ts';
import type { CleanSeries } from './fit-types.ts';
import { between } from './hygiene.ts';
import type { PodRecord } from './record.ts';

/** Between the death of one container and the start of the next. */
export interface Cut {
  readonly endMs: EpochMs;
  readonly startMs?: EpochMs;
  readonly kill?: KillMark;
  readonly changed?: true;
}

/** A kubelet waits at most 5 minutes before it restarts; pulling and starting come on top. */
const LONGEST_PAUSE_MS = 12 * MINUTE_MS;
/** Clocks of the node and of the scraper may differ by this much without a word. */
export const SKEW_MS = 2 * SECOND_MS;
/** The restart count comes from the API server and may be a scrape ahead of the death's time stamp. */
const COUNT_SKEW_MS = 15 * SECOND_MS;
/** Clocks further apart than this are not mended. */
const MOST_SKEW_MS = 5 * MINUTE_MS;
/** A rollout replaces pods one after another. */
export const ROLLOUT_MS = 20 * MINUTE_MS;
/** A container that restarts every minute for a day and a half; beyond that the newest are looked at. */
const MOST_CUTS = 2000;

/** All cuts of one pod, oldest first. */
export function cutsOf(record: PodRecord): readonly Cut[] {
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
