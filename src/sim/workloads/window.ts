/** A history's samples between two instants. */
import { SERIES_PARTS, type ContainerHistory, type Series } from '../../core/model/series.ts';
import type { EpochMs } from '../../core/units.ts';

type Writable = { -readonly [Key in keyof ContainerHistory]: ContainerHistory[Key] };

/** All series from `fromMs` to before `endMs`; whatever else the history says is kept as it is. */
export function historyWithin(history: ContainerHistory, fromMs: EpochMs, endMs: EpochMs): ContainerHistory {
  const cut: Writable = { ...history };
  // Most series of one pod share their times: look the ends up once.
  const ends = new Map<readonly EpochMs[], readonly [number, number]>();
  const within = (series: Series): Series => {
    const known = ends.get(series.timesMs);
    const [from, to] = known ?? [firstFrom(series.timesMs, fromMs), firstFrom(series.timesMs, endMs)];
    if (known === undefined) ends.set(series.timesMs, [from, to]);
    if (from === 0 && to === series.timesMs.length) return series;
    return { timesMs: series.timesMs.slice(from, to), values: series.values.slice(from, to) };
  };
  for (const name of SERIES_PARTS) {
    const series = history[name];
    if (series !== undefined) cut[name] = within(series);
  }
  if (history.traffic !== undefined)
    cut.traffic = { ...history.traffic, perSecond: within(history.traffic.perSecond) };
  return cut;
}

/** Index of the first instant at or after `atMs`. */
function firstFrom(timesMs: readonly EpochMs[], atMs: EpochMs): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((timesMs[middle] ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
