/**
 * The store alone: 30,000 containers, every figure of `TICKS` ticks, packed and thinned out as a collector does it.
 * `node bench/history-fill.ts FILE TICKS T0 [--tell]`; prints a JSON line; with `--tell` each tick that is on the disk.
 */
import { statSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { openHistoryStore } from '../src/store/history/store.ts';
import { createValues } from './kubelet-values.ts';

const TICK_MS = 15_000;
const PAGE_BYTES = 4096;
const CONTAINERS = 30_000;
const RETENTION = { maxAgeMs: 30 * 86_400_000, maxBytes: 1e12 };
const [file = '', ticks = '120', t0Text = '0'] = process.argv.slice(2);
const isTelling = process.argv.includes('--tell');
const t0 = Number(t0Text);
const values = createValues(CONTAINERS, 4);
const identities = Array.from({ length: CONTAINERS }, (_, index) => {
  const pod = Math.floor(index / 3);
  const hash = (Math.imul(pod + 1, 2_654_435_761) >>> 0).toString(16).padStart(8, '0');
  return {
    namespace: `team-${pod % 40}`,
    pod: `checkout-api-${pod % 997}-${hash}-${hash.slice(0, 5)}`,
    podUid: `${hash}-0000-4000-8000-${String(pod).padStart(12, '0')}`,
    container: ['app', 'envoy', 'log-shipper'][index % 3] ?? '',
    nodeName: `node-${pod % 270}`,
    workload: { kind: 'Deployment', name: `checkout-api-${pod % 997}` },
  };
});
const state = {
  limitBytes: 1 << 30,
  requestBytes: 1 << 29,
  restarts: 0,
  startedAtMs: t0,
  version: 'shop/app:1',
};
const store = openHistoryStore(file);
const newest = store.status().newestAtMs;
const first = newest === undefined ? 0 : Math.round((newest - t0) / TICK_MS) + 1;
for (let tick = first; tick < Number(ticks); tick += 1) {
  const places = store.placesOf(identities);
  const atMs = t0 + tick * TICK_MS;
  store.write({
    atMs,
    samples: places.map((place, index) => ({
      place,
      workingSetBytes: values.next(index, tick) * PAGE_BYTES,
      state,
    })),
  });
  if (isTelling) process.stdout.write(`${tick}\n`);
  const maintenance = store.maintain(RETENTION, atMs);
  // Where it is killed it is killed anywhere; else the log must be packed at the end.
  if (!isTelling) await maintenance;
  await breathe();
}
store.close();
console.log(JSON.stringify({ bytes: statSync(file).size, samples: (Number(ticks) - first) * CONTAINERS }));
