/** Thins out: chunks of one tier become one chunk of the next, which keeps least, highest and last of each bin. */
import type { EpochMs } from '../../core/units.ts';
import {
  decodeSeries,
  encodeBlock,
  GROUP_SIZE,
  openBlock,
  type DecodedBins,
  type OpenBlock,
} from './block.ts';
import { CutError, giveBack } from './bytes.ts';
import { addBlocks, beginChunk, chunkOf, finishChunk, removeChunk, timesOf, type Chunk } from './chunk.ts';
import type { Database } from './driver.ts';
import { MISSING } from './lanes.ts';
import { blockId, blockPlace, blockRange, TIERS, windowStart, type Tier } from './tiers.ts';

export interface ThinOptions {
  readonly database: Database;
  readonly nowMs: EpochMs;
  readonly rest: () => Promise<unknown>;
}

export async function thinOut(options: ThinOptions): Promise<void> {
  for (let tier = 1; tier < TIERS.length; tier += 1) {
    const source = TIERS[tier - 1] as Tier;
    const target = TIERS[tier] as Tier;
    for (;;) {
      const oldest = options.database.get(
        'select min(t0) t0 from chunk where tier = ? and ready = 1',
        tier - 1,
      );
      if (typeof oldest?.['t0'] !== 'number') break;
      const start = windowStart(oldest['t0'], target.chunkMs);
      if (start + target.chunkMs > options.nowMs - source.keepMs) break;
      await thinWindow(options, tier, start);
    }
  }
}

interface Source extends Chunk {
  /** Which bin of the new chunk each of its ticks or bins falls in. */
  readonly binOf: Uint32Array;
}

async function thinWindow(options: ThinOptions, tier: number, t0: EpochMs): Promise<void> {
  const { database } = options;
  const { chunkMs, binMs } = TIERS[tier] as Tier;
  const t1 = t0 + chunkMs;
  const bins = chunkMs / binMs;
  const rows = database.all(
    'select no, tier, t0, t1, bins, times from chunk where tier = ? and ready = 1 and t0 >= ? and t0 < ? order by t0',
    tier - 1,
    t0,
    t1,
  );
  const sources = rows.map((row): Source => {
    const chunk = chunkOf(row);
    const times = row['times'] instanceof Uint8Array ? row['times'] : undefined;
    return { ...chunk, binOf: binsOf(chunk, times, { t0, binMs, bins }) };
  });
  const no = beginChunk(database, { tier, t0, t1, bins, times: null });
  for (const { lane, group } of groupsOf(database, sources)) {
    const series = mergeGroup(database, sources, { lane, group, bins });
    addBlocks(database, no, [{ lane, group, block: encodeBlock(series) }]);
    for (const one of series) giveBackAll(one);
    await options.rest();
  }
  finishChunk(database, no, () => {
    for (const source of sources) removeChunk(database, source.no);
  });
}

/** A damaged list of times makes the chunk worthless: nothing of it falls into any bin. */
function binsOf(
  chunk: Chunk,
  times: Uint8Array | undefined,
  target: { readonly t0: EpochMs; readonly binMs: number; readonly bins: number },
): Uint32Array {
  let instants: readonly EpochMs[];
  try {
    instants = timesOf(chunk, times);
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
    return new Uint32Array(0);
  }
  // The instant of a bin is its end, which belongs to it.
  const early = (TIERS[chunk.tier]?.binMs ?? 0) > 0 ? 1 : 0;
  return Uint32Array.from(instants, (at) => {
    const bin = Math.floor((at - early - target.t0) / target.binMs);
    return bin >= 0 && bin < target.bins ? bin : MISSING;
  });
}

function groupsOf(
  database: Database,
  sources: readonly Source[],
): readonly { readonly lane: number; readonly group: number }[] {
  const groups = new Map<string, { readonly lane: number; readonly group: number }>();
  for (const { no } of sources) {
    const { from, to } = blockRange(no);
    for (const { id } of database.iterate('select id from block where id >= ? and id < ?', from, to)) {
      const { lane, group } = blockPlace(Number(id));
      groups.set(`${lane}/${group}`, { lane, group });
    }
  }
  return [...groups.values()];
}

interface Merged {
  readonly slot: number;
  readonly place: number;
  readonly last: Uint32Array;
  readonly least: Uint32Array;
  readonly highest: Uint32Array;
}

function mergeGroup(
  database: Database,
  sources: readonly Source[],
  at: { readonly lane: number; readonly group: number; readonly bins: number },
): readonly Merged[] {
  const merged = new Map<number, Merged>();
  for (const source of sources) {
    const row = database.get('select v from block where id = ?', blockId(source.no, at.lane, at.group));
    if (!(row?.['v'] instanceof Uint8Array)) continue;
    const bytes = row['v'];
    // What is damaged is lost; the rest is not.
    orNothing(() => {
      const block = openBlock(bytes);
      for (const entry of block.entries) {
        orNothing(() => addSeries(merged, { source, block, entry, bins: at.bins }));
      }
    });
  }
  return [...merged.values()]
    .filter(({ slot }) => Math.floor(slot / GROUP_SIZE) === at.group)
    .sort((one, other) => one.slot - other.slot || one.place - other.place);
}

function orNothing(task: () => void): void {
  try {
    task();
  } catch (error) {
    if (!(error instanceof CutError)) throw error;
  }
}

function addSeries(
  merged: Map<number, Merged>,
  from: {
    readonly source: Source;
    readonly block: OpenBlock;
    readonly entry: OpenBlock['entries'][number];
    readonly bins: number;
  },
): void {
  const { source, block, entry, bins } = from;
  const decoded = decodeSeries(block, entry.at, { bins: source.bins, isFinest: source.tier === 0 });
  let target = merged.get(entry.place);
  if (target === undefined) {
    target = {
      slot: entry.slot,
      place: entry.place,
      last: new Uint32Array(bins).fill(MISSING),
      least: new Uint32Array(bins).fill(MISSING),
      highest: new Uint32Array(bins),
    };
    merged.set(entry.place, target);
  }
  foldInto(target, decoded, source.binOf);
  giveBackAll(decoded);
}

/** Hundreds of thousands of small pieces between two collections would leave the memory full of holes. */
function giveBackAll({ last, least, highest }: DecodedBins): void {
  for (const bins of new Set([last, least, highest])) giveBack(bins);
}

function foldInto(target: Merged, decoded: DecodedBins, binOf: Uint32Array): void {
  const { last, least, highest } = target;
  for (let index = 0; index < binOf.length; index += 1) {
    const bin = binOf[index] as number;
    const units = decoded.last[index];
    if (units === undefined || units === MISSING || bin === MISSING) continue;
    last[bin] = units;
    least[bin] = Math.min(least[bin] as number, decoded.least[index] as number);
    highest[bin] = Math.max(highest[bin] as number, decoded.highest[index] as number);
  }
}
