/** When a growing life meets its limit: every endless form of growth prolonged, and their answers weighed. */
import type { GrowthFit } from '../math/growth-models.ts';
import { fitGrowth, growthAt } from '../math/growth-models.ts';
import { geometric } from '../math/growth-bases.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from '../math/mad.ts';
import { quantileInPlace } from '../math/quantile.ts';
import { theilSen } from '../math/theil-sen.ts';
import type { Bytes, EpochMs, Ratio } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import { dayProfile, type DayProfile } from './day-profile.ts';
import type { CleanSeries, LifeFit } from './fit-types.ts';
import { firstAtOrAfter } from './hygiene.ts';
import { needOf } from './need.ts';

/** `line` = steady in time; `requests` = steady in requests; `bend` = began late, or speeds up. */
export type CrossingKind = 'line' | 'requests' | 'bend';

export interface Crossing {
  /** From now. Never 0. */
  readonly hours: number;
  readonly kind: CrossingKind;
  /** Share of the way from the first level to the limit that is gone. */
  readonly usedRatio: Ratio;
}

/** Nothing is said about what is further away. */
export const HORIZON_HOURS = 120 * 24;

/**
 * How likely a form is before it is seen. An exponential is hard to see early and a hinge easy to see in noise, and an
 * exponential taken for a line is told of too late.
 */
const PRIOR: Readonly<Partial<Record<GrowthFit['model'], number>>> = { lin: 1, cum: 1, exp: 2, hinge: 0.3 };
/** Peaks and garbage collections above the floor meet the limit first. */
const PEAK_QUANTILE = 0.98;
/** Residuals are read from so many samples. */
const MOST_RESIDUALS = 600;
/** Of the bins; a start may look like growth for so long. */
const START_SHARE = 0.15;
/** A level that peaks already touch is met soon: within this share of the time that was seen. */
const SOON_SHARE = 0.02;

/** `undefined` where no endless form rises, or the limit is beyond the horizon. */
export function crossingOf(
  fit: LifeFit,
  { limitBytes, nowMs }: { readonly limitBytes: Bytes; readonly nowMs: EpochMs },
): Crossing | undefined {
  const path = pathOf(fit, nowMs);
  if (path === undefined) return undefined;
  const answers = path.forms.map((form) => ({ form, peak: peakAbove(form, path), hours: 0 }));
  for (const answer of answers) answer.hours = hoursUntil(limitBytes - answer.peak, answer.form, path);
  const weights = weightsOf(path.forms);
  let log = 0;
  for (const [index, { hours }] of answers.entries()) log += (weights[index] as number) * Math.log(hours);
  const hours = Math.exp(log);
  if (hours >= HORIZON_HOURS) return undefined;
  const heaviest = answers[weights.indexOf(Math.max(...weights))] as (typeof answers)[number];
  const { form, peak } = heaviest;
  const first = valueAt(form, path, path.fromHours);
  const now = valueAt(form, path, path.nowHours);
  const way = limitBytes - peak - first;
  return {
    hours,
    kind: form.model === 'lin' ? 'line' : form.model === 'cum' ? 'requests' : 'bend',
    usedRatio: way > 0 ? Math.min(Math.max((now - first) / way, 0), 1) : 1,
  };
}

/** What the forms are read on, once for all of them. */
interface Path {
  readonly fit: LifeFit;
  readonly need: CleanSeries;
  readonly forms: readonly GrowthFit[];
  /** First bin that is used, hours since the bins' origin. */
  readonly fromHours: number;
  readonly nowHours: number;
  readonly nowMs: EpochMs;
  readonly profile?: DayProfile;
  /** Bytes per unit of traffic, where the floor was judged without it. */
  readonly bytesPerUnit: number;
  /** Requests since the bins' origin. */
  readonly requestsNow: number;
}

function pathOf(fit: LifeFit, nowMs: EpochMs): Path | undefined {
  const { bins, judged } = fit;
  const first = startBins(fit);
  const hours = bins.hours.subarray(first);
  const span = (hours.at(-1) ?? 0) - (hours[0] ?? 0);
  const growth = fitGrowth({
    times: hours,
    values: judged.subarray(first),
    ...(bins.requests !== undefined && { cumulative: bins.requests.subarray(first) }),
    // Half-way to the limit an exponential has hardly begun to bend.
    grids: { exp: geometric(span / 8, 3 * span, 14) },
  });
  const forms = growth?.fits.filter(({ model }) => PRIOR[model] !== undefined) ?? [];
  if (forms.length === 0) return undefined;
  const { traffic } = fit.run;
  const isLoaded = fit.load?.removed === true && bins.traffic !== undefined;
  return {
    fit,
    need: needOf(fit.run),
    forms,
    fromHours: hours[0] as number,
    nowHours: (nowMs - bins.originMs) / HOUR_MS,
    nowMs,
    ...(traffic !== undefined && bins.traffic !== undefined && { profile: dayProfile(traffic) }),
    bytesPerUnit: isLoaded ? (fit.load?.bytesPerUnit ?? 0) : 0,
    requestsNow: requestsAt(bins, bins.hours.length - 1),
  };
}

