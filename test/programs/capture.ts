/**
 * Runs real programs in memory cgroups, starts them again when they die, and writes down their memory each second.
 *
 *   node test/programs/capture.ts [--seed N] [--seconds 900] [--step 1] [--only TEXT] [--out DIR]
 *
 * The seed draws how fast each program works and how large its limit is; without one both are as in `programs.ts`.
 *
 * Needs root and cgroup v1's memory controller; Debian's redis-server and postgresql-15, a JDK, Go and Python.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pick, seededRandom } from '../../src/sim/random.ts';
import { PROGRAMS, type Program } from './programs.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const CGROUPS = '/sys/fs/cgroup/memory/exit137-programs';
const MIB = 1024 * 1024;

/** What is read each second; bytes. A column a life cannot give is absent in the file. */
interface Row {
  readonly atMs: number;
  readonly workingSet: number;
  readonly rss: number;
  readonly cache: number;
  readonly shmem: number;
  readonly usage: number;
  readonly peak: number;
  readonly startedAtMs: number;
  readonly restarts: number;
  readonly requests?: number;
}

/** A program as it is run this time. */
interface Casting {
  readonly program: Program;
  readonly pace: number;
  readonly limitBytes: number;
  readonly stepMs: number;
}

interface Death {
  readonly atMs: number;
  readonly byLimit: boolean;
  readonly peakBytes: number;
}

class Stage {
  readonly rows: Row[] = [];
  readonly deaths: Death[] = [];
  readonly #casting: Casting;
  readonly #program: Program;
  readonly #dir: string;
  #process: ChildProcess | undefined;
  #load: ChildProcess | undefined;
  #life = -1;
  #startedAtMs = 0;
  #ending = false;
  #requestsBefore = 0;
  #requests = 0;

  constructor(casting: Casting) {
    const { program } = casting;
    this.#casting = casting;
    this.#program = program;
    this.#dir = mkdtempSync(join(tmpdir(), `exit137-program-${program.name}-`));
    if (program.tmpfs === true) execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', this.#dir]);
    const [command, ...rest] = this.#filled(program.prepare ?? []);
    if (command !== undefined) execFileSync(command, rest, { stdio: 'inherit' });
    this.#start();
  }

  #filled(words: readonly string[]): string[] {
    return words.map((word) =>
      word.replaceAll('{dir}', this.#dir).replaceAll('{victims}', join(HERE, 'victims')),
    );
  }

