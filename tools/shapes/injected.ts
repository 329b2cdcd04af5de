/** Leaks put into real series: the noise is real, the label is ours. */
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { KillMark } from '../../src/core/model/series.ts';
import type { RealSeries } from './real-files.ts';
import { hosts, productionPods } from './real-files.ts';
import { ask } from './real-rows.ts';

export interface Injected {
  readonly name: string;
  readonly kind: 'hosts of 8 days' | 'pods of a day';
  /** When the leak meets the limit, as a share of the window; absent = the series as it is. */
  readonly hit?: number;
  readonly question: MemoryQuestion;
}

/** When the leak meets the limit, as shares of the window. */
const HITS = [0.35, 0.8, 1.6] as const;

/** Each series at half its height, as it is and with leaks of three speeds; a kill and a restart at the limit. */
export function injectedLeaks(): readonly Injected[] {
  return [
    ...hosts().flatMap((one) => withLeaks(one, 'hosts of 8 days')),
    ...productionPods().flatMap((one) => withLeaks(one, 'pods of a day')),
  ];
}

function withLeaks({ name, question }: RealSeries, kind: Injected['kind']): readonly Injected[] {
  const history = question.histories[0];
  const memory = history?.workingSet;
  const limit = history?.limit?.[0]?.value;
  if (memory === undefined || typeof limit !== 'number' || memory.values.length < 1000) return [];
  const halved = memory.values.map((value) => value / 2);
  const base = { name, timesMs: memory.timesMs, values: halved, limit };
  return [
    { name, kind, question: ask({ name, limitBytes: limit, memory: { ...memory, values: halved } }) },
    ...HITS.map((hit) => ({ name, kind, hit, question: leaking({ ...base, hit }) })),
  ];
}

interface Base {
  readonly name: string;
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
  readonly limit: number;
  readonly hit: number;
}

function leaking({ name, timesMs, values, limit, hit }: Base): MemoryQuestion {
  const spanMs = (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const perMs = (limit - mean) / (hit * spanMs);
  const kills: KillMark[] = [];
  const restarts: number[] = [];
  let startedMs = timesMs[0] ?? 0;
  const leaked = values.map((value, index) => {
    const at = timesMs[index] ?? 0;
    let need = value + perMs * (at - startedMs);
    if (need >= limit) {
      kills.push({ pod: name, atMs: at - 1, kind: 'limit', limitBytes: limit });
      startedMs = at;
      need = value;
    }
    restarts.push(kills.length);
    return Math.round(need);
  });
  return ask({
    name,
    limitBytes: limit,
    memory: { timesMs, values: leaked },
    more: { restarts: { timesMs, values: restarts } },
    kills,
  });
}
