/** A history as CSV: one line per sample, all series of one instant side by side. */
import type { ContainerMemory } from '../model/memory-views.ts';
import type { ContainerHistory, Series } from '../model/series.ts';
import type { EpochMs } from '../units.ts';
import { csvLine } from './escape.ts';
import { toRfc3339 } from './instants.ts';
import { stepAt } from './steps.ts';

const SERIES = [
  ['workingSetBytes', 'workingSet'],
  ['rssBytes', 'rss'],
  ['cacheBytes', 'cache'],
  ['shmemBytes', 'shmem'],
  ['usageBytes', 'usage'],
  ['peakBytes', 'peak'],
  ['restarts', 'restarts'],
] as const;

const HEAD = [
  'at',
  'namespace',
  'workload',
  'pod',
  'container',
  ...SERIES.map(([name]) => name),
  'limitBytes',
  'requestBytes',
  'trafficPerSecond',
];

export function historiesCsv(memories: readonly ContainerMemory[], headers: boolean): string {
  const lines = memories.flatMap((memory) =>
    memory.histories.flatMap((history) => samplesOf(memory, history)),
  );
  return (headers ? csvLine(HEAD) : '') + lines.join('');
}

function samplesOf({ workload }: ContainerMemory, history: ContainerHistory): readonly string[] {
  const owner = workload === undefined ? undefined : `${workload.kind}/${workload.name}`;
  const series = SERIES.map(([, key]) => byTime(history[key]));
  const traffic = byTime(history.traffic?.perSecond);
  const times = new Set<EpochMs>();
  for (const map of [...series, traffic]) for (const atMs of map.keys()) times.add(atMs);
  return [...times]
    .toSorted((a, b) => a - b)
    .map((atMs) =>
      csvLine([
        toRfc3339(atMs),
        history.namespace,
        owner,
        history.pod,
        history.container,
        ...series.map((map) => map.get(atMs)),
        stepAt(history.limit, atMs),
        stepAt(history.request, atMs),
        traffic.get(atMs),
      ]),
    );
}

function byTime(series: Series | undefined): ReadonlyMap<EpochMs, number> {
  const map = new Map<EpochMs, number>();
  series?.timesMs.forEach((atMs, index) => {
    const value = series.values[index];
    if (value !== undefined) map.set(atMs, value);
  });
  return map;
}
