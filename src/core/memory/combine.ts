/** Lives and replicas together: does one growth explain all of them. */
import type { GrowthModel } from '../math/growth-models.ts';
import { median } from '../math/median.ts';
import { poolSlopes } from '../math/pooled-slope.ts';
import type { EpochMs } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import type { LifeFit, LoadFit, Run } from './fit-types.ts';
import { fitLife } from './fit-life.ts';
import { loadSums, poolLoad } from './load.ts';
import { binsOf, FEWEST_SAMPLES } from './prepare.ts';

/** What all lives say together at one instant. */
export interface Combined {
  /** Every life with enough samples, oldest first. */
  readonly fits: readonly LifeFit[];
  /** The ones that are long enough to be heard: at least half as long as the longest. */
  readonly heard: readonly LifeFit[];
  /** Of `heard`, those that grow. */
  readonly growing: readonly LifeFit[];
  /** Lives too short to be judged alone, laid over each other by age. */
  readonly byAge?: LifeFit;
  /** What traffic explains, of the floor. */
  readonly load?: LoadFit;
  /** Half of what is heard grows, or the lives by age do. */
  readonly grows: boolean;
  /** Sum over lives of BIC(best form that ends) - BIC(best endless form), one form for all. */
  readonly evidence: number;
  /** The endless form that describes all lives best. */
  readonly endless?: GrowthModel;
  /** The form that ends which describes all lives best. */
  readonly ending: GrowthModel;
  /** Pooled over the growing lives (over those heard, where none grows), bytes per hour, 95 %. */
  readonly slope?: {
    readonly bytesPerHour: number;
    readonly low: number;
    readonly high: number;
    readonly i2: number;
  };
  readonly bytesPerRequest?: number;
  /** The longest life, hours. */
  readonly longestHours: number;
}

/** At most this many lives are fitted; the longest of them. Each costs a fraction of a millisecond. */
const MOST_LIVES = 40;
const GROWING_SHARE = 0.5;
/** A pool of short lives needs this many, or it is one life's accident. */
const FEWEST_SHORT_LIVES = 3;

/** Everything that lives say about growth, read as of `untilMs` (default: all samples). */
export function combine(runs: readonly Run[], untilMs?: EpochMs): Combined {
  const binned = longest(runs).flatMap((run) => {
    const bins = binsOf(run, untilMs);
    return bins === undefined ? [] : [{ run, bins }];
  });
  const load = poolLoad(
    binned.flatMap(({ bins }) => {
      const sums = loadSums(bins, bins.floor);
      return sums === undefined ? [] : [sums];
    }),
  );
  const reference = referenceTraffic(binned.map(({ bins }) => bins.traffic));
  const fits = binned.flatMap(({ run, bins }) => {
    const fit = fitLife({ run, bins, reference, ...(load !== undefined && { load }) });
    return fit === undefined ? [] : [fit];
  });
  const byAge = fits.length === 0 ? fitByAge(runs, untilMs) : undefined;
  return joined({ fits, load, byAge });
}

function longest(runs: readonly Run[]): readonly Run[] {
  const enough = runs.filter(({ life }) => life.samples >= FEWEST_SAMPLES);
  if (enough.length <= MOST_LIVES) return enough;
  const kept = new Set(enough.toSorted((a, b) => b.life.samples - a.life.samples).slice(0, MOST_LIVES));
  return enough.filter((run) => kept.has(run));
}

