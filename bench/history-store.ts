/**
 * Promises of the embedded history, with 10,000 pods of three containers (30,000 series) on 270 kubelets, 15 s apart,
 * served by another process over loopback HTTP: less than half a core, fetch and parse included; under 150 MiB resident;
 * at most 2 bytes a sample on the disk once packed; kill -9 loses nothing that was acknowledged. Beside it, where it is
 * installed, Prometheus scrapes the same pages. The clock is made to jump, so that an hour passes in minutes: CPU is
 * counted per tick and divided by the 15 s that a tick has. `node bench/history-store.ts [--ticks N] [--fill N]`
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { leanStart } from '../src/cli/lean-process.ts';
import { embeddedHistory } from '../src/store/history/history-source.ts';
import { measurePrometheus } from './history-prometheus.ts';
import { tell } from './result.ts';

const PODS = 10_000;
const NODES = 270;
const TICK_SECONDS = 15;
const KILLS = 6;

const { values } = parseArgs({
  options: { ticks: { type: 'string', default: '125' }, fill: { type: 'string', default: '241' } },
});
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'exit137-history-bench-'));
/** A whole number of the longest chunks ago, so that the first window is whole. */
const t0 = Math.floor(Date.now() / 36_000_000) * 36_000_000 - 72_000_000;
const children: ChildProcess[] = [];
try {
  await measureCollector();
  measureBytes();
  await measureKills();
} finally {
  for (const child of children) child.stdin?.end();
  rmSync(folder, { recursive: true, force: true });
}

async function measureCollector(): Promise<void> {
  const url = await startServer(t0);
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c' } }],
    clusters: [{ name: 'c', cluster: { server: url } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const script = await bundled('history-collector');
  const lean = leanStart({ execArgv: [], argv: [process.execPath], env: process.env }, 3 * PODS);
  if (lean === undefined) throw new Error('the heap is held by NODE_OPTIONS: unset it');
  const usage = join(folder, 'usage');
  const args = [script, kubeconfig, join(folder, 'collected.db'), values.ticks, String(t0)];
  // As `exit137 collect` starts itself.
  const [program = '', ...words] = lean.argv;
  const child = spawnSync(program, [...words, '--import', await bundled('process-usage'), ...args], {
    env: { ...lean.env, PROCESS_USAGE_FILE: usage },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const status = JSON.parse(child.stdout) as {
    readonly ticks: number;
    readonly samples: number;
    readonly steadySeconds: number;
    readonly troubles: readonly string[];
  };
  const { mib } = JSON.parse(readFileSync(usage, 'utf8')) as { readonly mib: number };
  for (const trouble of status.troubles) console.log(`trouble: ${trouble}`);
  const share = status.steadySeconds / (status.ticks - 1) / TICK_SECONDS;
  console.log(`collector: ${status.ticks} ticks of ${status.samples} containers`);
  tell({
    promise: `collect of ${status.samples} series at 15 s, CPU with fetch and parse`,
    bound: '50 % of a core',
    measured: `${(share * 100).toFixed(1)} %`,
    holds: share < 0.5 && status.samples === 3 * PODS,
  });
  tell({
    promise: `collect of ${status.samples} series, peak memory`,
    bound: '150 MiB',
    measured: `${mib.toFixed(0)} MiB`,
    holds: mib < 150,
  });
  const prometheus = await measurePrometheus({ root, folder, startServer, nodes: NODES });
  if (prometheus === undefined) return console.log('prometheus: not installed, or it gave no figures');
  const theirs = prometheus.cpuSecondsPerScrape / TICK_SECONDS;
  tell({
    promise: `Prometheus on the same pages, working sets alone, ${prometheus.samplesPerSeries} scrapes`,
    measured: `${(theirs * 100).toFixed(1)} % of a core, ${prometheus.bytesPerSample.toFixed(2)} bytes a sample, ${prometheus.mib.toFixed(0)} MiB`,
  });
}

function bytesPerSample(ticks: number): number {
  const file = join(folder, `filled-${ticks}.db`);
  const child = spawnSync(
    process.execPath,
    [join(root, 'bench/history-fill.ts'), file, String(ticks), String(t0)],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const { bytes, samples } = JSON.parse(child.stdout) as { readonly bytes: number; readonly samples: number };
  return bytes / samples;
}

function measureBytes(): void {
  const measured = bytesPerSample(Number(values.fill));
  // Names and limits weigh most at the beginning: beside Prometheus stands a history as short as what it scraped.
  const short = bytesPerSample(121);
  tell({
    promise: 'history of half an hour, packed, whole file',
    measured: `${short.toFixed(2)} bytes a sample`,
  });
  tell({
    promise: `history of ${((Number(values.fill) - 1) * TICK_SECONDS) / 3600} h, packed, whole file`,
    bound: '2 bytes a sample',
    measured: measured.toFixed(2),
    holds: measured <= 2,
  });
}

async function measureKills(): Promise<void> {
  const file = join(folder, 'killed.db');
  let acknowledged = -1;
  let lost = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const args = [join(root, 'bench/history-fill.ts'), file, '100000', String(t0), '--tell'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let timer: NodeJS.Timeout | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged = Math.max(acknowledged, Number(line));
      timer ??= setTimeout(() => child.kill('SIGKILL'), 300 + 450 * kill);
    });
    await once(child, 'close');
    lost += (await missingTicks(file, acknowledged)).length;
  }
  tell({
    promise: `kill -9 while 30,000 series are written, ${KILLS} times`,
    bound: 'no acknowledged tick is lost',
    measured: `${lost} of ${acknowledged + 1} lost`,
    holds: lost === 0 && acknowledged > 0,
  });
}

async function missingTicks(file: string, acknowledged: number): Promise<readonly number[]> {
  const found = new Set<number>();
  const request = {
    namespace: 'team-0',
    container: 'app',
    fromMs: t0,
    toMs: t0 + 86_400_000,
    stepMs: 1000,
    depth: 'memory',
    signal: new AbortController().signal,
  } as const;
  for await (const { histories } of embeddedHistory(file).read(request)) {
    for (const at of histories[0]?.workingSet?.timesMs ?? []) found.add((at - t0) / (TICK_SECONDS * 1000));
    break;
  }
  return Array.from({ length: acknowledged + 1 }, (_, tick) => tick).filter((tick) => !found.has(tick));
}

async function startServer(startMs: number): Promise<string> {
  const args = [join(root, 'bench/kubelet-server.ts'), String(PODS), String(NODES), String(startMs)];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(server);
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const { value } = (await lines.next()) as { readonly value: string };
  await delay(100);
  return (JSON.parse(value) as { readonly url: string }).url;
}

/** As it is installed: reading TypeScript costs memory of its own. */
async function bundled(name: string): Promise<string> {
  const file = join(folder, name, `${name}.mjs`);
  const build = await rolldown({
    input: join(root, 'bench', `${name}.ts`),
    platform: 'node',
    logLevel: 'silent',
  });
  await build.write({
    dir: join(folder, name),
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  });
  await build.close();
  return file;
}
