/** A second, closer look at what is young: samples as far apart as a week deserves show little of an hour. */
import type { ContainerHistory } from '../core/model/series.ts';
import { type EpochMs, HOUR_MS, type Milliseconds, MINUTE_MS } from '../core/units.ts';
import type { HistorySource } from './history-ports.ts';
import {
  type HistoryReading,
  type HistoryReadOptions,
  type HistoryWish,
  readHistories,
  stepFor,
} from './read-histories.ts';

/** Points of one series with which the first look is close enough. */
const ENOUGH_POINTS = 200;
/** Where no sample lay on the steps of the first look: whatever there is, is younger. */
const YOUNG_MS: Milliseconds = HOUR_MS;
const LEAST_MS: Milliseconds = 10 * MINUTE_MS;

/** As `readHistories`; asks once more for the time that holds samples where that time is short. */
export async function readClosely(
  sources: readonly HistorySource[],
  wish: HistoryWish,
  options: HistoryReadOptions,
): Promise<HistoryReading> {
  const first = await readHistories(sources, wish, options);
  const hasAnswered = first.sources.some(({ state }) => state === 'read');
  const closer = hasAnswered ? closerWish(wish, first.histories) : undefined;
  if (closer === undefined) return first;
  const second = await readHistories(sources, closer, options);
  return second.histories.length < Math.max(1, first.histories.length) ? first : second;
}

function closerWish(wish: HistoryWish, histories: readonly ContainerHistory[]): HistoryWish | undefined {
  const firstMs = firstSampleMs(histories);
  // What began before its first sample did so less than one step before.
  const spanMs = firstMs === undefined ? YOUNG_MS : wish.toMs - firstMs + wish.stepMs;
  const stepMs = stepFor(spanMs);
  if (stepMs >= wish.stepMs || spanMs / wish.stepMs >= ENOUGH_POINTS) return undefined;
  return { ...wish, fromMs: Math.max(wish.fromMs, wish.toMs - Math.max(spanMs, LEAST_MS)), stepMs };
}

/** When the oldest sample of memory was taken; undefined without any. */
export function firstSampleMs(histories: readonly ContainerHistory[]): EpochMs | undefined {
  let firstMs: EpochMs | undefined;
  for (const { workingSet, rss, usage } of histories) {
    for (const series of [workingSet, rss, usage]) {
      const atMs = series?.timesMs[0];
      if (atMs !== undefined && (firstMs === undefined || atMs < firstMs)) firstMs = atMs;
    }
  }
  return firstMs;
}
