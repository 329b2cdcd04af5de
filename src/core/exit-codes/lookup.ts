/** One look-up over codes, signals and reasons, for a person who typed a word. */
import { editDistance } from '../edit-distance.ts';
import { explainExitCode, KNOWN_EXIT_CODES } from './codes.ts';
import type { ExitCodeMeaning } from './codes.ts';
import { explainReason, REASONS } from './reasons.ts';
import type { ReasonMeaning } from './reasons.ts';
import { signalByName, signalByNumber, SIGNALS } from './signals.ts';
import type { Signal } from './signals.ts';

export interface Explanation {
  readonly title: string;
  /** Paragraphs. */
  readonly body: readonly string[];
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** What people wrongly conclude. */
  readonly misleads: readonly string[];
  readonly next: readonly string[];
}

/** Longer than any code, signal or reason. */
const MAX_QUERY_CHARS = 120;

/**
 * Accepts an exit code (`137`, `-1073741819`, `0xC0000005`, `exit 137`), a signal (`SIGKILL`, `kill`, `signal 9`) or a
 * reason (`OOMKilled`, any case). A bare number is an exit code.
 */
export function lookup(query: string): Explanation | undefined {
  const text = query.trim().replaceAll(/\s+/g, ' ');
  if (text === '' || text.length > MAX_QUERY_CHARS) return undefined;
  const signalNumber = /^(?:signal|sig) ?(\d{1,2})$/i.exec(text)?.[1];
  const signal = signalNumber === undefined ? undefined : signalByNumber(Number(signalNumber));
  if (signal !== undefined) return ofSignal(signal);
  const code = codeOf(text);
  if (code !== undefined) return ofCode(explainExitCode(code));
  const reason = explainReason(text);
  if (reason !== undefined) return ofReason(reason);
  const named = signalByName(text.replace(/^signal /i, ''));
  return named === undefined ? undefined : ofSignal(named);
}

/** Exit codes are 32-bit numbers, signed or not. */
function codeOf(text: string): number | undefined {
  const bare = text.replace(/^exit(?: ?code)?[ :=]?\s?/i, '');
  if (!/^(?:[+-]?\d{1,10}|0x[0-9a-f]{1,8})$/i.test(bare)) return undefined;
  const code = Number(bare);
  return code >= -(2 ** 31) && code < 2 ** 32 ? code : undefined;
}

function ofCode(meaning: ExitCodeMeaning): Explanation {
  const status = meaning.ntStatus === undefined ? '' : ` (${meaning.ntStatus})`;
  const written = `Written by ${meaning.writer}.`;
  const signal = meaning.signal === undefined ? undefined : signalByNumber(meaning.signal);
  const body =
    signal === undefined
      ? [written]
      : [written, `128 + ${signal.number}: ${signal.name}, ${signal.meaning}.`];
  return {
    title: `Exit code ${meaning.code}${status}: ${meaning.title}`,
    body: meaning.causes.length === 1 ? [...body, ...meaning.causes] : body,
    ...tableOf(meaning),
    misleads: meaning.misleads,
    next: meaning.next,
  };
}

function tableOf({ causes, senders }: ExitCodeMeaning): Pick<Explanation, 'table'> {
  if (senders !== undefined) {
    return { table: { columns: ['WHO', 'WHAT GIVES IT AWAY', 'ABOUT MEMORY?'], rows: senders } };
  }
  return causes.length === 1
    ? {}
    : { table: { columns: ['What it can be'], rows: causes.map((cause) => [cause]) } };
}

const ACTIONS: Readonly<Record<Signal['defaultAction'], string>> = {
  terminate: 'A process that does not handle it ends.',
  core: 'A process that does not handle it ends and leaves a core dump where the node allows one.',
  ignore: 'A process that does not handle it goes on.',
  stop: 'The process is paused.',
  continue: 'A paused process goes on.',
};

/** No handler is possible for these two (signal(7)). */
const UNCATCHABLE: Readonly<Record<number, string>> = {
  9: 'The process ends at once: no program can catch it, so none can leave a message.',
  19: 'The process is paused: no program can catch it.',
};

function ofSignal(signal: Signal): Explanation {
  const ends = signal.defaultAction === 'terminate' || signal.defaultAction === 'core';
  const code = 128 + signal.number;
  return {
    title: `${signal.name} (signal ${signal.number}): ${signal.meaning}`,
    body: [
      UNCATCHABLE[signal.number] ?? ACTIONS[signal.defaultAction],
      `Usually sent by: ${signal.usualSender}.`,
      ...(ends ? [`A container ended by it has exit code ${code}.`] : []),
    ],
    misleads: ends
      ? [
          `Exit code ${code} does not prove the signal: an application or a shell can return that number itself.`,
        ]
      : [],
    next: ends ? [`exit137 explain ${code}`] : [],
  };
}

const PLACES: Readonly<Record<ReasonMeaning['place'], string>> = {
  terminated: 'reason of an ended container',
  waiting: 'reason of a waiting container',
  pod: 'reason of the pod',
  DisruptionTarget: 'reason of the DisruptionTarget condition',
};

function ofReason(meaning: ReasonMeaning): Explanation {
  return {
    title: `${meaning.reason}: ${meaning.title}`,
    body: [
      `It is the ${PLACES[meaning.place]}, written by ${meaning.writer}.`,
      `It proves: ${meaning.proves}`,
    ],
    misleads: meaning.doesNotProve.map((one) => `It does not prove: ${lowerFirst(one)}`),
    next: meaning.next,
  };
}

function lowerFirst(text: string): string {
  // Words such as OOM and CPU keep their capitals.
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** Everything that can be asked for, as people write it; for completion and for listing. */
export function knownQueries(): readonly string[] {
  return [
    ...KNOWN_EXIT_CODES.map(String),
    ...REASONS.map((one) => one.reason),
    ...SIGNALS.map((one) => one.name),
  ];
}

const MAX_SUGGESTIONS = 3;

/** The known words nearest to a mistyped one, nearest first; empty where nothing is near. */
export function suggest(query: string): readonly string[] {
  const text = query.trim().toLowerCase();
  if (text === '' || text.length > MAX_QUERY_CHARS) return [];
  // A third of the letters may be wrong, as in `OMKiled`.
  const allowed = Math.max(1, Math.floor(text.length / 3));
  return knownQueries()
    .filter((word) => !/^-?\d+$/.test(word))
    .map((word) => ({ word, distance: distanceTo(text, word.toLowerCase()) }))
    .filter(({ distance }) => distance <= allowed)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ word }) => word);
}

function distanceTo(text: string, word: string): number {
  const plain = editDistance(text, word);
  return word.startsWith('sig') ? Math.min(plain, editDistance(text, word.slice(3))) : plain;
}
