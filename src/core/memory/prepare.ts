/** From samples to bins: the floor that a garbage collection leaves, and the traffic beside it. */
import { HOUR_MS, MINUTE_MS } from '../units.ts';
import { quantileInPlace } from '../math/quantile.ts';
import type { Bins, CleanSeries, Run } from './fit-types.ts';
import { between } from './hygiene.ts';

const FEWEST_BINS = 12;
const MOST_BINS = 84;
/** A bin is left out below this. */
const FEWEST_IN_BIN = 2;
/** The start of a life is warm-up: at most this long, and at most this share. */
const WARM_UP_MS = 90 * MINUTE_MS;
const WARM_UP_SHARE = 0.2;
/** Traffic must cover this share of the bins to be compared with them. */
const TRAFFIC_COVERS = 0.8;

/** What a life needs at least, to be judged on its own. */
export const FEWEST_SAMPLES = 30;

/** Bins of equal time over a life, the warm-up cut off where its start was seen. `undefined` = too few samples. */
export function binsOf(run: Run): Bins | undefined {
  const whole = run.memory;
  const firstMs = whole.timesMs[0];
  const lastMs = whole.timesMs.at(-1);
  if (firstMs === undefined || lastMs === undefined || whole.timesMs.length < FEWEST_SAMPLES)
    return undefined;
  const warmUpMs = Math.min(WARM_UP_MS, (lastMs - firstMs) * WARM_UP_SHARE);
  const age = firstMs - run.life.fromMs;
  const originMs = run.life.start === 'seen' ? firstMs + Math.max(0, warmUpMs - age) : firstMs;
  const kept = between(whole, originMs, lastMs);
  const wanted = Math.min(MOST_BINS, Math.max(FEWEST_BINS, Math.floor(kept.timesMs.length / 6)));
  const widthMs = (lastMs - originMs) / wanted;
  if (!(widthMs > 0)) return undefined;
  const raw = fillBins(kept, { originMs, widthMs, wanted });
  if (raw.hours.length < FEWEST_BINS / 2) return undefined;
  const bins: Bins = {
    originMs,
    widthHours: widthMs / HOUR_MS,
    hours: raw.hours,
    floor: raw.floor,
    envelope: envelopeOf(raw.floor),
    mean: raw.mean,
    highest: raw.highest,
  };
  const traffic = run.traffic === undefined ? undefined : trafficIn(run.traffic, { bins, wanted });
  return traffic === undefined ? bins : { ...bins, ...traffic };
}

function fillBins(
  series: CleanSeries,
  grid: { readonly originMs: number; readonly widthMs: number; readonly wanted: number },
): Pick<Bins, 'hours' | 'floor' | 'mean' | 'highest'> {
  const { timesMs, values } = series;
  const { originMs, widthMs, wanted } = grid;
  const hours = new Float64Array(wanted);
  const floor = new Float64Array(wanted);
  const mean = new Float64Array(wanted);
  const highest = new Float64Array(wanted);
  const scratch = new Float64Array(values.length);
  let kept = 0;
  let first = 0;
  for (let bin = 0; bin < wanted; bin += 1) {
    const endMs = bin === wanted - 1 ? Infinity : originMs + (bin + 1) * widthMs;
    let next = first;
    let sum = 0;
    let most = 0;
    while (next < timesMs.length && (timesMs[next] as number) < endMs) {
      const value = values[next] as number;
      sum += value;
      if (value > most) most = value;
      next += 1;
    }
    if (next - first >= FEWEST_IN_BIN) {
      scratch.set(values.subarray(first, next));
      hours[kept] = ((bin + 0.5) * widthMs) / HOUR_MS;
      floor[kept] = quantileInPlace(scratch.subarray(0, next - first), 0.1);
      mean[kept] = sum / (next - first);
      highest[kept] = most;
      kept += 1;
    }
    first = next;
  }
  return {
    hours: hours.subarray(0, kept),
    floor: floor.subarray(0, kept),
    mean: mean.subarray(0, kept),
    highest: highest.subarray(0, kept),
  };
}

function envelopeOf(floor: Float64Array): Float64Array {
  const reach = Math.max(1, Math.floor(floor.length / 12));
  return floor.map((value, index) => {
    let least = value;
    const end = Math.min(floor.length, index + reach + 1);
    for (let next = index + 1; next < end; next += 1) least = Math.min(least, floor[next] as number);
    return least;
  });
}

/** Mean rate per bin, and requests so far. A bin without traffic samples takes the rate of the one before it. */
function trafficIn(
  traffic: CleanSeries,
  grid: { readonly bins: Bins; readonly wanted: number },
): Required<Pick<Bins, 'traffic' | 'requests'>> | undefined {
  const { bins, wanted } = grid;
  const { rates, known } = meansOf(traffic, { ...bins, wanted });
  if (known < TRAFFIC_COVERS * bins.hours.length || known < 3) return undefined;
  return spread(rates, bins);
}

/** Means over the same grid, one per bin of the grid, also where the memory had no sample. */
function meansOf(
  series: CleanSeries,
  grid: { readonly originMs: number; readonly widthHours: number; readonly wanted: number },
): { readonly rates: Float64Array; readonly known: number } {
  const { wanted } = grid;
  const widthMs = grid.widthHours * HOUR_MS;
  const sums = new Float64Array(wanted);
  const counts = new Float64Array(wanted);
  const span = between(series, grid.originMs, grid.originMs + wanted * widthMs);
  const { timesMs, values } = span;
  let index = 0;
  for (let bin = 0; bin < wanted; bin += 1) {
    const endMs = bin === wanted - 1 ? Infinity : grid.originMs + (bin + 1) * widthMs;
    const first = index;
    let sum = 0;
    for (; index < timesMs.length && (timesMs[index] as number) < endMs; index += 1) {
      sum += values[index] as number;
    }
    sums[bin] = sum;
    counts[bin] = index - first;
  }
  const rates = new Float64Array(wanted);
  let known = 0;
  let last = values[0] ?? 0;
  for (let bin = 0; bin < wanted; bin += 1) {
    const count = counts[bin] as number;
    if (count > 0) {
      last = (sums[bin] as number) / count;
      known += 1;
    }
    rates[bin] = last;
  }
  return { rates, known };
}

/** Means of another series, parallel to the bins' hours. `undefined` where it covers too little of them. */
export function meansAt(series: CleanSeries | undefined, bins: Bins): Float64Array | undefined {
  if (series === undefined) return undefined;
  const wanted = Math.round((bins.hours.at(-1) ?? 0) / bins.widthHours + 0.5);
  const { rates, known } = meansOf(series, { ...bins, wanted });
  if (known < TRAFFIC_COVERS * bins.hours.length) return undefined;
  return bins.hours.map((hour) => rates[Math.floor(hour / bins.widthHours)] as number);
}

function spread(rates: Float64Array, bins: Bins): Required<Pick<Bins, 'traffic' | 'requests'>> {
  const count = bins.hours.length;
  const rate = new Float64Array(count);
  const requests = new Float64Array(count);
  const perBin = bins.widthHours * 3600;
  let sum = 0;
  let next = 0;
  for (let bin = 0; bin < rates.length && next < count; bin += 1) {
    const here = rates[bin] as number;
    if (Math.floor((bins.hours[next] as number) / bins.widthHours) === bin) {
      rate[next] = here;
      requests[next] = sum + (here * perBin) / 2;
      next += 1;
    }
    sum += here * perBin;
  }
  return { traffic: rate, requests };
}
