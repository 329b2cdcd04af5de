/** Words for a POSIX shell, so that a printed command is safe to paste. */
import { cleanText } from './clean.ts';

const PLAIN_WORD = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** Quotes one word for sh, bash, zsh: as it is where that is safe, else in single quotes. */
export function shellQuote(word: string): string {
  const clean = cleanText(word).replaceAll('\n', ' ');
  if (PLAIN_WORD.test(clean)) return clean;
  return `'${clean.replaceAll("'", `'\\''`)}'`;
}

/** Joins words into one command line, each quoted as needed. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}
