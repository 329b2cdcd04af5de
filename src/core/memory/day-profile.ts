/** The usual traffic of each hour of the day: what the next days are expected to bring. */
import type { EpochMs } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import type { CleanSeries } from './fit-types.ts';

export interface DayProfile {
  readonly mean: number;
  /** Of the busiest hour. */
  readonly highest: number;
  /** Per second, at an instant. */
  at(atMs: EpochMs): number;
}

const HOURS = 24;

/** Hours without a sample are taken for the mean. */
export function dayProfile({ timesMs, values }: CleanSeries): DayProfile {
  const sums = new Float64Array(HOURS);
  const counts = new Float64Array(HOURS);
  let sum = 0;
  for (let index = 0; index < values.length; index++) {
    const hour = hourOf(timesMs[index] as number);
    const value = values[index] as number;
    sums[hour] = (sums[hour] as number) + value;
    counts[hour] = (counts[hour] as number) + 1;
    sum += value;
  }
  const mean = values.length === 0 ? 0 : sum / values.length;
  const rates = sums.map((total, hour) =>
    (counts[hour] as number) > 0 ? total / (counts[hour] as number) : mean,
  );
  return { mean, highest: Math.max(...rates), at: (atMs) => rates[hourOf(atMs)] as number };
}

function hourOf(atMs: EpochMs): number {
  return Math.floor(atMs / HOUR_MS) % HOURS;
}
