/** Momentary figures (metrics.k8s.io, the kubelet's Summary and cAdvisor pages) as histories: one sample each, or more. */
import type { ContainerHistory } from '../../model/series.ts';
import type { MemorySample } from '../../model/usage.ts';
import type { EpochMs } from '../../units.ts';
import { buildHistory, type Quantity } from './build-history.ts';
import type { RawSamples } from './clean-series.ts';

const FIGURES: readonly (readonly [Quantity, (sample: MemorySample) => number | undefined])[] = [
  ['workingSet', (sample) => sample.workingSetBytes],
  ['rss', (sample) => sample.rssBytes],
  ['usage', (sample) => sample.usageBytes],
  ['peak', (sample) => sample.peakBytes],
  ['oomEvents', (sample) => sample.oomEvents],
];

/** Figures of one container from several pages are put together. A sample without a time is as old as the reading. */
export function historiesOfSamples(
  samples: readonly MemorySample[],
  readAtMs: EpochMs,
): readonly ContainerHistory[] {
  const groups = Map.groupBy(samples, ({ namespace, pod, container }) =>
    JSON.stringify([namespace, pod, container]),
  );
  return [...groups.values()].flatMap((group) => {
    const history = historyOf(group, readAtMs);
    return history === undefined ? [] : [history];
  });
}

function historyOf(group: readonly MemorySample[], readAtMs: EpochMs): ContainerHistory | undefined {
  const newest = group.toSorted((a, b) => (a.atMs ?? readAtMs) - (b.atMs ?? readAtMs)).at(-1);
  if (newest === undefined) return undefined;
  const parts = new Map<Quantity, RawSamples>();
  for (const [quantity, figureOf] of FIGURES) {
    const having = group.filter((sample) => figureOf(sample) !== undefined);
    if (having.length === 0) continue;
    parts.set(quantity, {
      timesMs: having.map(({ atMs }) => atMs ?? readAtMs),
      values: having.map((sample) => figureOf(sample) ?? 0),
    });
  }
  const { namespace, pod, container, podUid, source } = newest;
  const name = {
    namespace,
    pod,
    container,
    isPod: true as const,
    ...(podUid === undefined ? {} : { podUid }),
  };
  return buildHistory({ name, source, samples: parts }).history;
}
