/**
 * The layout of `kubectl describe`: sections at column 0, tables under a header, free text that keeps its own line
 * breaks and indentation. So a line counts as structure only where a known key stands at its level.
 */
import { cleanText } from '../model/clean-text.ts';

/** A section: what follows its key on the line, and the lines below it. */
export interface Section {
  readonly value: string;
  readonly lines: readonly string[];
}

export type Sections = ReadonlyMap<string, Section>;

/** One object's text is far shorter; a line is cut to what any field may hold. */
export const MAX_LINES = 20_000;
const MAX_LINE_CHARS = 16_384;

/** Lines without line ends, and without an indentation that all of them share (text pasted into something else). */
export function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => cleanText(line, MAX_LINE_CHARS).trimEnd());
  let indent = Number.MAX_SAFE_INTEGER;
  for (const line of lines) {
    if (line !== '') indent = Math.min(indent, line.length - line.trimStart().length);
  }
  return indent === 0 || indent === Number.MAX_SAFE_INTEGER ? lines : lines.map((line) => line.slice(indent));
}

/**
 * Splits one object's lines by top-level keys. `ranks` gives their order: a key that may no longer come (a line
 * `Status: 500` of a log inside `Containers:`) belongs to the section it stands in.
 */
export function sectionsOf(lines: readonly string[], ranks: Readonly<Record<string, number>>): Sections {
  const sections = new Map<string, { value: string; lines: string[] }>();
  let current: { value: string; lines: string[] } | undefined;
  let rank = 0;
  for (const line of lines) {
    const key = /^([A-Z][A-Za-z -]{0,40}):/.exec(line)?.[1];
    const keyRank = key !== undefined && Object.hasOwn(ranks, key) ? (ranks[key] ?? -1) : -1;
    if (key !== undefined && keyRank >= rank && !sections.has(key)) {
      current = { value: line.slice(key.length + 1).trim(), lines: [] };
      sections.set(key, current);
      rank = keyRank;
    } else {
      current?.lines.push(line);
    }
  }
  return sections;
}

/** The section's text; absent for `<none>`, `<unset>`, `<nil>` and nothing at all. */
export function valueOf(sections: Sections, key: string): string | undefined {
  return presentText(sections.get(key)?.value);
}

export function presentText(text: string | undefined): string | undefined {
  return text === undefined || text === '' || /^<(?:none|unset|nil|unknown|invalid)>$/.test(text)
    ? undefined
    : text;
}

/** The value and everything below it: a message with line breaks, or a list of labels. */
export function wholeText(section: Section | undefined): string | undefined {
  return section === undefined ? undefined : [section.value, ...section.lines].join('\n').trim();
}

/** `key: value` one level below, at exactly `indent` spaces. */
export function entryOf(
  line: string,
  indent: number,
): { readonly key: string; readonly value: string } | undefined {
  if (line.length <= indent || line.charAt(indent) === ' ' || line.slice(0, indent).trim() !== '')
    return undefined;
  const colon = line.indexOf(':', indent);
  if (colon < 0) return undefined;
  return { key: line.slice(indent, colon), value: line.slice(colon + 1).trim() };
}

/** All `key: value` lines of a section, first wins. */
export function entriesOf(section: Section | undefined, indent = 2): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of section?.lines ?? []) {
    const entry = entryOf(line, indent);
    if (entry !== undefined && !entries.has(entry.key)) entries.set(entry.key, entry.value);
  }
  return entries;
}

/** A table's rows by column name. `isRow` tells a row from the continuation of the last cell above it. */
export function tableOf(
  lines: readonly string[],
  firstColumns: RegExp,
  isRow: (cells: ReadonlyMap<string, string>) => boolean,
): readonly ReadonlyMap<string, string>[] {
  const headerAt = lines.findIndex((line) => firstColumns.test(line));
  const header = lines[headerAt];
  if (header === undefined) return [];
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  const last = columns.at(-1)?.name ?? '';
  const rows: Map<string, string>[] = [];
  for (const line of lines.slice(headerAt + 1)) {
    if (/^[\s-]*$/.test(line)) continue;
    const cells = cellsOf(line, columns);
    const row = rows.at(-1);
    if (cells !== undefined && isRow(cells)) rows.push(cells);
    else if (row !== undefined) row.set(last, `${row.get(last) ?? ''}\n${line.trim()}`);
  }
  return rows;
}

interface Column {
  readonly name: string;
  readonly at: number;
}

function cellsOf(line: string, columns: readonly Column[]): Map<string, string> | undefined {
  const isAligned = columns.every(({ at }) => at === 0 || at > line.length || line.charAt(at - 1) === ' ');
  if (isAligned) {
    return new Map(
      columns.map(({ name, at }, index) => [name, line.slice(at, columns[index + 1]?.at).trim()] as const),
    );
  }
  // Wide characters or edits shift a row against its header; two spaces still part its cells.
  const cells = line.trim().split(/\s{2,}/);
  if (cells.length < columns.length) return undefined;
  const rest = cells.slice(columns.length - 1).join('  ');
  return new Map(
    columns.map(
      ({ name }, index) => [name, index === columns.length - 1 ? rest : (cells[index] ?? '')] as const,
    ),
  );
}

/** A row of a table of conditions. */
export function isConditionRow(cells: ReadonlyMap<string, string>): boolean {
  return /^(?:True|False|Unknown)$/.test(cells.get('Status') ?? '');
}
