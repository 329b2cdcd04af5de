/** Lives and replicas together: does one growth explain all of them. */
import type { GrowthModel } from '../math/growth-models.ts';
import { median } from '../math/median.ts';
import { poolSlopes } from '../math/pooled-slope.ts';
import type { ChangeMark } from '../model/series.ts';
import type { EpochMs } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import { dailyWave } from './daily.ts';
import type { LifeFit, LoadFit, Run } from './fit-types.ts';
import { endsAtLimit, fitLife } from './fit-life.ts';
import { knownBy } from './lives.ts';
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
  /** When growth began, where lives before it were heard and did not grow. */
  readonly sinceMs?: EpochMs;
  /** The longest life, hours. */
  readonly longestHours: number;
}

/** At most this many lives are fitted; the longest of them. Each costs a fraction of a millisecond. */
const MOST_LIVES = 40;
const GROWING_SHARE = 0.5;
/** A bend must beat the line by this much in BIC. */
const BEND_EVIDENCE = 4;
const OLD_HOURS = 60;
const UNKILLED_EVIDENCE = 8;
const DEAFENING_EVIDENCE = 30;
/** Of the limit: less is within what a random walk does in days, more is beyond it. */
const LEAST_SHARE = 0.06;
const LARGE_SHARE = 0.15;
const LARGE_EVIDENCE = 3;
/** Effective values, and Z, of a trend that no random walk has. */
const INDEPENDENT = 20;
const CLEAR_Z = 4;
/** Lives of minutes all climb at first: their pool must speak as loudly as a life of days. */
const BY_AGE_EVIDENCE = 6;
/** An era speaks for itself once a life of it was watched this long, or this share of the longest of all. */
const FAIR_HOURS = 24;
const FAIR_SHARE = 0.15;
/** A pool of short lives needs this many, or it is one life's accident. */
const FEWEST_SHORT_LIVES = 3;

/** When the workload changed into what it is; a life belongs to the version that it ran. */
export interface CombineOptions {
  readonly changes: readonly ChangeMark[];
  /** Reads everything as it was at this instant. */
  readonly untilMs?: EpochMs;
}

/** Everything that lives say about growth. Lives of different versions are not asked the same question. */
export function combine(runs: readonly Run[], { changes, untilMs }: CombineOptions): Combined {
  const known = untilMs === undefined ? runs : runs.flatMap((run) => knownBy(run, untilMs) ?? []);
  const lately = untilMs === undefined ? changes : changes.filter(({ atMs }) => atMs <= untilMs);
  const binned = longest(known).flatMap((run) => {
    const bins = binsOf(run);
    return bins === undefined ? [] : [{ run, bins }];
  });
  const load = poolLoad(
    binned.flatMap(({ bins }) => {
      const sums = loadSums(bins, bins.floor);
      return sums === undefined ? [] : [sums];
    }),
  );
  const reference = referenceTraffic(binned.map(({ bins }) => bins.traffic));
  const wave = load === undefined ? dailyWave(binned.map(({ bins }) => bins)) : undefined;
  const fits = binned.flatMap(({ run, bins }) => {
    const fit = fitLife({
      run,
      bins,
      reference,
      ...(load !== undefined && { load }),
      ...(wave !== undefined && { wave }),
    });
    return fit === undefined ? [] : [fit];
  });
  if (fits.length === 0) return joined({ fits, load, byAge: fitByAge(known) });
  const eras = erasOf(fits, lately).map((era) => ({
    era,
    joined: joined({ fits: era, load, byAge: undefined }),
  }));
  return { ...spokesman(eras.map(({ joined: one }) => one)), fits };
}

