/** Prometheus, where it is installed, on the pages of `kubelet-server.ts`: CPU of a scrape of all, bytes of a sample. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Each is 15 s further in the pages' own time, and all of it must lie in the last hour. */
const SCRAPES = 118;
const SCRAPE_SECONDS = 2;
const PORT = 19_317;
/** Linux' USER_HZ. */
const CLOCK_TICKS = 100;

export interface PrometheusFigures {
  readonly cpuSecondsPerScrape: number;
  readonly bytesPerSample: number;
  readonly samplesPerSeries: number;
  readonly mib: number;
}

export interface PrometheusAsk {
  readonly root: string;
  readonly folder: string;
  readonly startServer: (startMs: number) => Promise<string>;
  readonly nodes: number;
}

/** Undefined = it is not there, or gives no figures. */
export async function measurePrometheus(ask: PrometheusAsk): Promise<PrometheusFigures | undefined> {
  if (spawnSync('prometheus', ['--version']).status !== 0 || !existsSync('/proc/self/stat')) return undefined;
  const url = new URL(await ask.startServer(Date.now() - 50 * 60_000));
  const data = join(ask.folder, 'prometheus');
  mkdirSync(data);
  const config = join(ask.folder, 'prometheus.yml');
  writeFileSync(config, configOf(url.host, ask.nodes));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=127.0.0.1:${PORT}`,
    '--web.enable-admin-api',
    '--log.level=error',
  ];
  const child = spawn('prometheus', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await delay(4000);
    const before = { cpu: cpuSeconds(child.pid), samples: await appended() };
    await delay(SCRAPES * SCRAPE_SECONDS * 1000);
    const after = { cpu: cpuSeconds(child.pid), samples: await appended() };
    const mib =
      Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
    // A snapshot is what a block will be: the open part of the database comes packed with it.
    const base = `http://127.0.0.1:${PORT}/api/v1/admin/tsdb/snapshot`;
    const answer = (await (await fetch(base, { method: 'POST' })).json()) as {
      readonly data: { readonly name: string };
    };
    const bytes = folderBytes(join(data, 'snapshots', answer.data.name));
    const kept = await appended();
    const series = 30_000;
    return {
      cpuSecondsPerScrape: ((after.cpu - before.cpu) * series) / (after.samples - before.samples),
      bytesPerSample: bytes / kept,
      samplesPerSeries: Math.round(kept / series),
      mib,
    };
  } catch (error) {
    console.log(`prometheus: ${String(error)}`);
    return undefined;
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

function configOf(host: string, nodes: number): string {
  const jobs = Array.from({ length: nodes }, (_, node) =>
    [
      `  - job_name: 'node-${node}'`,
      `    metrics_path: /plain/node-${node}`,
      `    static_configs: [{ targets: ['${host}'] }]`,
      `    metric_relabel_configs: [{ source_labels: [__name__], regex: container_memory_working_set_bytes, action: keep }]`,
    ].join('\n'),
  );
  return `global: { scrape_interval: ${SCRAPE_SECONDS}s, scrape_timeout: ${SCRAPE_SECONDS}s }\nscrape_configs:\n${jobs.join('\n')}\n`;
}

async function appended(): Promise<number> {
  const page = await (await fetch(`http://127.0.0.1:${PORT}/metrics`)).text();
  // Absent until the first sample.
  return Number(
    /^prometheus_tsdb_head_samples_appended_total(?:\{type="float"\})? (\S+)$/m.exec(page)?.[1] ?? 0,
  );
}

function cpuSeconds(pid: number | undefined): number {
  // Fields behind the name in brackets: state is the first, utime and stime the 12th and 13th.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
