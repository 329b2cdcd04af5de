/**
 * Promise: `kills -A` on a cluster of 10,000 pods (30,000 containers), served in pages over HTTP by another process,
 * peaks under 200 MiB resident and takes at most 2 times the CPU of fetching and `JSON.parse` of the same pages.
 * Median of three fresh processes each, in turn; exit 1 where it does not hold. `node bench/cluster.ts [--pods N]`
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { install } from './installed.ts';
import { tell } from './result.ts';

const MAX_MIB = 200;
const MAX_RATIO = 2;
const RUNS = 3;

interface Usage {
  readonly cpuSeconds: number;
  readonly mib: number;
}

const { values } = parseArgs({ options: { pods: { type: 'string', default: '10000' } } });
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'exit137-cluster-'));
const installed = install();
const server = spawn(process.execPath, [join(root, 'bench/cluster-server.ts'), values.pods], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
try {
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const { value: line } = (await lines.next()) as { readonly value: string };
  const { url, podBytes } = JSON.parse(line) as { readonly url: string; readonly podBytes: number };
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      clusters: [{ name: 'c', cluster: { server: url } }],
    }),
  );
  console.log(
    `cluster: ${values.pods} pods, ${(podBytes / 1e6).toFixed(0)} MB of JSON, ${Math.round(podBytes / Number(values.pods))} bytes a pod`,
  );
  const ours: Usage[] = [];
  const theirs: Usage[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    theirs.push(measure('fetch and JSON.parse', [join(root, 'bench/cluster-baseline.ts'), url]));
    ours.push(
      measure('kills -A', [installed.script, 'kills', '-A', '--kubeconfig', kubeconfig, '-o', 'json']),
    );
  }
  const mib = median(ours.map((usage) => usage.mib));
  const ratio =
    median(ours.map((usage) => usage.cpuSeconds)) / median(theirs.map((usage) => usage.cpuSeconds));
  tell({
    promise: `kills -A of ${values.pods} pods, peak memory`,
    bound: `${MAX_MIB} MiB`,
    measured: `${mib.toFixed(0)} MiB`,
    holds: mib < MAX_MIB,
  });
  tell({
    promise: `kills -A of ${values.pods} pods, CPU against fetch and JSON.parse`,
    bound: `${MAX_RATIO} times`,
    measured: `${ratio.toFixed(2)} times`,
    holds: ratio <= MAX_RATIO,
  });
} finally {
  server.stdin.end();
  installed.remove();
  rmSync(folder, { recursive: true, force: true });
}

function measure(name: string, args: readonly string[]): Usage {
  const file = join(folder, 'usage');
  const child = spawnSync(process.execPath, ['--import', join(root, 'bench/process-usage.ts'), ...args], {
    env: { ...process.env, PROCESS_USAGE_FILE: file },
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`${name} failed (${child.status}): ${child.stderr.slice(0, 2000)}`);
  const usage = JSON.parse(readFileSync(file, 'utf8')) as Usage;
  console.log(`  ${name}: ${usage.cpuSeconds.toFixed(2)} s CPU, ${usage.mib.toFixed(0)} MiB`);
  return usage;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}
