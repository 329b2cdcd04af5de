/** What the shapes read: the question, checked and cut, with everything that several of them ask for. */
import type { Bytes, Milliseconds } from '../units.ts';
import { quantile, quantileInPlace } from '../math/quantile.ts';
import type { Combined } from './combined.ts';
import { combine } from './combine.ts';
import type { Bins, LoadFit, Run } from './fit-types.ts';
import type { KillContext } from './kills.ts';
import { killContexts } from './kills.ts';
import { cutIntoRuns } from './lives.ts';
import { loadSums, poolLoad } from './load.ts';
import type { PodRecord } from './record.ts';
import { soundQuestion } from './question.ts';
import { readRecord } from './record.ts';
import type { MemoryQuestion } from './types.ts';

export interface MemoryCase {
  readonly question: MemoryQuestion;
  readonly records: readonly PodRecord[];
  /** All pods, oldest first. */
  readonly runs: readonly Run[];
  readonly combined: Combined;
  /** What traffic explains of the mean level (the floor's part is in `combined`). */
  readonly load?: LoadFit;
  readonly kills: readonly KillContext[];
  /** The newest limit that is known. */
  readonly limitBytes?: Bytes;
  readonly windowMs: Milliseconds;
  readonly level: LevelSummary;
  readonly samples: number;
  readonly notes: readonly string[];
  /** More than a tenth of the samples had to be left out or sorted. */
  readonly isDamaged: boolean;
}

/** The level over all samples of all lives. */
export interface LevelSummary {
  readonly medianBytes: Bytes;
  readonly p99Bytes: Bytes;
  /** Of the samples. */
  readonly highestBytes: Bytes;
}

/** Replicas that are read; more of them say nothing new. */
const MOST_PODS = 200;
const DAMAGED_FROM = 0.1;

export function readCase(asked: MemoryQuestion): MemoryCase {
  const question = soundQuestion(asked);
  const results = question.histories
    .slice(-MOST_PODS)
    .map((history) => readRecord(history, question.kills, question.nowMs));
  const records = results.flatMap(({ record }) => record ?? []);
  const { changes } = question;
  const runs = records
    .flatMap((record) => cutIntoRuns(record, changes))
    .sort((a, b) => a.life.fromMs - b.life.fromMs);
  const combined = combine(runs, { changes });
  const load = poolLoad(combined.fits.flatMap(({ bins }) => loadSums(bins, bins.mean) ?? []));
  const limitBytes = runs.findLast(({ life }) => life.limitBytes !== undefined)?.life.limitBytes;
  const windowMs = records.reduce((most, { fromMs, toMs }) => Math.max(most, toMs - fromMs), 0);
  return {
    question,
    records,
    runs,
    combined,
    ...(load !== undefined && { load }),
    kills: killContexts(runs, records),
    ...(limitBytes !== undefined && { limitBytes }),
    windowMs,
    level: levelOf(runs),
    samples: runs.reduce((sum, { life }) => sum + life.samples, 0),
    notes: results.flatMap(({ notes }) => notes),
    isDamaged: results.some(({ damagedRatio }) => damagedRatio > DAMAGED_FROM),
  };
}

/** Percentiles need no more samples than this, evenly taken. */
const LEVEL_SAMPLES = 4096;

function levelOf(runs: readonly Run[]): LevelSummary {
  const count = runs.reduce((sum, { level }) => sum + level.values.length, 0);
  const stride = Math.max(1, Math.ceil(count / LEVEL_SAMPLES));
  const taken = new Float64Array(Math.ceil(count / stride) + runs.length);
  let size = 0;
  let highest = 0;
  let next = 0;
  for (const { level } of runs) {
    const { values } = level;
    for (let index = 0; index < values.length; index += 1) {
      const value = values[index] as number;
      if (value > highest) highest = value;
      if (next === 0) taken[size++] = value;
      next = (next + 1) % stride;
    }
  }
  if (size === 0) return { medianBytes: 0, p99Bytes: 0, highestBytes: 0 };
  const all = taken.subarray(0, size);
  return {
    medianBytes: quantileInPlace(all, 0.5),
    p99Bytes: quantileInPlace(all, 0.99),
    highestBytes: highest,
  };
}

/** What a share of the limit is in bytes; without a limit, of twice the usual level. */
export function shareOfLimit(memory: MemoryCase, ratio: number): Bytes {
  return ratio * (memory.limitBytes ?? 2 * memory.level.medianBytes);
}

/** Distance between two percentiles of bins. */
export function spreadOf(values: Float64Array, low = 0.05, high = 0.95): Bytes {
  return (quantile(values, high) ?? 0) - (quantile(values, low) ?? 0);
}

/** Bins of every life that was judged. */
export function allBins(memory: MemoryCase): readonly Bins[] {
  return memory.combined.fits.map(({ bins }) => bins);
}
