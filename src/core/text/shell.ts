/** Words for a POSIX shell, so that a printed command is safe to paste. Names come from a cluster or a file: all are hostile. */
import type { EpochMs } from '../units.ts';
import { MINUTE_MS } from '../units.ts';
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

/** How far around a death the log of its node is read. */
const LOG_MARGIN_MS = 2 * MINUTE_MS;

function journalTime(atMs: EpochMs): string | undefined {
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 8.64e15) return undefined;
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/**
 * Reads the node's journal (kernel, kubelet, runtime) around an instant over ssh, which changes nothing on the node.
 * Without an instant: all of it. Absent where the node's name could not stand in a command.
 */
export function journalOverSsh(nodeName: string, atMs: EpochMs | undefined): string | undefined {
  if (!isSafeName(nodeName)) return undefined;
  const journal = 'sudo journalctl --no-pager -o short-iso';
  if (atMs === undefined) return commandLine(['ssh', nodeName, journal]);
  const since = journalTime(atMs - LOG_MARGIN_MS);
  const until = journalTime(atMs + LOG_MARGIN_MS);
  if (since === undefined || until === undefined) return undefined;
  return commandLine(['ssh', nodeName, `${journal} --since "${since}" --until "${until}"`]);
}
