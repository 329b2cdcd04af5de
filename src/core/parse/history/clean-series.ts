/** Samples as they came made into a `Series`: ascending, without doubles, finite, inside the window. */
import type { Series } from '../../model/series.ts';
import type { Bytes, EpochMs } from '../../units.ts';

export interface RawSamples {
  readonly timesMs: readonly EpochMs[];
  /** Parallel. */
  readonly values: readonly number[];
}

export interface CleanOptions {
  /** What the series is called in notes, such as `working set`. */
  readonly name: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Values below are dropped; 0 unless told. */
  readonly lowest?: number;
  /** Bytes: what is beyond 2^53 or cannot be bytes at all is dropped. */
  readonly isBytes?: boolean;
  /** Nothing but zeros is an answer (page cache), not a figure that nobody measured. */
  readonly mayBeZero?: boolean;
}

export interface CleanSeries {
  /** Absent where nothing is left. */
  readonly series?: Series;
  readonly notes: readonly string[];
}

/** The smallest page of memory that a container can hold. */
const PAGE_BYTES: Bytes = 4096;

/**
 * Doubled instants keep the larger value, since a peak must not get lost. Gaps stay gaps. Every kind of repair is one
 * note; samples outside of the window are dropped, with a note where they lie after it (a clock that is ahead).
 */
export function cleanSeries(raw: RawSamples, options: CleanOptions): CleanSeries {
  const notes: string[] = [];
  // Nearly every answer is as it should be, and then is not copied.
  const ascending = isClean(raw, options) ? raw : ascend(inWindow(raw, options, notes), options.name, notes);
  if (ascending.timesMs.length === 0) return { notes };
  if (options.isBytes === true) {
    const highest = highestOf(ascending.values);
    if (highest === 0 && options.mayBeZero !== true) {
      notes.push(`${options.name}: nothing but zeros; not used`);
      return { notes };
    }
    if (highest > 0 && highest < PAGE_BYTES) {
      const unit = highest <= 1 ? 'a share' : highest <= 100 ? 'a percentage' : 'another unit';
      notes.push(`${options.name}: values up to ${highest} cannot be bytes (${unit}?); not used`);
      return { notes };
    }
  }
  return { series: ascending, notes };
}

function isClean({ timesMs, values }: RawSamples, options: CleanOptions): boolean {
  const { fromMs, toMs, lowest = 0 } = options;
  const highest = options.isBytes === true ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  let before = fromMs - 1;
  for (let at = 0; at < timesMs.length; at += 1) {
    const time = timesMs[at] as EpochMs;
    const value = values[at] as number;
    if (!(time > before && time <= toMs && value >= lowest && value <= highest)) return false;
    before = time;
  }
  return true;
}

interface Samples {
  timesMs: EpochMs[];
  values: number[];
}

function inWindow(raw: RawSamples, options: CleanOptions, notes: string[]): Samples {
  const { fromMs, toMs, lowest = 0 } = options;
  const highest = options.isBytes === true ? Number.MAX_SAFE_INTEGER : Number.POSITIVE_INFINITY;
  const kept: Samples = { timesMs: [], values: [] };
  let bad = 0;
  let late = 0;
  for (let at = 0; at < raw.timesMs.length; at += 1) {
    const time = raw.timesMs[at] as EpochMs;
    const value = raw.values[at] as number;
    if (time > toMs) late += 1;
    else if (!(value >= lowest) || value > highest) bad += 1;
    else if (time >= fromMs) {
      kept.timesMs.push(time);
      kept.values.push(value);
    }
  }
  if (bad > 0) notes.push(`${options.name}: ${counted(bad, 'sample')} with an impossible value dropped`);
  if (late > 0)
    notes.push(
      `${options.name}: ${counted(late, 'sample')} later than the window dropped (a clock that is ahead?)`,
    );
  return kept;
}

/** Sorts only what needs it: nearly every answer is in order. */
function ascend(samples: Samples, name: string, notes: string[]): Samples {
  const { timesMs, values } = samples;
  let descents = 0;
  let doubles = 0;
  for (let at = 1; at < timesMs.length; at += 1) {
    const step = (timesMs[at] as EpochMs) - (timesMs[at - 1] as EpochMs);
    if (step < 0) descents += 1;
    else if (step === 0) doubles += 1;
  }
  if (descents === 0 && doubles === 0) return samples;
  const order = Array.from(timesMs.keys());
  if (descents > 0) order.sort((a, b) => (timesMs[a] as EpochMs) - (timesMs[b] as EpochMs));
  const out: Samples = { timesMs: [], values: [] };
  for (const at of order) {
    const last = out.timesMs.length - 1;
    if (last >= 0 && out.timesMs[last] === timesMs[at]) {
      out.values[last] = Math.max(out.values[last] as number, values[at] as number);
      continue;
    }
    out.timesMs.push(timesMs[at] as EpochMs);
    out.values.push(values[at] as number);
  }
  if (descents > 0) notes.push(`${name}: samples came out of order and were sorted`);
  const dropped = timesMs.length - out.timesMs.length;
  if (dropped > 0)
    notes.push(`${name}: ${counted(dropped, 'doubled sample')} removed, the larger value kept`);
  return out;
}

function highestOf(values: readonly number[]): number {
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  return highest;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
