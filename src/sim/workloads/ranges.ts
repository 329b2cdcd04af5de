/**
 * Which seeds and ranges are for development and which are held out. Both tables and the families were fixed before
 * there was a detector. The held-out table reaches outside the development table on every axis.
 */
import type { Milliseconds } from '../../core/units.ts';
import { MINUTE_MS, SECOND_MS } from '../../core/units.ts';

export type RangeSet = 'development' | 'held-out';

type Range = readonly [low: number, high: number];

export interface Ranges {
  /** First seed; the sets never share one. */
  readonly firstSeed: number;
  readonly baseMib: Range;
  /** Limit over the level that the container needs. */
  readonly limitFactor: Range;
  /** AR(1) coefficient from sample to sample. */
  readonly phi: readonly [number, ...number[]];
  /** Standard deviation of the noise, share of the base. */
  readonly noise: Range;
  /** Memory that follows the mean traffic, share of the base; a third has none. */
  readonly load: Range;
  readonly steps: readonly [
    { readonly stepMs: Milliseconds; readonly days: Range },
    ...{ readonly stepMs: Milliseconds; readonly days: Range }[],
  ];
  readonly diurnal: Range;
  readonly weekend: Range;
  readonly warmUpMinutes: Range;
  readonly missing: Range;
  /** Share of workloads with one gap, and its hours. */
  readonly gapShare: number;
  readonly gapHours: Range;
  readonly replicas: readonly [number, ...number[]];
  /** Days until a leak meets the limit: most, and the slow share. */
  readonly leakDays: Range;
  readonly slowLeakDays: Range;
  readonly slowShare: number;
  readonly chunkHours: Range;
  readonly gcHours: Range;
  readonly batchHours: readonly [number, ...number[]];
  readonly surge: Range;
  /** Growth of the traffic per week. */
  readonly organic: Range;
  readonly spike: Range;
  readonly warmTauDays: Range;
  /** Need over the limit where the limit is too low. */
  readonly undersized: Range;
}

const DEVELOPMENT: Ranges = {
  firstSeed: 1000,
  baseMib: [100, 600],
  limitFactor: [2, 4],
  phi: [0.5, 0.8, 0.95],
  noise: [0.005, 0.03],
  load: [0.1, 0.6],
  steps: [
    { stepMs: 5 * MINUTE_MS, days: [7, 14] },
    { stepMs: 5 * MINUTE_MS, days: [7, 14] },
    { stepMs: 5 * MINUTE_MS, days: [7, 14] },
    { stepMs: MINUTE_MS, days: [7, 14] },
  ],
  diurnal: [0.2, 0.7],
  weekend: [0.5, 1],
  warmUpMinutes: [10, 60],
  missing: [0, 0.05],
  gapShare: 0.3,
  gapHours: [3, 3],
  replicas: [1, 1, 2, 3],
  leakDays: [0.4, 4],
  slowLeakDays: [8, 25],
  slowShare: 0.3,
  chunkHours: [1, 8],
  gcHours: [0.4, 3],
  batchHours: [6, 12, 24],
  surge: [2.5, 5],
  organic: [0.3, 0.8],
  spike: [1.2, 3],
  warmTauDays: [0.3, 2],
  undersized: [1, 1.05],
};

const HELD_OUT: Ranges = {
  firstSeed: 9_000_000,
  baseMib: [40, 2000],
  limitFactor: [1.6, 5],
  phi: [0.3, 0.7, 0.9, 0.97],
  noise: [0.003, 0.04],
  load: [0.05, 0.9],
  steps: [
    { stepMs: 30 * SECOND_MS, days: [3, 6] },
    { stepMs: MINUTE_MS, days: [3, 12] },
    { stepMs: 5 * MINUTE_MS, days: [3, 21] },
    { stepMs: 10 * MINUTE_MS, days: [5, 21] },
  ],
  diurnal: [0.1, 0.85],
  weekend: [0.3, 1.2],
  warmUpMinutes: [3, 120],
  missing: [0, 0.1],
  gapShare: 0.4,
  gapHours: [0.5, 9],
  replicas: [1, 2, 4, 6],
  leakDays: [0.25, 6],
  slowLeakDays: [6, 30],
  slowShare: 0.25,
  chunkHours: [0.5, 12],
  gcHours: [0.2, 5],
  batchHours: [3, 8, 16, 24, 36],
  surge: [2, 7],
  organic: [0.2, 1.2],
  spike: [1.05, 5],
  warmTauDays: [0.15, 3],
  undersized: [1, 1.12],
};

export function rangesOf(set: RangeSet): Ranges {
  return set === 'development' ? DEVELOPMENT : HELD_OUT;
}
