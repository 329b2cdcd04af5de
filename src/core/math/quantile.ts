import { selectInPlace } from './select.ts';

/**
 * The quantile of `ratio` (0 to 1), linear between order statistics (Hyndman and Fan's type 7, as numpy's and R's
 * default). `undefined` of nothing. Linear time on average.
 */
export function quantile(values: Float64Array, ratio: number): number | undefined {
  return values.length === 0 ? undefined : quantileInPlace(values.slice(), ratio);
}

/** As `quantile` of at least one value, but reorders `values` instead of copying them. */
export function quantileInPlace(values: Float64Array, ratio: number): number {
  const position = Math.min(Math.max(ratio, 0), 1) * (values.length - 1);
  const rank = Math.floor(position);
  const below = selectInPlace(values, rank);
  const part = position - rank;
  if (part === 0) return below;
  let above = Infinity;
  for (let i = rank + 1; i < values.length; i++) above = Math.min(above, values[i] as number);
  return below + part * (above - below);
}
