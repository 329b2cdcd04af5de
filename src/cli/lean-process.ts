/**
 * Starts a command that runs for weeks over, in the same process, with Node.js held to the memory that its work needs:
 * V8's heap follows the machine's memory by default, and glibc keeps what was freed. Both are told so only at the start.
 */
import { accessSync, constants } from 'node:fs';

/** For how many containers this process was started: it must not start itself again for as many. */
const MARK = 'EXIT137_LEAN';

/** bench/history-store.ts: 30,000 containers work well in 64 MiB of heap; 39 to 54 of it are in use. */
const LEAST_CONTAINERS = 33_000;
const HEAP_MIB = 64;

/** glibc (mallopt(3)): one arena for all threads, and what is freed is given back. Others do not read them. */
const MALLOC = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '32768' };

type Environment = Readonly<Record<string, string | undefined>>;

interface Started {
  readonly execArgv: readonly string[];
  /** Interpreter, script, arguments. */
  readonly argv: readonly string[];
  readonly env: Environment;
}

interface LeanStart {
  readonly argv: readonly string[];
  readonly env: Environment;
}

/**
 * How it is to be started for so many containers; undefined = it was, or the user holds the heap, on the command line or
 * in NODE_OPTIONS. V8 ends a process whose heap is too small, so the heap grows with them, and by doubling.
 */
export function leanStart({ execArgv, argv, env }: Started, containers: number): LeanStart | undefined {
  const before = Number(env[MARK] ?? 0);
  if (containers <= before) return undefined;
  const options = before === 0 ? [...execArgv, ...(env['NODE_OPTIONS'] ?? '').split(/\s+/)] : [];
  if (options.some((option) => /^--max[-_](?:old[-_]space|heap)[-_]size/.test(option))) return undefined;
  let room = LEAST_CONTAINERS;
  while (room < containers) room *= 2;
  const flags = [
    '--max-semi-space-size=1',
    `--max-old-space-size=${Math.ceil((HEAP_MIB * room) / LEAST_CONTAINERS)}`,
  ];
  const names = flags.map(nameOf);
  const theirs = execArgv.filter((option) => !names.includes(nameOf(option)));
  const [interpreter = '', ...rest] = argv;
  return { argv: [interpreter, ...flags, ...theirs, ...rest], env: { ...MALLOC, ...env, [MARK]: `${room}` } };
}

function nameOf(option: string): string | undefined {
  return option.split('=', 1)[0];
}

/**
 * Does not return where the process is started over; returns where it has room for so many containers, and where that
 * cannot be (Windows). What was not written yet is lost.
 */
export function becomeLean(containers = 1): void {
  if (process.execve === undefined || process.platform === 'win32') return;
  const start = leanStart(process, containers);
  if (start === undefined) return;
  try {
    // A failure of execve itself would end the process.
    accessSync(process.execPath, constants.X_OK);
  } catch {
    return;
  }
  // The kernel replaces the program and keeps the process: its id, standard streams, signals and exit code.
  process.execve(process.execPath, [...start.argv], { ...start.env });
}
