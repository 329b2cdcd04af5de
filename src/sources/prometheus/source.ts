/** A Prometheus, or anything that speaks its HTTP API, as a source of history. */
import { SourceError } from '../../app/ports.ts';
import type { HistoryPage, HistoryRequest, HistorySource } from '../../app/history-ports.ts';
import { MINUTE_MS, type EpochMs } from '../../core/units.ts';
import { type ApiOptions, type ApiStats, BudgetError, PrometheusApi } from './api.ts';
import { readCatalog, readPods, type Catalog } from './catalog.ts';
import { GapBook } from './gaps.ts';
import { METRICS } from './metrics.ts';
import { readNamedTraffic } from './named-traffic.ts';
import { readPage, type Reading } from './page.ts';
import { planPages, type Page } from './plan.ts';
import { TimeGrid } from './time-grid.ts';
import { pointsOf, windowOf } from './window.ts';

export interface PrometheusSource extends HistorySource {
  /** Queries and bytes since the source was made. */
  readonly stats: ApiStats;
  close(): void;
}

export interface SourceOptions extends ApiOptions {
  /** For people and gaps: where it is. */
  readonly name: string;
  readonly now: () => EpochMs;
  /** Points of one fine metric in a page. */
  readonly pagePoints?: number;
  readonly close?: () => void;
}

export function sourceOfApi(options: SourceOptions): PrometheusSource {
  const api = new PrometheusApi(options);
  return {
    name: options.name,
    get stats() {
      return api.stats;
    },
    read: (request) => read(api, request, options),
    close: () => options.close?.(),
  };
}

/** Pages are read ahead, so that the server works while the reader of this page does. */
const PAGES_AHEAD = 2;

async function* read(
  api: PrometheusApi,
  request: HistoryRequest,
  options: SourceOptions,
): AsyncGenerator<HistoryPage> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  try {
    const reading = await begin(api, { ...request, signal }, options);
    const gaps = reading.gaps.drain();
    if (gaps.length > 0) yield { histories: [], gaps };
    const pages = pagesOf(reading, options);
    const ahead = Array.from({ length: PAGES_AHEAD }, () => readNext(reading, pages));
    for (const page of ahead) page.catch(() => {});
    let isNoted = false;
    for (;;) {
      const page = await (ahead.shift() as (typeof ahead)[number]);
      if (page === undefined) return;
      const next = readNext(reading, pages);
      // Whoever stops reading never hears of the pages ahead.
      next.catch(() => {});
      ahead.push(next);
      // Where no history is, nobody misses its limits.
      if (page.histories.length > 0 && !isNoted) {
        isNoted = true;
        noteMissing(reading.catalog, reading.gaps, request);
        const missing = reading.gaps.drain();
        if (missing.length > 0) yield { histories: [], gaps: missing };
      }
      if (page.histories.length > 0 || page.gaps.length > 0) yield page;
    }
  } finally {
    stop.abort();
  }
}

/** Undefined = no page is left. */
async function readNext(reading: Reading, pages: AsyncGenerator<Page>): Promise<HistoryPage | undefined> {
  try {
    const { value: page, done } = await pages.next();
    if (done === true || page === undefined) {
      const gaps = reading.gaps.drain();
      return gaps.length === 0 ? undefined : { histories: [], gaps };
    }
    return await readPage(reading, page);
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error;
    await pages.return(undefined);
    reading.gaps.add({
      id: 'gap:prometheus/budget',
      what: `history of the containers after the first (${error.message})`,
      cost: 'They were not looked at.',
      fix: 'Ask for one namespace, a shorter time or a longer step.',
    });
    return { histories: [], gaps: reading.gaps.drain() };
  }
}

