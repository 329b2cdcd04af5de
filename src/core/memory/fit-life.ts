/** One life, judged: does the floor grow, and in which form. */
import { correctionFactor } from '../math/correction-factor.ts';
import { fitGrowth, growthAt } from '../math/growth-models.ts';
import type { GrowthFit, GrowthFits } from '../math/growth-models.ts';
import { medianAbsoluteDeviation, MAD_TO_SIGMA } from '../math/mad.ts';
import { mannKendall } from '../math/mann-kendall.ts';
import { median } from '../math/median.ts';
import { theilSen } from '../math/theil-sen.ts';
import type { DailyWave } from './daily.ts';
import { withoutWave } from './daily.ts';
import type { Bins, LifeFit, LoadFit, Run } from './fit-types.ts';
import { isMemory } from './kills.ts';
import { withoutLoad } from './load.ts';

/** A trend weaker than this is noise (one-sided 5 %). A stricter bound loses leaks that begin late. */
const Z_FROM = 1.64;
const FAINT_Z = 0.8;
const LOUD_EVIDENCE = 6;
const NEAR_LIMIT = 0.85;
const LATE_HINGES: readonly number[] = [
  0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.79, 0.83, 0.86, 0.89, 0.92,
];
const PER_REQUEST_EVIDENCE = 4;
/** Endless growth must be the better account by this much in BIC. */
const EVIDENCE_FROM = 2;
/** A rise below three times what is left, or this share of the limit, is no growth that matters. */
const SIGMAS = 3;
const LIMIT_SHARE = 0.03;
/** The last third climbs at least at this share of the whole's pace, or it is coming to an end. */
const STILL_CLIMBING = 0.35;

export interface FitQuestion {
  readonly run: Run;
  readonly bins: Bins;
  /** What traffic explains, over all lives; and the traffic that lives are made comparable at. */
  readonly load?: LoadFit;
  readonly reference?: number;
  /** Of lives without a traffic metric. */
  readonly wave?: DailyWave;
}

/** `undefined` where the bins hold no span of time. Total: any finite numbers are fine. */
export function fitLife({ run, bins, load, wave, reference = 0 }: FitQuestion): LifeFit | undefined {
  const { judged, growth } = judgedGrowth(run, bins, judgedOf(bins, { load, wave, reference }));
  const slope = theilSen(bins.hours, judged);
  if (growth === undefined || slope === undefined) return undefined;
  const requests = growth.growing?.model === 'cum' ? bins.requests : undefined;
  const perRequest = requests === undefined ? undefined : theilSen(requests, judged)?.slope;
  const trendZ = mannKendall(judged, correctionFactor(growth.residuals, judged.length)).z;
  const lastThird = paceOfLastThird(requests ?? bins.hours, judged);
  const riseBytes = riseOf(growth.growing, bins);
  const sigmaBytes = MAD_TO_SIGMA * (medianAbsoluteDeviation(growth.residuals) ?? 0);
  const medianBytes = median(bins.mean) ?? 0;
  const matters = LIMIT_SHARE * (run.life.limitBytes ?? 2 * medianBytes);
  const rises = riseBytes > Math.max(SIGMAS * sigmaBytes, matters) && lastThird > STILL_CLIMBING;
  return {
    run,
    bins,
    ...(load !== undefined && { load }),
    judged,
    growth,
    trendZ,
    slope: {
      bytesPerHour: slope.slope,
      low: slope.low,
      high: slope.high,
      interceptBytes: slope.intercept,
    },
    ...(perRequest !== undefined && { bytesPerRequest: perRequest }),
    lastThird,
    spanHours: (bins.hours.at(-1) as number) - (bins.hours[0] as number),
    riseBytes,
    sigmaBytes,
    medianBytes,
    rises,
    grows: rises && growth.evidence > EVIDENCE_FROM && trendZ > zNeeded(run, growth),
  };
}

/**
 * Kendall's test counts pairs, so growth that begins late hardly moves it. Where the forms speak loudly, or where the
 * climb ended in a kill at the limit, a faint trend is enough.
 */
