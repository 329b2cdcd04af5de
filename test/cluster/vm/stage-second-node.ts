/**
 * Stages real deaths on the second node and asks the product about each.
 *
 *   node test/cluster/vm/stage-second-node.ts [--seed N] [--only TEXT] [--mode NAME] [--connect NAME] [--text] [--record DIR]
 *
 * `--connect` uses a running cluster whose second node runs already; else both end with this process.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectCluster, startCluster, stopCluster, type Cluster } from '../harness/cluster.ts';
import { askInText, record } from '../stage/judge.ts';
import { liveBundleOf, writeRecorded } from '../stage/keep.ts';
import { stageDeath, type DeathResult, type Kept, type Theatre } from '../stage/one-death.ts';
import { startRecorder } from '../stage/recorder.ts';
import { tableOf } from '../stage/tally.ts';
import { hangVeils } from '../stage/veil.ts';
import { vmObstacles } from './debian.ts';
import { MODES, type Mode } from './node-scenarios.ts';
import { startSecondNode } from './second-node.ts';
import { verdictTable, type StagedOn } from './verdict-table.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
    mode: { type: 'string' },
    connect: { type: 'string' },
    results: { type: 'string' },
    text: { type: 'boolean', default: false },
    record: { type: 'string' },
  },
});
const HERE = { script: 'test/cluster/vm/stage-second-node.ts', cgroup: 'v2' } as const;
const seed = Number(values.seed ?? Math.floor(Math.random() * 10_000));
const say = (line: string): void => console.log(line);

async function main(): Promise<number> {
  const obstacles = vmObstacles();
  if (obstacles.length > 0) {
    say(`no second node here: ${obstacles.join('; ')}`);
    return 0;
  }
  say(`seed ${seed}`);
  const name = process.env['EXIT137_CLUSTER'] ?? 'second-node';
  const cluster =
    values.connect === undefined ? await startCluster({ name, say }) : connectCluster(values.connect);
  const staged: StagedOn[] = [];
  try {
    for (const mode of MODES.filter((one) => values.mode === undefined || one.name === values.mode)) {
      const scenarios = mode.scenarios.filter(({ id }) => id.includes(values.only));
      if (scenarios.length > 0) staged.push(...(await stageMode(cluster, { ...mode, scenarios })));
    }
  } finally {
    if (values.connect === undefined) await stopCluster(name);
  }
  say(tableOf(staged.map(({ result }) => result)));
  say(verdictTable(staged));
  const failed = staged.filter(
    ({ result: { failure, judged } }) => failure !== undefined || judged.some(({ mark }) => mark === 'wrong'),
  );
  return failed.length === 0 ? 0 : 1;
}

/** One boot, one death at a time: the emulated node has the strength of a small one. */
async function stageMode(cluster: Cluster, mode: Mode): Promise<readonly StagedOn[]> {
  say(`${mode.name}: ${mode.about}`);
  const results = values.results ?? join(tmpdir(), 'exit137-second-node', String(seed), mode.name);
  mkdirSync(results, { recursive: true });
  const node =
    values.connect === undefined
      ? await startSecondNode(cluster, {
          kubelet: mode.kubelet,
          earlyoom: mode.earlyoom === true,
          systemd: mode.systemd === true,
          say,
        })
      : undefined;
  const veils = await hangVeils(cluster, results);
  const recorder = await startRecorder(cluster, join(results, 'recorded'));
  const kept: Kept[] = [];
  const keep: Theatre['keep'] = async (dead) => {
    if (values.text) say(await askInText(dead.question));
    if (values.record === undefined) return;
    await record(dead.question.words, liveBundleOf(results, dead));
    kept.push(dead);
  };
  const staged: StagedOn[] = [];
  try {
    for (const scenario of mode.scenarios) {
      const result = await stageDeath({ cluster, veils, recorder, seed, keep }, { scenario, repetition: 1 });
      staged.push({ kernel: node?.release ?? 'unknown', result });
      report(result);
      writeFileSync(join(results, `${result.namespace}.json`), `${JSON.stringify(result, null, 2)}\n`);
    }
  } finally {
    await recorder.stop();
    veils.close();
    await node?.stop();
  }
  if (values.record !== undefined)
    for (const dead of kept)
      writeRecorded(
        { folder: values.record, results, watched: recorder.filesOf(dead.namespace), by: HERE },
        dead,
      );
  return staged;
}

function report(result: DeathResult): void {
  const head = `${result.id} ${result.label.code} (${(result.stagedMs / 1000).toFixed(0)} s)`;
  if (result.failure !== undefined) say(`${head}: NOT STAGED: ${result.failure.slice(0, 400)}`);
  for (const { condition, mark, told } of result.judged) {
    const { answer } = told;
    const words =
      answer === undefined
        ? (told.trouble ?? '')
        : [answer.code, answer.via, answer.confidence, answer.candidates.join('/')].filter(Boolean).join(' ');
    say(`  ${head}: ${mark} ${condition}: ${words.slice(0, 200)}`);
  }
}

process.exitCode = await main();
