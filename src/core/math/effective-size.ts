import { correctedLag1 } from './correction-factor.ts';

/** How many independent values `n` AR(1) residuals are worth: n (1 - r) / (1 + r), at least 6 (or n). */
export function effectiveSize(residuals: Float64Array): number {
  const n = residuals.length;
  const r = correctedLag1(residuals);
  return Math.min(Math.max((n * (1 - r)) / (1 + r), 6), n);
}
