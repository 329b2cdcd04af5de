/** What the kernel compares with the limit when it cannot reclaim any more. */
import type { CleanSeries, Run } from './fit-types.ts';

/**
 * Demand of a run: anonymous memory and tmpfs, plus what the level has beyond both at the least (page tables, sockets).
 * Page cache on top of that is given back before a kill, so the working set alone meets the limit too early. Where
 * anonymous memory is unknown: the level.
 */
export function needOf(run: Run): CleanSeries {
  const { memory, level, shmem } = run;
  if (run.signal !== 'rss') return level;
  const values = new Float64Array(memory.values.length);
  let rest = Infinity;
  let inShmem = 0;
  let inLevel = 0;
  for (let index = 0; index < values.length; index++) {
    const atMs = memory.timesMs[index] as number;
    inShmem = lastAt(shmem, inShmem, atMs);
    inLevel = lastAt(level, inLevel, atMs);
    const held = (memory.values[index] as number) + (shmem?.values[inShmem] ?? 0);
    values[index] = held;
    if (level.timesMs[inLevel] === atMs) rest = Math.min(rest, (level.values[inLevel] as number) - held);
  }
  const beyond = Number.isFinite(rest) ? Math.max(rest, 0) : 0;
  return { timesMs: memory.timesMs, values: values.map((value) => value + beyond) };
}

/** Does tmpfs move by so much that anonymous memory alone does not tell the demand. */
export function tmpfsMatters({ shmem, life }: Run): boolean {
  if (shmem === undefined || shmem.values.length === 0) return false;
  let low = Infinity;
  let high = 0;
  for (const value of shmem.values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low > 0.02 * (life.limitBytes ?? 50 * high);
}

/** Index of the newest sample that is not after the instant, from `index` on. */
function lastAt(series: CleanSeries | undefined, index: number, atMs: number): number {
  if (series === undefined) return 0;
  let at = index;
  while (at + 1 < series.timesMs.length && (series.timesMs[at + 1] as number) <= atMs) at++;
  return at;
}
