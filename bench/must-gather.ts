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
import { install } from './installed.ts';
import { writeTree } from './must-gather-tree.ts';
import { tell } from './result.ts';

const MAX_SECONDS = 10;
const MAX_MIB = 300;
const RUNS = 3;
const MB = 1_000_000;

const { values } = parseArgs({ options: { keep: { type: 'string' } } });
const root = resolve(import.meta.dirname, '..');
const installed = install();
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
  tell({
    promise: 'must-gather of 90 MB, time',
    bound: `${MAX_SECONDS} s`,
    measured: `${seconds.toFixed(2)} s`,
    holds: seconds < MAX_SECONDS,
  });
  tell({
    promise: 'must-gather of 90 MB, peak memory',
    bound: `${MAX_MIB} MiB`,
    measured: `${mib.toFixed(0)} MiB`,
    holds: mib < MAX_MIB,
  });
} finally {
  installed.remove();
  if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
}

interface Usage {
  readonly cpuSeconds: number;
  readonly mib: number;
}

function measure(tree: string): { seconds: number; mib: number } {
  const usageFile = join(folder, 'usage');
  const preload = join(root, 'bench/process-usage.ts');
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    ['--import', preload, installed.script, 'kills', '-A', '-f', tree, '-o', 'json'],
    { env: { ...process.env, PROCESS_USAGE_FILE: usageFile }, maxBuffer: 1 << 28, encoding: 'utf8' },
  );
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0 || !existsSync(usageFile))
    throw new Error(`the run failed: ${child.stderr.slice(0, 2000)}`);
  const { cpuSeconds, mib } = JSON.parse(readFileSync(usageFile, 'utf8')) as Usage;
  console.log(`  ${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of processor), ${mib.toFixed(0)} MiB`);
  return { seconds, mib };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
