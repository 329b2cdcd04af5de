/** One container while its series come in; `finish` makes the history. */
import type { MeasuredPart } from '../../core/parse/history/measured-parts.ts';
import { PART_NAMES } from '../../core/parse/history/measured-parts.ts';
import type { HistoryRequest } from '../../app/history-ports.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import type { ContainerHistory, Series, Step, TrafficHistory } from '../../core/model/series.ts';
import { limitOf, stepsOf } from '../../core/parse/history/build-history.ts';
import { cleanSeries } from '../../core/parse/history/clean-series.ts';
import { joinInstances, type JoinedInstances } from '../../core/parse/history/instances.ts';
import type { PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import { parseCgroupPath } from '../../core/parse/cgroup-path.ts';
import { defined, MAX_NAME_CHARS } from '../../core/parse/fields.ts';
import { type EpochMs, type MemoryLimit, MINUTE_MS } from '../../core/units.ts';
import type { PodEntry } from './catalog.ts';
import type { Metric } from './metrics.ts';
import type { TimeGrid } from './time-grid.ts';
import type { TimeWindow } from './window.ts';

/** Parts that say something of the container itself, not of what was planned for it. */
const OWN_PARTS = ['workingSet', 'usage', 'rss'] as const;
const MAY_BE_ZERO: ReadonlySet<MeasuredPart> = new Set(['cache', 'shmem', 'request']);
export interface DraftContext {
  readonly request: Pick<HistoryRequest, 'fromMs' | 'toMs'>;
  readonly window: TimeWindow;
  readonly grid: TimeGrid;
  readonly source: string;
}

export class Draft {
  readonly namespace: string;
  readonly container: string;
  readonly #entry: PodEntry;
  readonly #context: DraftContext;
  readonly #raw = new Map<MeasuredPart, { readonly metric: Metric; readonly series: PrometheusSeries[] }>();
  /** Highest within each step, where steps are longer than the distance of samples. */
  readonly #peaks: PrometheusSeries[] = [];
  readonly #notes = new Set<string>();
  traffic: TrafficHistory | undefined;

  constructor(
    at: { readonly namespace: string; readonly entry: PodEntry; readonly container: string },
    context: DraftContext,
  ) {
    this.namespace = at.namespace;
    this.container = at.container;
    this.#entry = at.entry;
    this.#context = context;
  }

  get pod(): string {
    return this.#entry.pod;
  }

  get workload(): PodEntry['workload'] {
    return this.#entry.workload;
  }

  has(part: MeasuredPart): boolean {
    return this.#raw.has(part);
  }

  add(metric: Metric, series: PrometheusSeries): void {
    const known = this.#raw.get(metric.part);
    if (known === undefined) this.#raw.set(metric.part, { metric, series: [series] });
    else known.series.push(series);
  }

  addPeaks(series: PrometheusSeries): void {
    this.#peaks.push(series);
  }

  /** A finer look replaces the coarse one. */
  forget(part: MeasuredPart): void {
    this.#raw.delete(part);
  }

  /** Something that ends a life happened in the window, as far as this part shows. */
  changed(part: MeasuredPart): boolean {
    const series = this.#raw.get(part)?.series ?? [];
    const [first] = series;
    if (first === undefined) return false;
    return series.some(({ values }) => values.some((value) => value !== first.values[0]));
  }

  /** Undefined = nothing of the container's own memory was there. */
  finish(): ContainerHistory | undefined {
    const { window, source, request } = this.#context;
    if (!OWN_PARTS.some((part) => this.#raw.has(part))) return undefined;
    const base = this.#joined('workingSet') ?? this.#joined('usage') ?? this.#joined('rss');
    const workingSet = this.#withPeaks(this.#series('workingSet'));
    const firstMs = base?.starts[0]?.fromMs ?? window.fromMs;
    const newest = base?.starts.at(-1)?.labels ?? {};
    const entry = this.#entry;
    const history = defined({
      namespace: word(this.namespace),
      pod: word(entry.pod),
      podUid: entry.uid === undefined ? parseCgroupPath(newest['id'] ?? '').podUid : word(entry.uid),
      container: word(this.container),
      nodeName: wordOrNone(entry.nodeName ?? newest['node']),
      workload:
        entry.workload === undefined
          ? undefined
          : { kind: word(entry.workload.kind), name: word(entry.workload.name) },
      source,
      stepMs: window.stepMs,
      fromMs: request.fromMs,
      toMs: request.toMs,
      workingSet,
      rss: this.#series('rss'),
      cache: this.#series('cache'),
      shmem: this.#series('shmem'),
      usage: this.#series('usage'),
      peak: this.#series('peak'),
      limit: this.#limits(firstMs),
      request: this.#steps('request', firstMs),
      restarts: this.#series('restarts'),
      startedAt: this.#series('startedAt'),
      oomEvents: this.#series('oomEvents'),
      cpuSeconds: this.#series('cpuSeconds'),
      stalledSeconds: this.#series('stalledSeconds'),
      version: versionsOf(base),
      traffic: this.traffic,
    });
    const notes = [...this.#notes];
    return notes.length === 0 ? history : { ...history, notes };
  }

  #joined(part: MeasuredPart): JoinedInstances | undefined {
    const known = this.#raw.get(part);
    return known === undefined ? undefined : joinInstances(known.series, PART_NAMES[part]);
  }

  #series(part: MeasuredPart): Series | undefined {
    const known = this.#raw.get(part);
    if (known === undefined) return undefined;
    return this.#clean(known.series, part, known.metric);
  }

  #clean(
    raw: readonly PrometheusSeries[],
    part: MeasuredPart,
    metric: Metric | undefined,
  ): Series | undefined {
    const { window, grid } = this.#context;
    const isInstant = metric !== undefined && metric.pace !== 'coarse';
    const joined = joinInstances(isInstant ? withoutRepeats(raw, window.toMs) : raw, PART_NAMES[part]);
    const scale = metric?.scale ?? 1;
    const { series, notes } = cleanSeries(
      scale === 1
        ? joined
        : { timesMs: joined.timesMs, values: joined.values.map((value) => Math.round(value * scale)) },
      {
        name: PART_NAMES[part],
        fromMs: window.fromMs,
        toMs: window.toMs,
        isBytes: metric?.isBytes === true,
        mayBeZero: MAY_BE_ZERO.has(part),
      },
    );
    // Within a coarse step an old start and a new one always stand beside each other.
    const joinNotes = metric?.pace === 'coarse' ? [] : joined.notes;
    for (const note of [...joinNotes, ...notes]) this.#notes.add(note);
    return series === undefined ? undefined : { timesMs: grid.shared(series.timesMs), values: series.values };
  }

  /** Peaks between two steps stand half a step before the later one; the samples themselves stay as they were. */
  #withPeaks(series: Series | undefined): Series | undefined {
    if (series === undefined || this.#peaks.length === 0) return series;
    const peaks = this.#clean(this.#peaks, 'workingSet', undefined);
    if (peaks === undefined) return series;
    const { stepMs } = this.#context.window;
    const peakAt = new Map(peaks.timesMs.map((time, at) => [time, peaks.values[at] as number]));
    const timesMs: EpochMs[] = [];
    const values: number[] = [];
    let inserted = 0;
    for (const [at, time] of series.timesMs.entries()) {
      const value = series.values[at] as number;
      const before = series.timesMs[at - 1] === time - stepMs ? (series.values[at - 1] as number) : 0;
      const peak = peakAt.get(time);
      if (peak !== undefined && peak > Math.max(value, before)) {
        timesMs.push(time - Math.floor(stepMs / 2));
        values.push(peak);
        inserted += 1;
      }
      timesMs.push(time);
      values.push(value);
    }
    if (inserted > 0)
      this.#notes.add(
        `working set: ${inserted} peaks between the steps stand half a step before the later one`,
      );
    return { timesMs, values };
  }

  #limits(firstMs: EpochMs): readonly Step<MemoryLimit>[] | undefined {
    return this.#steps('limit', firstMs)?.map(({ fromMs, value }) => ({ fromMs, value: limitOf(value) }));
  }

  /** A limit known soon after the first sample held from that sample on: coarse steps come late. */
  #steps(part: 'limit' | 'request', firstMs: EpochMs): readonly Step<number>[] | undefined {
    const series = this.#series(part);
    if (series === undefined) return undefined;
    const steps = [...(stepsOf(series) ?? [])];
    const [first] = steps;
    const { coarseMs } = this.#context.window;
    if (first !== undefined && first.fromMs > firstMs && first.fromMs - firstMs <= 2 * coarseMs)
      steps[0] = { ...first, fromMs: firstMs };
    return steps;
  }
}

