/** One page: which queries, in which order, and what becomes of the answers. */
import type { HistoryPage, HistoryRequest } from '../../app/history-ports.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { PrometheusAnswer } from '../../core/parse/history/prometheus-answer.ts';
import type { PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import type { PrometheusApi } from './api.ts';
import { askAll } from './ask.ts';
import type { Catalog } from './catalog.ts';
import { Draft, type DraftContext } from './draft.ts';
import {
  grouped,
  PLAIN_LABELS,
  realContainers,
  sampled,
  selector,
  type Over,
  type Shard,
} from './expressions.ts';
import type { GapBook } from './gaps.ts';
import { METRICS, SHMEM_NAMES, WITH_RESOURCE, type Metric } from './metrics.ts';
import { shardsOf, type Page } from './plan.ts';
import { addTraffic } from './page-traffic.ts';
import type { NamedTraffic } from './named-traffic.ts';
import type { TimeGrid } from './time-grid.ts';
import type { TimeWindow } from './window.ts';

/** What all pages of one reading share. */
export interface Reading {
  readonly api: PrometheusApi;
  readonly request: HistoryRequest;
  readonly catalog: Catalog;
  readonly window: TimeWindow;
  readonly grid: TimeGrid;
  readonly gaps: GapBook;
  /** As it stands in `ContainerHistory.source`. */
  readonly source: string;
  readonly namedTraffic?: NamedTraffic;
  readonly signal: AbortSignal;
}

export class PageReading {
  readonly reading: Reading;
  readonly page: Page;
  readonly #drafts = new Map<string, Draft>();
  readonly #entries;
  readonly #context: DraftContext;

  constructor(reading: Reading, page: Page) {
    this.reading = reading;
    this.page = page;
    this.#entries = new Map(page.pods.map((entry) => [entry.pod, entry]));
    this.#context = {
      request: reading.request,
      window: reading.window,
      grid: reading.grid,
      source: reading.source,
    };
  }

  get drafts(): readonly Draft[] {
    return [...this.#drafts.values()];
  }

  /** The container's draft; undefined where the page does not hold its pod. */
  draftOf(pod: string, container: string): Draft | undefined {
    const entry = this.#entries.get(pod);
    if (entry === undefined || container === '') return undefined;
    const key = `${pod}/${container}`;
    const known = this.#drafts.get(key);
    if (known !== undefined) return known;
    const draft = new Draft({ namespace: this.page.namespace, entry, container }, this.#context);
    this.#drafts.set(key, draft);
    return draft;
  }

  noteEnvelope(envelope: PrometheusAnswer): void {
    const { gaps } = this.reading;
    const partial = envelope.isPartial ? ['the server says that the answer is partial'] : [];
    for (const warning of [
      ...envelope.warnings.filter((text) => !text.startsWith('PromQL info')),
      ...partial,
    ]) {
      gaps.add({
        id: `gap:prometheus/warning/${warning.slice(0, 120)}`,
        what: `part of the history: ${warning}`,
        cost: 'Samples may be missing from every series.',
      });
    }
    if (envelope.histograms > 0) {
      gaps.add({
        id: 'gap:prometheus/histograms',
        what: `${envelope.histograms} native histograms instead of numbers`,
        cost: 'They hold no single value and were passed over.',
      });
    }
  }
}

/** All replicas of the page's containers. Throws `SourceError` only when interrupted or out of budget. */
export async function readPage(reading: Reading, page: Page): Promise<HistoryPage> {
  const run = new PageReading(reading, page);
  const wanted = METRICS.filter((metric) => isWanted(metric, reading));
  const [always, fallback] = [
    wanted.filter((metric) => metric.unless === undefined),
    wanted.filter((metric) => metric.unless !== undefined),
  ];
  await Promise.all([...always.map((metric) => readMetric(run, metric)), readShmem(run), readPeaks(run)]);
  for (const metric of fallback) if (isMissing(run, metric)) await readMetric(run, metric);
  await Promise.all([readChangesFinely(run, wanted), addTraffic(run)]);
  const histories = run.drafts.map((draft) => draft.finish()).filter((history) => history !== undefined);
  return { histories, gaps: reading.gaps.drain() };
}

function isWanted(metric: Metric, { request, catalog }: Reading): boolean {
  if (request.depth === 'memory' && metric.depth === 'analysis') return false;
  return metric.names.some((name) => catalog.metrics.has(name));
}

/** For a limit, one container without it is enough to look at the cgroup's own. */
function isMissing(run: PageReading, metric: Metric): boolean {
  const parts = metric.unless ?? [];
  return run.drafts.length === 0 || run.drafts.some((draft) => parts.every((part) => !draft.has(part)));
}

function gapAbout(what: string, page: Page): Omit<EvidenceGap, 'kind'> {
  return {
    id: `gap:prometheus/${what}/${page.namespace}`,
    what: `${what} of namespace ${page.namespace}`,
    cost: `The ${what} over time is unknown there.`,
    namespace: page.namespace,
  };
}

async function readMetric(run: PageReading, metric: Metric): Promise<void> {
  const { window } = run.reading;
  const isCoarse = metric.pace === 'coarse' && window.coarseMs > window.stepMs;
  await run.reading.gaps.attempt(gapAbout(metric.part, run.page), async () => {
    const series = await askMetric(run, metric, {
      shards: run.page.shards,
      stepMs: isCoarse ? window.coarseMs : window.stepMs,
      over: isCoarse ? metric.over : 'plain',
    });
    // A fallback fills holes, and never stands beside what is known.
    const filled = new Set(run.drafts.filter((draft) => draft.has(metric.part)));
    for (const one of series) {
      const draft = draftFor(run, metric, one);
      if (draft !== undefined && (metric.unless === undefined || !filled.has(draft))) draft.add(metric, one);
    }
  });
}

interface How {
  readonly shards: readonly Shard[];
  readonly stepMs: number;
  readonly over: Over;
}

function askMetric(run: PageReading, metric: Metric, how: How): Promise<readonly PrometheusSeries[]> {
  const { api, catalog, window, signal } = run.reading;
  const name = metric.names.find((known) => catalog.metrics.has(known)) ?? '';
  const isState = metric.from === 'kube-state-metrics';
  const labels = isState ? catalog.stateLabels : PLAIN_LABELS;
  const own = isState ? [`${labels.container}!=""`] : realContainers(catalog.hasImages);
  const resource = WITH_RESOURCE.has(name) ? ['resource="memory"'] : [];
  const by = isState ? [labels.namespace, labels.pod, labels.container] : groupingOf(metric, catalog);
  return askAll(api, {
    shards: how.shards,
    pods: run.page.pods.map(({ pod }) => pod),
    window,
    stepMs: how.stepMs,
    expression: (shard) => {
      const selected = selector(name, shard, { labels, matchers: [...own, ...resource] });
      const bare = sampled(selected, how.over, how.stepMs);
      return isState || catalog.isDoubled ? grouped(bare, by) : bare;
    },
    signal,
    onEnvelope: (envelope) => run.noteEnvelope(envelope),
  });
}

/** The cgroup (`id`) keeps the starts of one container apart; image and node come with one metric for all. */
function groupingOf(metric: Metric, catalog: Catalog): readonly string[] {
  const by = ['namespace', 'pod', 'container', 'id'];
  return metric.names.includes(catalog.base) ? [...by, 'image', 'node'] : by;
}

function draftFor(run: PageReading, metric: Metric, series: PrometheusSeries): Draft | undefined {
  const isState = metric.from === 'kube-state-metrics';
  const labels = isState ? run.reading.catalog.stateLabels : PLAIN_LABELS;
  const { labels: own } = series;
  if (own[labels.namespace] !== run.page.namespace) return undefined;
  return run.draftOf(own[labels.pod] ?? '', own[labels.container] ?? '');
}

const SHMEM: Metric = {
  part: 'shmem',
  names: [],
  from: 'cadvisor',
  pace: 'coarse',
  over: 'max',
  depth: 'analysis',
  isBytes: true,
};

async function readShmem(run: PageReading): Promise<void> {
  const { api, catalog, window, request, signal, gaps } = run.reading;
  if (request.depth === 'memory' || !SHMEM_NAMES.every((name) => catalog.metrics.has(name))) return;
  const by = ['namespace', 'pod', 'container', 'id'];
  const term = (name: string, shard: Shard): string =>
    grouped(selector(name, shard, { matchers: realContainers(catalog.hasImages) }), by);
  await gaps.attempt(gapAbout('shmem', run.page), async () => {
    const series = await askAll(api, {
      shards: run.page.shards,
      pods: run.page.pods.map(({ pod }) => pod),
      window,
      stepMs: window.coarseMs,
      expression: (shard) => `clamp_min(${SHMEM_NAMES.map((name) => term(name, shard)).join(' - ')}, 0)`,
      signal,
      onEnvelope: (envelope) => run.noteEnvelope(envelope),
    });
    for (const one of series) draftFor(run, SHMEM, one)?.add(SHMEM, one);
  });
}

/** Only where steps are longer than the distance of samples is there anything between them. */
async function readPeaks(run: PageReading): Promise<void> {
  const { window, catalog, gaps } = run.reading;
  const metric = METRICS.find(({ names }) => names.includes(catalog.base));
  if (metric === undefined || window.scrapeMs === undefined || window.stepMs < 1.5 * window.scrapeMs) return;
  await gaps.attempt(gapAbout('peaks between steps', run.page), async () => {
    const how = { shards: run.page.shards, stepMs: window.stepMs, over: 'max' as const };
    for (const one of await askMetric(run, metric, how)) draftFor(run, metric, one)?.addPeaks(one);
  });
}

/** Restarts and changed limits are rare: only where one happened is its instant asked for. */
async function readChangesFinely(run: PageReading, wanted: readonly Metric[]): Promise<void> {
  const { window, request, gaps } = run.reading;
  if (window.coarseMs <= window.stepMs) return;
  const cutting = wanted.filter((metric) => metric.cutsLives === true);
  const changed = run.drafts.filter((draft) => cutting.some((metric) => draft.changed(metric.part)));
  const pods = [...new Set(changed.map(({ pod }) => pod))].map((pod) => ({ pod }));
  if (pods.length === 0) return;
  const container = request.container === undefined ? {} : { container: request.container };
  const shards = shardsOf(pods, pods.length).map((names) => ({
    namespace: run.page.namespace,
    pods: names,
    ...container,
  }));
  await Promise.all(
    cutting.map((metric) =>
      gaps.attempt(gapAbout(`instants of change of ${metric.part}`, run.page), async () => {
        const series = await askMetric(run, metric, { shards, stepMs: window.stepMs, over: 'plain' });
        const fine = Map.groupBy(series, (one) => draftFor(run, metric, one));
        for (const [draft, list] of fine) {
          if (draft === undefined || !draft.changed(metric.part)) continue;
          draft.forget(metric.part);
          for (const one of list) draft.add(metric, one);
        }
      }),
    ),
  );
}
