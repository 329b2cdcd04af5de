import type { BasisFit, Centred } from './basis-fit.ts';

/** The best single step up or down at one of `instants` (ascending, in the units of `times`), by running sums: O(n). */
export function fitStep(
  y: Centred,
  times: Float64Array,
  instants: readonly number[],
): (BasisFit & { readonly parameter: number }) | undefined {
  const { values } = y;
  const n = values.length;
  let below = 0;
  let sumBelow = 0;
  let best:
    | { readonly gain: number; readonly below: number; readonly sum: number; readonly at: number }
    | undefined;
  for (const at of instants) {
    while (below < n && (times[below] as number) < at) sumBelow += values[below++] as number;
    if (below === 0 || below === n) continue;
    // The values are centred, so both sides' sums are opposite.
    const gain = sumBelow * sumBelow * (1 / below + 1 / (n - below));
    if (best === undefined || gain > best.gain) best = { gain, below, sum: sumBelow, at };
  }
  if (best === undefined) return undefined;
  const left = best.sum / best.below;
  const right = -best.sum / (n - best.below);
  return {
    intercept: y.mean + left,
    growth: right - left,
    squaredError: Math.max(y.squares - best.gain, 0),
    parameter: best.at,
  };
}
