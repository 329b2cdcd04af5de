/** Files in, diagnoses out, through the sources and the use cases that the command line wires together. */
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeParts } from '../../src/app/judge.ts';
import { kills } from '../../src/app/kills.ts';
import type { CollectRequest } from '../../src/app/ports.ts';
import { why } from '../../src/app/why.ts';
import type { Diagnosis } from '../../src/core/model/diagnosis.ts';
import { createFilesSource } from '../../src/sources/files/index.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');

/** Captures of others, beside the repository where they are at hand; they are not part of it (their licences differ). */
export const HAS_DATA = existsSync(DATA);
export const SKIPPED = HAS_DATA ? '' : ' (skipped: the captures are not at hand)';

export const NOW_MS = Date.parse('2026-10-01T12:00:00Z');
export const KIB = 1024;
export const MIB = 1024 * KIB;

export function dataFile(...path: string[]): string {
  return join(DATA, ...path);
}

/** A file with this text in a folder of its own; its name plays no part. */
export async function asFile(text: string, name = 'sample.txt'): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'exit137-real-')), name);
  await writeFile(path, text);
  return path;
}

function ask(paths: readonly string[], depth: CollectRequest['depth']) {
  return {
    sources: [createFilesSource({ paths, nowMs: NOW_MS })],
    request: {
      target: { kind: depth === 'why' ? 'newest' : 'all' },
      scope: { allNamespaces: true },
      depth,
      nodeAccess: false,
      logLines: 50,
      signal: new AbortController().signal,
    } as const,
    nowMs: NOW_MS,
    judge: judgeParts,
  };
}

/** What `exit137 kills -A -f PATH` lists, death by death. */
export async function killsOf(...paths: string[]): Promise<readonly Diagnosis[]> {
  const { report, nothingRead } = await kills(ask(paths, 'kills'));
  if (nothingRead) throw new Error('nothing was understood');
  return report.items;
}

/** What `exit137 why -f PATH` answers. */
export async function whyOf(...paths: string[]): Promise<readonly Diagnosis[]> {
  const { report, nothingRead } = await why({ ...ask(paths, 'why'), selection: { kind: 'newest' } });
  if (nothingRead) throw new Error('nothing was understood');
  return report.items;
}

/** A kernel OOM, an eviction for memory or a runtime's heap limit: what must not be said where nothing of it happened. */
export function isMemoryVerdict({ verdict }: Diagnosis): boolean {
  return /^(?:K\d+|L1|H1)$/.test(verdict.code) || !['none', 'unknown'].includes(verdict.memory);
}

/** Everything the answer says, for words that must or must not be in it. */
export function said(answer: Diagnosis): string {
  return JSON.stringify([answer.verdict.summary, answer.beside, answer.actions, answer.evidence]);
}
