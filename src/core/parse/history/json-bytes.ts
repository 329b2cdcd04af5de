/** JSON in bytes: where a value ends, how to pass over one of any length, and its text. */

import { utf8 } from '../journal-json.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MORE = -1;

/** The place behind the complete value at `from`, or -1 where the bytes end before it does. */
export function valueEnd(bytes: Uint8Array, from: number): number {
  const skipper = new Skipper();
  skipper.begin();
  const end = skipper.skip(bytes, from);
  return skipper.done ? end : MORE;
}

/** Passes over one value, however long and however cut into chunks, in constant memory. */
export class Skipper {
  #depth = 0;
  #kind: 'unknown' | 'plain' | 'string' | 'nested' = 'unknown';
  #inString = false;
  #escaped = false;
  #done = true;

  get done(): boolean {
    return this.#done;
  }

  begin(): void {
    this.#depth = 0;
    this.#kind = 'unknown';
    this.#inString = false;
    this.#escaped = false;
    this.#done = false;
  }

  /** The place behind the value (then `done`), or the end of the bytes. */
  skip(bytes: Uint8Array, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (this.#inString) {
        this.#stringByte(byte);
        at += 1;
        if (this.#done) return at;
        continue;
      }
      if (this.#kind === 'unknown') this.#kind = kindOf(byte);
      if (this.#kind === 'plain') {
        // A number or a word ends where something else begins, which is not part of it.
        if (endsPlain(byte)) return this.#finish(at);
        at += 1;
        continue;
      }
      at += 1;
      if (byte === QUOTE) this.#inString = true;
      else if (byte === 0x7b || byte === 0x5b) this.#depth += 1;
      else if (byte === 0x7d || byte === 0x5d) {
        this.#depth -= 1;
        if (this.#depth <= 0) return this.#finish(at);
      }
    }
    return at;
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#kind === 'string') this.#done = true;
    }
  }

  #finish(at: number): number {
    this.#done = true;
    return at;
  }
}

function kindOf(byte: number): 'plain' | 'string' | 'nested' {
  if (byte === QUOTE) return 'string';
  return byte === 0x7b || byte === 0x5b ? 'nested' : 'plain';
}

function endsPlain(byte: number): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d || byte <= 0x20;
}

/** Characters put together at a time: engines bound the number of arguments. */
const PIECE = 4096;

/** The bytes as UTF-8. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += PIECE) {
    const piece = bytes.subarray(at, Math.min(to, at + PIECE));
    if (piece.some((byte) => byte >= 0x80)) return utf8([...bytes.subarray(from, to)]);
    text += String.fromCharCode(...piece);
  }
  return text;
}

/** What JSON takes for white space (RFC 8259, 2). */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