async function begin(api: PrometheusApi, request: HistoryRequest, options: SourceOptions): Promise<Reading> {
  const { signal } = request;
  const gaps = new GapBook();
  const catalog = await readCatalog(api, request);
  if (catalog === undefined) {
    throw new SourceError(
      'not-found',
      `${options.name} holds no memory of containers between the two instants (container_memory_working_set_bytes): is the kubelet's /metrics/cadvisor scraped?`,
    );
  }
  await checkClock(api, { gaps, options, signal });
  const window = windowOf(request, catalog.scrapeMs);
  const grid = new TimeGrid(window.stepMs);
  const base: Reading = { api, request, catalog, window, grid, gaps, source: 'prometheus', signal };
  return await withNamedTraffic(base);
}

async function withNamedTraffic(reading: Reading): Promise<Reading> {
  const { api, request, window, grid, gaps, signal } = reading;
  const { trafficQuery: expression } = request;
  if (expression === undefined || request.depth === 'memory') return reading;
  const about = {
    id: 'gap:prometheus/traffic-query',
    what: 'traffic by the named query',
    cost: 'Growth that follows demand cannot be told from a leak.',
    fix: 'Correct the expression: it has to give requests per second, by pod or by workload.',
  };
  const namedTraffic = await gaps.attempt(about, () =>
    readNamedTraffic(api, { expression, window, grid, signal }),
  );
  return namedTraffic === undefined ? reading : { ...reading, namedTraffic };
}

const CLOCK_TOLERANCE_MS = 2 * MINUTE_MS;

async function checkClock(
  api: PrometheusApi,
  about: { readonly gaps: GapBook; readonly options: SourceOptions; readonly signal: AbortSignal },
): Promise<void> {
  const { gaps, options, signal } = about;
  const asking = {
    id: 'gap:prometheus/clock',
    what: `clock of ${options.name}`,
    cost: 'Whether its times agree with those of the cluster is unknown.',
  };
  const answer = await gaps.attempt(asking, () => api.instant('time()', undefined, signal));
  const seconds = answer?.series[0]?.values[0];
  if (seconds === undefined) return;
  const aheadMs = seconds * 1000 - options.now();
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return;
  const minutes = Math.round(Math.abs(aheadMs) / MINUTE_MS);
  gaps.add({
    ...asking,
    what: `the clock of ${options.name} is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    cost: 'Deaths and samples may be matched wrongly by that much.',
    fix: 'Set the clocks (NTP) of both.',
  });
}

function noteMissing(catalog: Catalog, gaps: GapBook, request: HistoryRequest): void {
  const has = (part: string): boolean =>
    METRICS.some((metric) => metric.part === part && metric.names.some((name) => catalog.metrics.has(name)));
  const fix = 'Scrape kube-state-metrics with this Prometheus.';
  if (!has('limit')) {
    gaps.add({
      id: 'gap:prometheus/limit',
      what: 'memory limits over time (no kube-state-metrics)',
      cost: 'Distance to the limit can be told only from the limits of today.',
      fix,
    });
  }
  if (!has('restarts')) {
    const cost =
      has('startedAt') && request.depth === 'analysis'
        ? 'Restarts are told from start times.'
        : 'Restarts cannot be seen.';
    gaps.add({
      id: 'gap:prometheus/restarts',
      what: 'restart counts over time (no kube-state-metrics)',
      cost,
      fix,
    });
  }
}

async function* pagesOf(reading: Reading, options: SourceOptions): AsyncGenerator<Page> {
  const { api, request, catalog, window, gaps, signal } = reading;
  const pointsPerSeries = pointsOf(window);
  for (const namespace of catalog.namespaces) {
    const about = {
      id: `gap:prometheus/pods/${namespace}`,
      what: `pods of namespace ${namespace}`,
      cost: 'No history of the namespace was read.',
      namespace,
    };
    const span = { namespace, fromMs: request.fromMs, toMs: request.toMs, signal };
    const pods = (await gaps.attempt(about, () => readPods(api, catalog, span))) ?? [];
    yield* planPages({
      namespace,
      pods,
      running: catalog.running.get(namespace) ?? 0,
      pointsPerSeries,
      request,
      ...(options.pagePoints === undefined ? {} : { pagePoints: options.pagePoints }),
    });
  }
}