/** Lives by version where it is known, else by the rollout before them; oldest first. */
function erasOf(fits: readonly LifeFit[], changes: readonly ChangeMark[]): readonly (readonly LifeFit[])[] {
  const rollouts = changes.filter(({ kind }) => kind === 'rollout').map(({ atMs }) => atMs);
  const eras = new Map<string, LifeFit[]>();
  for (const fit of fits) {
    const { run } = fit;
    const middleMs = (run.life.fromMs + run.life.toMs) / 2;
    const era = run.version ?? `${rollouts.filter((atMs) => atMs < middleMs).length}`;
    const list = eras.get(era) ?? [];
    list.push(fit);
    eras.set(era, list);
  }
  return [...eras.values()].sort((a, b) => newestOf(a) - newestOf(b));
}

function newestOf(fits: readonly LifeFit[]): number {
  return fits.reduce((newest, { run }) => Math.max(newest, run.life.toMs), 0);
}

/** Of eras that still run the one that grows; else the newest that was watched for a fair time. */
function spokesman(eras: readonly Combined[]): Combined {
  const newest = newestOf(eras.at(-1)?.fits ?? []);
  const longestHours = Math.max(...eras.map((era) => era.longestHours));
  const living = eras.filter(({ fits }) => newestOf(fits) > newest - 2 * HOUR_MS);
  const growing = living.findLast(({ grows }) => grows);
  const fair = eras.findLast(
    (era) => era.longestHours >= Math.min(FAIR_HOURS, longestHours * FAIR_SHARE) || era.fits.length >= 3,
  );
  const speaker = growing ?? fair ?? (eras.at(-1) as Combined);
  if (!speaker.grows || speaker.sinceMs !== undefined) return speaker;
  const sinceMs = speaker.heard.reduce((first, { run }) => Math.min(first, run.life.fromMs), Infinity);
  const before = eras.some(
    (era) => era !== speaker && !era.grows && era.longestHours >= FAIR_SHARE * speaker.longestHours,
  );
  return before ? { ...speaker, sinceMs } : speaker;
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
  if (byAge !== undefined) return heardAs([byAge], { fits, load, byAge });
  const all = heardAs(longOnes(fits), { fits, load, byAge });
  if (all.grows) return all;
  // A leak that began late in a long life, and then killed each life long before that age.
  const later = livesAfterTheLongest(fits);
  const since = later.length < 2 ? undefined : heardAs(longOnes(later), { fits, load, byAge });
  if (since?.grows !== true) return all;
  const firstMs = later.reduce((first, { run }) => Math.min(first, run.life.fromMs), Infinity);
  return { ...since, sinceMs: bendOf(all.heard) ?? firstMs };
}

/** Where a flat life turns into growth, of the first life that shows it. */
export function bendOf(fits: readonly LifeFit[]): EpochMs | undefined {
  for (const { bins, growth } of fits) {
    const form = growth.growing;
    const line = growth.fits.find(({ model }) => model === 'lin');
    if (form?.model !== 'hinge' || form.parameter === undefined) continue;
    if (line === undefined || line.bic - form.bic > BEND_EVIDENCE) {
      return Math.round(bins.originMs + form.parameter * HOUR_MS);
    }
  }
  return undefined;
}

/** Lives at least half as long as the longest of them. */
function longOnes(fits: readonly LifeFit[]): readonly LifeFit[] {
  const longest = fits.reduce((most, { spanHours }) => Math.max(most, spanHours), 0);
  return fits.filter(({ spanHours }) => spanHours >= longest / 2);
}

function livesAfterTheLongest(fits: readonly LifeFit[]): readonly LifeFit[] {
  const longest = longOnes(fits);
  const endMs = longest.reduce((end, { run }) => Math.max(end, run.life.toMs), 0);
  const later = fits.filter((fit) => !longest.includes(fit) && fit.run.life.toMs > endMs);
  return later.filter(({ run }) => run.kill !== undefined).length >= 2 ? later : [];
}

