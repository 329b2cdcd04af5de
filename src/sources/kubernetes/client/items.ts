/**
 * Takes a Kubernetes list apart while it arrives, so that memory follows one item, not the page. Bytes of
 * `metadata.managedFields` are left out before JSON is parsed: nearly half of a real pod, and never evidence.
 */
import { SourceError } from '../../../app/ports.ts';

/** Larger than any object etcd stores (1.5 MiB by default), in the widest JSON form. */
const ITEM_LIMIT_BYTES = 16 * 1024 * 1024;
const ENVELOPE_LIMIT_BYTES = 1024 * 1024;
const DEPTH_LIMIT = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** Depth inside the list's object (1), its `items` array (2), an item (3), the item's `metadata` (4). */
const LIST_DEPTH = 1;
const ITEMS_DEPTH = 2;
const METADATA_DEPTH = 4;
const MANAGED_FIELDS = '"managedFields"';
const ITEMS = '"items"';
/** A string that spans chunks is remembered up to this length: longer than any key that matters. */
const CARRY_LENGTH = 40;

/** 1 = a byte outside of strings that can change the state. */
const STRUCTURAL = new Uint8Array(256);
for (const byte of [QUOTE, OPEN_BRACE, OPEN_BRACKET, CLOSE_BRACE, CLOSE_BRACKET]) STRUCTURAL[byte] = 1;

type Part = 'envelope' | 'item' | 'skip';

/** Feed chunks with `push`, then call `end`, which returns the list without its items. */
export class ItemSplitter {
  readonly #onItem: (text: string) => void;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last string in the list or in an item's metadata if it is as long as a key that matters. Before `[` it is the key. */
  #key = '';
  #inItems = false;
  /** What the bytes belong to, and where the skipped value ends. */
  #part: Part = 'envelope';
  #held: Buffer[] = [];
  #heldBytes = 0;
  #envelope: Buffer[] = [];
  #envelopeBytes = 0;
  /** Bytes of a string that began in an earlier chunk; only short strings can be keys of interest. */
  #stringCarry = '';

  constructor(onItem: (text: string) => void) {
    this.#onItem = onItem;
  }

  push(chunk: Buffer): void {
    const length = chunk.length;
    let from = 0;
    let stringStart = this.#inString ? 0 : -1;
    let i = 0;
    while (i < length) {
      if (this.#inString) {
        i = this.#skipString(chunk, i);
        if (this.#inString) break;
        if (this.#depth === LIST_DEPTH || this.#depth === METADATA_DEPTH)
          this.#noteKey(chunk, stringStart, i);
        this.#stringCarry = '';
        continue;
      }
      while (i < length && STRUCTURAL[chunk[i] as number] === 0) i += 1;
      if (i >= length) break;
      const byte = chunk[i] as number;
      i += 1;
      if (byte === QUOTE) {
        this.#inString = true;
        stringStart = i - 1;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        from = this.#open({ chunk, byte, from, at: i });
      } else {
        from = this.#close({ chunk, byte, from, at: i });
      }
    }
    if (this.#inString && this.#stringCarry.length < CARRY_LENGTH) {
      this.#stringCarry += chunk.toString(
        'latin1',
        stringStart,
        Math.min(length, stringStart + CARRY_LENGTH),
      );
    }
    this.#hold(chunk, from, length);
  }

  /** The list's own fields: `kind`, `apiVersion`, `metadata`. Throws `SourceError` (`protocol`) when the body was cut. */
  end(): unknown {
    if (this.#depth !== 0 || this.#inString) throw new SourceError('protocol', 'the list ended early');
    try {
      return JSON.parse(Buffer.concat(this.#envelope).toString('utf8'));
    } catch (cause) {
      throw new SourceError('protocol', 'the answer is not a JSON list', { cause });
    }
  }

  #noteKey(chunk: Buffer, start: number, end: number): void {
    const length = end - start + this.#stringCarry.length;
    const fits = length === MANAGED_FIELDS.length || length === ITEMS.length;
    this.#key = fits ? this.#stringCarry + chunk.toString('latin1', start, end) : '';
  }

  #skipString(chunk: Buffer, start: number): number {
    let i = start;
    const length = chunk.length;
    if (this.#escaped && i < length) {
      this.#escaped = false;
      i += 1;
    }
    while (i < length) {
      const byte = chunk[i] as number;
      i += 1;
      if (byte === QUOTE) {
        this.#inString = false;
        return i;
      }
      if (byte === BACKSLASH) {
        if (i >= length) this.#escaped = true;
        i += 1;
      }
    }
    return length;
  }

  #open(at: Position): number {
    let { from } = at;
    if (this.#inItems && this.#depth === ITEMS_DEPTH && at.byte === OPEN_BRACE) {
      from = at.at - 1;
      this.#part = 'item';
    } else if (this.#depth === METADATA_DEPTH && this.#part === 'item' && this.#key === MANAGED_FIELDS) {
      this.#hold(at.chunk, from, at.at - 1);
      from = at.at - 1;
      this.#part = 'skip';
    } else if (this.#depth === LIST_DEPTH && this.#key === ITEMS && at.byte === OPEN_BRACKET) {
      this.#hold(at.chunk, from, at.at);
      from = at.at;
      this.#inItems = true;
    }
    this.#key = '';
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT)
      throw new SourceError('protocol', `JSON nested deeper than ${DEPTH_LIMIT}`);
    return from;
  }

  #close(at: Position): number {
    this.#depth -= 1;
    this.#key = '';
    if (this.#depth < 0) throw new SourceError('protocol', 'the answer is not a JSON list');
    if (this.#part === 'skip' && this.#depth === METADATA_DEPTH) {
      this.#part = 'item';
      this.#heldBytes += 4;
      this.#held.push(NULL);
      return at.at;
    }
    if (this.#part === 'item' && this.#depth === ITEMS_DEPTH) {
      this.#emit(at);
      return at.at;
    }
    if (this.#inItems && this.#depth === LIST_DEPTH) {
      this.#inItems = false;
      return at.at - 1;
    }
    return at.from;
  }

  #emit(at: Position): void {
    let text: string;
    if (this.#held.length === 0) {
      text = at.chunk.toString('utf8', at.from, at.at);
    } else {
      this.#held.push(at.chunk.subarray(at.from, at.at));
      text = Buffer.concat(this.#held).toString('utf8');
      this.#held = [];
      this.#heldBytes = 0;
    }
    this.#part = 'envelope';
    this.#onItem(text);
  }

  #hold(chunk: Buffer, from: number, to: number): void {
    if (to <= from || this.#part === 'skip') return;
    // Between items there are only commas and white space.
    if (this.#part === 'envelope' && this.#inItems) return;
    const piece = chunk.subarray(from, to);
    if (this.#part === 'item') {
      this.#heldBytes += piece.length;
      if (this.#heldBytes > ITEM_LIMIT_BYTES)
        throw new SourceError('protocol', 'an item of the list is larger than 16 MiB');
      this.#held.push(piece);
      return;
    }
    this.#envelopeBytes += piece.length;
    if (this.#envelopeBytes > ENVELOPE_LIMIT_BYTES)
      throw new SourceError('protocol', 'the answer is not a JSON list');
    // A copy, so that a small piece does not keep its whole chunk alive.
    this.#envelope.push(Buffer.from(piece));
  }
}

interface Position {
  readonly chunk: Buffer;
  readonly byte: number;
  /** Start of the bytes not yet handed on. */
  readonly from: number;
  /** Just behind `byte`. */
  readonly at: number;
}

const NULL = Buffer.from('null');
