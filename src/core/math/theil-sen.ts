import { median, medianInPlace } from './median.ts';
import { selectInPlace } from './select.ts';
import { tieCorrection } from './ties.ts';

export interface SlopeEstimate {
  /** Units of value per unit of time. */
  readonly slope: number;
  readonly intercept: number;
  /** 95 % confidence interval of the slope. */
  readonly low: number;
  readonly high: number;
}

/** Normal quantile of 0.975. */
const Z_95 = 1.959963984540054;

/**
 * Theil-Sen: the median of the slopes of all pairs, which 29 % of wild values cannot move; the intercept is
 * median(values) - slope * median(times). The interval is Sen's (JASA 63, 1968), ranks rounded as in
 * `scipy.stats.theilslopes`. Pairs of equal times are left out; `undefined` if no pair is left. O(n^2) time and
 * space: bin to a few hundred first.
 */
export function theilSen(times: Float64Array, values: Float64Array): SlopeEstimate | undefined {
  const slopes = pairSlopes(times, values);
  if (slopes.length === 0) return undefined;
  const count = slopes.length;
  const n = values.length;
  const variance = (n * (n - 1) * (2 * n + 5) - tieCorrection(times) - tieCorrection(values)) / 18;
  const reach = Z_95 * Math.sqrt(Math.max(variance, 0));
  const lowRank = Math.max(roundHalfEven((count - reach) / 2) - 1, 0);
  const highRank = Math.min(roundHalfEven((count + reach) / 2), count - 1);
  const slope = medianInPlace(slopes);
  return {
    slope,
    intercept: (median(values) ?? 0) - slope * (median(times) ?? 0),
    low: selectInPlace(slopes, Math.min(lowRank, count - 1)),
    high: selectInPlace(slopes, Math.max(highRank, 0)),
  };
}

function pairSlopes(times: Float64Array, values: Float64Array): Float64Array {
  const n = Math.min(times.length, values.length);
  const slopes = new Float64Array(Math.max((n * (n - 1)) / 2, 0));
  let count = 0;
  for (let i = 0; i < n; i++) {
    const time = times[i] as number;
    const value = values[i] as number;
    for (let j = i + 1; j < n; j++) {
      const step = (times[j] as number) - time;
      if (step !== 0) slopes[count++] = ((values[j] as number) - value) / step;
    }
  }
  return slopes.subarray(0, count);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const part = value - floor;
  if (part !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
