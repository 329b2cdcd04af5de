/** How fine the history is kept: every tick, then bins of a minute, then of five. */
import { HOUR_MS, MINUTE_MS, type EpochMs, type Milliseconds } from '../../core/units.ts';

export interface Tier {
  /** 0 = every tick as it came. */
  readonly binMs: Milliseconds;
  /** What one chunk spans; chunks begin at whole multiples of it. */
  readonly chunkMs: Milliseconds;
  /** Older than this it is thinned out to the next tier. */
  readonly keepMs: Milliseconds;
}

/** A shape needs the low end of a span (the floor) and its peaks: coarser tiers keep least, highest and last. */
export const TIERS: readonly [Tier, ...Tier[]] = [
  { binMs: 0, chunkMs: 30 * MINUTE_MS, keepMs: 6 * HOUR_MS },
  { binMs: MINUTE_MS, chunkMs: 2 * HOUR_MS, keepMs: 72 * HOUR_MS },
  { binMs: 5 * MINUTE_MS, chunkMs: 10 * HOUR_MS, keepMs: Number.POSITIVE_INFINITY },
];

export function windowStart(atMs: EpochMs, chunkMs: Milliseconds): EpochMs {
  return Math.floor(atMs / chunkMs) * chunkMs;
}

/** A chunk's blocks have neighbouring ids: 16 lanes of 65,536 groups. */
const LANE_ROOM = 65_536;
const CHUNK_ROOM = 16 * LANE_ROOM;

export function blockId(chunk: number, lane: number, group: number): number {
  return chunk * CHUNK_ROOM + lane * LANE_ROOM + group;
}

/** All blocks of one chunk: `from <= id < to`. */
export function blockRange(chunk: number): { readonly from: number; readonly to: number } {
  return { from: chunk * CHUNK_ROOM, to: (chunk + 1) * CHUNK_ROOM };
}

export function blockPlace(id: number): {
  readonly chunk: number;
  readonly lane: number;
  readonly group: number;
} {
  const within = id % CHUNK_ROOM;
  return {
    chunk: Math.floor(id / CHUNK_ROOM),
    lane: Math.floor(within / LANE_ROOM),
    group: within % LANE_ROOM,
  };
}

/** More containers than this at one moment are not kept. */
export const MOST_SLOTS = 100 * LANE_ROOM;
