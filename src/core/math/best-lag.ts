/**
 * By how many steps, 0 to `maxLag`, `response` follows `driver`: the lag of the highest correlation of their differences
 * (levels share the rhythm of the day and always correlate). The correlation is 0 where nothing varies.
 */
export function bestLag(
  driver: Float64Array,
  response: Float64Array,
  maxLag = 6,
): { readonly lag: number; readonly correlation: number } {
  const n = Math.min(driver.length, response.length);
  let best = { lag: 0, correlation: correlationOfDifferences(driver, response, { lag: 0, n }) };
  for (let lag = 1; lag <= maxLag && n - lag > 3; lag++) {
    const correlation = correlationOfDifferences(driver, response, { lag, n });
    if (correlation > best.correlation) best = { lag, correlation };
  }
  return best;
}

function correlationOfDifferences(
  driver: Float64Array,
  response: Float64Array,
  { lag, n }: { readonly lag: number; readonly n: number },
): number {
  const pairs = n - 1 - lag;
  if (pairs < 2) return 0;
  // Differences telescope: their mean needs only the ends.
  const meanX = ((driver[n - 1 - lag] as number) - (driver[0] as number)) / pairs;
  const meanY = ((response[n - 1] as number) - (response[lag] as number)) / pairs;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let i = lag + 1; i < n; i++) {
    const x = (driver[i - lag] as number) - (driver[i - lag - 1] as number) - meanX;
    const y = (response[i] as number) - (response[i - 1] as number) - meanY;
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}
