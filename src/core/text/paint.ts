/** Colours of the 16-colour palette, so that the user's theme decides how they look. */

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'blue' | 'magenta' | 'cyan';

/** Applies styles, or leaves the text alone. */
export type Paint = (text: string, ...styles: readonly Style[]) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

export const NO_PAINT: Paint = (text) => text;

export const ANSI_PAINT: Paint = (text, ...styles) => {
  if (text === '') return text;
  let painted = text;
  for (const style of styles) {
    const [on, off] = CODES[style];
    painted = `\u001b[${on}m${painted}\u001b[${off}m`;
  }
  return painted;
};

const ASCII_TWINS: Readonly<Record<string, string>> = {
  '…': '...',
  '→': '->',
  '←': '<-',
  '–': '-',
  '—': '-',
  '≥': '>=',
  '≤': '<=',
  '±': '+-',
  '×': 'x',
  '·': '-',
  '≈': '~',
  '≠': '!=',
  '•': '*',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '−': '-',
  µ: 'u',
  '²': '2',
  '\u00a0': ' ',
  '\u202f': ' ',
};

/** Our own typographic signs as ASCII; anything else outside ASCII becomes `?`, one per character. */
export function toAscii(text: string): string {
  return text.replace(/[^\u0000-\u007f]/gu, (character) => ASCII_TWINS[character] ?? '?');
}
