/**
 * The measured process of `prometheus`: one pass of the history source over every container, each analysed, nothing
 * kept. Prints what it saw as one line of JSON. `node bench/prometheus-pass.ts URL FROM_MS TO_MS`
 */
import type { HistoryPage } from '../src/app/history-ports.ts';
import { analyseMemory } from '../src/core/memory/analyse.ts';
import { createPrometheusSource } from '../src/sources/prometheus/index.ts';

const [url = '', from = '', to = ''] = process.argv.slice(2);
const source = await createPrometheusSource({ url, env: {}, version: 'bench', now: Date.now });
const seen = {
  containers: 0,
  samples: 0,
  workloads: 0,
  withTraffic: 0,
  withLimit: 0,
  gaps: 0,
  analysisMs: 0,
};
const shapes = new Map<string, number>();
const started = performance.now();
for await (const page of source.read({
  fromMs: Number(from),
  toMs: Number(to),
  stepMs: 300_000,
  depth: 'analysis',
  signal: new AbortController().signal,
})) {
  count(page);
  const before = process.cpuUsage();
  analyse(page);
  const used = process.cpuUsage(before);
  seen.analysisMs += (used.user + used.system) / 1000;
}
const seconds = (performance.now() - started) / 1000;
source.close();
console.log(JSON.stringify({ ...seen, seconds, ...source.stats, shapes: Object.fromEntries(shapes) }));

function count({ histories, gaps }: HistoryPage): void {
  seen.gaps += gaps.length;
  for (const { workingSet, rss, traffic, limit } of histories) {
    seen.containers += 1;
    seen.samples += (workingSet?.values.length ?? 0) + (rss?.values.length ?? 0);
    seen.withTraffic += traffic === undefined ? 0 : 1;
    seen.withLimit += limit === undefined ? 0 : 1;
  }
}

/** All replicas of a container are in one page. */
function analyse({ histories }: HistoryPage): void {
  const groups = Map.groupBy(histories, ({ namespace, workload, pod, container }) =>
    [namespace, workload?.kind, workload?.name ?? pod, container].join('/'),
  );
  for (const replicas of groups.values()) {
    seen.workloads += 1;
    const { shape } = analyseMemory({ histories: replicas, kills: [], changes: [], nowMs: Number(to) });
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
}
