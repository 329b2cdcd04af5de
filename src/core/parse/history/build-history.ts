/** The columns and metrics of a file made into one `ContainerHistory`. */
import { cleanText } from '../../model/clean-text.ts';
import type { ContainerHistory, Series, Step } from '../../model/series.ts';
import type { EpochMs, MemoryLimit, Milliseconds } from '../../units.ts';
import { defined, MAX_NAME_CHARS } from '../fields.ts';
import type { MeasuredPart } from './measured-parts.ts';
import { PART_NAMES } from './measured-parts.ts';
import { ownerOf } from './owner.ts';
import { cleanSeries, type RawSamples } from './clean-series.ts';

/** What a column, or a metric of a file, is of a container. */
export type Quantity = Exclude<MeasuredPart, 'shmem' | 'stalledSeconds'> | 'traffic';

export interface ContainerName {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly podUid?: string;
  readonly nodeName?: string;
  /** The pod is one of Kubernetes, whose generated names tell the owner. */
  readonly isPod?: true;
}

export interface HistoryParts {
  readonly name: ContainerName;
  readonly source: string;
  readonly samples: ReadonlyMap<Quantity, RawSamples>;
  readonly notes?: readonly string[];
  /** What traffic was read from. */
  readonly trafficMetric?: string;
}

const IN_BYTES: ReadonlySet<Quantity> = new Set(['workingSet', 'rss', 'cache', 'usage', 'peak', 'request']);

/** Undefined where nothing of the container's memory is left, with the reasons in `notes`. */
export function buildHistory(parts: HistoryParts): {
  readonly history?: ContainerHistory;
  readonly notes: readonly string[];
} {
  const notes = new Set(parts.notes);
  const series = new Map<Quantity, Series>();
  for (const [quantity, raw] of parts.samples) {
    const cleaned = cleanSeries(raw, {
      name: quantity === 'traffic' ? quantity : PART_NAMES[quantity],
      fromMs: 0,
      toMs: Number.MAX_SAFE_INTEGER,
      isBytes: IN_BYTES.has(quantity),
      mayBeZero: quantity === 'cache' || quantity === 'request',
    });
    for (const note of cleaned.notes) notes.add(note);
    if (cleaned.series !== undefined) series.set(quantity, cleaned.series);
  }
  const own = series.get('workingSet') ?? series.get('usage') ?? series.get('rss');
  if (own === undefined) return { notes: [...notes] };
  const all = [...series.values()];
  const history = defined({
    ...cleanName(parts.name),
    workload: parts.name.isPod === true ? ownerOf(cleanText(parts.name.pod, MAX_NAME_CHARS)) : undefined,
    source: parts.source,
    stepMs: nominalStep(own.timesMs),
    fromMs: Math.min(...all.map(({ timesMs }) => timesMs[0] as EpochMs)),
    toMs: Math.max(...all.map(({ timesMs }) => timesMs.at(-1) as EpochMs)),
    workingSet: series.get('workingSet'),
    rss: series.get('rss'),
    cache: series.get('cache'),
    usage: series.get('usage'),
    peak: series.get('peak'),
    limit: stepsOf(series.get('limit'))?.map(({ fromMs, value }) => ({ fromMs, value: limitOf(value) })),
    request: stepsOf(series.get('request')),
    restarts: series.get('restarts'),
    startedAt: series.get('startedAt'),
    oomEvents: series.get('oomEvents'),
    cpuSeconds: series.get('cpuSeconds'),
    traffic: trafficOf(series.get('traffic'), parts.trafficMetric),
  });
  return { history: notes.size === 0 ? history : { ...history, notes: [...notes] }, notes: [...notes] };
}

function cleanName(name: ContainerName): Omit<ContainerName, 'isPod'> {
  return {
    namespace: cleanText(name.namespace, MAX_NAME_CHARS),
    pod: cleanText(name.pod, MAX_NAME_CHARS),
    container: cleanText(name.container, MAX_NAME_CHARS),
    ...(name.podUid === undefined ? {} : { podUid: cleanText(name.podUid, MAX_NAME_CHARS) }),
    ...(name.nodeName === undefined ? {} : { nodeName: cleanText(name.nodeName, MAX_NAME_CHARS) }),
  };
}

/** The median distance: gaps and doubles do not move it. One sample has none; a minute stands for it. */
function nominalStep(timesMs: readonly EpochMs[]): Milliseconds {
  const steps = timesMs.slice(1).map((time, at) => time - (timesMs[at] as EpochMs));
  const middle = steps.toSorted((a, b) => a - b)[steps.length >> 1];
  return middle ?? 60_000;
}

/** Entries where the value changed. */
export function stepsOf(series: Series | undefined): readonly Step<number>[] | undefined {
  if (series === undefined) return undefined;
  const steps: Step<number>[] = [];
  for (const [at, fromMs] of series.timesMs.entries()) {
    const value = series.values[at] as number;
    if (steps.at(-1)?.value !== value) steps.push({ fromMs, value });
  }
  return steps;
}

/** cAdvisor writes 0 where there is no limit, cgroup v1 nearly 2^63. */
export function limitOf(value: number): MemoryLimit {
  return value === 0 || value > Number.MAX_SAFE_INTEGER ? 'unlimited' : value;
}

function trafficOf(
  perSecond: Series | undefined,
  metric: string | undefined,
): ContainerHistory['traffic'] | undefined {
  if (perSecond === undefined) return undefined;
  return { kind: 'named', metric: cleanText(metric ?? 'a column', 200), perSecond, scope: 'pod' };
}
