/** Histories of the same container from several files: one query saved at a time, or one day. */
import { SERIES_PARTS, type ContainerHistory, type Series, type Step } from '../../model/series.ts';
import { cleanSeries } from './clean-series.ts';

/** In the order in which containers were first met. Nothing is lost but the name of the second file. */
export function mergeHistories(histories: readonly ContainerHistory[]): readonly ContainerHistory[] {
  const groups = Map.groupBy(histories, ({ namespace, pod, container }) =>
    JSON.stringify([namespace, pod, container]),
  );
  return [...groups.values()].map((group) => group.reduce((all, one) => merged(all, one)));
}

function merged(first: ContainerHistory, second: ContainerHistory): ContainerHistory {
  const both: Record<string, unknown> = {};
  for (const part of SERIES_PARTS) {
    const [a, b] = [first[part], second[part]];
    if (a !== undefined && b !== undefined) both[part] = mergedSeries(a, b);
  }
  for (const part of ['limit', 'request', 'version'] as const) {
    const [a, b]: readonly (readonly Step<unknown>[] | undefined)[] = [first[part], second[part]];
    if (a !== undefined && b !== undefined) both[part] = mergedSteps(a, b);
  }
  const notes = [...new Set([...(first.notes ?? []), ...(second.notes ?? [])])];
  return {
    ...second,
    ...first,
    ...both,
    fromMs: Math.min(first.fromMs, second.fromMs),
    toMs: Math.max(first.toMs, second.toMs),
    ...(notes.length === 0 ? {} : { notes }),
  };
}

function mergedSeries(a: Series, b: Series): Series {
  const joined = { timesMs: [...a.timesMs, ...b.timesMs], values: [...a.values, ...b.values] };
  const options = { name: '', fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  return cleanSeries(joined, options).series ?? a;
}

function mergedSteps<Value>(a: readonly Step<Value>[], b: readonly Step<Value>[]): readonly Step<Value>[] {
  const steps: Step<Value>[] = [];
  for (const step of [...a, ...b].toSorted((x, y) => x.fromMs - y.fromMs)) {
    const last = steps.at(-1);
    if (last !== undefined && (last.fromMs === step.fromMs || last.value === step.value)) continue;
    steps.push(step);
  }
  return steps;
}
