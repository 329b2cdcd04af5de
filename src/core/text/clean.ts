/** The last gate before text reaches a terminal, a page or a spreadsheet; parsers have cut and cleaned before. */
import { cleanText as clean } from '../model/clean-text.ts';

/** Longer text is no sentence and no log line; parsers cut far earlier. */
const LONGEST = 65_536;
/** Tag characters and plane-14 selectors: invisible, and able to carry hidden text. */
const TAGS = /[\u{e0000}-\u{e01ef}]/gu;

/** Removes what could move a cursor, colour, reorder or hide text. Keeps newlines. */
export function cleanText(text: string): string {
  return clean(text, LONGEST, 'many').replace(TAGS, '');
}

/** As `cleanText`, on one line: every run of white space becomes a single blank, ends trimmed. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** As `cleanText` for a line whose indentation matters (logs): a tab becomes four blanks, a newline one. */
export function cleanLogLine(text: string): string {
  return cleanText(text.replaceAll('\t', '    ')).replaceAll('\n', ' ').trimEnd();
}
