import { median, medianInPlace } from './median.ts';

/** Makes the MAD of normally distributed values an estimate of their standard deviation: 1 / ppf(0.75). */
export const MAD_TO_SIGMA = 1.4826;

/** Median absolute deviation from the median, unscaled. `undefined` of nothing; 0 where over half are equal. */
export function medianAbsoluteDeviation(values: Float64Array): number | undefined {
  const centre = median(values);
  if (centre === undefined) return undefined;
  return medianInPlace(values.map((value) => Math.abs(value - centre)));
}