/** Requests until the end of a bin. */
function requestsAt({ requests, traffic, widthHours }: LifeFit['bins'], index: number): number {
  return (requests?.[index] ?? 0) + (traffic?.[index] ?? 0) * widthHours * 1800;
}

/** How many bins at the start lie far below the line of what follows: a start that was not seen as one. */
function startBins({ bins, judged }: LifeFit): number {
  const most = Math.floor(judged.length * START_SHARE);
  const half = Math.max(Math.floor(judged.length / 2), most + 3);
  const hours = bins.hours.subarray(most, half);
  const values = judged.subarray(most, half);
  const line = theilSen(hours, values);
  if (line === undefined) return 0;
  const rests = values.map((value, index) => value - line.slope * (hours[index] as number));
  const sigma = MAD_TO_SIGMA * (medianAbsoluteDeviation(rests) ?? 0);
  let first = 0;
  for (let index = 0; index < most; index++) {
    const rest = (judged[index] as number) - line.intercept - line.slope * (bins.hours[index] as number);
    if (rest < -4 * sigma) first = index + 1;
  }
  return first;
}

function weightsOf(forms: readonly GrowthFit[]): readonly number[] {
  const scores = forms.map(({ bic, model }) => bic - 2 * Math.log(PRIOR[model] ?? 1));
  const least = Math.min(...scores);
  const weights = scores.map((score) => Math.exp((least - score) / 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The form at an hour since the bins' origin; after now, requests come as on an average day. */
function valueAt(form: GrowthFit, path: Path, hours: number): number {
  return growthAt(form, {
    from: path.fromHours,
    time: hours,
    ...(form.model === 'cum' && { cumulative: requestsUntil(path, hours) }),
  });
}

function requestsUntil(path: Path, hours: number): number {
  const { bins } = path.fit;
  if (hours >= path.nowHours) {
    return path.requestsNow + (hours - path.nowHours) * 3600 * (path.profile?.mean ?? 0);
  }
  const after = Math.min(Math.max(firstAtOrAfter(bins.hours, hours), 1), bins.hours.length - 1);
  const [left, right] = [bins.hours[after - 1] as number, bins.hours[after] as number];
  const [low, high] = [bins.requests?.[after - 1] ?? 0, bins.requests?.[after] ?? 0];
  return low + ((high - low) * (hours - left)) / (right - left);
}

/** How far the samples reach above the form, traffic's part taken out. */
function peakAbove(form: GrowthFit, path: Path): number {
  const { fit, fromHours, need } = path;
  const first = firstAtOrAfter(
    need.timesMs,
    fit.bins.originMs + (fromHours - fit.bins.widthHours / 2) * HOUR_MS,
  );
  const stride = Math.max(1, Math.floor((need.values.length - first) / MOST_RESIDUALS));
  const rests = new Float64Array(Math.ceil((need.values.length - first) / stride));
  let count = 0;
  for (let index = first; index < need.values.length; index += stride) {
    const atMs = need.timesMs[index] as number;
    const hours = (atMs - fit.bins.originMs) / HOUR_MS;
    rests[count++] = (need.values[index] as number) - valueAt(form, path, hours) - loadAt(path, atMs);
  }
  return count === 0 ? 0 : quantileInPlace(rests.subarray(0, count), PEAK_QUANTILE);
}

/** Bytes above the average load, as it was. */
function loadAt({ fit, profile, bytesPerUnit }: Path, atMs: EpochMs): number {
  const { traffic } = fit.run;
  if (bytesPerUnit === 0 || traffic === undefined || profile === undefined) return 0;
  const index = Math.min(firstAtOrAfter(traffic.timesMs, atMs), traffic.values.length - 1);
  return bytesPerUnit * ((traffic.values[index] as number) - profile.mean);
}

/** From now until the form and the load of the hour meet the level; at most the horizon. */
function hoursUntil(level: number, form: GrowthFit, path: Path): number {
  const { profile, bytesPerUnit } = path;
  const most = profile === undefined ? 0 : bytesPerUnit * (profile.highest - profile.mean);
  const early = firstAbove(level - most, form, path);
  const soon = SOON_SHARE * Math.max(path.nowHours - path.fromHours, 1);
  if (profile === undefined || bytesPerUnit === 0 || early >= HORIZON_HOURS) return Math.max(early, soon);
  // Within a day from there the busiest hour comes.
  for (let hours = early; hours < early + 25; hours += 0.5) {
    const load = bytesPerUnit * (profile.at(path.nowMs + hours * HOUR_MS) - profile.mean);
    if (valueAt(form, path, path.nowHours + hours) + load >= level) return Math.max(hours, soon);
  }
  return early + 25;
}

/** Bisection: the forms never fall. */
function firstAbove(level: number, form: GrowthFit, path: Path): number {
  if (valueAt(form, path, path.nowHours) >= level) return 0;
  let low = 0;
  let high = HORIZON_HOURS;
  if (valueAt(form, path, path.nowHours + high) < level) return HORIZON_HOURS;
  while (high - low > 0.01) {
    const middle = (low + high) / 2;
    if (valueAt(form, path, path.nowHours + middle) >= level) high = middle;
    else low = middle;
  }
  return high;
}
