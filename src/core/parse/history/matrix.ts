/** A saved answer of the Prometheus API (`curl`, `promtool query range -o json`, Grafana's inspector) as histories. */
import type { ContainerHistory } from '../../model/series.ts';
import { parseCgroupPath } from '../cgroup-path.ts';
import { buildHistory, type ContainerName, type Quantity } from './build-history.ts';
import { joinInstances } from './instances.ts';
import type { PrometheusSeries } from './prometheus-reader.ts';

/** Metrics that say themselves what they are; times the factor they have the model's units. */
const QUANTITIES: ReadonlyMap<string, { readonly quantity: Quantity; readonly scale?: number }> = new Map([
  ['container_memory_working_set_bytes', { quantity: 'workingSet' }],
  ['container_memory_rss', { quantity: 'rss' }],
  ['container_memory_cache', { quantity: 'cache' }],
  ['container_memory_usage_bytes', { quantity: 'usage' }],
  ['container_memory_max_usage_bytes', { quantity: 'peak' }],
  ['container_spec_memory_limit_bytes', { quantity: 'limit' }],
  ['kube_pod_container_resource_limits', { quantity: 'limit' }],
  ['kube_pod_container_resource_limits_memory_bytes', { quantity: 'limit' }],
  ['kube_pod_container_resource_requests', { quantity: 'request' }],
  ['kube_pod_container_resource_requests_memory_bytes', { quantity: 'request' }],
  ['kube_pod_container_status_restarts_total', { quantity: 'restarts' }],
  ['container_start_time_seconds', { quantity: 'startedAt', scale: 1000 }],
  ['container_oom_events_total', { quantity: 'oomEvents' }],
  ['container_cpu_usage_seconds_total', { quantity: 'cpuSeconds' }],
  ['process_resident_memory_bytes', { quantity: 'rss' }],
]);

export interface MatrixHistories {
  readonly histories: readonly ContainerHistory[];
  /** What could not be used, in sentences. */
  readonly problems: readonly string[];
}

/**
 * Without a metric's name (an aggregation drops it) the values are taken for the working set, with a note. Series that
 * name no container (the pod's sum, the sandbox) are passed over; where no series names any, each is one container.
 */
export function historiesOfMatrix(series: readonly PrometheusSeries[], source: string): MatrixHistories {
  const usable = series.filter(({ labels }) => isOfMemory(labels));
  const named = usable.filter(({ labels }) => isContainer(labels));
  const groups = Map.groupBy(named.length > 0 ? named : usable, ({ labels }) => keyOf(labels));
  const histories: ContainerHistory[] = [];
  const problems = new Set<string>();
  for (const list of groups.values()) {
    const { history, notes } = historyOf(list, source);
    if (history !== undefined) histories.push(history);
    else for (const note of notes) problems.add(note);
  }
  if (histories.length === 0 && problems.size === 0)
    problems.add('no series in it is the memory of a container');
  return { histories, problems: [...problems] };
}

function isOfMemory(labels: PrometheusSeries['labels']): boolean {
  const metric = labels['__name__'];
  if (metric === undefined) return true;
  // CPU limits stand under the same name.
  return QUANTITIES.has(metric) && (labels['resource'] ?? 'memory') === 'memory';
}

function isContainer(labels: PrometheusSeries['labels']): boolean {
  const container = labels['container'] ?? labels['container_name'] ?? '';
  return container !== '' && container !== 'POD';
}

function nameOf(labels: PrometheusSeries['labels']): ContainerName {
  const first = (...names: readonly string[]): string =>
    names.map((name) => labels[name] ?? '').find((value) => value !== '') ?? '';
  const container = first('container', 'container_name', 'name', 'job');
  const pod = first('pod', 'pod_name', 'exported_pod', 'instance') || container;
  const { podUid } = parseCgroupPath(first('id'));
  const nodeName = first('node', 'kubernetes_node');
  return {
    namespace: first('namespace', 'exported_namespace', 'kubernetes_namespace'),
    pod: pod === '' ? 'unnamed' : pod,
    container: container === '' ? pod || 'unnamed' : container,
    ...(podUid === undefined ? {} : { podUid }),
    ...(nodeName === '' ? {} : { nodeName }),
    ...(first('pod', 'pod_name') === '' ? {} : { isPod: true as const }),
  };
}

function keyOf(labels: PrometheusSeries['labels']): string {
  const { namespace, pod, container } = nameOf(labels);
  return JSON.stringify([namespace, pod, container]);
}

function historyOf(list: readonly PrometheusSeries[], source: string): ReturnType<typeof buildHistory> {
  const notes: string[] = [];
  const samples = new Map<Quantity, { timesMs: readonly number[]; values: readonly number[] }>();
  const byMetric = Map.groupBy(list, ({ labels }) => labels['__name__'] ?? '');
  for (const [metric, group] of byMetric) {
    const known = QUANTITIES.get(metric);
    if (known === undefined) notes.push('no metric is named: taken for the working set');
    const { quantity, scale = 1 } = known ?? { quantity: 'workingSet' as const };
    const joined = joinInstances(group, quantity);
    notes.push(...joined.notes);
    if (samples.has(quantity)) continue;
    const values = scale === 1 ? joined.values : joined.values.map((value) => Math.round(value * scale));
    samples.set(quantity, { timesMs: joined.timesMs, values });
  }
  const [first] = list;
  return buildHistory({ name: nameOf(first?.labels ?? {}), source, samples, notes });
}
