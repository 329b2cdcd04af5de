/** What a Prometheus knows of a cluster: names of metrics, namespaces, pods, whose they are. Mostly read from its index. */
import type { HistoryRequest } from '../../app/history-ports.ts';
import { HOUR_MS, MINUTE_MS, type EpochMs, type Milliseconds } from '../../core/units.ts';
import type { PrometheusApi } from './api.ts';
import {
  EXPORTED_LABELS,
  PLAIN_LABELS,
  quoted,
  realContainers,
  selector,
  type LabelNames,
} from './expressions.ts';
import { METRICS, POD_INFO, SHMEM_NAMES } from './metrics.ts';
import { TRAFFIC_SYSTEMS, type TrafficSystem } from './traffic.ts';
import { ownerOf, type Owner } from '../../core/parse/history/owner.ts';

export interface Catalog {
  readonly metrics: ReadonlySet<string>;
  /** The metric that says which containers there were. */
  readonly base: string;
  readonly hasImages: boolean;
  /** Several scrapers see one container: series have to be joined at the server. */
  readonly isDoubled: boolean;
  readonly stateLabels: LabelNames;
  readonly namespaces: readonly string[];
  /** Containers that ran at once in a namespace, the most of three looks. */
  readonly running: ReadonlyMap<string, number>;
  readonly scrapeMs?: Milliseconds;
  readonly traffic: readonly TrafficFound[];
}

export interface TrafficFound {
  readonly system: TrafficSystem;
  /** The namespaces it knows; absent = not told by a label. */
  readonly namespaces?: ReadonlySet<string>;
  /** One name has several series (by status, by method), whose sum is wanted. */
  readonly isSplit: boolean;
}

export interface PodEntry {
  readonly pod: string;
  readonly uid?: string;
  readonly nodeName?: string;
  readonly workload?: Owner;
}

const BASES = ['container_memory_working_set_bytes', 'container_memory_usage_bytes', 'container_memory_rss'];

type Window = { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly signal: AbortSignal };

/** Undefined = no container metrics at all. Throws `SourceError`. */
export async function readCatalog(api: PrometheusApi, request: HistoryRequest): Promise<Catalog | undefined> {
  const metrics = await metricNames(api, request);
  const base = BASES.find((name) => metrics.has(name));
  if (base === undefined) return undefined;
  const shard = request.namespace === undefined ? undefined : { namespace: request.namespace };
  const all = selector(base, shard, { matchers: realContainers(false) });
  const [namespaces, withImages, exported] = await Promise.all([
    request.namespace === undefined ? api.labelValues('namespace', all, request) : [request.namespace],
    runningContainers(api, request, selector(base, shard, { matchers: realContainers(true) })),
    metrics.has(POD_INFO) ? api.labelValues('exported_pod', `${POD_INFO}{exported_pod!=""}`, request) : [],
  ]);
  const hasImages = withImages.size > 0;
  const running = hasImages ? withImages : await runningContainers(api, request, all);
  const selected = selector(base, shard, { matchers: realContainers(hasImages) });
  const [scrapeMs, doubles] = await Promise.all([
    scrapeInterval(api, request, { base, running, hasImages }),
    mostSeries(api, request, { selected, by: ['namespace', 'pod', 'container', 'id'] }),
  ]);
  return {
    metrics,
    base,
    hasImages,
    isDoubled: doubles > 1,
    stateLabels: exported.length > 0 ? EXPORTED_LABELS : PLAIN_LABELS,
    namespaces: namespaces.filter((name) => name !== '').toSorted(),
    running,
    ...(scrapeMs === undefined ? {} : { scrapeMs }),
    traffic: request.depth === 'analysis' ? await trafficSystems(api, request, metrics) : [],
  };
}

/** Only the names that could be of use are asked for. */
async function metricNames(api: PrometheusApi, window: Window): Promise<ReadonlySet<string>> {
  const wanted = new Set([
    ...METRICS.flatMap(({ names }) => names),
    ...TRAFFIC_SYSTEMS.map(({ metric }) => metric),
    ...SHMEM_NAMES,
    POD_INFO,
  ]);
  const names = await api.labelValues('__name__', `{__name__=~${quoted([...wanted].join('|'))}}`, window);
  // Servers that pass over the matcher answer with every name they have.
  return new Set(names.filter((name) => wanted.has(name)));
}

/** Containers per namespace at three instants of the window, the most of them. */
async function runningContainers(
  api: PrometheusApi,
  window: Window,
  selected: string,
): Promise<ReadonlyMap<string, number>> {
  const spanMs = window.toMs - window.fromMs;
  const instants = [0.1, 0.55, 1].map((share) => Math.round(window.fromMs + share * spanMs));
  const answers = await Promise.all(
    instants.map((atMs) => api.instant(`count by (namespace) (${selected})`, atMs, window.signal)),
  );
  const most = new Map<string, number>();
  for (const { labels, values } of answers.flatMap(({ series }) => series)) {
    const namespace = labels['namespace'] ?? '';
    most.set(namespace, Math.max(most.get(namespace) ?? 0, values[0] ?? 0));
  }
  return most;
}

