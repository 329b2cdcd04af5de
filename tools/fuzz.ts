/**
 * Breaks inputs of every parser and of the whole path until the time is up, or until something does not hold: an
 * exception, a hang, a control character in an answer, an answer against its schema, a verdict against its rules.
 * Ends with 1 and the seed that repeats it.
 *
 *     node tools/fuzz.ts [--seconds 60] [--seed N] [--only SUBJECT] [--runs N]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { seededRandom } from '../src/sim/random.ts';
import { runOnce } from './fuzz/run.ts';
import type { Subject } from './fuzz/subjects.ts';
import { SUBJECTS } from './fuzz/subjects.ts';

const MOST_INPUT_BYTES = 512 * 1024;
/** A run that takes longer will not come back. */
const HANG_MS = 30_000;

interface Plan {
  readonly seed: number;
  readonly endsAtMs: number;
  /** Of each subject. */
  readonly runs: number;
  readonly subjects: readonly string[];
  /** The run under way, as two 32-bit integers: its subject's place in the list, and its number. */
  readonly under: SharedArrayBuffer;
}

interface Report {
  readonly counts: Readonly<Record<string, number>>;
  readonly failure?: {
    readonly subject: string;
    readonly seed: number;
    readonly stack: string;
    readonly input: Uint8Array;
  };
}

interface Turn {
  readonly subject: Subject;
  readonly place: number;
  runs: number;
  spentMs: number;
}

/** Runs in a thread, so that a hang can be seen from outside. Every subject gets the same time. */
async function work(plan: Plan): Promise<Report> {
  const under = new Int32Array(plan.under);
  const turns = plan.subjects.map(
    (name, place): Turn => ({
      subject: subjectNamed(name),
      place,
      runs: 0,
      spentMs: 0,
    }),
  );
  const counts = (): Report['counts'] =>
    Object.fromEntries(turns.map(({ subject, runs }) => [subject.name, runs]));
  while (Date.now() < plan.endsAtMs) {
    const turn = nextTurn(turns, plan.runs);
    if (turn === undefined) break;
    Atomics.store(under, 0, turn.place);
    Atomics.store(under, 1, turn.runs);
    const start = performance.now();
    const failure = await runOnce(turn.subject, plan.seed + turn.runs, MOST_INPUT_BYTES);
    turn.spentMs += performance.now() - start;
    turn.runs += 1;
    if (failure === undefined) continue;
    const { error, input, seed } = failure;
    const stack = error.stack ?? error.message;
    return { counts: counts(), failure: { subject: turn.subject.name, seed, stack, input } };
  }
  return { counts: counts() };
}

function subjectNamed(name: string): Subject {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject === undefined) throw new Error(`no subject ${name}`);
  return subject;
}

/** The one that had the least time so far. */
function nextTurn(turns: readonly Turn[], mostRuns: number): Turn | undefined {
  let next: Turn | undefined;
  for (const turn of turns) {
    if (turn.runs < mostRuns && (next === undefined || turn.spentMs < next.spentMs)) next = turn;
  }
  return next;
}

async function hangReport(plan: Plan, place: number, run: number): Promise<Report> {
  const subject = subjectNamed(plan.subjects[place] ?? '');
  const seed = plan.seed + run;
  const input = await subject.make(seededRandom(seed), MOST_INPUT_BYTES);
  return { counts: {}, failure: { subject: subject.name, seed, stack: `no answer in ${HANG_MS} ms`, input } };
}

function watch(plan: Plan): Promise<Report> {
  const { promise, resolve, reject } = Promise.withResolvers<Report>();
  const worker = new Worker(import.meta.filename, { workerData: plan });
  const under = new Int32Array(plan.under);
  let seen = { place: -1, run: -1, sinceMs: Date.now() };
  const timer = setInterval(() => {
    const place = Atomics.load(under, 0);
    const run = Atomics.load(under, 1);
    if (place !== seen.place || run !== seen.run) seen = { place, run, sinceMs: Date.now() };
    else if (Date.now() - seen.sinceMs > HANG_MS) hangReport(plan, place, run).then(resolve, reject);
  }, 500);
  worker.on('message', (report: Report) => resolve(report));
  worker.on('error', reject);
  return promise.finally(() => {
    clearInterval(timer);
    void worker.terminate();
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      only: { type: 'string' },
      runs: { type: 'string' },
    },
  });
  const { only } = values;
  const subjects = SUBJECTS.map((one) => one.name).filter(
    (name) => only === undefined || name.startsWith(only),
  );
  if (subjects.length === 0) {
    console.error(`No subject ${only}. There are: ${SUBJECTS.map((one) => one.name).join(', ')}.`);
    return 2;
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  console.log(`seed ${seed}, ${values.runs === undefined ? `${values.seconds} s` : `${values.runs} runs`}`);
  const { counts, failure } = await watch({
    seed,
    endsAtMs:
      values.runs === undefined ? Date.now() + Number(values.seconds) * 1000 : Number.POSITIVE_INFINITY,
    runs: values.runs === undefined ? Number.POSITIVE_INFINITY : Number(values.runs),
    subjects,
    under: new SharedArrayBuffer(8),
  });
  for (const [name, count] of Object.entries(counts))
    console.log(`${name.padEnd(16)} ${String(count).padStart(8)} runs`);
  if (failure === undefined) {
    console.log('everything held');
    return 0;
  }
  const folder = join(tmpdir(), 'exit137-fuzz');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${failure.subject.replaceAll(':', '-')}-${failure.seed}.bin`);
  writeFileSync(file, failure.input);
  console.error(`\n${failure.subject}: ${failure.stack}`);
  console.error(`\nThe input: ${file}`);
  console.error(`Again: npm run fuzz -- --only ${failure.subject} --seed ${failure.seed} --runs 1`);
  return 1;
}

if (isMainThread) process.exitCode = await main();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
else parentPort?.postMessage(await work(workerData as Plan));