function heardAs(
  heard: readonly LifeFit[],
  rest: Pick<Combined, 'fits'> & {
    readonly load: LoadFit | undefined;
    readonly byAge: LifeFit | undefined;
  },
): Combined {
  const { fits, load, byAge } = rest;
  const endless = commonForm(heard, ENDLESS);
  const ending = commonForm(heard, ENDING);
  const evidence = heard.length === 0 ? 0 : ending.bic - endless.bic;
  const together = growTogether(heard, evidence);
  const growing = heard.filter((fit) => fit.grows || (together && fit.rises));
  const longestHours = heard.reduce((most, { spanHours }) => Math.max(most, spanHours), 0);
  const slope = pooled(growing.length > 0 ? growing : heard);
  const perRequest = growing.flatMap(({ bytesPerRequest }) => bytesPerRequest ?? []);
  return {
    fits,
    heard,
    growing,
    ...(byAge !== undefined && { byAge }),
    ...(load !== undefined && { load }),
    grows: byAge === undefined ? agree(heard, growing, evidence) : byAge.grows && evidence > BY_AGE_EVIDENCE,
    evidence,
    ...(Number.isFinite(endless.bic) && { endless: endless.model }),
    ending: ending.model,
    ...(slope !== undefined && { slope }),
    ...(perRequest.length > 0 && { bytesPerRequest: median(Float64Array.from(perRequest)) as number }),
    longestHours,
  };
}

/**
 * Half of the lives that ended at their limit may be too short or too noisy to say it. Where nothing was killed, more
 * than half must grow, and over days more is asked for: a random walk climbs as well for a while.
 */
function agree(heard: readonly LifeFit[], growing: readonly LifeFit[], evidence: number): boolean {
  if (growing.length === 0) return false;
  if (growing.some(({ run }) => endsAtLimit(run))) return growing.length >= GROWING_SHARE * heard.length;
  if (growing.length <= GROWING_SHARE * heard.length) return false;
  const isOld = growing.some(({ spanHours }) => spanHours > OLD_HOURS);
  return !isOld || isNoWalk(growing, evidence);
}

/** Loud forms, a rise beyond what wandering does in days, or many independent values along a clear trend. */
function isNoWalk(growing: readonly LifeFit[], evidence: number): boolean {
  if (evidence > DEAFENING_EVIDENCE) return true;
  if (!growing.every((fit) => risesBy(fit, LEAST_SHARE))) return false;
  if (evidence > UNKILLED_EVIDENCE) return true;
  if (evidence > LARGE_EVIDENCE && growing.every((fit) => risesBy(fit, LARGE_SHARE))) return true;
  return growing.every(({ growth, trendZ }) => growth.effectiveSize > INDEPENDENT && trendZ > CLEAR_Z);
}

function risesBy({ run, riseBytes, medianBytes }: LifeFit, share: number): boolean {
  return riseBytes > share * (run.life.limitBytes ?? 2 * medianBytes);
}

/**
 * Lives that each say it faintly: one form for all must be the better account by far, the trends together must be
 * significant (Stouffer), and two thirds must rise.
 */
function growTogether(heard: readonly LifeFit[], evidence: number): boolean {
  if (heard.length < 2 || evidence < TOGETHER_EVIDENCE) return false;
  const z = heard.reduce((sum, { trendZ }) => sum + trendZ, 0) / Math.sqrt(heard.length);
  return z > TOGETHER_Z && heard.filter(({ rises }) => rises).length >= (2 / 3) * heard.length;
}

const TOGETHER_EVIDENCE = 6;
const TOGETHER_Z = 3;

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
function fitByAge(runs: readonly Run[]): LifeFit | undefined {
  const points: { readonly ageMs: number; readonly bytes: number }[] = [];
  let lives = 0;
  for (const { life, memory } of runs.slice(-1000)) {
    if (life.start !== 'seen') continue;
    lives += 1;
    for (let index = 0; index < memory.timesMs.length; index += 1) {
      const ageMs = (memory.timesMs[index] as number) - life.fromMs;
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