function zNeeded(run: Run, growth: GrowthFits): number {
  return endsAtLimit(run) || growth.evidence > LOUD_EVIDENCE ? FAINT_Z : Z_FROM;
}

/** The kill is an observation, though a censored one: demand met the limit, and the last samples show it coming. */
export function endsAtLimit({ kill, life, level }: Run): boolean {
  if (kill === undefined || !isMemory(kill)) return false;
  const limit = kill.limitBytes ?? life.limitBytes;
  return (
    limit !== undefined && Math.max(level.values.at(-1) ?? 0, level.values.at(-2) ?? 0) > NEAR_LIMIT * limit
  );
}

/** A fast leak may begin shortly before the kill that it leads to. */
function lateHinges({ hours }: Bins): { readonly hinge: readonly number[] } {
  const span = (hours.at(-1) ?? 0) - (hours[0] ?? 0);
  return { hinge: LATE_HINGES.map((share) => share * span) };
}

/**
 * The forms on what is judged. The envelope looks past rare collections, but blurs nights in which a leak with each
 * request rests: where the plain floor says clearly that growth follows requests, it is judged instead.
 */
function judgedGrowth(
  run: Run,
  bins: Bins,
  judged: Float64Array,
): { readonly judged: Float64Array; readonly growth: GrowthFits | undefined } {
  const growth = growthOf(run, bins, judged);
  if (judged !== bins.envelope || bins.requests === undefined) return { judged, growth };
  const plain = growthOf(run, bins, bins.floor);
  if (plain?.growing?.model !== 'cum' || plain.evidence <= (growth?.evidence ?? 0)) return { judged, growth };
  const line = plain.fits.find(({ model }) => model === 'lin');
  const isClear = line === undefined || line.bic - plain.growing.bic > PER_REQUEST_EVIDENCE;
  return isClear ? { judged: bins.floor, growth: plain } : { judged, growth };
}

function growthOf(run: Run, bins: Bins, values: Float64Array): GrowthFits | undefined {
  return fitGrowth({
    times: bins.hours,
    values,
    ...(bins.requests !== undefined && { cumulative: bins.requests }),
    ...(endsAtLimit(run) && { grids: lateHinges(bins) }),
  });
}

/** What is left of the floor once traffic is taken out; where nothing is, the envelope looks past it. */
function judgedOf(
  bins: Bins,
  {
    load,
    wave,
    reference,
  }: { readonly load: LoadFit | undefined; readonly wave: DailyWave | undefined; readonly reference: number },
): Float64Array {
  if (load?.removed === true) return withoutLoad(bins, bins.floor, { ...load, reference });
  return wave === undefined ? bins.envelope : withoutWave(bins, bins.floor, wave);
}

/** What a form of growth adds between the first and the last bin. */
export function riseOf(fit: GrowthFit | undefined, bins: Bins): number {
  if (fit === undefined) return 0;
  return fitValue(fit, bins, bins.hours.length - 1) - fitValue(fit, bins, 0);
}

/** What a form says about one bin. */
export function fitValue(fit: GrowthFit, bins: Bins, index: number): number {
  const cumulative = bins.requests?.[index];
  return growthAt(fit, {
    from: bins.hours[0] as number,
    time: bins.hours[index] as number,
    ...(cumulative !== undefined && { cumulative }),
  });
}

function paceOfLastThird(clock: Float64Array, values: Float64Array): number {
  const from = Math.floor((values.length * 2) / 3);
  const whole = theilSen(clock, values)?.slope ?? 0;
  const last = theilSen(clock.subarray(from), values.subarray(from))?.slope ?? 0;
  return whole > 0 ? last / whole : 0;
}

/** Best of the forms named, by BIC. */
export function bestOf(growth: GrowthFits, models: ReadonlySet<GrowthFit['model']>): GrowthFit | undefined {
  let best: GrowthFit | undefined;
  for (const fit of growth.fits)
    if (models.has(fit.model) && (best === undefined || fit.bic < best.bic)) best = fit;
  return best;
}
