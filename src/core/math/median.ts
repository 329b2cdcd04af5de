import { quantile, quantileInPlace } from './quantile.ts';

/** The median; the mean of the two middle values of an even number. `undefined` of nothing. */
export function median(values: Float64Array): number | undefined {
  return quantile(values, 0.5);
}

/** As `median` of at least one value, but reorders `values` instead of copying them. */
export function medianInPlace(values: Float64Array): number {
  return quantileInPlace(values, 0.5);
}
