/** Samples into equal columns of time, minimum and maximum kept: a mean would hide the spike that killed. */
import type { Series } from '../model/series.ts';
import type { EpochMs } from '../units.ts';

/** What one column of time saw. */
export interface ColumnRange {
  readonly low: number;
  readonly high: number;
}

export interface TimeSpan {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** The column of an instant; outside the span the nearest one. */
export function columnAt(atMs: EpochMs, { fromMs, toMs }: TimeSpan, columns: number): number {
  const share = toMs <= fromMs ? 0 : (atMs - fromMs) / (toMs - fromMs);
  return Math.min(columns - 1, Math.max(0, Math.floor(share * columns)));
}

/** One entry per column; undefined where no sample is. */
export function columnRanges(
  { timesMs, values }: Series,
  span: TimeSpan,
  columns: number,
): (ColumnRange | undefined)[] {
  const ranges: (ColumnRange | undefined)[] = Array.from({ length: columns });
  for (let index = 0; index < timesMs.length; index += 1) {
    const atMs = timesMs[index] ?? 0;
    const value = values[index];
    if (value === undefined || atMs < span.fromMs || atMs > span.toMs) continue;
    const column = columnAt(atMs, span, columns);
    const known = ranges[column];
    ranges[column] =
      known === undefined
        ? { low: value, high: value }
        : { low: Math.min(known.low, value), high: Math.max(known.high, value) };
  }
  return ranges;
}
