/** Lives and replicas together: does one growth explain all of them. */
import type { GrowthModel } from '../math/growth-models.ts';
import { median } from '../math/median.ts';
import { poolSlopes } from '../math/pooled-slope.ts';
import type { ChangeMark } from '../model/series.ts';
import type { EpochMs } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import { agree, growTogether } from './agree.ts';
import { fitByAge } from './by-age.ts';
import type { Combined } from './combined.ts';
import { dailyWave } from './daily.ts';
import { erasOf, spokesman } from './eras.ts';
import type { LifeFit, LoadFit, Run } from './fit-types.ts';
import { fitLife } from './fit-life.ts';
import { knownBy } from './lives.ts';
import { loadSums, poolLoad } from './load.ts';
import { binsOf, FEWEST_SAMPLES } from './prepare.ts';

/** At most this many lives are fitted; the longest of them. Each costs a fraction of a millisecond. */
const MOST_LIVES = 40;
/** A bend must beat the line by this much in BIC. */
const BEND_EVIDENCE = 4;
/** Lives of minutes all climb at first: their pool must speak as loudly as a life of days. */
const BY_AGE_EVIDENCE = 6;

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
  const [oldest, ...newer] = erasOf(fits, lately).map((era) => joined({ fits: era, load, byAge: undefined }));
  if (oldest === undefined) return joined({ fits, load, byAge: fitByAge(known) });
  return { ...spokesman([oldest, ...newer]), fits };
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
