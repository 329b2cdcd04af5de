/**
 * A collector against `kubelet-server.ts`. Its clock jumps by 15 s when a tick is done; the next one begins at once, or
 * after PAUSE_MS. `node bench/history-collector.ts KUBECONFIG FILE TICKS T0 [PAUSE_MS]`; prints the last status as JSON.
 */
import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startCollector, type CollectorStatus } from '../src/app/collect-history.ts';
import { createCollectorSources } from '../src/sources/kubernetes/index.ts';
import { openHistoryStore } from '../src/store/history/store.ts';

const TICK_MS = 15_000;
const [kubeconfig = '', file = '', ticks = '20', t0 = '0', pauseMs = '0'] = process.argv.slice(2);
let nowMs = Number(t0);

const abort = new AbortController();
const cluster = await createCollectorSources(
  { kubeconfig, env: process.env, homeDir: homedir(), interactive: false, version: '0', now: () => nowMs },
  { nodeAccess: true },
);
const { source, feed } = cluster;
const store = openHistoryStore(file);
const failed = new Set<string>();
let afterFirst = 0;
let round = nowMs;
/** Between two ticks a real collector has nothing to do. */
let pause: Promise<unknown> = Promise.resolve();
const status: CollectorStatus = await startCollector({
  source: {
    ...source,
    read: async (ask) => {
      if (round !== nowMs) pause = delay(Number(pauseMs));
      round = nowMs;
      await pause;
      return source.read(ask);
    },
  },
  feed,
  store,
  intervalMs: TICK_MS,
  retention: { maxAgeMs: 30 * 86_400_000, maxBytes: 1e12 },
  signal: abort.signal,
  now: () => nowMs,
  random: () => 0,
  nodeAccess: false,
  logLines: 0,
  onTrouble: (message) => failed.add(message),
  onStatus: ({ ticks: done }) => {
    // The first tick brings the watch and every container's first row with it.
    if (done === 1) afterFirst = cpuSeconds();
    nowMs += TICK_MS;
    if (done >= Number(ticks)) abort.abort();
  },
});
const steadySeconds = cpuSeconds() - afterFirst;
store.close();
cluster.close();
console.log(JSON.stringify({ ...status, steadySeconds, troubles: [...failed] }));

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
