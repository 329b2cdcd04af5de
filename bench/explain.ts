/**
 * Promise: `exit137 explain 137` as a whole process takes at most twice the time of `node -e 0` of the same binary,
 * as a bundle and from its sources. Medians of interleaved runs in one go, because machines drift.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { install } from './installed.ts';
import { tell } from './result.ts';

const RUNS = 31;
const MOST_RATIO = 2;
const root = join(import.meta.dirname, '..');

function timeMs(args: readonly string[]): number {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const installed = install();
const subjects = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'bundle', args: [installed.script, 'explain', '137'] },
  { name: 'sources', args: [join(root, 'bin', 'exit137.js'), 'explain', '137'] },
].map((subject) => ({ ...subject, timesMs: [] as number[] }));

for (const { args } of subjects) timeMs(args); // fills the compile cache, as a first run does
for (let run = 0; run < RUNS; run += 1) {
  for (const { args, timesMs } of subjects) timesMs.push(timeMs(args));
}
installed.remove();

const [bare, ...programs] = subjects.map(({ name, timesMs }) => ({ name, ms: median(timesMs) }));
if (bare === undefined) throw new Error('nothing was measured');
console.log(`${bare.name}: ${bare.ms.toFixed(1)} ms`);
for (const { name, ms } of programs) {
  const ratio = ms / bare.ms;
  tell({
    promise: `explain 137 against node -e 0, ${name}`,
    bound: `${MOST_RATIO} times`,
    measured: `${ratio.toFixed(2)} times (${ms.toFixed(1)} ms)`,
    holds: ratio <= MOST_RATIO,
  });
}
