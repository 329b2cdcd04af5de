/** Traffic by an expression that the user named, asked once for the whole reading. */
import type { TrafficHistory } from '../../core/model/series.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import { cleanSeries } from '../../core/parse/history/clean-series.ts';
import type { PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import type { PrometheusApi } from './api.ts';
import type { Draft } from './draft.ts';
import type { TimeGrid } from './time-grid.ts';
import { slicesOf, type TimeWindow } from './window.ts';

const NAMESPACES = ['namespace', 'exported_namespace', 'k8s_namespace_name', 'kubernetes_namespace'];
const PODS = ['pod', 'exported_pod', 'k8s_pod_name', 'kubernetes_pod_name', 'pod_name'];
const WORKLOADS = [
  'workload',
  'deployment',
  'destination_workload',
  'statefulset',
  'service',
  'app',
  'app_name',
];

export interface NamedTraffic {
  of(draft: Pick<Draft, 'namespace' | 'pod' | 'workload'>): TrafficHistory | undefined;
}

/** Series are matched by the labels they have; a single one without any belongs to everything that was asked for. */
export async function readNamedTraffic(
  api: PrometheusApi,
  about: {
    readonly expression: string;
    readonly window: TimeWindow;
    readonly grid: TimeGrid;
    readonly signal: AbortSignal;
  },
): Promise<NamedTraffic> {
  const { window, grid, signal } = about;
  const metric = cleanText(about.expression, 200);
  const answers = await Promise.all(
    slicesOf(window, window.stepMs).map((slice) =>
      api.range({ expression: about.expression, ...slice }, signal),
    ),
  );
  const known = new Map<string, TrafficHistory>();
  const groups = Map.groupBy(
    answers.flatMap(({ series }) => series),
    ({ labels }) => keyOf(labels),
  );
  for (const [key, list] of groups) {
    const { series } = cleanSeries(summed(list), {
      name: 'traffic',
      fromMs: window.fromMs,
      toMs: window.toMs,
    });
    if (series === undefined) continue;
    const perSecond = { timesMs: grid.shared(series.timesMs), values: series.values };
    known.set(key, { kind: 'named', metric, perSecond, scope: key.startsWith('pod ') ? 'pod' : 'workload' });
  }
  return {
    of: ({ namespace, pod, workload }) =>
      known.get(`pod ${namespace}/${pod}`) ??
      known.get(`pod /${pod}`) ??
      (workload === undefined
        ? undefined
        : (known.get(`workload ${namespace}/${workload.name}`) ?? known.get(`workload /${workload.name}`))) ??
      known.get('all'),
  };
}

function keyOf(labels: PrometheusSeries['labels']): string {
  const namespace = firstOf(labels, NAMESPACES) ?? '';
  const pod = firstOf(labels, PODS);
  if (pod !== undefined) return `pod ${namespace}/${pod}`;
  const workload = firstOf(labels, WORKLOADS);
  return workload === undefined ? 'all' : `workload ${namespace}/${workload}`;
}

function firstOf(labels: PrometheusSeries['labels'], names: readonly string[]): string | undefined {
  return names.map((name) => labels[name]).find((value) => value !== undefined && value !== '');
}

/** Series of one pod that differ in other labels (status, route) are parts of its traffic. */
function summed(list: readonly PrometheusSeries[]): Pick<PrometheusSeries, 'timesMs' | 'values'> {
  const [only] = list;
  if (only !== undefined && list.length === 1) return only;
  const sums = new Map<number, number>();
  for (const { timesMs, values } of list) {
    for (const [at, time] of timesMs.entries())
      sums.set(time, (sums.get(time) ?? 0) + (values[at] as number));
  }
  const timesMs = [...sums.keys()].toSorted((a, b) => a - b);
  return { timesMs, values: timesMs.map((time) => sums.get(time) as number) };
}