function referenceTraffic(all: readonly (Float64Array | undefined)[]): number {
  let sum = 0;
  let count = 0;
  for (const traffic of all) {
    for (const rate of traffic ?? []) {
      sum += rate;
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function joined(parts: {
  readonly fits: readonly LifeFit[];
  readonly load: LoadFit | undefined;
  readonly byAge: LifeFit | undefined;
}): Combined {
  const { fits, load, byAge } = parts;
  const longestHours = fits.reduce((most, { spanHours }) => Math.max(most, spanHours), byAge?.spanHours ?? 0);
  const heard = byAge === undefined ? fits.filter(({ spanHours }) => spanHours >= longestHours / 2) : [byAge];
  const growing = heard.filter(({ grows }) => grows);
  const endless = commonForm(heard, ENDLESS);
  const ending = commonForm(heard, ENDING);
  const slope = pooled(growing.length > 0 ? growing : heard);
  const perRequest = growing.flatMap(({ bytesPerRequest }) => bytesPerRequest ?? []);
  return {
    fits,
    heard,
    growing,
    ...(byAge !== undefined && { byAge }),
    ...(load !== undefined && { load }),
    grows: heard.length > 0 && growing.length >= GROWING_SHARE * heard.length,
    evidence: heard.length === 0 ? 0 : ending.bic - endless.bic,
    ...(Number.isFinite(endless.bic) && { endless: endless.model }),
    ending: ending.model,
    ...(slope !== undefined && { slope }),
    ...(perRequest.length > 0 && { bytesPerRequest: median(Float64Array.from(perRequest)) as number }),
    longestHours,
  };
}

const ENDLESS: readonly GrowthModel[] = ['lin', 'cum', 'exp', 'hinge'];
const ENDING: readonly GrowthModel[] = ['const', 'log', 'sat', 'ramp', 'step'];

/** The form with the least sum of BIC; where a form does not rise in a life, the constant stands in for it. */
function commonForm(
  fits: readonly LifeFit[],
  models: readonly GrowthModel[],
): { readonly model: GrowthModel; readonly bic: number } {
  let best: { model: GrowthModel; bic: number } = { model: models[0] as GrowthModel, bic: Infinity };
  for (const model of models) {
    let bic = 0;
    let found = false;
    for (const { growth } of fits) {
      const fit = growth.fits.find((candidate) => candidate.model === model);
      found ||= fit !== undefined;
      bic += fit?.bic ?? growth.fits[0]?.bic ?? 0;
    }
    if (found && bic < best.bic) best = { model, bic };
  }
  return best;
}

const CI_TO_ERROR = 2 * 1.96;

function pooled(fits: readonly LifeFit[]): Combined['slope'] {
  const result = poolSlopes(
    fits.map(({ slope }) => ({
      slope: slope.bytesPerHour,
      // Without noise the interval is empty: then all lives weigh the same.
      error: Math.max((slope.high - slope.low) / CI_TO_ERROR, Math.abs(slope.bytesPerHour) * 1e-3, 1),
    })),
  );
  if (result === undefined) return undefined;
  // Lives that differ among themselves differ by more than their own intervals.
  const error = result.error * Math.sqrt(Math.max(1, result.q / Math.max(1, fits.length - 1)));
  return {
    bytesPerHour: result.slope,
    low: result.slope - 1.96 * error,
    high: result.slope + 1.96 * error,
    i2: result.i2,
  };
}

/** Crash loops: no life has enough samples, but all of them together show one curve over age. */
function fitByAge(runs: readonly Run[], untilMs = Number.MAX_SAFE_INTEGER - 1): LifeFit | undefined {
  const points: { readonly ageMs: number; readonly bytes: number }[] = [];
  let lives = 0;
  for (const { life, memory } of runs.slice(-1000)) {
    if (life.fromMs > untilMs || life.start !== 'seen') continue;
    lives += 1;
    for (let index = 0; index < memory.timesMs.length; index += 1) {
      const ageMs = (memory.timesMs[index] as number) - life.fromMs;
      if ((memory.timesMs[index] as number) <= untilMs)
        points.push({ ageMs, bytes: memory.values[index] as number });
    }
  }
  const newest = runs.at(-1);
  if (lives < FEWEST_SHORT_LIVES || points.length < FEWEST_SAMPLES || newest === undefined) return undefined;
  points.sort((a, b) => a.ageMs - b.ageMs);
  const timesMs = Float64Array.from(points, ({ ageMs }, index) => ageMs + index * 1e-6);
  const memory = { timesMs, values: Float64Array.from(points, ({ bytes }) => bytes) };
  const { traffic: _, ...rest } = newest;
  const run: Run = {
    ...rest,
    memory,
    life: { ...newest.life, fromMs: 0, toMs: timesMs.at(-1) ?? HOUR_MS, start: 'before-window' },
  };
  const bins = binsOf(run);
  return bins === undefined ? undefined : fitLife({ run, bins });
}
