/** Which words may stand in a command that people paste. Names come from a cluster or a file: all are hostile. */
import { shellQuote } from '../text/shell.ts';

/** An option with a plain value: `--to-revision=87`, `-n`. Only ever written by this program, never a name. */
const PLAIN_OPTION = /^--?[A-Za-z][A-Za-z0-9-]*(=[A-Za-z0-9_./:,@%+=-]*)?$/;
/** Longer than any name Kubernetes accepts (253) plus a kind before it. */
const MAX_WORD = 400;

/** C0, DEL, C1 and the characters that reorder or hide text: a quoted command must look like what it does. */
function isDeceptive(word: string): boolean {
  for (const character of word) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20 || (code >= 0x7f && code <= 0xa0)) return true;
    if ((code >= 0x200b && code <= 0x200f) || code === 0xfeff) return true;
    if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069)) return true;
  }
  return false;
}

/**
 * A command line from its words, each quoted as needed. Absent where a word is empty, too long or holds characters
 * that would deceive the reader: no command is better than one that does something else.
 */
export function commandLine(words: readonly string[]): string | undefined {
  const quoted: string[] = [];
  for (const word of words) {
    if (word === '' || word.length > MAX_WORD || isDeceptive(word)) return undefined;
    quoted.push(PLAIN_OPTION.test(word) ? word : shellQuote(word));
  }
  return quoted.join(' ');
}

/** A leading dash would be read as an option by the program, a leading `=` as a path by zsh. */
export function isSafeName(name: string): boolean {
  return /^[^-=]/.test(name) && name.length <= MAX_WORD && !isDeceptive(name);
}
