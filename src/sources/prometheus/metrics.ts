/** Which series of a cluster's Prometheus make which part of a history. */
import type { MeasuredPart } from '../../core/parse/history/measured-parts.ts';
import type { Over } from './expressions.ts';

export interface Metric {
  readonly part: MeasuredPart;
  /** The first that the cluster has is asked. */
  readonly names: readonly string[];
  /** Further matchers. */
  readonly matchers?: readonly string[];
  /** cAdvisor's series carry the container's cgroup, kube-state-metrics' do not. */
  readonly from: 'cadvisor' | 'kube-state-metrics';
  /** `fine` = every step of the answer; `coarse` = about one an hour, and fine again only where something changed. */
  readonly pace: 'fine' | 'coarse';
  readonly over: Over;
  readonly depth: 'memory' | 'analysis';
  /** Values times this are bytes, seconds or epoch milliseconds. */
  readonly scale?: number;
  /** Asked again at the fine step for containers in which it changed: lives are cut there. */
  readonly cutsLives?: true;
  /** Asked only where none of these parts is known. */
  readonly unless?: readonly MeasuredPart[];
  readonly isBytes?: true;
}

/**
 * `container_memory_working_set_bytes` is what the kubelet evicts by; RSS tells a leak from page cache. Names: cAdvisor
 * metrics/prometheus.go; kube-state-metrics docs/metrics/workload/pod-metrics.md (v2), `…_memory_bytes` in v1.
 */
export const METRICS: readonly Metric[] = [
  {
    part: 'workingSet',
    names: ['container_memory_working_set_bytes'],
    from: 'cadvisor',
    pace: 'fine',
    over: 'plain',
    depth: 'memory',
    isBytes: true,
  },
  {
    part: 'rss',
    names: ['container_memory_rss'],
    from: 'cadvisor',
    pace: 'fine',
    over: 'plain',
    depth: 'analysis',
    isBytes: true,
  },
  {
    part: 'usage',
    names: ['container_memory_usage_bytes'],
    from: 'cadvisor',
    pace: 'fine',
    over: 'plain',
    depth: 'memory',
    unless: ['workingSet'],
    isBytes: true,
  },
  {
    part: 'cache',
    names: ['container_memory_cache'],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'max',
    depth: 'analysis',
    isBytes: true,
  },
  {
    part: 'peak',
    names: ['container_memory_max_usage_bytes'],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'max',
    depth: 'analysis',
    isBytes: true,
  },
  {
    part: 'limit',
    names: ['kube_pod_container_resource_limits', 'kube_pod_container_resource_limits_memory_bytes'],
    from: 'kube-state-metrics',
    pace: 'coarse',
    over: 'last',
    depth: 'memory',
    cutsLives: true,
    isBytes: true,
  },
  {
    part: 'limit',
    names: ['container_spec_memory_limit_bytes'],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'last',
    depth: 'memory',
    unless: ['limit'],
  },
  {
    part: 'request',
    names: ['kube_pod_container_resource_requests', 'kube_pod_container_resource_requests_memory_bytes'],
    from: 'kube-state-metrics',
    pace: 'coarse',
    over: 'last',
    depth: 'analysis',
    isBytes: true,
  },
  {
    part: 'restarts',
    names: ['kube_pod_container_status_restarts_total'],
    from: 'kube-state-metrics',
    pace: 'coarse',
    over: 'max',
    depth: 'memory',
    cutsLives: true,
  },
  {
    part: 'startedAt',
    names: ['container_start_time_seconds'],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'max',
    depth: 'analysis',
    scale: 1000,
    cutsLives: true,
  },
  {
    part: 'cpuSeconds',
    names: ['container_cpu_usage_seconds_total'],
    from: 'cadvisor',
    pace: 'fine',
    over: 'plain',
    depth: 'analysis',
    unless: ['startedAt', 'restarts'],
  },
  {
    part: 'oomEvents',
    names: ['container_oom_events_total'],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'max',
    depth: 'analysis',
    cutsLives: true,
  },
  {
    part: 'stalledSeconds',
    names: [
      'container_pressure_memory_stalled_seconds_total',
      'container_pressure_memory_waiting_seconds_total',
    ],
    from: 'cadvisor',
    pace: 'coarse',
    over: 'max',
    depth: 'analysis',
  },
];

/** The names whose amounts carry a `resource` label (kube-state-metrics v2). */
export const WITH_RESOURCE: ReadonlySet<string> = new Set([
  'kube_pod_container_resource_limits',
  'kube_pod_container_resource_requests',
]);

/**
 * tmpfs is part of the page cache but lies on the anonymous LRU lists (mm/shmem.c), so under cgroup v2 it is the cache
 * without what lies on the file lists.
 */
export const SHMEM_NAMES = [
  'container_memory_cache',
  'container_memory_total_active_file_bytes',
  'container_memory_total_inactive_file_bytes',
] as const;

/** Says which pod is whose, and where it ran. */
export const POD_INFO = 'kube_pod_info';
