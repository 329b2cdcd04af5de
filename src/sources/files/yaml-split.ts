/**
 * Cuts a stream of YAML text into documents, and the top-level `items:` of a Kubernetes list into its items, by
 * looking at line starts only. Each piece is then parsed alone: a list of any size costs the memory of its largest
 * item, and a broken item costs only itself.
 */
import type { Bytes } from '../../core/units.ts';

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
  /** Whole lines only. */
  #text = '';
  /** Start of the present piece in `#text`; everything before is done. */
  #from = 0;
  /** Searched up to here. */
  #searched = 0;
  #line = 1;
  #mode: 'document' | 'first-item' | 'items' = 'document';
  #boundary = '';
  #leaves = /$^/;
  #itemIndent = 0;
  #listKind: string | undefined;
  #items = 0;
  /** The text before `items:` of the present document. */
  #isListRest = false;
  /** A piece outgrew the bound; its bytes are thrown away up to the next boundary. */
  #oversized = false;
  #keptKind: string | undefined;

  constructor(handler: YamlSplitHandler, limits: { readonly maxDocumentBytes: Bytes }) {
    this.#handler = handler;
    this.#maxPieceChars = limits.maxDocumentBytes;
  }

  push(text: string): void {
    const whole = text.lastIndexOf('\n') + 1;
    if (whole > 0) {
      const lines = this.#pending.join('') + text.slice(0, whole);
      this.#pending = [];
      this.#pendingChars = 0;
      this.#add(lines);
    }
    if (whole === text.length) return;
    this.#pending.push(text.slice(whole));
    this.#pendingChars += text.length - whole;
    if (this.#pendingChars > this.#maxPieceChars) {
      this.#pending = [];
      this.#pendingChars = 0;
      this.#oversized = true;
    }
  }

  end(): void {
    if (this.#pendingChars > 0) this.#add(`${this.#pending.join('')}\n`);
    this.#run(true);
    if (this.#mode === 'items') this.#emitItem(this.#text.length);
    if (this.#mode !== 'document') this.#endList();
    this.#emitDocument(this.#text.length);
  }

  #add(lines: string): void {
    this.#text = this.#from === this.#text.length ? lines : this.#text.slice(this.#from) + lines;
    this.#searched -= this.#from;
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
            : this.#inItems(last);
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
    );
    const at = this.#from + first[0].length - (first[2] as string).length - indent;
    this.#advance(at);
    this.#searched = at + indent + 1;
    this.#mode = 'items';
    return true;
  }

  #inItems(last: boolean): boolean {
    const next = this.#text.indexOf(this.#boundary, Math.max(this.#searched - 1, this.#from));
    if (next >= 0) {
      if (this.#emitItem(next + 1)) this.#searched = this.#from + this.#itemIndent + 1;
      return true;
    }
    if (last) {
      if (this.#leaveIndex(this.#text.length) < 0) return false;
      this.#emitItem(this.#text.length);
      return true;
    }
    this.#searched = Math.max(this.#from + this.#itemIndent + 1, this.#text.length - this.#boundary.length);
    return false;
  }

  /** Index of the line that ends the list before `end`, or -1. */
  #leaveIndex(end: number): number {
    const text = this.#text.slice(this.#from, end);
    const at = text.search(this.#leaves);
    return at < 0 ? -1 : this.#from + at + 1;
  }

  /** True if the list goes on behind the item. */
  #emitItem(boundary: number): boolean {
    const leave = this.#leaveIndex(boundary);
    const end = leave < 0 ? boundary : leave;
    const text = this.#text.slice(this.#from, end);
    this.#items++;
    const kind = this.#keptKind ?? rootKind(text, this.#itemIndent + 2) ?? itemKind(this.#listKind);
    this.#emit(text, { kind, isItem: true });
    this.#advance(end);
    if (leave < 0) return true;
    this.#searched = end;
    this.#endList();
    return false;
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
    const oversized = this.#oversized;
    this.#oversized = false;
    this.#keptKind = undefined;
    if (kind !== undefined && !this.#handler.wants(kind)) {
      this.#handler.onUnwanted(kind);
      return;
    }
    if (oversized) {
      this.#handler.onFault(
        `a document larger than ${this.#maxPieceChars} bytes was passed over`,
        this.#line,
      );
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

  #discard(): void {
    const text = this.#text.slice(this.#from);
    this.#keptKind ??= rootKind(text, this.#mode === 'items' ? this.#itemIndent + 2 : 0);
    this.#oversized = true;
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

function itemKind(listKind: string | undefined): string | undefined {
  return listKind !== undefined && listKind !== 'List' && listKind.endsWith('List')
    ? listKind.slice(0, -4)
    : undefined;
}
