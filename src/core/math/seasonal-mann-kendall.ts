import { kendallS, trendTest, type TrendTest } from './mann-kendall.ts';
import { median, medianInPlace } from './median.ts';
import { tieCorrection } from './ties.ts';

export interface SeasonalTrend extends TrendTest {
  /** Units of value per period: the median over pairs of the same season. */
  readonly slope: number;
  /** median(values) - slope * median(index) / period. */
  readonly intercept: number;
}

/**
 * Mann-Kendall within each season of `period` values, summed (Hirsch, Slack and Smith, Water Resources Research 18,
 * 1982). `covariance: true` adds the covariances of seasons, which noise shared by a day demands (Dietz and Killeen,
 * JASA 76, 1981): over whole periods, and as theirs without the correction for continuity. `undefined` without two
 * values of one season. O(n^2 / period), with covariance O(n^2).
 */
export function seasonalMannKendall(
  values: Float64Array,
  { period, covariance = false }: { readonly period: number; readonly covariance?: boolean },
): SeasonalTrend | undefined {
  if (!(period >= 1) || values.length < period + 1) return undefined;
  const seasons = seasonsOf(values, Math.floor(period));
  let s = 0;
  let variance = 0;
  let pairs = 0;
  for (const season of seasons) {
    const n = season.length;
    s += kendallS(season);
    variance += (n * (n - 1) * (2 * n + 5) - tieCorrection(season)) / 18;
    pairs += (n * (n - 1)) / 2;
  }
  if (covariance) variance = covarianceSum(seasons);
  const slope = withinSeasonSlope(seasons, pairs);
  const middle = (values.length - 1) / 2;
  return {
    ...trendTest(s, { variance, factor: 1, pairs, continuity: covariance ? 0 : 1 }),
    slope,
    intercept: (median(values) ?? 0) - (slope * middle) / seasons.length,
  };
}

function seasonsOf(values: Float64Array, period: number): readonly Float64Array[] {
  return Array.from({ length: period }, (_, season) =>
    Float64Array.from(
      { length: Math.ceil((values.length - season) / period) },
      (_, turn) => values[season + turn * period] as number,
    ),
  );
}

function withinSeasonSlope(seasons: readonly Float64Array[], pairs: number): number {
  const slopes = new Float64Array(pairs);
  let count = 0;
  for (const season of seasons) {
    for (let i = 0; i < season.length; i++) {
      for (let j = i + 1; j < season.length; j++) {
        slopes[count++] = ((season[j] as number) - (season[i] as number)) / (j - i);
      }
    }
  }
  return medianInPlace(slopes);
}

/** The sum over all pairs of seasons of (K + 4 sum(R R') - n (n + 1)^2) / 3, with ranks R and K as Dietz and Killeen's. */
function covarianceSum(seasons: readonly Float64Array[]): number {
  const n = Math.min(...seasons.map((season) => season.length));
  const ranks = seasons.map((season) => ranksOf(season.subarray(0, n)));
  let total = 0;
  // K summed over pairs of seasons is, per pair of instants, the square of the sum of signs; the same for the ranks.
  for (let i = 0; i < n; i++) {
    let rankSum = 0;
    for (const rank of ranks) rankSum += rank[i] as number;
    total += 4 * rankSum * rankSum;
    for (let j = i + 1; j < n; j++) {
      let signs = 0;
      for (const season of seasons) signs += Math.sign((season[j] as number) - (season[i] as number));
      total += signs * signs;
    }
  }
  return (total - seasons.length ** 2 * n * (n + 1) ** 2) / 3;
}

function ranksOf(values: Float64Array): Float64Array {
  return values.map((value) => {
    let signs = 0;
    for (const other of values) signs += Math.sign(value - other);
    return (values.length + 1 + signs) / 2;
  });
}
