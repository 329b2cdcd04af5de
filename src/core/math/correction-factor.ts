import { autocorrelation } from './autocorrelation.ts';

/** Beyond this an AR(1) series cannot be told from a random walk within the few hundred bins of a life. */
const MOST_CORRELATED = 0.95;

/**
 * Lag-1 autocorrelation of residuals, corrected for the bias of short series (Kendall 1954: (1 + 4 r) / n), clipped to
 * 0 to 0.95. 0 of fewer than two residuals.
 */
export function correctedLag1(residuals: Float64Array): number {
  const n = residuals.length;
  if (n < 2) return 0;
  const r1 = autocorrelation(residuals);
  return Math.min(Math.max(r1 + (1 + 4 * r1) / n, 0), MOST_CORRELATED);
}

/**
 * What an AR(1) process of the residuals' lag-1 autocorrelation multiplies the variance of Kendall's S by, at least 1
 * (Matalas and Sankarasubramanian, Water Resources Research 39, 2003). Take the residuals of the model that fits
 * best: those of a line through curved growth look autocorrelated and hide the growth.
 */
export function correctionFactor(residuals: Float64Array, n: number): number {
  const r = correctedLag1(residuals);
  if (n < 1) return 1;
  return Math.max(1 + (2 * (r ** (n + 1) - n * r * r + (n - 1) * r)) / (n * (r - 1) ** 2), 1);
}
