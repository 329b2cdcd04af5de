/** Byte streams with a look at their start, an end that never throws, and bounds. */
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { SourceError } from '../../app/ports.ts';
import type { Bytes } from '../../core/units.ts';
import type { FileReport, Gathering } from './gather.ts';

export type ByteStream = AsyncIterable<Uint8Array>;

/** The input broke a bound; the message says which. */
export class BoundError extends Error {}

export interface Peeked {
  /** Up to the bytes asked for. */
  readonly head: Buffer;
  /** The whole stream, its head included. May be iterated once. */
  readonly stream: AsyncIterable<Buffer>;
  /** Ends the stream without reading it. */
  close(): Promise<void>;
}

export async function peek(source: ByteStream, headBytes: Bytes): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let size = 0;
  let done = false;
  while (size < headBytes && !done) {
    const next = await iterator.next();
    done = next.done === true;
    if (next.done !== true) {
      const chunk = asBuffer(next.value);
      chunks.push(chunk);
      size += chunk.length;
    }
  }
  const head = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  return { head: head.subarray(0, headBytes), stream: resume(head, iterator, done), close };
}

async function* resume(
  head: Buffer,
  iterator: AsyncIterator<Uint8Array>,
  done: boolean,
): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    if (done) return;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield asBuffer(next.value);
    }
  } finally {
    await iterator.return?.();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Ends quietly where the stream breaks; the break becomes a fault of the file. */
export async function* settled(stream: ByteStream, report: FileReport): AsyncGenerator<Buffer> {
  let read = 0;
  try {
    for await (const chunk of stream) {
      read += chunk.length;
      yield asBuffer(chunk);
    }
  } catch (error) {
    if (error instanceof SourceError) throw error;
    report.cutShort = true;
    report.fault({ message: breakMessage(error), place: `byte ${read}` });
  }
}

function breakMessage(error: unknown): string {
  if (error instanceof BoundError) return error.message;
  const code = (error as { code?: unknown }).code;
  if (code === 'Z_BUF_ERROR') return 'the compressed data is cut off';
  if (code === 'Z_DATA_ERROR' || String(code).startsWith('ZSTD')) return 'the compressed data is damaged';
  return `reading failed: ${(error as Error).message}`;
}

/** Counts what is read against the bounds of the whole run. */
export async function* counted(stream: ByteStream, run: Gathering): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    run.countBytes(chunk.length);
    if (run.exhausted)
      throw new BoundError(`more than ${run.limits.maxTotalBytes} bytes in all; the rest is not read`);
    yield asBuffer(chunk);
  }
}

/** Sizes of packed and unpacked data, shared by all the entries of one archive. */
export interface Ratio {
  packedBytes: Bytes;
  unpackedBytes: Bytes;
}

export async function* countPacked(stream: ByteStream, ratio: Ratio): AsyncGenerator<Buffer> {
  for await (const chunk of stream) {
    ratio.packedBytes += chunk.length;
    yield asBuffer(chunk);
  }
}

/** Stops a decompression bomb: what no log or dump compresses to is not read on. */
export async function* guarded(stream: ByteStream, ratio: Ratio, run: Gathering): AsyncGenerator<Buffer> {
  const { maxRatio, ratioFreeBytes } = run.limits;
  for await (const chunk of stream) {
    ratio.unpackedBytes += chunk.length;
    if (ratio.unpackedBytes > ratioFreeBytes && ratio.unpackedBytes > maxRatio * ratio.packedBytes) {
      throw new BoundError(
        `it unpacks to more than ${maxRatio} times its size (${ratio.unpackedBytes} bytes so far); the rest is not read`,
      );
    }
    yield asBuffer(chunk);
  }
}

/** Unpacks a gzip or zstd stream under the guard. */
export function decompress(stream: ByteStream, format: 'gzip' | 'zstd', run: Gathering): ByteStream {
  const ratio: Ratio = { packedBytes: 0, unpackedBytes: 0 };
  const unpacker = format === 'gzip' ? createGunzip() : createZstdDecompress();
  const source = Readable.from(countPacked(stream, ratio));
  source.on('error', (error) => unpacker.destroy(error));
  unpacker.on('close', () => source.destroy());
  source.pipe(unpacker);
  return guarded(unpacker, ratio, run);
}

/** Reads at most `maxBytes`; `whole` is false if there was more. */
export async function readUpTo(
  stream: ByteStream,
  maxBytes: Bytes,
): Promise<{ bytes: Buffer; whole: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const room = maxBytes - size;
    if (chunk.length > room) {
      chunks.push(asBuffer(chunk).subarray(0, room));
      return { bytes: Buffer.concat(chunks), whole: false };
    }
    chunks.push(asBuffer(chunk));
    size += chunk.length;
  }
  return { bytes: Buffer.concat(chunks), whole: true };
}

/** The last `maxBytes` of a stream in little memory. */
export async function readEndOf(
  stream: ByteStream,
  maxBytes: Bytes,
): Promise<{ bytes: Buffer; whole: boolean }> {
  let kept: Buffer[] = [];
  let size = 0;
  let whole = true;
  for await (const chunk of stream) {
    kept.push(asBuffer(chunk));
    size += chunk.length;
    if (size < 2 * maxBytes) continue;
    const joined = Buffer.concat(kept);
    kept = [Buffer.from(joined.subarray(joined.length - maxBytes))];
    size = maxBytes;
    whole = false;
  }
  const joined = Buffer.concat(kept);
  if (joined.length <= maxBytes) return { bytes: joined, whole };
  return { bytes: joined.subarray(joined.length - maxBytes), whole: false };
}

/** UTF-16 becomes UTF-8, a byte order mark goes. */
export function toUtf8(stream: AsyncIterable<Buffer>, head: Buffer): AsyncIterable<Buffer> {
  if (head[0] === 0xff && head[1] === 0xfe) return transcode(stream, 'utf-16le');
  if (head[0] === 0xfe && head[1] === 0xff) return transcode(stream, 'utf-16be');
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return without(stream, 3);
  return stream;
}

async function* transcode(stream: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for await (const chunk of stream) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  const rest = decoder.decode();
  if (rest !== '') yield Buffer.from(rest);
}

async function* without(stream: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of stream) {
    const cut = Math.min(left, chunk.length);
    left -= cut;
    if (cut < chunk.length) yield chunk.subarray(cut);
  }
}
