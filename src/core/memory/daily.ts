/**
 * Where no traffic metric is known, its usual shape still is: a wave of a day and half a day. Taken out before growth is
 * tested, as traffic would be.
 */
import { invertSymmetric } from '../math/invert-symmetric.ts';
import { HOUR_MS } from '../units.ts';
import type { Bins } from './fit-types.ts';

/** Factors of sine and cosine of 24 and 12 hours, in bytes. */
export interface DailyWave {
  readonly factors: Float64Array;
}

const WAVES = 4;
/** A wave cannot be told from growth in less than two of its lengths. */
const FEWEST_HOURS = 48;
const FEWEST_POINTS = 36;
/** Share of what a parabola leaves that the wave must explain. */
const EXPLAINS_FROM = 0.25;

/** One wave for all lives, from those that are long enough. `undefined` where none explains enough. */
export function dailyWave(lives: readonly Bins[]): DailyWave | undefined {
  const products = Array.from({ length: WAVES }, () => new Float64Array(WAVES));
  const moments = new Float64Array(WAVES);
  let squares = 0;
  let points = 0;
  for (const bins of lives) {
    if ((bins.hours.at(-1) ?? 0) - (bins.hours[0] ?? 0) < FEWEST_HOURS || bins.widthHours > 5) continue;
    const take = detrender(bins.hours);
    const rest = take(bins.floor);
    const waves = wavesOf(bins).map(take);
    for (let row = 0; row < WAVES; row += 1) {
      const line = products[row] as Float64Array;
      for (let column = 0; column < WAVES; column += 1) {
        line[column] =
          (line[column] as number) + dot(waves[row] as Float64Array, waves[column] as Float64Array);
      }
      moments[row] = (moments[row] as number) + dot(waves[row] as Float64Array, rest);
    }
    squares += dot(rest, rest);
    points += rest.length;
  }
  if (points < FEWEST_POINTS || !(squares > 0)) return undefined;
  const inverse = invertSymmetric(products.map((line) => [...line]));
  if (inverse === undefined) return undefined;
  const factors = Float64Array.from(inverse, (row) =>
    row.reduce((sum, value, index) => sum + value * (moments[index] as number), 0),
  );
  return dot(factors, moments) / squares > EXPLAINS_FROM ? { factors } : undefined;
}

/** `values` (parallel to the bins) without the wave. */
export function withoutWave(bins: Bins, values: Float64Array, { factors }: DailyWave): Float64Array {
  const waves = wavesOf(bins);
  return values.map((value, index) => {
    let rest = value;
    for (let wave = 0; wave < WAVES; wave += 1) {
      rest -= (factors[wave] as number) * ((waves[wave] as Float64Array)[index] as number);
    }
    return rest;
  });
}

function wavesOf({ originMs, hours }: Bins): readonly Float64Array[] {
  const angle = hours.map((hour) => ((originMs / HOUR_MS + hour) * Math.PI) / 12);
  return [
    angle.map((at) => Math.sin(at)),
    angle.map((at) => Math.cos(at)),
    angle.map((at) => Math.sin(2 * at)),
    angle.map((at) => Math.cos(2 * at)),
  ];
}

/** Takes a parabola over the hours out of values, so that growth is not mistaken for a part of the wave. */
function detrender(hours: Float64Array): (values: Float64Array) => Float64Array {
  const line = without(hours, [hours.map(() => 1)]);
  const bend = without(
    line.map((value) => value * value),
    [hours.map(() => 1), line],
  );
  const basis = [hours.map(() => 1), line, bend];
  return (values) => without(values, basis);
}

/** What is left of values once each vector of an orthogonal basis is taken out. */
function without(values: Float64Array, basis: readonly Float64Array[]): Float64Array {
  let rest = values;
  for (const vector of basis) {
    const length = dot(vector, vector);
    if (!(length > 0)) continue;
    const share = dot(rest, vector) / length;
    rest = rest.map((value, index) => value - share * (vector[index] as number));
  }
  return rest;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
