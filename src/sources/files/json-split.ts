/**
 * Cuts a stream of JSON bytes into documents without parsing them: concatenated documents, JSON lines, the
 * elements of a top-level array, and the `items` of a Kubernetes list one by one. A list of any size costs the
 * memory of its largest item, and a broken or cut item costs only itself.
 */
import type { Bytes } from '../../core/units.ts';
import { itemKindOf } from './kinds.ts';

export interface JsonDocument {
  readonly text: string;
  /** `kind` of the document itself, where it has one as a string. */
  readonly kind?: string;
  /** `kind` of the list that it is an item of, where that stood before the items. */
  readonly listKind?: string;
  readonly atByte: Bytes;
}

export interface JsonSplitHandler {
  /** False = of no interest, or secret: its bytes are passed over and never parsed. */
  wants(kind: string): boolean;
  onDocument(document: JsonDocument): void;
  /** A list has ended (also one that was empty or of no interest). */
  onList(list: { readonly kind?: string; readonly items: number }): void;
  /** A line between documents. Answers whether the next line is text too, even if it looks like JSON. */
  onText(line: string, atByte: Bytes): 'text' | 'json';
  onFault(message: string, atByte: Bytes): void;
}

export interface JsonSplitLimits {
  readonly maxDocumentBytes: Bytes;
  readonly maxDocumentNodes: number;
  readonly maxDocumentDepth: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const NEWLINE = 0x0a;
const MAX_CAPTURE = 64;
const MAX_TEXT_LINE: Bytes = 64 * 1024;

/** Where the bytes stand: between documents, in a line of text, in JSON. */
type Mode = 'between' | 'text' | 'json';

export class JsonSplitter {
  readonly #handler: JsonSplitHandler;
  readonly #limits: JsonSplitLimits;
  #mode: Mode = 'between';
  #forceText = false;
  /** Bytes of all chunks before the present one. */
  #offset = 0;

  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Depth that encloses the documents: 0, 1 in a top-level array, 2 in a list's `items`. */
  #base = 0;
  #listKind: string | undefined;
  #listItems = 0;

  /** The document being collected. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #start = -1;
  #documentAt = 0;
  #nodes = 0;
  #collecting = false;
  #dropped = false;
  #kind: string | undefined;
  #sawSecretField = false;
  /** After the items of a list: the rest of the list object. */
  #afterItems = false;

  /** Strings one level inside the document: its keys and short values. */
  #capture: string | undefined;
  #lastString = '';
  #key = '';
  #afterColon = false;

  #line: string[] = [];
  #lineBytes = 0;
  #lineAt = 0;

  constructor(handler: JsonSplitHandler, limits: JsonSplitLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** The chunk must not change afterwards. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#mode === 'json') at = this.#scanJson(chunk, at);
      else if (this.#mode === 'text') at = this.#scanText(chunk, at);
      else at = this.#scanBetween(chunk, at);
    }
    if (this.#start >= 0) {
      this.#keep(chunk.subarray(this.#start));
      this.#start = 0;
    }
    this.#offset += chunk.length;
  }

  /** Tells whether the input ended within a document. */
  end(): void {
    if (this.#mode === 'text') this.#endLine();
    if (this.#mode !== 'json') return;
    const inList = this.#base === 2 || this.#afterItems;
    const seen = inList ? ` after ${this.#listItems} complete items of a list` : '';
    if (inList) this.#handler.onList(this.#list());
    this.#handler.onFault(`the JSON is cut off${seen}`, this.#offset);
  }

  #list(): { kind?: string; items: number } {
    const kind = this.#listKind;
    return { ...(kind === undefined ? {} : { kind }), items: this.#listItems };
  }

  #scanBetween(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE || byte === 0x20 || byte === 0x0d || byte === 0x09 || byte === 0x1e) continue;
      // Commas between documents are what is left of an array that was cut out of a file.
      if (byte === COMMA && !this.#forceText) continue;
      this.#lineAt = this.#offset + at;
      const opens = byte === OPEN_BRACE || byte === OPEN_BRACKET;
      if (!opens || this.#forceText) {
        this.#mode = 'text';
        return at;
      }
      this.#mode = 'json';
      this.#base = byte === OPEN_BRACKET ? 1 : 0;
      this.#listKind = undefined;
      this.#listItems = 0;
      this.#afterItems = false;
      return at;
    }
    return chunk.length;
  }

  #scanText(chunk: Buffer, from: number): number {
    const end = chunk.indexOf(NEWLINE, from);
    const stop = end < 0 ? chunk.length : end;
    const room = MAX_TEXT_LINE - this.#lineBytes;
    if (room > 0) this.#line.push(chunk.toString('utf8', from, Math.min(stop, from + room)));
    this.#lineBytes += stop - from;
    if (end < 0) return chunk.length;
    this.#endLine();
    return end + 1;
  }

  #endLine(): void {
    const line = this.#line.join('');
    this.#line = [];
    this.#lineBytes = 0;
    this.#mode = 'between';
    this.#forceText = this.#handler.onText(line.replace(/\r$/, ''), this.#lineAt) === 'text';
  }

