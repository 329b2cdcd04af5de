import { medianInPlace } from './median.ts';

/**
 * Siegel's repeated medians: the median over points of the median slope to every other point; half of the values may
 * be wild. The intercept is the median of values - slope * times (`scipy.stats.siegelslopes`, hierarchical).
 * `undefined` without two different times. O(n^2).
 */
export function siegel(
  times: Float64Array,
  values: Float64Array,
): { readonly slope: number; readonly intercept: number } | undefined {
  const n = Math.min(times.length, values.length);
  const medians = new Float64Array(n);
  const slopes = new Float64Array(n);
  let points = 0;
  for (let i = 0; i < n; i++) {
    let count = 0;
    for (let j = 0; j < n; j++) {
      const step = (times[j] as number) - (times[i] as number);
      if (step !== 0) slopes[count++] = ((values[j] as number) - (values[i] as number)) / step;
    }
    if (count > 0) medians[points++] = medianInPlace(slopes.subarray(0, count));
  }
  if (points === 0) return undefined;
  const slope = medianInPlace(medians.subarray(0, points));
  const rests = Float64Array.from(
    { length: n },
    (_, i) => (values[i] as number) - slope * (times[i] as number),
  );
  return { slope, intercept: medianInPlace(rests) };
}
