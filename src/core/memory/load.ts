/** How much of the memory follows traffic: regression within lives, pooled over lives and replicas. */
import { bestLag } from '../math/best-lag.ts';
import type { Bins, LoadFit } from './fit-types.ts';

/** Sums of products of traffic and memory, time and requests so far taken out of both (`rest`) or only the life's own mean (`whole`). */
export interface LoadSums {
  readonly lagBins: number;
  readonly points: number;
  readonly rest: Products;
  readonly whole: Products;
}

interface Products {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/** Memory answers traffic within minutes to a few hours (pools, caches with a lifetime). */
const LONGEST_LAG_HOURS = 4;
const MOST_LAG_BINS = 6;
/** A lag must follow this much better than no lag; chance alone finds one otherwise. */
const LAG_GAIN = 0.08;
/** From here on the part of traffic is taken out before growth is tested. */
const REMOVE_FROM = 0.2;
/** With few points chance explains much: this many are asked for before anything is removed. */
const FEWEST_POINTS = 24;

/** The sums of one life, of `values` (parallel to the bins). `undefined` without traffic or without variation. */
export function loadSums(bins: Bins, values: Float64Array): LoadSums | undefined {
  const { traffic, hours } = bins;
  if (traffic === undefined || hours.length < 6) return undefined;
  const lagBins = lagOf(bins, values);
  const n = hours.length - lagBins;
  const x = traffic.subarray(0, n);
  const y = values.subarray(lagBins);
  const t = hours.subarray(lagBins);
  const whole = { xx: product(x, x), xy: product(x, y), yy: product(y, y) };
  if (!(whole.xx > 0 && whole.yy > 0 && product(t, t) > 0)) return undefined;
  const line = partial({ x, y, products: whole }, t);
  // What grows with each request lags behind traffic by a quarter of a day: that is growth, and no load.
  const clock = bins.requests?.subarray(lagBins);
  const slope = clock === undefined ? 0 : product(clock, t) / product(t, t);
  const bend = clock?.map((value, index) => value - slope * (t[index] as number));
  const rest = bend === undefined ? line : partial({ x, y, products: line }, bend);
  return { lagBins, points: n, whole, rest };
}

/** The products once `regressor` (centred or not) is taken out of both sides. */
function partial(
  sides: { readonly x: Float64Array; readonly y: Float64Array; readonly products: Products },
  regressor: Float64Array,
): Products {
  const { x, y, products } = sides;
  const rr = product(regressor, regressor);
  if (!(rr > 0)) return products;
  const rx = product(regressor, x);
  const ry = product(regressor, y);
  return {
    xx: Math.max(0, products.xx - (rx * rx) / rr),
    xy: products.xy - (rx * ry) / rr,
    yy: Math.max(0, products.yy - (ry * ry) / rr),
  };
}

/** One coefficient for all lives. `undefined` where no life has traffic. */
export function poolLoad(lives: readonly LoadSums[]): LoadFit | undefined {
  if (lives.length === 0) return undefined;
  const rest = total(lives.map((life) => life.rest));
  const whole = total(lives.map((life) => life.whole));
  const points = lives.reduce((sum, life) => sum + life.points - 2, 0);
  if (!(rest.xx > 0)) return undefined;
  const bytesPerUnit = rest.xy / rest.xx;
  const partialR2 = share(rest);
  return {
    lagBins: Math.round(lives.reduce((sum, life) => sum + life.lagBins, 0) / lives.length),
    bytesPerUnit,
    partialR2,
    r2: whole.xy > 0 ? share(whole) : 0,
    removed: bytesPerUnit > 0 && partialR2 > REMOVE_FROM && points >= FEWEST_POINTS,
  };
}

/** `values` as they would have been at the traffic `reference` all the time. */
export function withoutLoad(
  bins: Bins,
  values: Float64Array,
  load: { readonly bytesPerUnit: number; readonly lagBins: number; readonly reference: number },
): Float64Array {
  const { traffic } = bins;
  if (traffic === undefined) return values;
  return values.map((value, index) => {
    const rate = traffic[Math.max(0, index - load.lagBins)] as number;
    return value - load.bytesPerUnit * (rate - load.reference);
  });
}

function share({ xx, xy, yy }: Products): number {
  return xx > 0 && yy > 0 ? Math.min(1, (xy * xy) / (xx * yy)) : 0;
}

function total(list: readonly Products[]): Products {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const products of list) {
    xx += products.xx;
    xy += products.xy;
    yy += products.yy;
  }
  return { xx, xy, yy };
}

function lagOf(bins: Bins, values: Float64Array): number {
  const most = Math.min(MOST_LAG_BINS, Math.floor(LONGEST_LAG_HOURS / bins.widthHours));
  if (most < 1 || values.length < FEWEST_POINTS) return 0;
  const traffic = bins.traffic as Float64Array;
  const atZero = bestLag(traffic, values, 0).correlation;
  const best = bestLag(traffic, values, most);
  return best.correlation > atZero + LAG_GAIN ? best.lag : 0;
}

/** Sum of products about the means. */
function product(x: Float64Array, y: Float64Array): number {
  const n = Math.min(x.length, y.length);
  let sumX = 0;
  let sumY = 0;
  for (let index = 0; index < n; index += 1) {
    sumX += x[index] as number;
    sumY += y[index] as number;
  }
  const meanX = n === 0 ? 0 : sumX / n;
  const meanY = n === 0 ? 0 : sumY / n;
  let sum = 0;
  for (let index = 0; index < n; index += 1) {
    sum += ((x[index] as number) - meanX) * ((y[index] as number) - meanY);
  }
  return sum;
}
