/** How many terminal columns a text takes, and fitting text into columns. */

const COMBINING = /^[\p{Mn}\p{Me}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;

/** East Asian wide and fullwidth blocks (Unicode 16, EastAsianWidth.txt W and F), coarse but never too narrow. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (COMBINING.test(character) || code === 0x200d || (code >= 0xfe00 && code <= 0xfe0f)) return 0;
  if (EMOJI.test(character)) return 2;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns that `text` takes. Expects text without control characters (`cleanText`). */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** Blanks appended up to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Blanks prepended up to `width` columns. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}

function takeStart(characters: readonly string[], width: number): string {
  let taken = '';
  let used = 0;
  for (const character of characters) {
    used += characterWidth(character);
    if (used > width) break;
    taken += character;
  }
  return taken;
}

function takeEnd(characters: readonly string[], width: number): string {
  let taken = '';
  let used = 0;
  for (let index = characters.length - 1; index >= 0; index -= 1) {
    const character = characters[index] ?? '';
    used += characterWidth(character);
    if (used > width) break;
    taken = character + taken;
  }
  return taken;
}

/**
 * Cuts a name in the middle, because both its start (the workload) and its end (the pod's suffix) identify it.
 * `width` counts columns and includes the mark.
 */
export function cutMiddle(text: string, width: number, mark = '…'): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(mark);
  if (room <= 0) return takeStart(Array.from(text), Math.max(0, width));
  const characters = Array.from(text);
  const tail = Math.floor(room / 2);
  return takeStart(characters, room - tail) + mark + takeEnd(characters, tail);
}

/** Cuts a sentence at its end. `width` includes the mark. */
export function cutEnd(text: string, width: number, mark = '…'): string {
  if (displayWidth(text) <= width) return text;
  return takeStart(Array.from(text), Math.max(0, width - displayWidth(mark))).trimEnd() + mark;
}

/**
 * A word in columns of `width` where it is too long and its script has no blanks (Chinese, Japanese, Korean); any
 * other word stays whole, so that a name or an address can be copied.
 */
export function breakWord(word: string, width: number): readonly string[] {
  const columns = displayWidth(word);
  const characters = Array.from(word);
  if (columns <= width || columns === characters.length || width < 2) return [word];
  const parts: string[] = [];
  for (let from = 0; from < characters.length; ) {
    const part = takeStart(characters.slice(from), width);
    parts.push(part);
    from += Math.max(1, Array.from(part).length);
  }
  return parts;
}
