/**
 * Which form growth has: constant, line, cumulative load, logarithm, saturation, ramp, exponential, hinge or step,
 * each fitted in closed form over a small grid and compared by Schwarz' criterion on the effective sample size.
 */
import { effectiveSize } from './effective-size.ts';
import { centre, fitBasis, type Centred } from './basis-fit.ts';
import { GROWTH_BASES, growthGrids, type GrowthGrids, type GrowthModel } from './growth-bases.ts';
import { fitStep } from './step-fit.ts';

export type { GrowthModel } from './growth-bases.ts';

/** One fitted model: value = intercept + growth * basis(time; parameter). */
export interface GrowthFit {
  readonly model: GrowthModel;
  readonly intercept: number;
  /** Above 0, but for `const` where it is 0. */
  readonly growth: number;
  /** The time constant (sat, exp), the instant (ramp, hinge, step) or the scale (log), in units of time. */
  readonly parameter?: number;
  /** Sum of squared residuals; never below 1e-12 of the values' own. */
  readonly squaredError: number;
  /** Free numbers of the fit, the intercept counted. */
  readonly freedom: number;
  /** On all values as if independent: n ln(SSR/n) + k ln n. */
  readonly plainBic: number;
  /** On the effective size. The lower the better; a difference above 2 speaks, above 6 speaks loudly. */
  readonly bic: number;
}

export interface GrowthFits {
  /** Models whose growth is above 0, and `const`. In the order of `GrowthModel`. */
  readonly fits: readonly GrowthFit[];
  /** Least `bic`. */
  readonly best: GrowthFit;
  /** Of the best model by `plainBic`: what autocorrelation is to be read from. */
  readonly residuals: Float64Array;
  readonly effectiveSize: number;
  /** Best of line, exponential, hinge and cumulative: forms that never end. */
  readonly growing?: GrowthFit;
  /** Best of const, step, saturation, ramp and logarithm: forms that end, or slow down for good. */
  readonly flat: GrowthFit;
  /** bic(flat) - bic(growing): above 2, the endless form explains more. -Infinity without a growing fit. */
  readonly evidence: number;
}

export interface GrowthQuestion {
  /** Ascending. */
  readonly times: Float64Array;
  /** Parallel to `times`. */
  readonly values: Float64Array;
  /** Load summed up since the first time, parallel: the clock of what grows with each request. */
  readonly cumulative?: Float64Array;
  /** Replaces the grids that follow from the span. */
  readonly grids?: Partial<GrowthGrids>;
}

const GROWING: ReadonlySet<GrowthModel> = new Set(['lin', 'cum', 'exp', 'hinge']);

/** Fits all models. `undefined` below three values or without a span. O(m * grid); 84 bins take about 0.1 ms. */
export function fitGrowth(question: GrowthQuestion): GrowthFits | undefined {
  const { times, values } = question;
  const n = values.length;
  const from = times[0] ?? 0;
  const span = (times[n - 1] ?? 0) - from;
  if (n < 3 || times.length < n || !(span > 0)) return undefined;
  const elapsed = Float64Array.from({ length: n }, (_, i) => (times[i] as number) - from);
  const raw = rawFits({ ...question, times: elapsed }, span);
  const plainBest = leastOf(raw, (fit) => fit.plainBic);
  const residuals = residualsOf(plainBest, { ...question, times: elapsed });
  const size = effectiveSize(residuals);
  const fits = raw.map((fit) => ({
    ...fit,
    ...(fit.parameter !== undefined && {
      parameter: isInstant(fit.model) ? fit.parameter + from : fit.parameter,
    }),
    bic: criterion(fit.squaredError, { n, k: fit.freedom, size }),
  }));
  return { ...judged(fits), residuals, effectiveSize: size };
}

/** The value of a fit of `fitGrowth` at `time`, the fit's times having started at `from`. */
export function growthAt(fit: GrowthFit, { from, time, cumulative }: GrowthInstant): number {
  if (fit.model === 'const') return fit.intercept;
  if (fit.model === 'cum') return fit.intercept + fit.growth * (cumulative ?? 0);
  const parameter = isInstant(fit.model) ? (fit.parameter ?? from) - from : (fit.parameter ?? 1);
  return fit.intercept + fit.growth * GROWTH_BASES[fit.model](time - from, parameter);
}

export interface GrowthInstant {
  readonly from: number;
  readonly time: number;
  /** For the cumulative model. */
  readonly cumulative?: number;
}

