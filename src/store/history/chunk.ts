/** Chunks are built in small transactions and count only once they are ready, so that a kill in between costs nothing. */
import type { EpochMs } from '../../core/units.ts';
import type { EncodedBlock } from './block.ts';
import { ByteReader, CutError } from './bytes.ts';
import type { Database, Row } from './driver.ts';
import { blockId, blockRange, TIERS } from './tiers.ts';

export interface Chunk {
  readonly no: number;
  readonly tier: number;
  /** `t0 <= time < t1`. */
  readonly t0: EpochMs;
  readonly t1: EpochMs;
  readonly bins: number;
}

/** Chunks that are ready and reach into the window, oldest first. */
export function chunksIn(
  database: Database,
  window: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): readonly (Chunk & { readonly times: Uint8Array | undefined })[] {
  return database
    .all(
      'select no, tier, t0, t1, bins, times from chunk where ready = 1 and t1 > ? and t0 <= ? order by t0',
      window.fromMs,
      window.toMs,
    )
    .map((row) => ({
      ...chunkOf(row),
      times: row['times'] instanceof Uint8Array ? row['times'] : undefined,
    }));
}

export function chunkOf(row: Row): Chunk {
  const { no, tier, t0, t1, bins } = row;
  return { no: Number(no), tier: Number(tier), t0: Number(t0), t1: Number(t1), bins: Number(bins) };
}

/** The instant of each tick, or the end of each bin. Throws `CutError`. */
export function timesOf(chunk: Chunk, times: Uint8Array | undefined): readonly EpochMs[] {
  const binMs = TIERS[chunk.tier]?.binMs ?? 0;
  if (chunk.bins > 1_000_000) throw new CutError();
  if (binMs > 0) return Array.from({ length: chunk.bins }, (_, bin) => chunk.t0 + (bin + 1) * binMs);
  const reader = new ByteReader(times ?? new Uint8Array(0));
  const instants: EpochMs[] = [];
  let at = 0;
  for (let bin = 0; bin < chunk.bins; bin += 1) {
    at += reader.varint();
    instants.push(at);
  }
  return instants;
}

export function beginChunk(
  database: Database,
  chunk: Omit<Chunk, 'no'> & { readonly times: Uint8Array | null },
): number {
  return database.transaction(() => {
    const last = Number(database.get('select max(no) no from chunk')?.['no'] ?? 0);
    database.run(
      'insert into chunk(no, tier, t0, t1, bins, times, ready) values(?, ?, ?, ?, ?, ?, 0)',
      last + 1,
      chunk.tier,
      chunk.t0,
      chunk.t1,
      chunk.bins,
      chunk.times,
    );
    return last + 1;
  });
}

export function addBlocks(
  database: Database,
  chunk: number,
  blocks: readonly {
    readonly lane: number;
    readonly group: number;
    readonly block: EncodedBlock | undefined;
  }[],
): void {
  if (blocks.every(({ block }) => block === undefined)) return;
  database.transaction(() => {
    for (const { lane, group, block } of blocks) {
      if (block === undefined) continue;
      const id = blockId(chunk, lane, group);
      database.run('insert into block(id, v, extremes) values(?, ?, ?)', id, block.bytes, block.extremes);
    }
  });
}

/** From here on the chunk counts, and what `removeSources` takes away is in it. */
export function finishChunk(database: Database, chunk: number, removeSources: () => void): void {
  database.transaction(() => {
    database.run('update chunk set ready = 1 where no = ?', chunk);
    removeSources();
  });
}

/** Inside a transaction. */
export function removeChunk(database: Database, chunk: number): void {
  const { from, to } = blockRange(chunk);
  database.run('delete from block where id >= ? and id < ?', from, to);
  database.run('delete from chunk where no = ?', chunk);
}

/** What a killed collector left half built. */
export function removeUnfinished(database: Database): void {
  database.transaction(() => {
    for (const { no } of database.all('select no from chunk where ready = 0'))
      removeChunk(database, Number(no));
  });
}
