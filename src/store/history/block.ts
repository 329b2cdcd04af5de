/**
 * A block: one lane of up to 100 neighbouring slots over the ticks (or bins) of one chunk. A head says whose numbers
 * follow and how long each is; the numbers of a series are differences, as streams: the last of each bin, and in
 * coarser tiers how far the least lies below it and the highest above.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ByteReader, ByteWriter, CutError } from './bytes.ts';
import { MISSING } from './lanes.ts';

export const GROUP_SIZE = 100;
/** Far above what 100 series of one chunk need. */
const MOST_BYTES = 16 * 1024 * 1024;
const MOST_BINS = 1_000_000;

/** One container's numbers in a chunk, one element per tick or bin; `MISSING` in `last` = nothing was measured. */
export interface SeriesBins {
  readonly slot: number;
  readonly place: number;
  readonly last: Uint32Array;
  /** Absent in the finest tier, where all three are the same. */
  readonly least?: Uint32Array;
  readonly highest?: Uint32Array;
}

export interface EncodedBlock {
  readonly bytes: Uint8Array;
  /** Least and highest of each series, in the order of the head. */
  readonly extremes: Uint8Array;
}

/** Series in ascending slots; those that hold nothing are left out. Undefined = nothing is left. */
export function encodeBlock(series: readonly SeriesBins[]): EncodedBlock | undefined {
  const kept = series.filter(({ last }) => last.some((units) => units !== MISSING));
  if (kept.length === 0) return undefined;
  const head = new ByteWriter();
  const body = new ByteWriter(16 * 1024);
  const extremes = new ByteWriter();
  head.varint(kept.length);
  let slot = 0;
  let place = 0;
  for (const one of kept) {
    const before = body.length;
    encodeSeries(one, body);
    head.varint(one.slot - slot);
    head.zigzag(one.place - place);
    head.varint(body.length - before);
    ({ slot, place } = one);
    addExtremes(one, extremes);
  }
  head.append(body.view());
  const plain = head.view();
  // Told the length, zstd takes tables for this much instead of for a megabyte and more.
  return {
    bytes: zstdCompressSync(plain, { pledgedSrcSize: plain.length }),
    extremes: extremes.view().slice(),
  };
}

function addExtremes({ last, least, highest }: SeriesBins, to: ByteWriter): void {
  let low = MISSING;
  let high = 0;
  for (let bin = 0; bin < last.length; bin += 1) {
    if (last[bin] === MISSING) continue;
    low = Math.min(low, (least ?? last)[bin] as number);
    high = Math.max(high, (highest ?? last)[bin] as number);
  }
  to.varint(low);
  to.varint(high - low);
}

function encodeSeries({ last, least, highest }: SeriesBins, to: ByteWriter): void {
  writePresence(last, to);
  let before = 0;
  for (const units of last) {
    if (units === MISSING) continue;
    to.zigzag(units - before);
    before = units;
  }
  if (least === undefined || highest === undefined) return;
  for (let bin = 0; bin < last.length; bin += 1) {
    if (last[bin] !== MISSING) to.varint((last[bin] as number) - (least[bin] as number));
  }
  for (let bin = 0; bin < last.length; bin += 1) {
    if (last[bin] !== MISSING) to.varint((highest[bin] as number) - (last[bin] as number));
  }
}

/** Number of lengths that follow, then the lengths of runs, absent and present in turn; none = all are present. */
function writePresence(last: Uint32Array, to: ByteWriter): void {
  const lengths: number[] = [];
  let isHere = false;
  let since = 0;
  for (let bin = 0; bin <= last.length; bin += 1) {
    if (bin < last.length && (last[bin] !== MISSING) === isHere) continue;
    lengths.push(bin - since);
    since = bin;
    isHere = !isHere;
  }
  if (lengths.length === 2 && lengths[0] === 0) return to.varint(0);
  to.varint(lengths.length);
  for (const length of lengths) to.varint(length);
}

/** A block whose head was read; the numbers are decoded one series at a time. */
export interface OpenBlock {
  readonly size: number;
  readonly entries: readonly {
    readonly slot: number;
    readonly place: number;
    readonly at: number;
  }[];
  readonly bytes: Uint8Array;
}

/** Throws `CutError` for damaged bytes. */
export function openBlock(packed: Uint8Array): OpenBlock {
  const bytes = unpack(packed);
  const reader = new ByteReader(bytes);
  const size = reader.varint();
  if (size > GROUP_SIZE * GROUP_SIZE) throw new CutError();
  const entries: { slot: number; place: number; at: number }[] = [];
  const lengths: number[] = [];
  let slot = 0;
  let place = 0;
  for (let index = 0; index < size; index += 1) {
    slot += reader.varint();
    place += reader.zigzag();
    entries.push({ slot, place, at: 0 });
    lengths.push(reader.varint());
  }
  let { at } = reader;
  for (const [index, entry] of entries.entries()) {
    entry.at = at;
    at += lengths[index] ?? 0;
  }
  if (at > bytes.length) throw new CutError();
  return { size: bytes.length, entries, bytes };
}

function unpack(packed: Uint8Array): Uint8Array {
  try {
    return zstdDecompressSync(packed, { maxOutputLength: MOST_BYTES });
  } catch {
    throw new CutError();
  }
}

export interface DecodedBins {
  readonly last: Uint32Array;
  readonly least: Uint32Array;
  readonly highest: Uint32Array;
}

/** Throws `CutError` for damaged bytes. */
export function decodeSeries(
  block: OpenBlock,
  at: number,
  shape: { readonly bins: number; readonly isFinest: boolean },
): DecodedBins {
  const { bins } = shape;
  if (bins > MOST_BINS) throw new CutError();
  const reader = new ByteReader(block.bytes, at);
  const last = readPresence(reader, bins);
  let before = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    if (last[bin] === MISSING) continue;
    before += reader.zigzag();
    last[bin] = before;
  }
  if (shape.isFinest) return { last, least: last, highest: last };
  const least = last.slice();
  const highest = last.slice();
  for (let bin = 0; bin < bins; bin += 1) {
    if (last[bin] !== MISSING) least[bin] = (last[bin] as number) - reader.varint();
  }
  for (let bin = 0; bin < bins; bin += 1) {
    if (last[bin] !== MISSING) highest[bin] = (last[bin] as number) + reader.varint();
  }
  return { last, least, highest };
}

/** `MISSING` where nothing is, 0 where a number will come. */
function readPresence(reader: ByteReader, bins: number): Uint32Array {
  const last = new Uint32Array(bins);
  const count = reader.varint();
  if (count === 0) return last;
  if (count > bins + 2) throw new CutError();
  let bin = 0;
  for (let run = 0; run < count; run += 1) {
    const end = bin + reader.varint();
    if (end > bins) throw new CutError();
    if (run % 2 === 0) last.fill(MISSING, bin, end);
    bin = end;
  }
  if (bin !== bins) throw new CutError();
  return last;
}

/** Least and highest of every series of a block, in the order of its head. Throws `CutError`. */
export function decodeExtremes(
  bytes: Uint8Array,
): readonly { readonly least: number; readonly highest: number }[] {
  const reader = new ByteReader(bytes);
  const extremes: { least: number; highest: number }[] = [];
  while (!reader.isAtEnd) {
    const least = reader.varint();
    extremes.push({ least, highest: least + reader.varint() });
  }
  return extremes;
}
