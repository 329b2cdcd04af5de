/** The forms of growth as functions of the time since the start, and the grids of their parameter. */

export type GrowthModel = 'const' | 'lin' | 'cum' | 'log' | 'sat' | 'ramp' | 'exp' | 'hinge' | 'step';

/** Parameters to try, in units of time since the first value. */
export interface GrowthGrids {
  /** Scale s of ln(1 + t / s). */
  readonly log: readonly number[];
  /** Time constants of 1 - exp(-t / tau). */
  readonly sat: readonly number[];
  /** Ends of min(t, c). */
  readonly ramp: readonly number[];
  /** Time constants of exp(t / tau) - 1. */
  readonly exp: readonly number[];
  /** Starts of max(t - c, 0). */
  readonly hinge: readonly number[];
  /** Instants of a step. */
  readonly step: readonly number[];
}

export const GROWTH_BASES: Readonly<Record<GrowthModel, (time: number, parameter: number) => number>> = {
  const: () => 0,
  lin: (time) => time,
  // Its clock is not the time; given apart.
  cum: (time) => time,
  log: (time, scale) => Math.log1p(time / scale),
  sat: (time, tau) => -Math.expm1(-time / tau),
  ramp: (time, end) => Math.min(time, end),
  exp: (time, tau) => Math.expm1(time / tau),
  hinge: (time, start) => Math.max(time - start, 0),
  step: (time, at) => (time >= at ? 1 : 0),
};

/** Grids for a life of length `span`: coarse enough to be fast, fine enough that a step of the grid costs no verdict. */
export function growthGrids(times: Float64Array, span: number): GrowthGrids {
  return {
    log: [span / 20],
    sat: geometric(span / 30, span / 1.5, 16),
    ramp: linear(0.1 * span, 0.85 * span, 16),
    exp: geometric(span / 8, 0.7 * span, 8),
    hinge: linear(0.15 * span, 0.75 * span, 13),
    // Two values at each side at least.
    step: [...times.subarray(2, Math.max(times.length - 1, 2))],
  };
}

/** `count` (2 or more) numbers from `low` to `high` with equal ratios. */
export function geometric(low: number, high: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}

function linear(low: number, high: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}
