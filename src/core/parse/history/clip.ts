/** A history cut down to a window. */
import type { ContainerHistory, Series, Step } from '../../model/series.ts';
import type { EpochMs } from '../../units.ts';
import { defined } from '../fields.ts';

interface Window {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** Undefined where nothing of the container's own memory lies in it. What held at its start goes on to hold. */
export function clipHistory(history: ContainerHistory, window: Window): ContainerHistory | undefined {
  const { limit, request, version, traffic, ...rest } = history;
  const perSecond = clipSeries(traffic?.perSecond, window);
  const clipped: ContainerHistory = defined({
    ...rest,
    fromMs: window.fromMs,
    toMs: window.toMs,
    workingSet: clipSeries(history.workingSet, window),
    rss: clipSeries(history.rss, window),
    cache: clipSeries(history.cache, window),
    shmem: clipSeries(history.shmem, window),
    usage: clipSeries(history.usage, window),
    peak: clipSeries(history.peak, window),
    restarts: clipSeries(history.restarts, window),
    startedAt: clipSeries(history.startedAt, window),
    oomEvents: clipSeries(history.oomEvents, window),
    cpuSeconds: clipSeries(history.cpuSeconds, window),
    stalledSeconds: clipSeries(history.stalledSeconds, window),
    limit: clipSteps(limit, window),
    request: clipSteps(request, window),
    version: clipSteps(version, window),
    traffic: traffic === undefined || perSecond === undefined ? undefined : { ...traffic, perSecond },
  });
  return (clipped.workingSet ?? clipped.usage ?? clipped.rss) ? clipped : undefined;
}

function clipSeries(series: Series | undefined, { fromMs, toMs }: Window): Series | undefined {
  if (series === undefined) return undefined;
  const from = series.timesMs.findIndex((time) => time >= fromMs);
  const to = series.timesMs.findLastIndex((time) => time <= toMs);
  if (from < 0 || to < from) return undefined;
  if (from === 0 && to === series.timesMs.length - 1) return series;
  return { timesMs: series.timesMs.slice(from, to + 1), values: series.values.slice(from, to + 1) };
}

function clipSteps<Value>(
  steps: readonly Step<Value>[] | undefined,
  { fromMs, toMs }: Window,
): readonly Step<Value>[] | undefined {
  if (steps === undefined) return undefined;
  const first = Math.max(
    0,
    steps.findLastIndex((step) => step.fromMs <= fromMs),
  );
  const kept = steps.slice(first).filter((step) => step.fromMs <= toMs);
  return kept.length === 0 ? undefined : kept;
}
