import { MAD_TO_SIGMA, medianAbsoluteDeviation } from './mad.ts';

/** Standard deviation of the noise by the MAD of differences, so that steps and slopes do not count. 0 below two values. */
export function noiseSigma(values: Float64Array): number {
  if (values.length < 2) return 0;
  const differences = Float64Array.from(
    { length: values.length - 1 },
    (_, i) => (values[i + 1] as number) - (values[i] as number),
  );
  return (MAD_TO_SIGMA * (medianAbsoluteDeviation(differences) ?? 0)) / Math.SQRT2;
}

/** What one more change of the mean has to pay for: 3 sigma^2 ln n. 0 below two values or without noise. */
export function changePenalty(values: Float64Array): number {
  const sigma = noiseSigma(values);
  return values.length < 2 ? 0 : 3 * sigma * sigma * Math.log(values.length);
}
