import { normalSf } from './normal.ts';
import { tieCorrection } from './ties.ts';

export interface TrendTest {
  /** Pairs that rise minus pairs that fall. */
  readonly s: number;
  /** Variance of `s` for independent values, ties accounted for. */
  readonly variance: number;
  /** Standard normal without a trend; 0 where the variance is 0. */
  readonly z: number;
  /** Two-sided. */
  readonly p: number;
  /** `s` by the number of pairs: -1 to 1. */
  readonly tau: number;
}

/**
 * Mann-Kendall's test for a trend in equally spaced values; S by a Fenwick tree, O(n log n). `factor` is what
 * autocorrelation multiplies the variance by (`correctionFactor`); without it the test cries wolf on memory.
 * Below two values everything is 0 and p is 1.
 */
export function mannKendall(values: Float64Array, factor = 1): TrendTest {
  const n = values.length;
  const s = kendallS(values);
  const variance = n < 2 ? 0 : (n * (n - 1) * (2 * n + 5) - tieCorrection(values)) / 18;
  return trendTest(s, { variance, factor, pairs: (n * (n - 1)) / 2 });
}

/** Z, p and tau of a score S; `continuity` is how much of |S| its being a whole number is worth. */
export function trendTest(s: number, { variance, factor, pairs, continuity = 1 }: Score): TrendTest {
  const spread = Math.sqrt(Math.max(variance * factor, 0));
  const z = spread > 0 ? (s - continuity * Math.sign(s)) / spread : 0;
  return { s, variance, z, p: Math.min(2 * normalSf(Math.abs(z)), 1), tau: pairs > 0 ? s / pairs : 0 };
}

interface Score {
  readonly variance: number;
  readonly factor: number;
  readonly pairs: number;
  readonly continuity?: 0 | 1;
}

/** The sum of sign(x_j - x_i) over i < j. */
export function kendallS(values: Float64Array): number {
  const sorted = values.slice().sort();
  const tree = new Int32Array(sorted.length + 1);
  let s = 0;
  for (let i = 0; i < values.length; i++) {
    const first = firstNotBelow(sorted, values[i] as number);
    const smaller = prefixCount(tree, first);
    // All equal values are counted at the rank of the first of them.
    const notGreater = prefixCount(tree, first + 1);
    s += smaller - (i - notGreater);
    for (let node = first + 1; node < tree.length; node += node & -node) {
      tree[node] = (tree[node] as number) + 1;
    }
  }
  return s;
}

function prefixCount(tree: Int32Array, ranks: number): number {
  let count = 0;
  for (let node = ranks; node > 0; node -= node & -node) count += tree[node] as number;
  return count;
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
