/** Each kill for memory with what was seen before it. The kill itself is a censored observation: demand met the limit. */
import type { Bytes, EpochMs, Milliseconds, Ratio } from '../units.ts';
import { HOUR_MS, MINUTE_MS } from '../units.ts';
import { median } from '../math/median.ts';
import { quantile } from '../math/quantile.ts';
import type { KillMark } from '../model/series.ts';
import type { CleanSeries, Run } from './fit-types.ts';
import type { PodRecord } from './record.ts';
import { between } from './hygiene.ts';
import { FEWEST_SAMPLES } from './prepare.ts';

export interface KillContext {
  readonly kill: KillMark;
  readonly run: Run;
  readonly ageMs: Milliseconds;
  /** No kill shortly before it, or a life that was watched: the rest of a crash loop repeats what opened it. */
  readonly opens: boolean;
  readonly limitBytes?: Bytes;
  /** The highest of the last two samples, and how long before the kill the last one was taken. */
  readonly lastBytes?: Bytes;
  readonly unseenMs?: Milliseconds;
  /** The level before the last two samples, which may have met a burst on its way; of a short life the last samples themselves. */
  readonly beforeBytes?: Bytes;
  /** What of the limit was free at that level. */
  readonly jumpRatio?: Ratio;
  /** It was climbing already, by about what was still free or more: it needed no burst. */
  readonly isRunUp: boolean;
  /** Busiest quarter of an hour within an hour of the kill, over a usual day's busiest one. */
  readonly trafficRatio?: number;
}

/** Newest kills that are looked at one by one. */
const MOST_KILLS = 500;
/** Kills closer together are one crash loop: twice the longest pause of a kubelet, and a life between. */
const EPISODE_MS = 30 * MINUTE_MS;
/** A loop that goes on for longer has outlived what opened it. */
const LOOP_MS = 6 * HOUR_MS;
const SURGE_WINDOW_MS = 15 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Samples before the last two that show the level a burst came from, and at most this share of a life: a leak is full by then. */
const BEFORE_SAMPLES = 12;
const BEFORE_SHARE = 0.1;
const FEWEST_BEFORE = 3;

/** Only kills that memory can be to blame for, newest last. */
export function killContexts(runs: readonly Run[], records: readonly PodRecord[]): readonly KillContext[] {
  const killed = runs.filter(({ kill }) => kill !== undefined && isMemory(kill)).slice(-MOST_KILLS);
  const pods = new Map(records.map((record) => [record.pod, record]));
  const usual = new Map<string, number | undefined>();
  const lastKillMs = new Map<string, EpochMs>();
  const contexts = killed.map((run) => {
    const { pod } = run.life;
    const kill = run.kill as KillMark;
    // The window may begin inside a crash loop: a first life of unknown age opens nothing.
    const isAgeKnown = run.life.start === 'seen' || kill.atMs - run.life.fromMs > EPISODE_MS;
    const sinceLastMs = kill.atMs - (lastKillMs.get(pod) ?? Number.NEGATIVE_INFINITY);
    const opens = isAgeKnown && (sinceLastMs > EPISODE_MS || run.life.samples >= FEWEST_SAMPLES);
    if (isAgeKnown) lastKillMs.set(pod, kill.atMs);
    const traffic = pods.get(pod)?.traffic;
    if (!usual.has(pod)) usual.set(pod, traffic === undefined ? undefined : usualPeak(traffic));
    return contextOf(run, kill, { traffic, usual: usual.get(pod), opens });
  });
  return withEpisodes(contexts);
}

/** What opens a crash loop answers for the traffic of the whole loop: a surge may begin slowly. */
function withEpisodes(contexts: readonly KillContext[]): readonly KillContext[] {
  const opener = new Map<string, number>();
  const busiest = contexts.map(({ trafficRatio }) => trafficRatio);
  for (const [index, { kill, run, opens, trafficRatio }] of contexts.entries()) {
    if (opens) opener.set(run.life.pod, index);
    const sinceMs = kill.atMs - (contexts[opener.get(run.life.pod) ?? index]?.kill.atMs ?? kill.atMs);
    if (sinceMs > LOOP_MS) continue;
    const first = opener.get(run.life.pod);
    if (first === undefined || trafficRatio === undefined) continue;
    busiest[first] = Math.max(busiest[first] ?? 0, trafficRatio);
  }
  return contexts.map((context, index) => {
    const trafficRatio = busiest[index];
    return trafficRatio === undefined ? context : { ...context, trafficRatio };
  });
}

/**
 * The traffic of a usual day's busiest quarter of an hour: the median of the days' maxima, which a surge on one or two
 * days cannot move as it moves a percentile. Of less than three days: the 95th percentile. Of less than one: unknown.
 */
