/** Bytes of a kernel or node log to evidence, in constant memory. */
import { TextDecoder } from 'node:util';
import type { BundlePart } from '../../core/model/bundle.ts';
import { createTextLogReader } from '../../core/parse/text-log.ts';
import type { EpochMs } from '../../core/units.ts';

export interface TextLogContext {
  /** The file's name; part of every record's ID. */
  readonly source: string;
  readonly nodeName?: string;
  /** When the log was read or written: gives syslog's dates their year. */
  readonly nowMs?: EpochMs;
  readonly signal?: AbortSignal;
}

/** Larger pieces are searched no faster, and hold more memory. */
const PIECE_BYTES = 1 << 20;

/**
 * Reads to the end of the stream. Bytes that are not UTF-8 become U+FFFD; UTF-16 with a byte order mark (PowerShell's
 * redirections) is read too. Throws only what the stream throws, and the signal's reason.
 */
export async function readTextLog(
  stream: AsyncIterable<Uint8Array>,
  context: TextLogContext,
): Promise<BundlePart> {
  const { source, nodeName, nowMs, signal } = context;
  const reader = createTextLogReader({
    source,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(nowMs === undefined ? {} : { nowMs }),
  });
  let decoder: TextDecoder | undefined;
  for await (const bytes of stream) {
    signal?.throwIfAborted();
    // An ASCII piece decodes at the speed of a copy, so nothing is gained by reading bytes as latin1 first.
    decoder ??= new TextDecoder(encodingOf(bytes));
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      reader.push(decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream: true }));
    }
  }
  reader.push(decoder?.decode() ?? '');
  return reader.finish();
}

function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
}
