/** Crash loops: no life has enough samples, but all of them together show one curve over age. */
import { HOUR_MS } from '../units.ts';
import { fitLife } from './fit-life.ts';
import type { LifeFit, Run } from './fit-types.ts';
import { binsOf, FEWEST_SAMPLES } from './prepare.ts';

/** A pool of short lives needs this many, or it is one life's accident. */
const FEWEST_SHORT_LIVES = 3;

/** All lives laid over each other; `undefined` where even together they are too few. */
export function fitByAge(runs: readonly Run[]): LifeFit | undefined {
  const points: { readonly ageMs: number; readonly bytes: number }[] = [];
  let lives = 0;
  for (const { life, memory } of runs.slice(-1000)) {
    if (life.start !== 'seen') continue;
    lives += 1;
    for (let index = 0; index < memory.timesMs.length; index += 1) {
      const ageMs = (memory.timesMs[index] as number) - life.fromMs;
      points.push({ ageMs, bytes: memory.values[index] as number });
    }
  }
  const newest = runs.at(-1);
  if (lives < FEWEST_SHORT_LIVES || points.length < FEWEST_SAMPLES || newest === undefined) return undefined;
  points.sort((a, b) => a.ageMs - b.ageMs);
  const timesMs = Float64Array.from(points, ({ ageMs }, index) => ageMs + index * 1e-6);
  const memory = { timesMs, values: Float64Array.from(points, ({ bytes }) => bytes) };
  const { traffic: _, ...rest } = newest;
  const run: Run = {
    ...rest,
    memory,
    life: { ...newest.life, fromMs: 0, toMs: timesMs.at(-1) ?? HOUR_MS, start: 'before-window' },
  };
  const bins = binsOf(run);
  return bins === undefined ? undefined : fitLife({ run, bins });
}