function judged(fits: readonly GrowthFit[]): Omit<GrowthFits, 'residuals' | 'effectiveSize'> {
  const bic = (fit: GrowthFit): number => fit.bic;
  const growingFits = fits.filter(({ model }) => GROWING.has(model));
  const flat = leastOf(
    fits.filter(({ model }) => !GROWING.has(model)),
    bic,
  );
  const growing = growingFits.length === 0 ? undefined : leastOf(growingFits, bic);
  return {
    fits,
    best: leastOf(fits, bic),
    flat,
    ...(growing && { growing }),
    evidence: growing === undefined ? -Infinity : flat.bic - growing.bic,
  };
}

/** Fits with `parameter` relative to the first time and `bic` not yet on the effective size. */
function rawFits(question: GrowthQuestion, span: number): readonly GrowthFit[] {
  const { times, values, cumulative } = question;
  const y = centre(values);
  const grids = { ...growthGrids(times, span), ...question.grids };
  const basis = new Float64Array(values.length);
  const fits: GrowthFit[] = [
    rawFit({ model: 'const', intercept: y.mean, growth: 0, squaredError: y.squares }, y),
  ];
  const add = (model: GrowthModel, parameters: readonly number[]): void => {
    const fit = bestOfGrid({ model, parameters, times, basis }, y);
    if (fit) fits.push(fit);
  };
  add('lin', [1]);
  if (cumulative !== undefined && cumulative.length >= values.length) {
    const fit = fitBasis(y, cumulative);
    if (fit && fit.growth > 0) fits.push(rawFit({ model: 'cum', ...fit }, y));
  }
  add('log', grids.log);
  add('sat', grids.sat);
  add('ramp', grids.ramp);
  add('exp', grids.exp);
  add('hinge', grids.hinge);
  const step = fitStep(y, times, grids.step);
  if (step && step.growth > 0) fits.push(rawFit({ model: 'step', ...step }, y));
  return fits;
}

interface GridQuestion {
  readonly model: GrowthModel;
  readonly parameters: readonly number[];
  readonly times: Float64Array;
  /** Scratch. */
  readonly basis: Float64Array;
}

function bestOfGrid({ model, parameters, times, basis }: GridQuestion, y: Centred): GrowthFit | undefined {
  const form = GROWTH_BASES[model];
  let best: ReturnType<typeof fitBasis>;
  let at = 0;
  for (const parameter of parameters) {
    for (let i = 0; i < basis.length; i++) basis[i] = form(times[i] as number, parameter);
    const fit = fitBasis(y, basis);
    if (fit === undefined || fit.growth <= 0 || (best && fit.squaredError >= best.squaredError)) continue;
    best = fit;
    at = parameter;
  }
  return best && rawFit({ model, ...best, ...(model !== 'lin' && { parameter: at }) }, y);
}

/** Free numbers beyond the intercept. A logarithm's scale is fixed by the span. */
const EXTRA: Readonly<Record<GrowthModel, number>> = {
  const: 0,
  lin: 1,
  cum: 1,
  log: 1,
  sat: 2,
  ramp: 2,
  exp: 2,
  hinge: 2,
  step: 2,
};

function rawFit(fit: Omit<GrowthFit, 'freedom' | 'plainBic' | 'bic'>, y: Centred): GrowthFit {
  const freedom = 1 + EXTRA[fit.model];
  const n = y.values.length;
  const squaredError = Math.max(fit.squaredError, y.squares * 1e-12, Number.MIN_VALUE * n);
  const plainBic = criterion(squaredError, { n, k: freedom, size: n });
  return { ...fit, squaredError, freedom, plainBic, bic: plainBic };
}

function criterion(
  squaredError: number,
  { n, k, size }: { readonly n: number; readonly k: number; readonly size: number },
): number {
  return size * Math.log(squaredError / n) + k * Math.log(size);
}

function residualsOf(fit: GrowthFit, { times, values, cumulative }: GrowthQuestion): Float64Array {
  const parameter = fit.parameter ?? 1;
  return values.map((value, i) => {
    if (fit.model === 'const') return value - fit.intercept;
    const basis =
      fit.model === 'cum' ? (cumulative?.[i] ?? 0) : GROWTH_BASES[fit.model](times[i] as number, parameter);
    return value - fit.intercept - fit.growth * basis;
  });
}

function isInstant(model: GrowthModel): boolean {
  return model === 'ramp' || model === 'hinge' || model === 'step';
}

function leastOf(fits: readonly GrowthFit[], key: (fit: GrowthFit) => number): GrowthFit {
  return fits.reduce((least, fit) => (key(fit) < key(least) ? fit : least));
}
