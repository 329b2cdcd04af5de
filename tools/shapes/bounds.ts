/** Bounds that figures are held to. */
import type { Interval } from './bootstrap.ts';
import { figure } from './tables.ts';

export interface Bound {
  readonly what: string;
  readonly value: number;
  /** 95 % interval of the value. */
  readonly interval?: Interval;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/**
 * Sentences about bounds that do not hold. `strict`: the value itself must keep them. Otherwise, for samples too small
 * to judge, only an interval that lies wholly beyond a bound breaks it.
 */
export function brokenOf(where: string, bounds: readonly Bound[], strict: boolean): readonly string[] {
  return bounds.flatMap((bound) => {
    const { what, value, atLeast, atMost } = bound;
    const { low, high } = strict
      ? { low: value, high: value }
      : (bound.interval ?? { low: value, high: value });
    const tooLow = atLeast !== undefined && high < atLeast;
    const tooHigh = atMost !== undefined && low > atMost;
    if (!tooLow && !tooHigh && !Number.isNaN(value)) return [];
    const must = [
      atLeast === undefined ? [] : [`at least ${atLeast}`],
      atMost === undefined ? [] : [`at most ${atMost}`],
    ].flat();
    return [`${where}: ${what} is ${figure(value, 4)}, must be ${must.join(' and ')}`];
  });
}

/** Wilson's 95 % interval of a share of `n` independent cases. */
export function wilson(share: number, n: number): Interval {
  if (n === 0) return { low: 0, high: 1 };
  const z = 1.96;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