/** The most series that one group has at the end of the window. */
async function mostSeries(
  api: PrometheusApi,
  window: Window,
  about: { readonly selected: string; readonly by: readonly string[] },
): Promise<number> {
  const expression = `max(count by (${about.by.join(',')}) (${about.selected}))`;
  const { series } = await api.instant(expression, window.toMs, window.signal);
  return series[0]?.values[0] ?? 0;
}

/** From one small namespace: how many samples an hour holds, or five minutes. */
async function scrapeInterval(
  api: PrometheusApi,
  request: HistoryRequest,
  about: Pick<Catalog, 'base' | 'running' | 'hasImages'>,
): Promise<Milliseconds | undefined> {
  const [smallest] = [...about.running].toSorted(([, a], [, b]) => a - b);
  if (smallest === undefined) return undefined;
  const selected = selector(
    about.base,
    { namespace: smallest[0] },
    { matchers: realContainers(about.hasImages) },
  );
  const spanMs = request.toMs - request.fromMs;
  for (const share of [1, 0.55, 0.1]) {
    const atMs = Math.round(request.fromMs + share * spanMs);
    const seen = await Promise.all(
      // What is younger than an hour does not fill one.
      [HOUR_MS, 5 * MINUTE_MS].map(async (rangeMs) => {
        const expression = `max(count_over_time(${selected}[${rangeMs / MINUTE_MS}m]))`;
        const { series } = await api.instant(expression, atMs, request.signal);
        const samples = series[0]?.values[0] ?? 0;
        // Two samples may be a container that has just begun.
        return samples >= 3 ? [rangeMs / samples] : [];
      }),
    );
    const intervals = seen.flat();
    if (intervals.length > 0) return niceInterval(Math.min(...intervals));
  }
  return undefined;
}

const INTERVALS: readonly Milliseconds[] = [1, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600].map(
  (s) => s * 1000,
);

/** An hour may hold one sample more or less than its number of intervals. */
function niceInterval(ms: Milliseconds): Milliseconds {
  return INTERVALS.find((nice) => Math.abs(ms / nice - 1) < 0.12) ?? Math.round(ms);
}

async function trafficSystems(
  api: PrometheusApi,
  window: Window,
  metrics: ReadonlySet<string>,
): Promise<Catalog['traffic']> {
  const there = TRAFFIC_SYSTEMS.filter(({ metric }) => metrics.has(metric));
  return Promise.all(
    there.map(async (system) => {
      const { namespaceLabel, metric, matchers = [] } = system;
      // Received bytes are counted wherever there are pods, and once for each interface.
      if (namespaceLabel === undefined || system.kind === 'network-bytes') return { system, isSplit: true };
      const named = [`${system.nameLabel}!=""`, ...matchers];
      const selected = selector(metric, undefined, { matchers: named });
      const [names, most] = await Promise.all([
        api.labelValues(namespaceLabel, selected, window),
        mostSeries(api, window, { selected, by: [namespaceLabel, system.nameLabel] }),
      ]);
      return { system, namespaces: new Set(names), isSplit: most !== 1 };
    }),
  );
}

/** The pods of a namespace in the window, those that are gone too. */
export async function readPods(
  api: PrometheusApi,
  catalog: Catalog,
  at: Window & { readonly namespace: string },
): Promise<readonly PodEntry[]> {
  const { namespace } = at;
  const labels = catalog.stateLabels;
  const [names, infos] = await Promise.all([
    api.labelValues('pod', selector(catalog.base, { namespace }, { matchers: realContainers(false) }), at),
    catalog.metrics.has(POD_INFO) ? api.labelSets(selector(POD_INFO, { namespace }, { labels }), at) : [],
  ]);
  const known = new Map<string, PodEntry>();
  for (const info of infos) {
    const pod = info[labels.pod];
    if (pod === undefined) continue;
    const uid = info['uid'];
    const nodeName = info['node'];
    const workload = ownerOf(pod, { kind: info['created_by_kind'], name: info['created_by_name'] });
    known.set(pod, {
      pod,
      ...(uid === undefined || uid === '' ? {} : { uid }),
      ...(nodeName === undefined || nodeName === '' ? {} : { nodeName }),
      ...(workload === undefined ? {} : { workload }),
    });
  }
  return names
    .filter((pod) => pod !== '')
    .toSorted()
    .map((pod) => {
      const entry = known.get(pod);
      if (entry !== undefined) return entry;
      const workload = ownerOf(pod);
      return { pod, ...(workload === undefined ? {} : { workload }) };
    });
}