function usualPeak({ timesMs, values }: CleanSeries): number | undefined {
  const firstMs = timesMs[0];
  if (firstMs === undefined || (timesMs.at(-1) ?? firstMs) - firstMs < DAY_MS) return undefined;
  const days: number[] = [];
  let endMs = firstMs + SURGE_WINDOW_MS;
  let sum = 0;
  let count = 0;
  const close = (): void => {
    const day = Math.floor((endMs - SURGE_WINDOW_MS - firstMs) / DAY_MS);
    if (count > 0) days[day] = Math.max(days[day] ?? 0, sum / count);
    sum = 0;
    count = 0;
  };
  for (let index = 0; index < values.length; index += 1) {
    const atMs = timesMs[index] as number;
    if (atMs >= endMs) {
      close();
      endMs += Math.ceil((atMs - endMs + 1) / SURGE_WINDOW_MS) * SURGE_WINDOW_MS;
    }
    sum += values[index] as number;
    count += 1;
  }
  close();
  const seen = days.filter((most) => most !== undefined);
  return seen.length < 3 ? quantile(values, 0.95) : median(Float64Array.from(seen));
}

/** `unknown` = 137 without a proof: it counts as long as nothing says otherwise. */
export function isMemory({ kind }: KillMark): boolean {
  return kind === 'limit' || kind === 'memory' || kind === 'unknown';
}

function contextOf(
  run: Run,
  kill: KillMark,
  demand: {
    readonly traffic: CleanSeries | undefined;
    readonly usual: number | undefined;
    readonly opens: boolean;
  },
): KillContext {
  const { timesMs, values } = run.level;
  const limitBytes = kill.limitBytes ?? run.life.limitBytes;
  const lastMs = timesMs.at(-1);
  const lastBytes = lastMs === undefined ? undefined : Math.max(values.at(-1) ?? 0, values.at(-2) ?? 0);
  const beforeBytes = levelBefore(values) ?? lastBytes;
  const busy = busiestAround(demand.traffic, kill.atMs);
  const { usual } = demand;
  return {
    kill,
    run,
    ageMs: Math.max(0, kill.atMs - run.life.fromMs),
    opens: demand.opens,
    ...(limitBytes !== undefined && { limitBytes }),
    ...(lastMs !== undefined && { unseenMs: kill.atMs - lastMs }),
    ...(lastBytes !== undefined && { lastBytes }),
    isRunUp: isRunUp(values, limitBytes),
    ...(beforeBytes !== undefined && { beforeBytes }),
    ...(beforeBytes !== undefined &&
      limitBytes !== undefined && { jumpRatio: Math.max(0, (limitBytes - beforeBytes) / limitBytes) }),
    ...(busy !== undefined && usual !== undefined && usual > 0 && { trafficRatio: busy / usual }),
  };
}

/** Samples of the climb before a kill. */
const RUN_UP_SAMPLES = 8;
const FEWEST_RUN_UP = 4;
/** Of the steps between them. */
const RISING_SHARE = 0.7;

function isRunUp(values: CleanSeries['values'], limitBytes: Bytes | undefined): boolean {
  const last = values.slice(-RUN_UP_SAMPLES);
  if (limitBytes === undefined || last.length < FEWEST_RUN_UP) return false;
  const rise = (last.at(-1) ?? 0) - (last[0] ?? 0);
  const rising = last.filter((value, index) => index > 0 && value > (last[index - 1] ?? 0)).length;
  // No single step may make up the climb: that would be the burst.
  const steepest = Math.max(
    ...last.map((value, index) => (index === 0 ? 0 : value - (last[index - 1] ?? 0))),
  );
  return (
    rising >= RISING_SHARE * (last.length - 1) &&
    steepest < rise / 2 &&
    rise >= limitBytes - (last.at(-1) ?? 0)
  );
}

/** Absent for a life too short to tell the level from the way to the kill. */
function levelBefore(values: CleanSeries['values']): Bytes | undefined {
  const size = Math.min(BEFORE_SAMPLES, Math.floor(values.length * BEFORE_SHARE));
  return size < FEWEST_BEFORE ? undefined : median(values.slice(-2 - size, -2));
}

/** A surge kills while it rises and again while it lasts, so an hour to both sides belongs to the kill. Highest mean of a quarter of an hour. */
function busiestAround(series: CleanSeries | undefined, atMs: EpochMs): number | undefined {
  if (series === undefined) return undefined;
  let busiest: number | undefined;
  for (let quarter = -4; quarter < 4; quarter += 1) {
    const fromMs = atMs + quarter * SURGE_WINDOW_MS;
    const { values } = between(series, fromMs, fromMs + SURGE_WINDOW_MS);
    if (values.length === 0) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    if (busiest === undefined || mean > busiest) busiest = mean;
  }
  return busiest;
}
