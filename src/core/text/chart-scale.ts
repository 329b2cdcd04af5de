/** Axes of a chart: memory in binary steps from 0, time at round hours and days of the reader's clock. */
import type { Bytes, EpochMs, Milliseconds } from '../units.ts';
import { GIB, HOUR_MS, KIB, MIB, MINUTE_MS } from '../units.ts';
import type { TimeSpan } from './columns.ts';
import type { Zone } from './instants.ts';
import { toRfc3339 } from './instants.ts';

const DAY_MS = 24 * HOUR_MS;
const MOST_TICKS = 6;

export interface ByteScale {
  /** The value at the upper edge; a whole number of steps. */
  readonly topBytes: Bytes;
  readonly stepBytes: Bytes;
  readonly unitBytes: Bytes;
  readonly unit: 'KiB' | 'MiB' | 'GiB';
}

/** From 0 to the first step above `highest`, in steps of a power of two: at most six of them. */
export function byteScale(highest: Bytes): ByteScale {
  const size = Math.min(Number.MAX_SAFE_INTEGER, Math.max(highest, KIB));
  let stepBytes = KIB;
  while (size / stepBytes > MOST_TICKS) stepBytes *= 2;
  const topBytes = stepBytes * (Math.floor(size / stepBytes) + 1);
  const [unitBytes, unit] =
    size >= 10 * GIB
      ? ([GIB, 'GiB'] as const)
      : size >= 4 * MIB
        ? ([MIB, 'MiB'] as const)
        : ([KIB, 'KiB'] as const);
  return { topBytes, stepBytes, unitBytes, unit };
}

/** `512`, `1.5`: a tick in the unit of its scale. */
export function tickLabel(bytes: Bytes, { unitBytes }: ByteScale): string {
  const value = bytes / unitBytes;
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

export interface TimeTick {
  readonly atMs: EpochMs;
  readonly label: string;
}

const INTERVALS_MS: readonly Milliseconds[] = [
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  28 * DAY_MS,
];
/** A label and the space it needs. */
const COLUMNS_PER_TICK = 11;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Round instants of the reader's clock, far enough apart to be labelled. */
export function timeTicks(span: TimeSpan, columns: number, zone: Zone): readonly TimeTick[] {
  const lengthMs = span.toMs - span.fromMs;
  const most = Math.max(1, Math.floor(columns / COLUMNS_PER_TICK));
  const intervalMs = INTERVALS_MS.find((one) => lengthMs / one <= most) ?? Math.max(1, lengthMs);
  const offsetMs = zone(span.fromMs).offsetMinutes * MINUTE_MS;
  const ticks: TimeTick[] = [];
  const first = Math.ceil((span.fromMs + offsetMs) / intervalMs) * intervalMs;
  for (let wallMs = first; wallMs - offsetMs <= span.toMs && ticks.length <= most; wallMs += intervalMs) {
    ticks.push({ atMs: wallMs - offsetMs, label: wallLabel(wallMs, intervalMs) });
  }
  return ticks;
}

function wallLabel(wallMs: EpochMs, intervalMs: Milliseconds): string {
  const iso = toRfc3339(wallMs);
  const clock = iso.slice(11, 16);
  if (intervalMs < DAY_MS && clock !== '00:00') return clock;
  return `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? '???'}`;
}
