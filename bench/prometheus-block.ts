/**
 * Writes one TSDB block that Debian's `prometheus` opens as it opens its own. `promtool tsdb create-blocks-from
 * openmetrics` takes the samples as text, which for 200 million of them is 40 GB. Format: prometheus/prometheus
 * tsdb/docs/format/{index,chunks,meta}.md (index version 2, XOR chunks).
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface BlockSeries {
  /** With `__name__`; in the order of names. */
  readonly labels: readonly (readonly [string, string])[];
  /** Ascending milliseconds, parallel to `values`. */
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
}

const SAMPLES_A_CHUNK = 120;
const SEGMENT_BYTES = 480 * 1024 * 1024;
const BUFFER_BYTES = 4 * 1024 * 1024;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1;
  return crc >>> 0;
});

/** CRC-32C (Castagnoli). */
function crc32c(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffffffff;
  for (let at = from; at < to; at += 1)
    crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Bytes that grow. */
class Bytes {
  bytes = Buffer.alloc(1 << 16);
  length = 0;

  #room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.bytes.length * 2, this.length + more));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.#room(4);
    this.bytes.writeUInt32BE(value >>> 0, this.length);
    this.length += 4;
  }

  u64(value: number): void {
    this.#room(8);
    this.bytes.writeBigUInt64BE(BigInt(value), this.length);
    this.length += 8;
  }

  uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  varint(value: number): void {
    this.uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  text(text: string): void {
    const encoded = Buffer.from(text);
    this.uvarint(encoded.length);
    this.append(encoded);
  }

  append(more: Uint8Array): void {
    this.#room(more.length);
    this.bytes.set(more, this.length);
    this.length += more.length;
  }

  taken(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

/** One XOR chunk at a time (tsdb/chunkenc/xor.go). */
class ChunkEncoder {
  readonly bytes = new Uint8Array(SAMPLES_A_CHUNK * 20 + 32);
  #bits = 0;
  readonly #float = new DataView(new ArrayBuffer(8));

  encode(series: BlockSeries, from: number, to: number): number {
    this.bytes.fill(0);
    this.bytes[0] = (to - from) >> 8;
    this.bytes[1] = (to - from) & 0xff;
    this.#bits = 16;
    let time = 0;
    let delta = 0;
    let high = 0;
    let low = 0;
    let leading = 0xff;
    let trailing = 0;
    for (let at = from; at < to; at += 1) {
      const nextTime = series.timesMs[at] as number;
      this.#float.setFloat64(0, series.values[at] as number);
      const nextHigh = this.#float.getUint32(0);
      const nextLow = this.#float.getUint32(4);
      if (at === from) {
        this.#varint(nextTime);
        this.#write(nextHigh, 32);
        this.#write(nextLow, 32);
      } else {
        const nextDelta = nextTime - time;
        if (at === from + 1) this.#uvarint(nextDelta);
        else this.#deltaOfDelta(nextDelta - delta);
        delta = nextDelta;
        const xorHigh = (nextHigh ^ high) >>> 0;
        const xorLow = (nextLow ^ low) >>> 0;
        if (xorHigh === 0 && xorLow === 0) this.#write(0, 1);
        else {
          this.#write(1, 1);
          const zeros = Math.min(31, xorHigh === 0 ? 32 + Math.clz32(xorLow) : Math.clz32(xorHigh));
          const tail = xorLow === 0 ? 32 + ctz32(xorHigh) : ctz32(xorLow);
          if (leading !== 0xff && zeros >= leading && tail >= trailing) {
            this.#write(0, 1);
          } else {
            leading = zeros;
            trailing = tail;
            this.#write(1, 1);
            this.#write(leading, 5);
            this.#write((64 - leading - trailing) & 63, 6);
          }
          this.#writeMiddle(xorHigh, xorLow, { leading, trailing });
        }
      }
      time = nextTime;
      high = nextHigh;
      low = nextLow;
    }
    return (this.#bits + 7) >> 3;
  }

  /** The bits of a 64-bit word between `leading` and `trailing`. */
  #writeMiddle(
    high: number,
    low: number,
    cut: { readonly leading: number; readonly trailing: number },
  ): void {
    const { leading, trailing } = cut;
    if (trailing >= 32) {
      this.#write(high >>> (trailing - 32), 64 - leading - trailing);
      return;
    }
    if (leading < 32) this.#write(high, 32 - leading);
    this.#write(low >>> trailing, Math.min(32, 64 - leading) - trailing);
  }

  #deltaOfDelta(value: number): void {
    if (value === 0) this.#write(0, 1);
    else if (value >= -8191 && value <= 8192) this.#tagged(0b10, 2, [value, 14]);
    else if (value >= -65535 && value <= 65536) this.#tagged(0b110, 3, [value, 17]);
    else if (value >= -524287 && value <= 524288) this.#tagged(0b1110, 4, [value, 20]);
    else {
      this.#write(0b1111, 4);
      this.#write(Math.floor(value / 2 ** 32), 32);
      this.#write(value, 32);
    }
  }

  #tagged(tag: number, tagBits: number, [value, bits]: readonly [number, number]): void {
    this.#write(tag, tagBits);
    this.#write(value, bits);
  }

  #write(value: number, count: number): void {
    for (let bit = count - 1; bit >= 0; ) {
      const free = 8 - (this.#bits & 7);
      const take = Math.min(free, bit + 1);
      const piece = (value >>> (bit + 1 - take)) & ((1 << take) - 1);
      const at = this.#bits >> 3;
      this.bytes[at] = (this.bytes[at] as number) | (piece << (free - take));
      this.#bits += take;
      bit -= take;
    }
  }

  #varint(value: number): void {
    this.#uvarint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  #uvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#write((rest % 128) | 0x80, 8);
      rest = Math.floor(rest / 128);
    }
    this.#write(rest, 8);
  }
}

