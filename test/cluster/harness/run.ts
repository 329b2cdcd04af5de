/** Running programs of the host. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line without quoting, for the parts of it that need none. */
export function words(line: string): readonly string[] {
  return line.split(' ');
}

/** Runs a program to its end; a missing program counts as exit code 127. */
export async function tryRun(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [file = '', ...args] = command;
  const { promise, resolve } = Promise.withResolvers<Output>();
  const child = spawn(file, args, {
    stdio: 'pipe',
    timeout: options.timeoutMs ?? 60_000,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: String(error) }));
  child.on('close', (code) =>
    resolve({
      code: code ?? 1,
      stdout: String(Buffer.concat(stdout)),
      stderr: String(Buffer.concat(stderr)),
    }),
  );
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return promise;
}

/** The same, but anything except exit code 0 is an error. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, options);
  if (code !== 0)
    throw new Error(`${command.join(' ').slice(0, 500)}: exit code ${code}\n${stderr.slice(-4000)}`);
  return stdout;
}

export function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** In clock ticks since boot (field 22 of /proc/PID/stat); nothing when there is no such process. */
export function startTicksOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the numbers begin behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

export function isSameProcess(pid: number | undefined, startTicks: number | undefined): boolean {
  return pid !== undefined && startTicks !== undefined && startTicksOf(pid) === startTicks;
}

export function childrenOf(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Asks again until there is an answer; the last refusal is in the error. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let refusal = '';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      refusal = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s${refusal}`);
    await sleep(100);
  }
}