/** As long as a server answers with the last sample of a series that nobody told it is over (its default). */
const LOOKBACK_MS = 5 * MINUTE_MS;

/** Without what was repeated of containers that had ended: it would look like a level that was reached and held. */
function withoutRepeats(raw: readonly PrometheusSeries[], toMs: EpochMs): readonly PrometheusSeries[] {
  const newestMs = Math.max(...raw.map(({ timesMs }) => timesMs[0] ?? 0));
  return raw.map((series) => {
    const { timesMs, values } = series;
    const last = values.length - 1;
    const endMs = timesMs[last] ?? toMs;
    if (endMs >= toMs && (timesMs[0] ?? 0) >= newestMs) return series;
    let kept = last;
    while (kept > 0 && values[kept - 1] === values[last] && endMs - (timesMs[kept - 1] ?? 0) < LOOKBACK_MS)
      kept -= 1;
    return kept === last
      ? series
      : { ...series, timesMs: timesMs.slice(0, kept + 1), values: values.slice(0, kept + 1) };
  });
}

/** The image at each start, where it is another than before. */
function versionsOf(joined: JoinedInstances | undefined): readonly Step<string>[] | undefined {
  const versions: Step<string>[] = [];
  for (const { fromMs, labels } of joined?.starts ?? []) {
    const value = wordOrNone(labels['image']);
    if (value !== undefined && versions.at(-1)?.value !== value) versions.push({ fromMs, value });
  }
  return versions.length === 0 ? undefined : versions;
}

function word(text: string): string {
  return cleanText(text, MAX_NAME_CHARS);
}

function wordOrNone(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : word(text);
}
