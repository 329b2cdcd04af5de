/** The real process as a `CliContext`. `bin/` calls `main`. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Zone } from '../core/text/instants.ts';
import type { CliContext, TextSink } from './context.ts';
import { EXIT } from './exit-status.ts';
import { becomeLean } from './lean-process.ts';
import { run } from './run.ts';

/** Runs the program called `program` with these arguments and leaves the exit code in `process.exitCode`. */
export async function main(program: string, argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  // A reader that went away (`| head`) wants no more and no complaint.
  process.stdout.on('error', leaveOnBrokenPipe);
  process.stderr.on('error', leaveOnBrokenPipe);
  process.exitCode = await run(processContext(program, argv));
  // Sockets kept alive and timers of a finished answer must not hold the prompt back.
  if (process.exitCode === EXIT.interrupted) process.exit();
}

function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.done);
  throw error;
}

function processContext(program: string, argv: readonly string[]): CliContext {
  const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
  return {
    program,
    argv,
    env: process.env,
    get stdin() {
      return Object.assign(process.stdin, { isTerminal: process.stdin.isTTY });
    },
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    now: () => Date.now(),
    zone: systemZone,
    packageRoot,
    homeDir: homedir(),
    get version() {
      return versionOf(packageRoot);
    },
    onInterrupt,
    becomeLean,
    page,
  };
}

function sinkOf(stream: NodeJS.WriteStream): TextSink {
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    get columns() {
      return stream.columns;
    },
    get rows() {
      return stream.rows;
    },
  };
}

/** Upwards to the folder of package.json: the sources and the bundle lie at different depths below it. */
function findPackageRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return start;
  }
}

function versionOf(packageRoot: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

const systemZone: Zone = (atMs) => {
  const date = new Date(atMs);
  const offsetMinutes = -date.getTimezoneOffset();
  if (offsetMinutes === 0) return { label: 'UTC', offsetMinutes };
  const parts = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' }).formatToParts(date);
  return { label: parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'local', offsetMinutes };
};

/** The first Ctrl-C asks for what is known; the second one ends at once. */
function onInterrupt(handler: () => void): () => void {
  let asked = false;
  const listen = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    handler();
  };
  process.on('SIGINT', listen);
  return () => void process.off('SIGINT', listen);
}

async function page(command: string, text: string): Promise<boolean> {
  const { spawn } = await import('node:child_process');
  const env = { LESS: 'FRX', ...process.env };
  const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.on('error', () => resolve(false));
  // 127 is the shell's word for "no such command": then nothing was shown.
  child.on('close', (code) => resolve(code !== 127));
  child.stdin.on('error', () => {});
  child.stdin.end(text);
  return promise;
}
