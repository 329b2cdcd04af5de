/** Asks the product as a user would, on the command line, and compares the answer with the label. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Condition, Label } from '../scenarios/scenario.ts';

/** Another one may be named, such as the packed program or a checkout that nobody is changing. */
export const PROGRAM =
  process.env['EXIT137_PROGRAM'] ?? join(import.meta.dirname, '..', '..', '..', 'bin', 'exit137.js');
const TIMEOUT_MS = 60_000;

export interface Answer {
  readonly kind: string;
  readonly code: string;
  readonly confidence?: string;
  readonly via?: string;
  readonly candidates: readonly string[];
  readonly summary: string;
}

export interface Told {
  readonly answer?: Answer;
  /** What went wrong where there is no answer. */
  readonly trouble?: string;
  /** From the command to the end of its answer. */
  readonly tookMs: number;
}

export interface Question {
  /** As on the command line. */
  readonly words: readonly string[];
  readonly pod?: string;
  readonly container?: string;
}

interface Item {
  readonly target: { readonly pod?: string };
  readonly container?: string;
  readonly verdict: Omit<Answer, 'candidates'> & {
    readonly candidates?: readonly { readonly code: string }[];
  };
}

/** A user asks one question at a time; several at once would measure the machine, not the answer. */
let turn: Promise<unknown> = Promise.resolve();

export async function ask(question: Question): Promise<Told> {
  const mine = turn.then(() => askNow(question));
  turn = mine.catch(() => {});
  return mine;
}

async function askNow(question: Question): Promise<Told> {
  const begin = performance.now();
  const { stdout, stderr, code } = await runProgram(['why', ...question.words, '-o', 'json']);
  const tookMs = performance.now() - begin;
  try {
    const { items } = JSON.parse(stdout) as { readonly items: readonly Item[] };
    // The first is what a reader takes for the answer; a neighbour's death is not what was asked for.
    const concerns = (one: Item): boolean =>
      question.container === undefined || one.container === undefined || one.container === question.container;
    const verdict = (items.find(concerns) ?? items[0])?.verdict;
    if (verdict === undefined) return { trouble: 'no diagnosis', tookMs };
    const { kind, confidence, via, summary } = verdict;
    return {
      answer: {
        kind,
        code: verdict.code,
        ...(confidence === undefined ? {} : { confidence }),
        ...(via === undefined ? {} : { via }),
        candidates: (verdict.candidates ?? []).map((one) => one.code),
        summary,
      },
      tookMs,
    };
  } catch {
    return { trouble: `exit ${code}: ${stderr.trim().slice(0, 500)}`, tookMs };
  }
}

export async function askInText(question: Question): Promise<string> {
  const { stdout, stderr } = await runProgram(['why', ...question.words, '--color', 'never']);
  return `${stdout}${stderr}`;
}

/** `exit137 record`; false where it could not. */
export async function record(words: readonly string[], out: string): Promise<boolean> {
  const { code } = await runProgram(['record', ...words, '--out', out, '--force', '--quiet']);
  return code === 0;
}

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

async function runProgram(words: readonly string[]): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TMPDIR: '/tmp', COLUMNS: '100' },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.on('close', (code) =>
    resolve({ stdout: String(Buffer.concat(out)), stderr: String(Buffer.concat(err)), code: code ?? -1 }),
  );
  return promise;
}

/**
 * `right`: named, and rightly. `open`: not decided, and the truth is among what is left; `astray`: it is not.
 * `unseen`: there was nothing left to judge, and nothing was claimed.
 */
export type Mark = 'right' | 'wrong' | 'open' | 'astray' | 'unseen';

export function acceptedCodes(label: Label, condition: Condition): readonly string[] {
  const also = (label.allowed ?? []).filter(({ under }) => under === undefined || under.includes(condition));
  return [label.code, ...also.map(({ code }) => code)];
}

export function markOf(answer: Answer | undefined, label: Label, condition: Condition): Mark {
  const silent = label.unseen?.under.includes(condition) === true ? 'unseen' : 'astray';
  if (answer === undefined) return silent;
  const accepted = acceptedCodes(label, condition);
  switch (answer.kind) {
    case 'identified':
      return accepted.includes(answer.code) ? 'right' : 'wrong';
    case 'nothing-died':
      return accepted.includes('none') ? 'right' : silent;
    default: {
      const shown = answer.candidates.slice(0, 4);
      return shown.some((code) => accepted.includes(code)) ? 'open' : 'astray';
    }
  }
}
