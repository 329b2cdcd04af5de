/** Files, folders, archives and standard input as a source of evidence. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SourceError, type CollectRequest, type EvidenceSource } from '../../app/ports.ts';
import type { BundlePart, SourceReport } from '../../core/model/bundle.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import type { EpochMs } from '../../core/units.ts';
import { Gathering } from './gather.ts';
import type { InputFile } from './input-file.ts';
import { newestInstant } from './instants.ts';
import { DEFAULT_LIMITS, type FileLimits } from './limits.ts';
import type { Parsers } from './parsers.ts';
import { flushCounters, readFile, UNDERSTOOD } from './read-file.ts';
import { walk } from './walk.ts';

export interface FilesSourceOptions {
  /** Files, folders, and `-` for standard input. */
  readonly paths: readonly string[];
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly nowMs: EpochMs;
  readonly limits?: Partial<FileLimits>;
}

const TOP_LEVEL = { archives: 0, layers: 0 };
/** Files between two looks at signals and timers. */
const FILES_PER_TURN = 256;

export function createFilesSourceWith(parsers: Parsers, options: FilesSourceOptions): EvidenceSource {
  return {
    name: 'files',
    collect: (request) => collect(request, { parsers, options }),
  };
}

async function collect(
  request: CollectRequest,
  how: { readonly parsers: Parsers; readonly options: FilesSourceOptions },
): Promise<BundlePart> {
  const { parsers, options } = how;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const run = new Gathering({ parsers, limits, request, nowMs: options.nowMs });
  for (const path of options.paths) await readRoot(path, run, options);
  flushCounters(run);
  const gaps = run.allGaps();
  if (run.understood === 0) {
    const said = gaps.slice(0, 3).map((gap) => gap.what);
    const more = gaps.length > 3 ? [`and ${gaps.length - 3} more`] : [];
    throw new SourceError('unreadable', [...said, ...more].join('; ') || 'no file was given');
  }
  const collectedAtMs = Math.min(newestInstant(run.parts) ?? options.nowMs, options.nowMs);
  const { sources = [], gaps: told = [], ...merged } = parsers.mergeParts(run.parts, { collectedAtMs });
  return { ...merged, collectedAtMs, sources: [...run.sources, ...sources], gaps: [...told, ...gaps] };
}

/** Reads one path that the user named into the run; whatever is wrong with it becomes its gap. */
export async function readRoot(path: string, run: Gathering, options: FilesSourceOptions): Promise<void> {
  const name = path === '-' ? 'standard input' : cleanText(path, 300);
  const before = {
    understood: run.understood,
    gaps: run.allGaps().length,
    files: run.files,
    bytes: run.bytes,
  };
  let failure: string | undefined;
  try {
    if (path === '-') await readFile(stdinFile(options), run, TOP_LEVEL);
    else await readPath(path, run);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    failure = describeError(error);
  }
  const understood = run.understood > before.understood;
  if (failure !== undefined) addRootGap(name, failure, run);
  else if (!understood && run.allGaps().length === before.gaps) {
    addRootGap(name, 'nothing in it was recognised', run);
  }
  run.sources.push(rootReport(name, { run, before, understood }));
}

async function readPath(path: string, run: Gathering): Promise<void> {
  let files = 0;
  for (const file of walk(path, run)) {
    try {
      await readFile(file, run, TOP_LEVEL);
    } catch (error) {
      if (error instanceof SourceError || file.named) throw error;
      addRootGap(file.label, describeError(error), run);
    }
    if (++files % FILES_PER_TURN === 0) await nextTurn();
  }
}

function rootReport(
  name: string,
  about: {
    readonly run: Gathering;
    readonly before: { readonly gaps: number; readonly files: number; readonly bytes: number };
    readonly understood: boolean;
  },
): SourceReport {
  const { run, before, understood } = about;
  const state = !understood ? 'failed' : run.allGaps().length > before.gaps ? 'partial' : 'read';
  const files = run.files - before.files;
  return { name, state, ...(files > 1 ? { detail: `${files} files` } : {}) };
}

function addRootGap(file: string, message: string, run: Gathering): void {
  run.addGap({
    id: `gap:file:${cleanText(file, 300)}`,
    kind: 'input',
    what: cleanText(`${file}: ${message}`, 900),
    cost: 'nothing of it was used',
    file: cleanText(file, 300),
    fix: UNDERSTOOD,
  });
}

function stdinFile(options: FilesSourceOptions): InputFile {
  const { stdin } = options;
  if (stdin === undefined) throw new Error('standard input is not available');
  return { label: 'standard input', path: '-', named: true, open: () => stdin };
}

const ERROR_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'a folder',
  ELOOP: 'a symbolic link; not followed',
};

function describeError(error: unknown): string {
  const code = String((error as { code?: unknown }).code);
  return ERROR_WORDS[code] ?? `reading failed: ${(error as Error).message}`;
}