  get #group(): string {
    return join(CGROUPS, `${this.#program.name}-${this.#life}`);
  }

  get #trafficFile(): string {
    return join(this.#dir, '.requests');
  }

  #start(): void {
    this.#life += 1;
    mkdirSync(this.#group, { recursive: true });
    writeFileSync(join(this.#group, 'memory.limit_in_bytes'), String(this.#casting.limitBytes));
    this.#requestsBefore = this.#requests;
    const env = {
      ...process.env,
      ...this.#program.environment,
      PACE: String(this.#casting.pace),
      TRAFFIC: this.#trafficFile,
      SCRATCH: this.#dir,
      DISK: this.#dir,
    };
    const user = this.#program.user;
    const switched =
      user === undefined ? [] : ['setpriv', '--reuid', user, '--regid', user, '--clear-groups'];
    const words = [...switched, ...this.#filled(this.#program.command)];
    this.#startedAtMs = Date.now();
    const script = 'echo $$ > "$0/cgroup.procs"; exec "$@"';
    const child = spawn('sh', ['-c', script, this.#group, ...words], { env, stdio: 'ignore' });
    this.#process = child;
    child.on('exit', (_code, signal) => this.#ended(signal));
    const load = this.#filled(this.#program.load ?? []);
    if (this.#load === undefined && load[0] !== undefined) {
      this.#load = spawn(load[0], load.slice(1), { env, stdio: 'ignore' });
    }
  }

  #ended(signal: string | null): void {
    if (this.#ending) return;
    const failed = this.#number('memory.failcnt');
    const byLimit = signal === 'SIGKILL' && failed > 0;
    this.deaths.push({ atMs: Date.now(), byLimit, peakBytes: this.#number('memory.max_usage_in_bytes') });
    this.#remove();
    setTimeout(() => {
      if (!this.#ending) this.#start();
    }, 1500);
  }

  #number(file: string): number {
    try {
      return Number(readFileSync(join(this.#group, file), 'utf8'));
    } catch {
      return 0;
    }
  }

  #remove(): void {
    try {
      rmdirSync(this.#group);
    } catch {
      // Still charged or not yet empty: removed at the end of the run.
    }
  }

  sample(atMs: number): void {
    if (this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null)
      return;
    const stat = new Map<string, number>();
    try {
      for (const line of readFileSync(join(this.#group, 'memory.stat'), 'utf8').split('\n')) {
        const [name = '', value] = line.split(' ');
        stat.set(name, Number(value));
      }
    } catch {
      return;
    }
    const usage = this.#number('memory.usage_in_bytes');
    const requests = this.#readRequests();
    this.rows.push({
      atMs,
      usage,
      workingSet: Math.max(0, usage - (stat.get('total_inactive_file') ?? 0)),
      rss: stat.get('total_rss') ?? 0,
      cache: stat.get('total_cache') ?? 0,
      shmem: stat.get('total_shmem') ?? 0,
      peak: this.#number('memory.max_usage_in_bytes'),
      startedAtMs: this.#startedAtMs,
      restarts: this.#life,
      ...(requests === undefined ? {} : { requests }),
    });
  }

  /** The victims count from 0 in each life; the file goes on counting, as a client's counter does. */
  #readRequests(): number | undefined {
    if (!existsSync(this.#trafficFile)) return undefined;
    const text = readFileSync(this.#trafficFile, 'utf8');
    if (text === '') return this.#requests;
    const own = this.#program.load === undefined ? this.#requestsBefore + Number(text) : Number(text);
    this.#requests = Math.max(this.#requests, own);
    return this.#requests;
  }

  async end(): Promise<void> {
    this.#ending = true;
    for (const child of [this.#load, this.#process]) child?.kill('SIGKILL');
    await sleep(1500);
    this.#killLeft();
    await sleep(300);
    for (let life = 0; life <= this.#life; life += 1) {
      const group = join(CGROUPS, `${this.#program.name}-${life}`);
      if (existsSync(group)) rmdirSync(group);
    }
    if (this.#program.tmpfs === true) execFileSync('umount', [this.#dir]);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** Children that outlived their parent, by the cgroup that only they are in. */
  #killLeft(): void {
    const file = join(this.#group, 'cgroup.procs');
    // Between two lives there is no group.
    if (!existsSync(file)) return;
    for (const pid of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
}

/** One line per sample after a head: pages instead of bytes and milliseconds since the begin keep the files small. */
function fileOf({ program, pace, limitBytes, stepMs }: Casting, stage: Stage): string {
  const beginAtMs = stage.rows[0]?.atMs ?? 0;
  const head = {
    name: program.name,
    label: program.label,
    ...(program.alsoTrue === undefined ? {} : { alsoTrue: program.alsoTrue }),
    limitBytes,
    pace,
    ...(program.heapMaxMiB === undefined ? {} : { heapMaxBytes: program.heapMaxMiB * MIB }),
    command: program.command.join(' '),
    stepMs,
    beginAtMs,
    deaths: stage.deaths,
    columns:
      'atMs since the begin; 4 KiB pages of working set, rss, cache, shmem, usage, peak; start of the container; restarts; requests',
  };
  const rows = stage.rows.map((row) =>
    [
      row.atMs - beginAtMs,
      ...[row.workingSet, row.rss, row.cache, row.shmem, row.usage, row.peak].map((bytes) =>
        Math.round(bytes / 4096),
      ),
      row.startedAtMs - beginAtMs,
      row.restarts,
      row.requests ?? '',
    ].join(' '),
  );
  return `${JSON.stringify(head)}\n${rows.join('\n')}\n`;
}

/** Limits are only ever raised: below the given ones some programs would not come up, and that is another label. */
function castOf(seed: string | undefined): readonly Omit<Casting, 'stepMs'>[] {
  const random = seededRandom(Number(seed ?? 0));
  return PROGRAMS.map((program) => {
    const pace = seed === undefined ? 1 : pick(random, [0.6, 0.8, 1.25, 1.5]);
    const room =
      seed === undefined || program.label.shape === 'start-up' ? 1 : pick(random, [1, 1.1, 1.25, 1.4]);
    return { program, pace, limitBytes: Math.round(program.limitMiB * room) * MIB };
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string' },
      step: { type: 'string' },
      only: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const endMs = Number(values.seconds ?? 900) * 1000;
  const stepMs = Number(values.step ?? 1) * 1000;
  const out = values.out ?? join(HERE, 'captured');
  mkdirSync(out, { recursive: true });
  mkdirSync(CGROUPS, { recursive: true });
  const cast = castOf(values.seed).filter(({ program }) => program.name.includes(values.only ?? ''));
  const stages = cast.map((casting) => new Stage({ ...casting, stepMs }));
  const begin = Date.now();
  try {
    for (let dueMs = 0; dueMs < endMs; dueMs += stepMs) {
      await sleep(Math.max(0, begin + dueMs - Date.now()));
      const atMs = Date.now();
      for (const stage of stages) stage.sample(atMs);
    }
    cast.forEach((casting, index) => {
      const stage = stages[index];
      if (stage === undefined) return;
      const name =
        values.seed === undefined ? casting.program.name : `${casting.program.name}-seed-${values.seed}`;
      writeFileSync(join(out, `${name}.txt`), fileOf({ ...casting, stepMs }, stage));
      console.log(`${name}: ${stage.rows.length} samples, ${stage.deaths.length} deaths`);
    });
  } finally {
    for (const stage of stages) await stage.end();
    rmdirSync(CGROUPS);
  }
}

await main();
