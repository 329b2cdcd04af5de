/** For tests: runs the whole program in-process, in a world whose sources are made by hand. */
import { join } from 'node:path';
import { NOW_MS } from '../../test/samples/diagnoses.ts';
import { UTC_ZONE } from '../core/text/instants.ts';
import type { CliContext, TextSink } from './context.ts';
import { run } from './run.ts';
import type { Wiring } from './wiring.ts';

export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

export interface Surroundings {
  readonly program?: string;
  readonly env?: CliContext['env'];
  readonly terminal?: { readonly columns: number; readonly rows?: number };
  readonly page?: CliContext['page'];
  readonly onInterrupt?: CliContext['onInterrupt'];
}

export interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code, stdout and stderr as one block. */
  readonly block: string;
}

export async function runIn(commandLine: string, wiring: Wiring, surroundings: Surroundings): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const { terminal, page } = surroundings;
  const sink = (lines: string[]): TextSink => ({
    write: (text) => void lines.push(text),
    isTerminal: terminal !== undefined,
    ...terminal,
  });
  const status = await run({
    program: surroundings.program ?? 'exit137',
    argv: commandLine.split(' ').filter((word) => word !== ''),
    env: surroundings.env ?? { LANG: 'en_US.UTF-8' },
    stdin: { isTerminal: false, async *[Symbol.asyncIterator]() {} },
    stdout: sink(out),
    stderr: sink(err),
    now: () => NOW_MS,
    zone: UTC_ZONE,
    packageRoot: PACKAGE_ROOT,
    homeDir: '/nonexistent',
    version: '0.0.0-test',
    onInterrupt: surroundings.onInterrupt ?? (() => () => {}),
    ...(page === undefined ? {} : { page }),
    wiring,
  });
  const [stdout, stderr] = [out.join(''), err.join('')];
  return { status, stdout, stderr, block: `${status}\n${stdout}--\n${stderr}` };
}
