/** Turns a complete window of ticks into a chunk of blocks. */
import type { EpochMs } from '../../core/units.ts';
import { encodeBlock, GROUP_SIZE, type SeriesBins } from './block.ts';
import { ByteWriter, giveBack } from './bytes.ts';
import { addBlocks, beginChunk, finishChunk } from './chunk.ts';
import type { Database } from './driver.ts';
import { LANES, MISSING } from './lanes.ts';
import { decodeTick } from './tick-log.ts';
import { TIERS, windowStart } from './tiers.ts';

/** Slots that are turned from ticks to series at a time: bounds the memory, 120 ticks of 4,000 slots are 2 MB. */
const BAND_SLOTS = 4000;

export interface PackOptions {
  readonly database: Database;
  readonly slots: number;
  readonly placeAt: (slot: number) => number | undefined;
  /** Lets others run between two steps. */
  readonly rest: () => Promise<unknown>;
}

/** Packs every window that is behind the newest tick. Answers the start of the first window that is left. */
export async function packTicks(options: PackOptions): Promise<EpochMs | undefined> {
  const { database } = options;
  const [{ chunkMs }] = TIERS;
  for (;;) {
    const span = database.get('select min(at) oldest, max(at) newest from tick');
    if (typeof span?.['oldest'] !== 'number' || typeof span['newest'] !== 'number') return undefined;
    const start = windowStart(span['oldest'], chunkMs);
    if (span['newest'] < start + chunkMs) return start;
    await packWindow(options, start, start + chunkMs);
  }
}

async function packWindow(options: PackOptions, start: EpochMs, end: EpochMs): Promise<void> {
  const { database, slots } = options;
  const times = database
    .all('select at from tick where at >= ? and at < ? order by at', start, end)
    .map(({ at }) => Number(at));
  const chunk = beginChunk(database, {
    tier: 0,
    t0: start,
    t1: end,
    bins: times.length,
    times: packTimes(times),
  });
  const room = new Uint32Array(Math.min(slots, BAND_SLOTS) * times.length);
  for (let lane = 0; lane < LANES.length; lane += 1) {
    for (let from = 0; from < slots; from += BAND_SLOTS) {
      const to = Math.min(slots, from + BAND_SLOTS);
      const matrix = readBand(database, { lane, from, to, start, end, ticks: times.length, room });
      await options.rest();
      if (matrix !== undefined)
        await packBand(options, { matrix, ticks: times.length, chunk, lane, from, to });
    }
  }
  finishChunk(database, chunk, () => database.run('delete from tick where at >= ? and at < ?', start, end));
}

interface Band {
  readonly lane: number;
  readonly from: number;
  readonly to: number;
}

/** One row per slot, one column per tick. Undefined = the lane holds nothing here. */
function readBand(
  database: Database,
  band: Band & {
    readonly start: EpochMs;
    readonly end: EpochMs;
    readonly ticks: number;
    readonly room: Uint32Array;
  },
): Uint32Array | undefined {
  const { from, to, ticks } = band;
  const matrix = band.room.subarray(0, (to - from) * ticks).fill(MISSING);
  let column = 0;
  let found = false;
  const rows = database.iterate(
    'select v from tick where at >= ? and at < ? order by at',
    band.start,
    band.end,
  );
  for (const { v } of rows) {
    if (v instanceof Uint8Array && column < ticks) {
      decodeTick(v, band, (slot, units) => {
        matrix[(slot - from) * ticks + column] = units;
        found = true;
      });
      giveBack(v);
    }
    column += 1;
  }
  return found ? matrix : undefined;
}

async function packBand(
  options: PackOptions,
  band: Band & { readonly matrix: Uint32Array; readonly ticks: number; readonly chunk: number },
): Promise<void> {
  const { matrix, ticks, from, to } = band;
  for (let start = from; start < to; start += GROUP_SIZE * 4) {
    const blocks = [];
    for (let first = start; first < Math.min(to, start + GROUP_SIZE * 4); first += GROUP_SIZE) {
      const series: SeriesBins[] = [];
      for (let slot = first; slot < Math.min(to, first + GROUP_SIZE); slot += 1) {
        const place = options.placeAt(slot);
        if (place === undefined) continue;
        series.push({ slot, place, last: matrix.subarray((slot - from) * ticks, (slot - from + 1) * ticks) });
      }
      blocks.push({ lane: band.lane, group: first / GROUP_SIZE, block: encodeBlock(series) });
    }
    addBlocks(options.database, band.chunk, blocks);
    await options.rest();
  }
}

function packTimes(times: readonly EpochMs[]): Uint8Array {
  const writer = new ByteWriter();
  let before = 0;
  for (const at of times) {
    writer.varint(at - before);
    before = at;
  }
  return writer.view();
}
