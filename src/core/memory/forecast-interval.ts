/** How far off forecasts of this kind were: the interval is a count of errors, not a formula. */
import { conformalQuantile } from '../math/conformal.ts';
import type { Ratio } from '../units.ts';
import { HORIZON_HOURS } from './crossing.ts';
import type { ForecastKind } from './forecast.ts';
import { FORECAST_CALIBRATION } from './forecast-calibration.ts';

/** Errors of one kind of forecast at one stage. Factors of the time that was left. */
export interface CalibrationStratum {
  readonly kind: ForecastKind;
  /** Share of the way to the limit that was gone, at least; up to the next stratum of the kind. */
  readonly usedFrom: Ratio;
  readonly forecasts: number;
  /** About nine of ten forecasts said at most this many times the time that was really left. */
  readonly lateFactor: number;
  /** About nine of ten said at least the time that was really left divided by this. */
  readonly earlyFactor: number;
}

export interface ForecastInterval {
  readonly lowHours?: number;
  readonly highHours?: number;
  readonly basis: string;
}

/** From so many scored forecasts of its own on, the interval rests on them. */
export const OWN_FORECASTS_NEEDED = 30;
/** Each side of the interval is missed by so many: together an 80 % interval. */
const ALPHA_EACH_SIDE = 0.1;

/** The 80 % interval around a forecast of `hours`. `scores` are ln(predicted / real) of own forecasts. */
export function intervalOf(
  {
    kind,
    usedRatio,
    hours,
  }: { readonly kind: ForecastKind; readonly usedRatio: Ratio; readonly hours: number },
  scores: readonly number[] = [],
): ForecastInterval {
  const own = scores.filter(Number.isFinite);
  if (own.length >= OWN_FORECASTS_NEEDED) {
    return bounds(hours, {
      ...factorsOf(own),
      basis: `80 % interval calibrated on ${own.length} own forecasts`,
    });
  }
  const stratum = FORECAST_CALIBRATION.findLast((one) => one.kind === kind && usedRatio >= one.usedFrom);
  if (stratum === undefined) return { basis: 'no interval: too few forecasts of this kind were scored' };
  return bounds(hours, { ...stratum, basis: '80 % interval calibrated on simulated workloads' });
}

/** Conformal factors of both sides: of what is ahead of the truth, and of what is behind it. Infinite if too few. */
export function factorsOf(
  scores: readonly number[],
  alphaEachSide = ALPHA_EACH_SIDE,
): {
  readonly lateFactor: number;
  readonly earlyFactor: number;
} {
  const late = conformalQuantile(Float64Array.from(scores).sort(), alphaEachSide);
  const early = conformalQuantile(Float64Array.from(scores, (score) => -score).sort(), alphaEachSide);
  // An interval that leaves out its own forecast would only confuse.
  return { lateFactor: Math.max(Math.exp(late), 1), earlyFactor: Math.max(Math.exp(early), 1) };
}

function bounds(
  hours: number,
  factors: { readonly lateFactor: number; readonly earlyFactor: number; readonly basis: string },
): ForecastInterval {
  const low = hours / factors.lateFactor;
  const high = hours * factors.earlyFactor;
  return {
    ...(low > 0 && { lowHours: low }),
    ...(high < HORIZON_HOURS && { highHours: high }),
    basis: factors.basis,
  };
}
