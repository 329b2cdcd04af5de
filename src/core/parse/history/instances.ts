/**
 * One container seen as several series: each start has a cgroup, an ID and so a series of its own, and the old one lives
 * on beside the new for minutes (google/cadvisor issue 2844). Read one above the other they would double the memory.
 */
import type { EpochMs } from '../../units.ts';
import { counted, type RawSamples } from './clean-series.ts';

export interface JoinedInstances extends RawSamples {
  readonly notes: readonly string[];
  /** Label sets in the order of their first samples, with that sample's instant. */
  readonly starts: readonly { readonly fromMs: EpochMs; readonly labels: Readonly<Record<string, string>> }[];
}

interface Instance extends RawSamples {
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Where two overlap, the one that began later is the one that runs. Series that begin together are two views of one
 * container (two scrapers): the larger value counts, at the instants of both.
 */
export function joinInstances(instances: readonly Instance[], name: string): JoinedInstances {
  const filled = instances.filter(({ timesMs }) => timesMs.length > 0);
  const ordered = filled
    .map((instance) => ({ instance, firstMs: firstOf(instance.timesMs) }))
    .toSorted((a, b) => a.firstMs - b.firstMs);
  const starts = ordered.map(({ instance, firstMs }) => ({ fromMs: firstMs, labels: instance.labels }));
  const [only] = ordered;
  if (only === undefined) return { timesMs: [], values: [], notes: [], starts };
  if (ordered.length === 1)
    return { timesMs: only.instance.timesMs, values: only.instance.values, notes: [], starts };
  const timesMs: EpochMs[] = [];
  const values: number[] = [];
  let removed = 0;
  for (const [index, { instance, firstMs }] of ordered.entries()) {
    const untilMs = nextStart(ordered, index, firstMs);
    for (let at = 0; at < instance.timesMs.length; at += 1) {
      if ((instance.timesMs[at] as EpochMs) >= untilMs) {
        removed += 1;
        continue;
      }
      timesMs.push(instance.timesMs[at] as EpochMs);
      values.push(instance.values[at] as number);
    }
  }
  const notes =
    removed === 0
      ? []
      : [`${name}: ${counted(removed, 'sample')} of an earlier start removed that ran on beside the new one`];
  return { timesMs, values, notes, starts };
}

function nextStart(
  ordered: readonly { readonly firstMs: EpochMs }[],
  index: number,
  firstMs: EpochMs,
): EpochMs {
  const next = ordered.slice(index + 1).find((other) => other.firstMs > firstMs);
  return next?.firstMs ?? Number.POSITIVE_INFINITY;
}

function firstOf(timesMs: readonly EpochMs[]): EpochMs {
  let first = Number.POSITIVE_INFINITY;
  for (const time of timesMs) if (time < first) first = time;
  return first;
}