function ctz32(value: number): number {
  return value === 0 ? 32 : 31 - Math.clz32(value & -value);
}

/** The chunk files of a block: `0x85BD40DD`, version 1, three bytes of padding, then chunks. */
class ChunkFiles {
  readonly #folder: string;
  readonly #buffer = new Bytes();
  #file = -1;
  #segment = 0;
  #written = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#open();
  }

  /** The reference that the index keeps. */
  add(data: Uint8Array, length: number): number {
    if (this.#written + this.#buffer.length > SEGMENT_BYTES) {
      this.#flush();
      closeSync(this.#file);
      this.#open();
    }
    const offset = this.#written + this.#buffer.length;
    this.#buffer.uvarint(length);
    const from = this.#buffer.length;
    this.#buffer.byte(1);
    this.#buffer.append(data.subarray(0, length));
    this.#buffer.u32(crc32c(this.#buffer.bytes, from, this.#buffer.length));
    if (this.#buffer.length > BUFFER_BYTES) this.#flush();
    return (this.#segment - 1) * 2 ** 32 + offset;
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #open(): void {
    this.#segment += 1;
    this.#file = openSync(join(this.#folder, String(this.#segment).padStart(6, '0')), 'w');
    this.#written = 0;
    this.#buffer.u32(0x85bd40dd);
    this.#buffer.u32(0x01000000);
  }

  #flush(): void {
    writeSync(this.#file, this.#buffer.taken());
    this.#written += this.#buffer.length;
    this.#buffer.length = 0;
  }
}

interface IndexEntry {
  readonly labels: BlockSeries['labels'];
  readonly chunks: readonly { readonly fromMs: number; readonly toMs: number; readonly reference: number }[];
}

/** Takes series in any order; memory holds their labels and the places of their chunks. */
export class BlockWriter {
  readonly #folder: string;
  readonly #ulid: string;
  readonly #chunks: ChunkFiles;
  readonly #encoder = new ChunkEncoder();
  readonly #entries: IndexEntry[] = [];
  #samples = 0;
  #chunkCount = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  constructor(dataFolder: string, ulid: string) {
    this.#ulid = ulid;
    this.#folder = join(dataFolder, ulid);
    this.#chunks = new ChunkFiles(join(this.#folder, 'chunks'));
  }

  add(series: BlockSeries): void {
    const chunks = [];
    const { timesMs } = series;
    for (let from = 0; from < timesMs.length; from += SAMPLES_A_CHUNK) {
      const to = Math.min(timesMs.length, from + SAMPLES_A_CHUNK);
      const length = this.#encoder.encode(series, from, to);
      const reference = this.#chunks.add(this.#encoder.bytes, length);
      chunks.push({ fromMs: timesMs[from] as number, toMs: timesMs[to - 1] as number, reference });
    }
    this.#entries.push({ labels: series.labels, chunks });
    this.#samples += timesMs.length;
    this.#chunkCount += chunks.length;
    this.#minMs = Math.min(this.#minMs, timesMs[0] ?? this.#minMs);
    this.#maxMs = Math.max(this.#maxMs, timesMs.at(-1) ?? 0);
  }

  close(): { readonly samples: number; readonly series: number } {
    this.#chunks.close();
    writeFileSync(join(this.#folder, 'index'), indexOf(this.#entries));
    const meta = {
      ulid: this.#ulid,
      minTime: this.#minMs,
      maxTime: this.#maxMs + 1,
      stats: { numSamples: this.#samples, numSeries: this.#entries.length, numChunks: this.#chunkCount },
      compaction: { level: 1, sources: [this.#ulid] },
      version: 1,
    };
    writeFileSync(join(this.#folder, 'meta.json'), JSON.stringify(meta));
    return { samples: this.#samples, series: this.#entries.length };
  }
}

function indexOf(entries: readonly IndexEntry[]): Buffer {
  const out = new Bytes();
  out.u32(0xbaaad700);
  out.byte(2);
  const symbolsAt = out.length;
  const symbols = [...new Set(entries.flatMap(({ labels }) => labels.flat()).concat(''))].toSorted(
    compareBytes,
  );
  const symbolOf = new Map(symbols.map((symbol, at) => [symbol, at]));
  section(out, (body) => {
    body.u32(symbols.length);
    for (const symbol of symbols) body.text(symbol);
  });
  pad(out, 16);
  const seriesAt = out.length;
  const postings = new Map<string, Map<string, number[]>>([['', new Map([['', []]])]]);
  const sorted = entries.toSorted((a, b) => compareLabels(a.labels, b.labels));
  for (const entry of sorted) {
    pad(out, 16);
    const id = out.length / 16;
    for (const [name, value] of [['', ''] as const, ...entry.labels]) {
      const values = postings.get(name) ?? new Map<string, number[]>();
      postings.set(name, values);
      const ids = values.get(value);
      if (ids === undefined) values.set(value, [id]);
      else ids.push(id);
    }
    const body = new Bytes();
    body.uvarint(entry.labels.length);
    for (const [name, value] of entry.labels) {
      body.uvarint(symbolOf.get(name) as number);
      body.uvarint(symbolOf.get(value) as number);
    }
    writeChunkPlaces(body, entry.chunks);
    out.uvarint(body.length);
    out.append(body.taken());
    out.u32(crc32c(body.bytes, 0, body.length));
  }
  const indicesAt = out.length;
  const { postingsAt, offsets } = writePostings(out, postings);
  const tableAt = out.length;
  section(out, (body) => {
    body.u32(offsets.length);
    for (const { name, value, offset } of offsets) {
      body.byte(2);
      body.text(name);
      body.text(value);
      body.uvarint(offset);
    }
  });
  const tocAt = out.length;
  for (const at of [symbolsAt, seriesAt, indicesAt, 0, postingsAt, tableAt]) out.u64(at);
  out.u32(crc32c(out.bytes, tocAt, out.length));
  return out.taken();
}

function writeChunkPlaces(body: Bytes, chunks: IndexEntry['chunks']): void {
  body.uvarint(chunks.length);
  let previous: IndexEntry['chunks'][number] | undefined;
  for (const chunk of chunks) {
    if (previous === undefined) body.varint(chunk.fromMs);
    else body.uvarint(chunk.fromMs - previous.toMs);
    body.uvarint(chunk.toMs - chunk.fromMs);
    if (previous === undefined) body.uvarint(chunk.reference);
    else body.varint(chunk.reference - previous.reference);
    previous = chunk;
  }
}

function writePostings(
  out: Bytes,
  postings: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>,
): {
  readonly postingsAt: number;
  readonly offsets: readonly { readonly name: string; readonly value: string; readonly offset: number }[];
} {
  const offsets = [];
  pad(out, 4);
  const postingsAt = out.length;
  for (const name of [...postings.keys()].toSorted(compareBytes)) {
    const values = postings.get(name) as ReadonlyMap<string, readonly number[]>;
    for (const value of [...values.keys()].toSorted(compareBytes)) {
      pad(out, 4);
      offsets.push({ name, value, offset: out.length });
      const ids = values.get(value) as readonly number[];
      section(out, (body) => {
        body.u32(ids.length);
        for (const id of ids) body.u32(id);
      });
    }
  }
  return { postingsAt, offsets };
}

function section(out: Bytes, write: (body: Bytes) => void): void {
  const body = new Bytes();
  write(body);
  out.u32(body.length);
  out.append(body.taken());
  out.u32(crc32c(body.bytes, 0, body.length));
}

function pad(out: Bytes, to: number): void {
  while (out.length % to !== 0) out.byte(0);
}

function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareLabels(a: BlockSeries['labels'], b: BlockSeries['labels']): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [name = '', value = ''] = a[at] ?? [];
    const [otherName = '', otherValue = ''] = b[at] ?? [];
    const order = compareBytes(name, otherName) || compareBytes(value, otherValue);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
