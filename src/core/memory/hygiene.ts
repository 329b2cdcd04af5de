/** Samples as they came, made fit to be read: sorted, finite, once per instant, none of the future. */
import type { EpochMs, Milliseconds } from '../units.ts';
import { KIB } from '../units.ts';
import type { Series } from '../model/series.ts';
import type { CleanSeries } from './fit-types.ts';

/** What had to be left out or put in order. */
export interface Repairs {
  readonly invalid: number;
  readonly duplicates: number;
  readonly disordered: number;
  readonly future: number;
  /** All samples that came. */
  readonly total: number;
}

export interface Cleaned {
  readonly series: CleanSeries;
  readonly repairs: Repairs;
}

/** More samples of one series than this are not looked at: 14 days at one second. The newest are kept. */
const MOST_SAMPLES = 1_250_000;

/**
 * Keeps what can be judged. Never throws. Two values of one instant leave the higher one: after a restart the old and
 * the new series overlap, and the smaller of them is not what the kernel counted last.
 */
export function cleanSeries(series: Series | undefined, nowMs: EpochMs): Cleaned | undefined {
  const times = series?.timesMs;
  const values = series?.values;
  if (!isListOfNumbers(times) || !isListOfNumbers(values)) return undefined;
  const count = Math.min(times.length, values.length);
  const first = Math.max(0, count - MOST_SAMPLES);
  const timesMs = new Float64Array(count - first);
  const kept = new Float64Array(count - first);
  let size = 0;
  let invalid = Math.max(times.length, values.length) - count;
  let future = 0;
  let disordered = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let index = first; index < count; index += 1) {
    const timeMs = times[index] as number;
    const value = values[index] as number;
    // NaN fails each comparison.
    if (!(value >= 0 && value < Number.MAX_SAFE_INTEGER && timeMs >= 1 && timeMs < Number.MAX_SAFE_INTEGER)) {
      invalid += 1;
    } else if (timeMs > nowMs) {
      future += 1;
    } else {
      if (timeMs <= last) disordered += 1;
      else last = timeMs;
      timesMs[size] = timeMs;
      kept[size] = value;
      size += 1;
    }
  }
  const rest = { timesMs: timesMs.subarray(0, size), values: kept.subarray(0, size) };
  const ordered = disordered === 0 ? rest : inOrder(rest);
  const duplicates = size - ordered.timesMs.length;
  return {
    series: ordered,
    repairs: { invalid, future, duplicates, disordered: Math.max(0, disordered - duplicates), total: count },
  };
}

function isListOfNumbers(list: unknown): list is readonly number[] {
  return Array.isArray(list) || list instanceof Float64Array;
}

function inOrder({ timesMs, values }: CleanSeries): CleanSeries {
  const order = Array.from(timesMs.keys()).sort(
    (a, b) =>
      (timesMs[a] as number) - (timesMs[b] as number) || (values[a] as number) - (values[b] as number),
  );
  const sortedTimes = new Float64Array(order.length);
  const sortedValues = new Float64Array(order.length);
  let size = 0;
  for (const index of order) {
    const timeMs = timesMs[index] as number;
    if (size > 0 && sortedTimes[size - 1] === timeMs) size -= 1;
    sortedTimes[size] = timeMs;
    sortedValues[size] = values[index] as number;
    size += 1;
  }
  return { timesMs: sortedTimes.subarray(0, size), values: sortedValues.subarray(0, size) };
}

/** No process of its own fits into this: the smallest pause container holds some 250 KiB. */
const LEAST_PLAUSIBLE_BYTES = 64 * KIB;

/** Why the numbers cannot be bytes of memory, or `undefined` where they can. */
export function notBytes({ values }: CleanSeries): string | undefined {
  if (values.length === 0) return undefined;
  let highest = 0;
  for (let index = 0; index < values.length; index += 1) {
    if ((values[index] as number) >= LEAST_PLAUSIBLE_BYTES) return undefined;
    highest = Math.max(highest, values[index] as number);
  }
  if (highest === 0) return 'every sample is 0';
  const unit = highest <= 100 ? 'a percentage, or another unit than bytes' : 'another unit than bytes';
  return `the highest sample is ${Number(highest.toPrecision(3))}, which is ${unit}`;
}

/** The samples of a span, both ends included, without a copy. */
export function between(series: CleanSeries, fromMs: EpochMs, toMs: EpochMs): CleanSeries {
  const first = firstAtOrAfter(series.timesMs, fromMs);
  const end = firstAtOrAfter(series.timesMs, toMs + 1);
  return { timesMs: series.timesMs.subarray(first, end), values: series.values.subarray(first, end) };
}

/** Index of the first time that is not before `atMs`. */
export function firstAtOrAfter(timesMs: Float64Array, atMs: EpochMs): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((timesMs[middle] as number) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The usual distance of samples: what the history says where that is sound, else the median distance. */
export function stepOf(series: CleanSeries, statedMs: Milliseconds): Milliseconds {
  const { timesMs } = series;
  const first = timesMs[0];
  if (first === undefined || timesMs.length < 2) return statedMs > 0 ? statedMs : 60_000;
  const gaps = new Float64Array(Math.min(timesMs.length - 1, 101));
  const stride = (timesMs.length - 1) / gaps.length;
  for (let index = 0; index < gaps.length; index += 1) {
    const at = Math.floor(index * stride);
    gaps[index] = (timesMs[at + 1] as number) - (timesMs[at] as number);
  }
  return gaps.sort()[gaps.length >> 1] as number;
}

/** The highest value; 0 of none. */
export function maximum(values: Float64Array): number {
  let highest = 0;
  for (let index = 0; index < values.length; index += 1) {
    if ((values[index] as number) > highest) highest = values[index] as number;
  }
  return highest;
}
