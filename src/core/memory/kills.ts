/** Each kill for memory with what was seen before it. The kill itself is a censored observation: demand met the limit. */
import type { Bytes, Milliseconds, Ratio } from '../units.ts';
import { MINUTE_MS } from '../units.ts';
import { quantile } from '../math/quantile.ts';
import type { KillMark } from '../model/series.ts';
import type { CleanSeries, Run } from './fit-types.ts';
import type { PodRecord } from './record.ts';
import { highestIn } from './record.ts';

export interface KillContext {
  readonly kill: KillMark;
  readonly run: Run;
  readonly ageMs: Milliseconds;
  readonly limitBytes?: Bytes;
  /** The highest of the last two samples, and how long before the kill the last one was taken. */
  readonly lastBytes?: Bytes;
  readonly unseenMs?: Milliseconds;
  /** What was free of the limit at the last samples. */
  readonly jumpRatio?: Ratio;
  /** Highest traffic in the quarter of an hour before, over the 95th percentile of the time before that. */
  readonly trafficRatio?: number;
}

/** Newest kills that are looked at one by one. */
const MOST_KILLS = 500;
const SURGE_WINDOW_MS = 15 * MINUTE_MS;

/** Only kills that memory can be to blame for, newest last. */
export function killContexts(runs: readonly Run[], records: readonly PodRecord[]): readonly KillContext[] {
  const killed = runs.filter(({ kill }) => kill !== undefined && isMemory(kill)).slice(-MOST_KILLS);
  const pods = new Map(records.map((record) => [record.pod, record]));
  const usual = new Map<string, number | undefined>();
  return killed.map((run) => {
    const { pod } = run.life;
    const traffic = pods.get(pod)?.traffic;
    if (!usual.has(pod)) usual.set(pod, traffic === undefined ? undefined : quantile(traffic.values, 0.95));
    return contextOf(run, run.kill as KillMark, { traffic, usual: usual.get(pod) });
  });
}

/** `unknown` = 137 without a proof: it counts as long as nothing says otherwise. */
export function isMemory({ kind }: KillMark): boolean {
  return kind === 'limit' || kind === 'memory' || kind === 'unknown';
}

function contextOf(
  run: Run,
  kill: KillMark,
  demand: { readonly traffic: CleanSeries | undefined; readonly usual: number | undefined },
): KillContext {
  const { timesMs, values } = run.level;
  const limitBytes = kill.limitBytes ?? run.life.limitBytes;
  const lastMs = timesMs.at(-1);
  const lastBytes = lastMs === undefined ? undefined : Math.max(values.at(-1) ?? 0, values.at(-2) ?? 0);
  const highest = highestIn(demand.traffic, kill.atMs - SURGE_WINDOW_MS, kill.atMs);
  const { usual } = demand;
  return {
    kill,
    run,
    ageMs: Math.max(0, kill.atMs - run.life.fromMs),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(lastMs !== undefined && { unseenMs: kill.atMs - lastMs }),
    ...(lastBytes !== undefined && { lastBytes }),
    ...(lastBytes !== undefined &&
      limitBytes !== undefined && { jumpRatio: Math.max(0, (limitBytes - lastBytes) / limitBytes) }),
    ...(highest !== undefined && usual !== undefined && usual > 0 && { trafficRatio: highest / usual }),
  };
}
