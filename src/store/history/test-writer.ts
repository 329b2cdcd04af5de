/** Writes and maintains until it is killed; tells each tick that is on the disk. `node test-writer.ts PATH` */
import { setImmediate as breathe } from 'node:timers/promises';
import { openHistoryStore } from './store.ts';
import { container, KEEP_ALL, PAGE, T0, TICK_MS } from './test-kit.ts';

const store = openHistoryStore(process.argv[2] ?? '');
const newest = store.status().newestAtMs;
for (let tick = newest === undefined ? 0 : Math.round((newest - T0) / TICK_MS) + 1; ; tick += 1) {
  const [place = 0] = store.placesOf([container('web-1')]);
  const atMs = T0 + tick * TICK_MS;
  store.write({ atMs, samples: [{ place, workingSetBytes: (tick % 1000) * PAGE }] });
  process.stdout.write(`${tick}\n`);
  void store.maintain(KEEP_ALL, T0);
  await breathe();
}
