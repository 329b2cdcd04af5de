/**
 * Stages real deaths in a real cluster, asks the product about each, and compares its answers with the labels.
 *
 *   node test/cluster/stage.ts [--seed N] [--only TEXT] [--times N] [--beside N] [--record DIR]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCluster, isRunning, startCluster, stopCluster, type Cluster } from './harness/cluster.ts';
import { DEFAULT_NAME, folderOf, readState } from './harness/folder.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { stageDeath, type DeathResult, type Kept, type Staging, type Theatre } from './stage/one-death.ts';
import { liveBundleOf, writeRecorded } from './stage/keep.ts';
import { askInText, record } from './stage/judge.ts';
import { startRecorder } from './stage/recorder.ts';
import { faultsOf, tableOf } from './stage/tally.ts';
import { hangVeils } from './stage/veil.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string' },
    times: { type: 'string' },
    beside: { type: 'string', default: '6' },
    results: { type: 'string' },
    text: { type: 'boolean', default: false },
    record: { type: 'string' },
  },
});

const HERE = { script: 'test/cluster/stage.ts', cgroup: 'v1' } as const;
const seed = Number(values.seed ?? Math.floor(Math.random() * 10_000));
const only = values.only ?? '';

async function main(): Promise<number> {
  const begin = performance.now();
  console.log(`seed ${seed}`);
  const results = values.results ?? join(tmpdir(), 'exit137-stage', String(seed));
  mkdirSync(results, { recursive: true });
  const { cluster, end } = await reachCluster();
  const veils = await hangVeils(cluster, results);
  const recorder = await startRecorder(cluster, join(results, 'recorded'));
  const kept: Kept[] = [];
  const keep: Theatre['keep'] = async (dead) => {
    if (values.text) console.log(await askInText(dead.question));
    if (values.record === undefined || dead.staging.repetition > 1) return;
    await record(dead.question.words, liveBundleOf(results, dead));
    kept.push(dead);
  };
  const theatre: Theatre = { cluster, veils, recorder, seed, keep };
  const staged: DeathResult[] = [];
  const perform = async (staging: Staging): Promise<void> => {
    const result = await stageDeath(theatre, staging);
    staged.push(result);
    report(result);
    writeFileSync(join(results, `${result.namespace}.json`), `${JSON.stringify(result, null, 2)}\n`);
  };
  try {
    const stagings = stagingsOf();
    await inParallel(
      stagings.filter(({ scenario }) => scenario.turn === undefined),
      Number(values.beside),
      perform,
    );
    for (const turn of ['alone', 'last'] as const) {
      await inParallel(
        stagings.filter(({ scenario }) => scenario.turn === turn),
        1,
        perform,
      );
    }
  } finally {
    await recorder.stop();
    veils.close();
    await end();
  }
  if (values.record !== undefined)
    for (const dead of kept)
      writeRecorded(
        { folder: values.record, results, watched: recorder.filesOf(dead.namespace), by: HERE },
        dead,
      );
  console.log(tableOf(staged));
  const faults = faultsOf(staged, { whole: only === '' && values.times !== '1' });
  for (const fault of faults) console.log(`not met: ${fault}`);
  console.log(
    `seed ${seed}, ${((performance.now() - begin) / 60_000).toFixed(1)} min, results in ${results}`,
  );
  return faults.length === 0 ? 0 : 1;
}

/** The running one, or one of its own that is ended afterwards. */
async function reachCluster(): Promise<{ readonly cluster: Cluster; readonly end: () => Promise<void> }> {
  const name = process.env['EXIT137_CLUSTER'] ?? DEFAULT_NAME;
  if (isRunning(readState(folderOf(name))))
    return { cluster: connectCluster(name), end: () => Promise.resolve() };
  const own = `${name}-stage`;
  const cluster = await startCluster({ name: own, say: (line) => console.log(line) });
  return { cluster, end: () => stopCluster(own) };
}

/** Repetitions of one scenario lie far apart, so that those beside each other differ. */
function stagingsOf(): readonly Staging[] {
  const chosen = SCENARIOS.filter(({ id }) => id.includes(only));
  const times = (scenario: (typeof chosen)[number]): number => Number(values.times ?? scenario.times ?? 3);
  const most = Math.max(0, ...chosen.map(times));
  return Array.from({ length: most }, (_, at) => at + 1).flatMap((repetition) =>
    chosen.filter((scenario) => repetition <= times(scenario)).map((scenario) => ({ scenario, repetition })),
  );
}

async function inParallel(
  stagings: readonly Staging[],
  beside: number,
  perform: (staging: Staging) => Promise<void>,
): Promise<void> {
  const queue = [...stagings];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await perform(next);
  };
  await Promise.all(Array.from({ length: beside }, worker));
}

function report(result: DeathResult): void {
  const head = `${result.id}#${result.repetition} (${(result.stagedMs / 1000).toFixed(0)} s)`;
  if (result.failure !== undefined) console.log(`${head}: NOT STAGED: ${result.failure.slice(0, 300)}`);
  const expected = [result.label.code, result.label.via].filter(Boolean).join(' via ');
  const said = result.judged.map(({ condition, mark, told }) => {
    const { answer } = told;
    const words =
      answer === undefined
        ? (told.trouble ?? '').slice(0, 60)
        : [answer.code, answer.via, answer.confidence, answer.candidates.join('/')].filter(Boolean).join(' ');
    return `${mark === 'right' ? '' : `${mark.toUpperCase()} `}${condition}=${words}`;
  });
  console.log(`${head} ${expected}: ${said.join('; ')}`);
}

process.exitCode = await main();
