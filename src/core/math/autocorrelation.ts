/**
 * Autocorrelation at `lag`: the covariance over n - lag pairs by the variance over all n (both as plain sums, so the
 * result is within -1 to 1). 0 where nothing varies or the lag leaves no pair.
 */
export function autocorrelation(values: Float64Array, lag = 1): number {
  return autocorrelations(values, lag)[lag] ?? 0;
}

/** Autocorrelations at lags 0 to `maxLag`. O(n * maxLag). */
export function autocorrelations(values: Float64Array, maxLag: number): Float64Array {
  const n = values.length;
  const result = new Float64Array(Math.max(maxLag, 0) + 1);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] as number;
  const centred = values.map((value) => value - sum / n);
  const variance = lagProduct(centred, 0);
  if (variance === 0) return result;
  for (let lag = 0; lag <= maxLag && lag < n; lag++) result[lag] = lagProduct(centred, lag) / variance;
  return result;
}

function lagProduct(centred: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < centred.length; i++) sum += (centred[i] as number) * (centred[i - lag] as number);
  return sum;
}
