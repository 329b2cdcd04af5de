import { chiSquareSf } from './chi-square.ts';

export interface Pooled {
  /** Mean weighted by 1 / error^2. */
  readonly slope: number;
  readonly error: number;
  /** Cochran's Q about the pooled slope, chi-square with one degree less than there are slopes. */
  readonly q: number;
  /** Probability of a Q at least this high if all slopes were equal. */
  readonly qP: number;
  /** Share of the variation that is not sampling error, 0 to 1. */
  readonly i2: number;
  /** Stouffer's combination of slope / error: standard normal without growth. */
  readonly z: number;
}

/** One slope of several lives or replicas. Slopes whose error is not above 0 are left out; `undefined` if none is left. */
export function poolSlopes(
  estimates: readonly { readonly slope: number; readonly error: number }[],
): Pooled | undefined {
  const usable = estimates.filter(
    ({ slope, error }) => error > 0 && Number.isFinite(slope / (error * error)),
  );
  if (usable.length === 0) return undefined;
  let weights = 0;
  let weighted = 0;
  let zSum = 0;
  for (const { slope, error } of usable) {
    weights += 1 / error ** 2;
    weighted += slope / error ** 2;
    zSum += slope / error;
  }
  const slope = weighted / weights;
  const q = usable.reduce((sum, one) => sum + ((one.slope - slope) / one.error) ** 2, 0);
  const degrees = usable.length - 1;
  return {
    slope,
    error: Math.sqrt(1 / weights),
    q,
    qP: degrees === 0 ? 1 : chiSquareSf(q, degrees),
    i2: q > 0 ? Math.max((q - degrees) / q, 0) : 0,
    z: zSum / Math.sqrt(usable.length),
  };
}
