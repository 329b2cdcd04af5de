/**
 * Promise: a must-gather tree of 90 MB, at least 30 MB of it YAML of pods, events and nodes, is read and judged in
 * under 10 s and 300 MiB. Median of three fresh processes; exit 1 where it does not hold.
 * `node bench/must-gather.ts [--keep DIR]`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeTree } from './must-gather-tree.ts';

const MAX_SECONDS = 10;
const MAX_MIB = 300;
const RUNS = 3;
const MB = 1_000_000;

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const root = resolve(import.meta.dirname, '..');
const folder = values.keep ?? mkdtempSync(join(tmpdir(), 'exit137-must-gather-'));
try {
  const tree = join(folder, 'must-gather');
  const sizes = writeTree(tree);
  const mb = (bytes: number): string => (bytes / MB).toFixed(1);
  console.log(
    `tree: ${mb(sizes.totalBytes)} MB, ${mb(sizes.relevantYamlBytes)} MB of it YAML of ${sizes.pods} pods (twice), ` +
      `${sizes.events} events, ${sizes.nodes} nodes; ${sizes.failedInstances} failed instances`,
  );
  if (sizes.totalBytes < 90 * MB || sizes.relevantYamlBytes < 30 * MB)
    throw new Error('the tree is too small');
  const runs = Array.from({ length: RUNS }, () => measure(tree));
  const seconds = median(runs.map((run) => run.seconds));
  const mib = median(runs.map((run) => run.mib));
  const holds = seconds < MAX_SECONDS && mib < MAX_MIB;
  console.log(
    `median of ${RUNS}: ${seconds.toFixed(2)} s (promise ${MAX_SECONDS}), ${mib.toFixed(0)} MiB peak (promise ${MAX_MIB})`,
  );
  console.log(holds ? 'holds' : 'DOES NOT HOLD');
  process.exitCode = holds ? 0 : 1;
} finally {
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

function measure(tree: string): { seconds: number; mib: number } {
  const peakFile = join(folder, 'peak');
  const preload = join(root, 'bench/peak-memory.ts');
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    ['--import', preload, join(root, 'src/cli/main.ts'), 'kills', '-A', '-f', tree, '-o', 'json'],
    { env: { ...process.env, PEAK_MEMORY_FILE: peakFile }, maxBuffer: 1 << 28, encoding: 'utf8' },
  );
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0 || !existsSync(peakFile))
    throw new Error(`the run failed: ${child.stderr.slice(0, 2000)}`);
  const [kib = '', cpuMs = ''] = readFileSync(peakFile, 'utf8').split(' ');
  const mib = Number(kib) / 1024;
  console.log(
    `  ${seconds.toFixed(2)} s (${(Number(cpuMs) / 1000).toFixed(2)} s of processor), ${mib.toFixed(0)} MiB`,
  );
  return { seconds, mib };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
