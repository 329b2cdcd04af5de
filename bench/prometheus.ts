/**
 * Promise: one pass over 10,000 containers with 14 days at 5 minutes from Debian's `prometheus` (working set, rss, limits,
 * restarts, start times, requests per second; every workload analysed) takes under 120 s and 400 MiB resident. Beside
 * it `curl` of the very same range queries, answers thrown away. `node bench/prometheus.ts [--containers N] [--days N]`
 */
import { spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { writeData } from './prometheus-data.ts';
import { isPrometheusInstalled, startPrometheus } from './prometheus-server.ts';
import { tell } from './result.ts';

const MAX_SECONDS = 120;
const MAX_MIB = 400;
const DAY_MS = 86_400_000;
/** Fixed, so that the data can be kept between runs. */
const END_MS = Date.UTC(2026, 0, 15);
const PARALLEL = 4;

interface Pass {
  readonly containers: number;
  readonly workloads: number;
  readonly withTraffic: number;
  readonly withLimit: number;
  readonly gaps: number;
  readonly analysisMs: number;
  readonly seconds: number;
  readonly queries: number;
  readonly repeated: number;
  readonly bytes: number;
  readonly samples: number;
}

const { values } = parseArgs({
  options: { containers: { type: 'string', default: '10000' }, days: { type: 'string', default: '14' } },
});
if (!isPrometheusInstalled()) {
  console.log('prometheus is not installed (apt-get install prometheus): nothing is measured');
} else await main();

async function main(): Promise<void> {
  const data = dataFolder();
  const folder = mkdtempSync(join(tmpdir(), 'exit137-prometheus-'));
  const log = join(folder, 'queries.log');
  writeFileSync(join(folder, 'prometheus.yml'), `global: {query_log_file: ${JSON.stringify(log)}}\n`);
  const { url, process: server } = await startPrometheus({ config: join(folder, 'prometheus.yml'), data });
  try {
    const before = cpuSeconds(server);
    const { pass, usage } = measure(folder, url);
    const serverCpu = cpuSeconds(server) - before;
    const curl = await withCurl({ folder, log, url, server });
    report({ pass, usage, serverCpu, curl });
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Made once; a run that was broken off leaves nothing that looks finished. */
function dataFolder(): string {
  const name = `exit137-prometheus-data-1-${values.containers}-${values.days}`;
  const folder = join(tmpdir(), name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  const started = performance.now();
  const { samples, series } = writeData({
    folder: unfinished,
    containers: Number(values.containers),
    days: Number(values.days),
    endMs: END_MS,
  });
  renameSync(unfinished, folder);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`backfill: ${series} series, ${(samples / 1e6).toFixed(0)} M samples, ${seconds} s`);
  return folder;
}

interface Usage {
  readonly cpuSeconds: number;
  readonly mib: number;
}

function measure(folder: string, url: string): { readonly pass: Pass; readonly usage: Usage } {
  const file = join(folder, 'usage');
  const root = resolve(import.meta.dirname, '..');
  const from = String(END_MS - Number(values.days) * DAY_MS);
  const child = spawnSync(
    process.execPath,
    [
      '--import',
      join(root, 'bench/process-usage.ts'),
      join(root, 'bench/prometheus-pass.ts'),
      url,
      from,
      String(END_MS),
    ],
    { env: { ...process.env, PROCESS_USAGE_FILE: file }, encoding: 'utf8' },
  );
  if (child.status !== 0)
    throw new Error(`the pass failed (${child.status}): ${child.stderr.slice(0, 2000)}`);
  console.log(`pass: ${child.stdout.trim()}`);
  return {
    pass: JSON.parse(child.stdout) as Pass,
    usage: JSON.parse(readFileSync(file, 'utf8')) as Usage,
  };
}

/** User and system time of a process that runs; Linux counts hundredths of a second. */
function cpuSeconds(child: ChildProcess): number {
  try {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}

interface Curl {
  readonly seconds: number;
  readonly serverCpu: number;
  readonly queries: number;
}

/** The range queries of the pass once more, as the server logged them, as many at once. */
async function withCurl(at: {
  readonly folder: string;
  readonly log: string;
  readonly url: string;
  readonly server: ChildProcess;
}): Promise<Curl> {
  await delay(1000);
  const lines = readFileSync(at.log, 'utf8').trim().split('\n');
  const config = lines.flatMap((line) => {
    const { params } = JSON.parse(line) as {
      readonly params: {
        readonly query: string;
        readonly start: string;
        readonly end: string;
        readonly step: number;
      };
    };
    if (params.step === 0) return [];
    const query = new URLSearchParams({ ...params, step: String(params.step) });
    return [`url = "${at.url}/api/v1/query_range?${query.toString()}"`, 'output = "/dev/null"'];
  });
  const file = join(at.folder, 'curl.config');
  writeFileSync(file, config.join('\n'));
  const before = cpuSeconds(at.server);
  const started = performance.now();
  const child = spawnSync('curl', ['-s', '--parallel', '--parallel-max', String(PARALLEL), '-K', file]);
  if (child.status !== 0) throw new Error(`curl failed (${child.status})`);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, serverCpu: cpuSeconds(at.server) - before, queries: config.length / 2 };
}

function report(of: {
  readonly pass: Pass;
  readonly usage: Usage;
  readonly serverCpu: number;
  readonly curl: Curl;
}): void {
  const { pass, usage, curl } = of;
  console.log(
    `pass: ${pass.queries} queries (${pass.repeated} twice), ${(pass.bytes / 1e6).toFixed(0)} MB, ${(pass.samples / 1e6).toFixed(0)} M samples; ` +
      `CPU ${usage.cpuSeconds.toFixed(0)} s, of it the analysis of ${pass.workloads} workloads ${(pass.analysisMs / 1000).toFixed(0)} s; server ${of.serverCpu.toFixed(0)} s`,
  );
  console.log(
    `curl: ${curl.queries} range queries, ${curl.seconds.toFixed(0)} s, server ${curl.serverCpu.toFixed(0)} s`,
  );
  const whole = pass.containers === Number(values.containers) && pass.gaps === 0;
  const promise = `Prometheus, ${pass.containers} containers, ${values.days} days at 5 minutes`;
  tell({
    promise: `${promise}: one pass`,
    bound: `${MAX_SECONDS} s`,
    measured: `${pass.seconds.toFixed(0)} s, ${pass.queries} queries (curl ${curl.seconds.toFixed(0)} s)`,
    holds: whole && pass.seconds < MAX_SECONDS,
  });
  tell({
    promise: `${promise}: resident`,
    bound: `${MAX_MIB} MiB`,
    measured: `${usage.mib.toFixed(0)} MiB`,
    holds: whole && usage.mib < MAX_MIB,
  });
}
