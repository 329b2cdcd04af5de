export interface Line {
  readonly slope: number;
  readonly intercept: number;
  /** Pearson's correlation; 0 where either side does not vary. */
  readonly correlation: number;
  /** Standard error of the slope under independent errors; absent below three points. */
  readonly slopeError?: number;
}

/** Ordinary least squares of one line, by centred sums. `undefined` without two different times. */
export function fitLine(times: Float64Array, values: Float64Array): Line | undefined {
  const n = Math.min(times.length, values.length);
  const meanTime = mean(times, n);
  const meanValue = mean(values, n);
  let timeTime = 0;
  let timeValue = 0;
  let valueValue = 0;
  for (let i = 0; i < n; i++) {
    const time = (times[i] as number) - meanTime;
    const value = (values[i] as number) - meanValue;
    timeTime += time * time;
    timeValue += time * value;
    valueValue += value * value;
  }
  if (n < 2 || timeTime === 0) return undefined;
  const slope = timeValue / timeTime;
  const rest = Math.max(valueValue - slope * timeValue, 0);
  return {
    slope,
    intercept: meanValue - slope * meanTime,
    correlation: valueValue === 0 ? 0 : timeValue / Math.sqrt(timeTime * valueValue),
    ...(n > 2 && { slopeError: Math.sqrt(rest / (n - 2) / timeTime) }),
  };
}

function mean(values: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] as number;
  return n === 0 ? 0 : sum / n;
}
