/** Paragraphs of styled words in a labelled column, the shape every section of an answer has. */
import { cleanLine } from './clean.ts';
import type { TextOptions } from './options.ts';
import type { Style } from './paint.ts';
import { breakWord, displayWidth, padEnd } from './width.ts';

/** A run of text in one style. */
export interface Span {
  readonly text: string;
  readonly styles?: readonly Style[];
}

/** Something said in a section. */
export type Block =
  /** A sentence behind a sign (`+`, `-`, `?`, `1`), wrapped. */
  | { readonly kind: 'point'; readonly sign: string; readonly spans: readonly Span[] }
  /** A command: never wrapped or cut, so that it can be pasted. */
  | { readonly kind: 'command'; readonly command: string }
  /** A line of a log or a table: one line, cut only on a terminal. */
  | { readonly kind: 'line'; readonly text: string; readonly styles?: readonly Style[] };

export interface Section {
  readonly label: string;
  readonly blocks: readonly Block[];
}

const LABEL_WIDTH = 12;
const COMMAND_INDENT = LABEL_WIDTH + 2;

interface Word {
  readonly text: string;
  readonly styles: readonly Style[];
}

/** Breaks styled text at blanks; neighbouring words of one style are painted together. */
export function wrapSpans(spans: readonly Span[], width: number, paint: TextOptions['paint']): string[] {
  const words: Word[] = spans.flatMap(({ text, styles = [] }) =>
    cleanLine(text)
      .split(' ')
      .filter((word) => word !== '')
      .flatMap((word) => breakWord(word, width))
      .map((word) => ({ text: word, styles })),
  );
  const lines: Word[][] = [[]];
  let used = 0;
  for (const word of words) {
    const wordWidth = displayWidth(word.text);
    const current = lines.at(-1);
    if (current !== undefined && (current.length === 0 || used + 1 + wordWidth <= width)) {
      used += (current.length === 0 ? 0 : 1) + wordWidth;
      current.push(word);
    } else {
      lines.push([word]);
      used = wordWidth;
    }
  }
  return lines.map((line) => paintLine(line, paint));
}

function paintLine(words: readonly Word[], paint: TextOptions['paint']): string {
  const runs: { text: string; styles: readonly Style[] }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last !== undefined && last.styles === word.styles) last.text += ` ${word.text}`;
    else runs.push({ text: word.text, styles: word.styles });
  }
  return runs.map(({ text, styles }) => paint(text, ...styles)).join(' ');
}

/** Lines of one section: the label once, everything else hanging below it. */
export function renderSection(section: Section, options: TextOptions): string[] {
  const lines: string[] = [];
  for (const block of section.blocks) {
    const label = lines.length === 0 ? `  ${section.label}` : '';
    lines.push(...renderBlock(block, label, options));
  }
  return lines;
}

function renderBlock(block: Block, label: string, options: TextOptions): string[] {
  const { paint, width } = options;
  const head = paint(padEnd(label, LABEL_WIDTH), 'bold');
  switch (block.kind) {
    case 'point': {
      const sign = block.sign === '' ? '' : `${block.sign} `;
      const indent = ' '.repeat(LABEL_WIDTH + sign.length);
      const text = wrapSpans(block.spans, Math.max(20, width - indent.length), paint);
      return text.map((line, index) => (index === 0 ? head + sign + line : indent + line).trimEnd());
    }
    case 'command':
      return [`${' '.repeat(COMMAND_INDENT)}${paint(cleanLine(block.command), 'cyan')}`];
    case 'line':
      return [(head + paint(block.text, ...(block.styles ?? []))).trimEnd()];
    default:
      return block satisfies never;
  }
}
