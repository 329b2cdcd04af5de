/**
 * Cuts a stream of YAML text into documents, and the top-level `items:` of a Kubernetes list into its items, by
 * looking at line starts only. Each piece is then parsed alone: a list of any size costs the memory of its largest
 * item, and a broken item costs only itself.
 */
import type { Bytes } from '../../core/units.ts';
import { itemKindOf } from './kinds.ts';

export interface YamlPiece {
  /** For an item: a sequence with this one element. */
  readonly text: string;
  readonly isItem: boolean;
  readonly kind?: string;
  readonly listKind?: string;
  /** Column of the object's own keys. */
  readonly rootColumn: number;
  /** 1-based. */
  readonly line: number;
}

export interface YamlSplitHandler {
  /** False = of no interest, or secret: never parsed. */
  wants(kind: string): boolean;
  onPiece(piece: YamlPiece): void;
  /** A list has ended, or a document that was not wanted. */
  onList(list: { readonly kind?: string; readonly items: number }): void;
  onUnwanted(kind: string): void;
  onFault(message: string, line: number): void;
}

const TOP_LEVEL_STOP = /^(?:---(?=[ \t\r\n])|\.\.\.(?=[ \t\r\n])|items:[ \t]*(?:#[^\n]*)?\r?\n)/gm;
const FIRST_ITEM = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*( *)(- |-\r?\n|[^\s#])/;

export class YamlSplitter {
  readonly #handler: YamlSplitHandler;
  readonly #maxPieceChars: Bytes;
  /** An unfinished line. */
  #pending: string[] = [];
  #pendingChars = 0;
  #pendingHasLine = false;
  /** Whole lines only. */
  #text = '';
  /** Start of the present piece in `#text`; everything before is done. */
  #from = 0;
  /** Searched up to here. */
  #searched = 0;
  #line = 1;
  #mode: 'document' | 'first-item' | 'items' = 'document';
  #boundary = '';
  #leaves = /$^/g;
  #leaveAt = -1;
  #leaveSearched = 0;
  #itemIndent = 0;
  #listKind: string | undefined;
  #items = 0;
  /** The text before `items:` of the present document. */
  #isListRest = false;
  /** A piece outgrew the bound; its bytes are thrown away up to the next boundary. */
  #oversized = false;
  #oversizedLine = 0;
  #keptKind: string | undefined;

  constructor(handler: YamlSplitHandler, limits: { readonly maxDocumentBytes: Bytes }) {
    this.#handler = handler;
    this.#maxPieceChars = limits.maxDocumentBytes;
  }

  push(text: string): void {
    if (text === '') return;
    this.#pending.push(text);
    this.#pendingChars += text.length;
    this.#pendingHasLine ||= text.includes('\n');
    // Joining at least half as much as is held keeps the cost of a long piece linear.
    const held = this.#text.length - this.#from;
    if (this.#pendingHasLine && this.#pendingChars * 2 >= held) this.#addPending();
    if (this.#pendingChars <= this.#maxPieceChars) return;
    // One line without an end.
    this.#pending = [];
    this.#pendingChars = 0;
    this.#markOversized();
  }

  #addPending(): void {
    const text = this.#pending.join('');
    const whole = text.lastIndexOf('\n') + 1;
    this.#pending = whole === text.length ? [] : [text.slice(whole)];
    this.#pendingChars = text.length - whole;
    this.#pendingHasLine = false;
    this.#add(text.slice(0, whole));
  }

  end(): void {
    if (this.#pendingChars > 0) {
      this.#pending.push('\n');
      this.#addPending();
    }
    this.#run(true);
    if (this.#mode === 'items') this.#emitItem(this.#text.length);
    if (this.#mode !== 'document') this.#endList();
    this.#emitDocument(this.#text.length);
  }

  #add(lines: string): void {
    this.#text = this.#from === this.#text.length ? lines : this.#text.slice(this.#from) + lines;
    this.#searched -= this.#from;
    this.#leaveAt = Math.max(-1, this.#leaveAt - this.#from);
    this.#leaveSearched = Math.max(0, this.#leaveSearched - this.#from);
    this.#from = 0;
    this.#run(false);
    if (this.#text.length - this.#from > this.#maxPieceChars) this.#discard();
  }

  #run(last: boolean): void {
    for (;;) {
      const more =
        this.#mode === 'document'
          ? this.#inDocument()
          : this.#mode === 'first-item'
            ? this.#atFirstItem(last)
            : this.#inItems();
      if (!more) return;
    }
  }

  #inDocument(): boolean {
    TOP_LEVEL_STOP.lastIndex = Math.max(this.#searched, this.#from);
    const stop = TOP_LEVEL_STOP.exec(this.#text);
    if (stop === null) {
      this.#searched = this.#text.length;
      return false;
    }
    if (stop[0].startsWith('items')) {
      const before = this.#text.slice(this.#from, stop.index);
      const kind = rootKind(before, 0);
      this.#listKind = kind;
      this.#items = 0;
      this.#advance(stop.index + stop[0].length);
      this.#mode = 'first-item';
      return true;
    }
    this.#emitDocument(stop.index);
    // What follows `--- ` on its line belongs to the next document.
    this.#advance(stop.index + 3);
    return true;
  }

  #atFirstItem(last: boolean): boolean {
    const first = FIRST_ITEM.exec(this.#text.slice(this.#from, this.#from + 4096));
    if (first === null) {
      if (!last && this.#text.length - this.#from < 4096) return false;
      this.#endList();
      return true;
    }
    if (!(first[2] as string).startsWith('-') || first[2] === '-') {
      this.#endList();
      return true;
    }
    const indent = (first[1] as string).length;
    this.#itemIndent = indent;
    this.#boundary = `\n${' '.repeat(indent)}- `;
    // A line that stands further left than the items, or at their column without a dash, ends the list.
    this.#leaves = new RegExp(
      `\\n(?:${indent === 0 ? '' : ` {0,${indent - 1}}[^\\s#]|`} {${indent}}(?:[^\\s#-]|-[^ \\r\\n]))`,
      'g',
    );
    this.#leaveAt = -1;
    this.#leaveSearched = 0;
    const at = this.#from + first[0].length - (first[2] as string).length - indent;
    this.#advance(at);
    this.#searched = at + indent + 1;
    this.#mode = 'items';
    return true;
  }

  #inItems(): boolean {
    const start = Math.max(this.#searched - 1, this.#from);
    const next = this.#text.indexOf(this.#boundary, start);
    const leave = this.#leaveFrom(start);
    if (next < 0 && leave < 0) {
      this.#searched = this.#text.length;
      return false;
    }
    const isLast = next < 0 || (leave >= 0 && leave < next);
    this.#emitItem((isLast ? leave : next) + 1);
    if (isLast) this.#endList();
    else this.#searched = this.#from + this.#itemIndent + 1;
    return true;
  }

  /** Start of the first line that ends the list, at or after `start`, or -1. Each line is looked at once. */
  #leaveFrom(start: number): number {
    if (this.#leaveAt >= start) return this.#leaveAt;
    this.#leaves.lastIndex = Math.max(start, this.#leaveSearched);
    this.#leaveAt = this.#leaves.exec(this.#text)?.index ?? -1;
    // The last newline is looked at again with the line that will follow it.
    this.#leaveSearched = this.#leaveAt < 0 ? this.#text.length - 1 : this.#leaveAt;
    return this.#leaveAt;
  }

  #emitItem(end: number): void {
    const text = this.#text.slice(this.#from, end);
    this.#items++;
    const kind = this.#keptKind ?? rootKind(text, this.#itemIndent + 2) ?? itemKindOf(this.#listKind);
    this.#emit(text, { kind, isItem: true });
    this.#advance(end);
  }

  #endList(): void {
    this.#mode = 'document';
    this.#isListRest = true;
    this.#searched = this.#from;
  }

  #emitDocument(end: number): void {
    const text = this.#text.slice(this.#from, end);
    if (this.#isListRest) {
      const kind = this.#listKind ?? rootKind(text, 0);
      this.#handler.onList({ ...(kind === undefined ? {} : { kind }), items: this.#items });
      this.#isListRest = false;
    } else if (this.#oversized || /^[ \t]*[^\s#%]/m.test(text)) {
      this.#emit(text, { kind: this.#keptKind ?? rootKind(text, 0), isItem: false });
    }
    this.#listKind = undefined;
    this.#advance(end);
  }

  #emit(text: string, piece: { readonly kind: string | undefined; readonly isItem: boolean }): void {
    const { kind, isItem } = piece;
    if (text.length > this.#maxPieceChars) this.#markOversized();
    const oversized = this.#oversized;
    this.#oversized = false;
    this.#keptKind = undefined;
    if (kind !== undefined && !this.#handler.wants(kind)) {
      this.#handler.onUnwanted(kind);
      return;
    }
    if (oversized) {
      const message = `a document larger than ${this.#maxPieceChars} bytes was passed over`;
      this.#handler.onFault(message, this.#oversizedLine);
      return;
    }
    // Without a kind, a `data` field may be a Secret's.
    if (kind === undefined && hasRootKey(text, isItem ? this.#itemIndent + 2 : 0, '(?:data|stringData)'))
      return;
    this.#handler.onPiece({
      text,
      isItem,
      rootColumn: isItem ? this.#itemIndent + 2 : 0,
      line: this.#line,
      ...(kind === undefined ? {} : { kind }),
      ...(isItem && this.#listKind !== undefined ? { listKind: this.#listKind } : {}),
    });
  }

  #markOversized(): void {
    if (!this.#oversized) this.#oversizedLine = this.#line;
    this.#oversized = true;
  }

  #discard(): void {
    const text = this.#text.slice(this.#from);
    this.#keptKind ??= rootKind(text, this.#mode === 'items' ? this.#itemIndent + 2 : 0);
    this.#markOversized();
    // The newline before the next line is part of an item's boundary.
    this.#advance(this.#text.length - 1);
    this.#searched = this.#from;
  }

  #advance(to: number): void {
    for (let at = this.#text.indexOf('\n', this.#from); at >= 0 && at < to; ) {
      this.#line++;
      at = this.#text.indexOf('\n', at + 1);
    }
    this.#from = to;
    if (this.#searched < to) this.#searched = to;
  }
}

const KIND_AT = new Map<number, RegExp>();

/** The `kind` at the given column, which is that of the root's keys. */
function rootKind(text: string, column: number): string | undefined {
  let pattern = KIND_AT.get(column);
  if (pattern === undefined) {
    const spaces = ' '.repeat(column);
    const dash = column >= 2 ? `|^ {${column - 2}}- ` : '';
    pattern = new RegExp(
      `(?:^${spaces}${dash}|\\n${spaces})["']?kind["']?: *["']?([A-Za-z]{1,60})["']?[ \\t]*(?:#|\\r?\\n|$)`,
    );
    KIND_AT.set(column, pattern);
  }
  return pattern.exec(text)?.[1];
}

function hasRootKey(text: string, column: number, key: string): boolean {
  return new RegExp(
    `(?:^|\\n)(?: {${column}}|${' '.repeat(Math.max(0, column - 2))}- )["']?${key}["']?:`,
  ).test(text);
}