  #scanJson(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#scanString(chunk, at);
        continue;
      }
      const byte = chunk[at] as number;
      if (byte < QUOTE || (byte > COLON && byte < OPEN_BRACKET)) continue;
      switch (byte) {
        case QUOTE:
          this.#inString = true;
          if (this.#depth === this.#base + 1) this.#capture = '';
          break;
        case OPEN_BRACE:
        case OPEN_BRACKET:
          this.#open(byte, at);
          break;
        case CLOSE_BRACE:
        case CLOSE_BRACKET:
          this.#close(chunk, at);
          if (this.#depth === 0) {
            this.#mode = 'between';
            return at + 1;
          }
          break;
        case COMMA:
          this.#nodes++;
          if (this.#depth === this.#base + 1) this.#afterColon = false;
          break;
        case COLON:
          if (this.#depth === this.#base + 1) this.#colon();
          break;
        default:
      }
    }
    return chunk.length;
  }

  #scanString(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at++;
    }
    while (at < chunk.length) {
      const byte = chunk[at] as number;
      if (byte === QUOTE) break;
      at += byte === BACKSLASH ? 2 : 1;
    }
    if (this.#capture !== undefined && this.#capture.length < MAX_CAPTURE) {
      this.#capture += chunk.toString('latin1', from, Math.min(at, chunk.length, from + MAX_CAPTURE));
    }
    if (at > chunk.length) this.#escaped = true;
    if (at < chunk.length) {
      this.#inString = false;
      this.#stringEnds();
    }
    return at;
  }

  #stringEnds(): void {
    if (this.#capture === undefined) return;
    this.#lastString = this.#capture;
    this.#capture = undefined;
    if (!this.#afterColon || this.#key !== 'kind' || this.#kind !== undefined) return;
    this.#kind = this.#lastString;
    if (this.#base === 0 && this.#kind.endsWith('List')) return;
    if (this.#collecting && !this.#handler.wants(this.#kind)) this.#drop();
  }

  #colon(): void {
    this.#afterColon = true;
    this.#key = this.#lastString;
    if (this.#key === 'data' || this.#key === 'stringData') this.#sawSecretField = true;
  }

  #open(byte: number, at: number): void {
    const startsItems =
      byte === OPEN_BRACKET &&
      this.#depth === 1 &&
      this.#base === 0 &&
      this.#afterColon &&
      this.#key === 'items' &&
      !this.#afterItems;
    if (startsItems) this.#enterItems();
    else if (byte === OPEN_BRACE && this.#depth === this.#base && !this.#afterItems) this.#begin(at);
    this.#depth++;
    this.#nodes++;
    if (this.#depth === this.#base + this.#limits.maxDocumentDepth && this.#collecting) {
      this.#refuse(`nested deeper than ${this.#limits.maxDocumentDepth} levels`);
    }
  }

  #enterItems(): void {
    this.#listKind = this.#kind;
    this.#drop();
    this.#base = 2;
    this.#collecting = false;
  }

  #begin(at: number): void {
    this.#collecting = true;
    this.#dropped = false;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#start = at;
    this.#documentAt = this.#offset + at;
    this.#nodes = 0;
    this.#kind = undefined;
    this.#sawSecretField = false;
    this.#afterColon = false;
    const itemKind = this.#base === 2 ? itemKindOf(this.#listKind) : undefined;
    if (itemKind !== undefined && !this.#handler.wants(itemKind)) this.#drop();
  }

  #close(chunk: Buffer, at: number): void {
    this.#depth--;
    if (this.#collecting && this.#depth === this.#base) this.#finish(chunk, at);
    else if (this.#base === 2 && this.#depth === 1) {
      // The list's own `kind` may follow its items.
      this.#base = 0;
      this.#afterItems = true;
      this.#kind = this.#listKind;
      this.#afterColon = false;
    } else if (this.#afterItems && this.#depth === 0) {
      this.#listKind = this.#kind;
      this.#handler.onList(this.#list());
    }
  }

  #finish(chunk: Buffer, at: number): void {
    this.#collecting = false;
    if (this.#base === 2) this.#listItems++;
    if (!this.#dropped && this.#nodes > this.#limits.maxDocumentNodes) this.#refuse('too many values');
    // Without a kind, a `data` field may be a Secret's.
    if (this.#kind === undefined && this.#sawSecretField) this.#drop();
    if (this.#dropped) return;
    this.#keep(chunk.subarray(this.#start, at + 1));
    this.#start = -1;
    if (this.#dropped) return;
    const only = this.#pieces.length === 1 ? this.#pieces[0] : undefined;
    const text = (only ?? Buffer.concat(this.#pieces)).toString('utf8');
    this.#pieces = [];
    this.#handler.onDocument({
      text,
      atByte: this.#documentAt,
      ...(this.#kind === undefined ? {} : { kind: this.#kind }),
      ...(this.#listKind === undefined ? {} : { listKind: this.#listKind }),
    });
  }

  #keep(piece: Buffer): void {
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > this.#limits.maxDocumentBytes) {
      this.#refuse(`one document is larger than ${this.#limits.maxDocumentBytes} bytes`);
      return;
    }
    this.#pieces.push(piece);
  }

  #refuse(why: string): void {
    this.#drop();
    this.#handler.onFault(`a document was passed over: ${why}`, this.#documentAt);
  }

  #drop(): void {
    this.#dropped = true;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#start = -1;
  }
}
