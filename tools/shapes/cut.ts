/** What was known at an earlier instant. */
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory, Series } from '../../src/core/model/series.ts';
import type { EpochMs } from '../../src/core/units.ts';

const SERIES = [
  'workingSet',
  'rss',
  'cache',
  'shmem',
  'usage',
  'peak',
  'restarts',
  'startedAt',
  'oomEvents',
  'cpuSeconds',
  'stalledSeconds',
] as const satisfies readonly (keyof ContainerHistory)[];

/** The question as it could have been asked at `nowMs`: no sample, kill, change or limit of later is in it. */
export function questionAt(question: MemoryQuestion, nowMs: EpochMs): MemoryQuestion {
  return {
    ...question,
    histories: question.histories
      .filter((history) => (history.workingSet?.timesMs[0] ?? 0) <= nowMs)
      .map((history) => historyAt(history, nowMs)),
    kills: question.kills.filter((kill) => kill.atMs <= nowMs),
    changes: question.changes.filter((change) => change.atMs <= nowMs),
    nowMs,
  };
}

function historyAt(history: ContainerHistory, nowMs: EpochMs): ContainerHistory {
  const cut: { -readonly [Key in keyof ContainerHistory]: ContainerHistory[Key] } = {
    ...history,
    toMs: Math.min(history.toMs, nowMs),
  };
  // All series of one pod share their times: count once.
  const counts = new Map<readonly EpochMs[], number>();
  for (const name of SERIES) {
    const series = history[name];
    if (series !== undefined) cut[name] = until(series, nowMs, counts);
  }
  if (history.traffic !== undefined)
    cut.traffic = { ...history.traffic, perSecond: until(history.traffic.perSecond, nowMs, counts) };
  if (history.limit !== undefined) cut.limit = history.limit.filter((step) => step.fromMs <= nowMs);
  if (history.request !== undefined) cut.request = history.request.filter((step) => step.fromMs <= nowMs);
  if (history.version !== undefined) cut.version = history.version.filter((step) => step.fromMs <= nowMs);
  return cut;
}

function until(series: Series, nowMs: EpochMs, counts: Map<readonly EpochMs[], number>): Series {
  let count = counts.get(series.timesMs);
  if (count === undefined) {
    count = countUntil(series.timesMs, nowMs);
    counts.set(series.timesMs, count);
  }
  if (count === series.timesMs.length) return series;
  return { timesMs: series.timesMs.slice(0, count), values: series.values.slice(0, count) };
}

function countUntil(timesMs: readonly EpochMs[], nowMs: EpochMs): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) <= nowMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
