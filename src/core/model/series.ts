/** Memory and traffic of containers over time: what the judgement of shapes and the forecast rest on. Plain JSON. */
import type { Bytes, EpochMs, MemoryLimit, Milliseconds } from '../units.ts';

/**
 * Samples of one quantity. `timesMs` ascends strictly; `values` is parallel to it and finite. A gap is where no
 * sample is: nothing is ever filled in.
 */
export interface Series {
  readonly timesMs: readonly EpochMs[];
  /** Bytes, unless the property that holds the series says otherwise. */
  readonly values: readonly number[];
}

/** A value that holds from `fromMs` until the next entry: a limit, a request, a version. Ascending. */
export interface Step<Value> {
  readonly fromMs: EpochMs;
  readonly value: Value;
}

/** Demand on the workload. `network-bytes` is the last resort: received bytes of the pod. */
export interface TrafficHistory {
  readonly kind: 'requests' | 'network-bytes' | 'named';
  /** The metric (or query) it was read from, such as `istio_requests_total`. */
  readonly metric: string;
  /** Per second, already a rate: counters have been differenced, resets survived. */
  readonly perSecond: Series;
  /** `pod` = this pod's own share; `workload` = all replicas together. */
  readonly scope: 'pod' | 'workload';
}

/** The memory of one container of one pod over a window, through all its restarts. */
export interface ContainerHistory {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  readonly nodeName?: string;
  /** The top owner, where the source knows it. */
  readonly workload?: { readonly kind: string; readonly name: string };
  /** Where it was read: `prometheus`, `embedded history`, `metrics.k8s.io`, or a file's name. */
  readonly source: string;
  /** Nominal distance of samples. */
  readonly stepMs: Milliseconds;
  /** The window that was asked for; samples may cover less. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** usage - inactive_file (cAdvisor): what the kubelet and `kubectl top` show. */
  readonly workingSet?: Series;
  /** Anonymous memory. */
  readonly rss?: Series;
  /** Page cache, tmpfs included. */
  readonly cache?: Series;
  /** tmpfs and shared memory: in `cache`, and not reclaimable. */
  readonly shmem?: Series;
  readonly usage?: Series;
  /** Highest use since the container started, as the kernel counted it; resets with the container. */
  readonly peak?: Series;
  readonly limit?: readonly Step<MemoryLimit>[];
  readonly request?: readonly Step<Bytes>[];
  /** Restart count as it was. */
  readonly restarts?: Series;
  /** Start of the container that ran at the sample, epoch milliseconds. */
  readonly startedAt?: Series;
  /** OOM kills counted so far (`container_oom_events_total`, `memory.events` oom_kill); resets with the container. */
  readonly oomEvents?: Series;
  /** CPU seconds used so far; a reset means a new container. */
  readonly cpuSeconds?: Series;
  /** Seconds stalled for memory so far (PSI `full`; `some` where nothing else is known). */
  readonly stalledSeconds?: Series;
  /** Image or revision that ran, where known: lives are cut where it changes. */
  readonly version?: readonly Step<string>[];
  readonly traffic?: TrafficHistory;
  /** What was wrong with the samples and what was done: duplicates removed, out of order, a unit that cannot be bytes. */
  readonly notes?: readonly string[];
}

/** The parts of a history that are a `Series`. */
export type SeriesPart = {
  [Part in keyof ContainerHistory]-?: NonNullable<ContainerHistory[Part]> extends Series ? Part : never;
}[keyof ContainerHistory];

const IS_SERIES: Readonly<Record<SeriesPart, true>> = {
  workingSet: true,
  rss: true,
  cache: true,
  shmem: true,
  usage: true,
  peak: true,
  restarts: true,
  startedAt: true,
  oomEvents: true,
  cpuSeconds: true,
  stalledSeconds: true,
};

/** All of them: a part that is added to the type and not here does not compile. */
export const SERIES_PARTS = Object.keys(IS_SERIES) as readonly SeriesPart[];

/** A container that ended, as the history knows it. */
export interface KillMark {
  readonly pod: string;
  readonly atMs: EpochMs;
  /** `limit` = killed at its own limit: its true demand was at least the limit (a censored observation). */
  readonly kind: 'limit' | 'memory' | 'evicted' | 'not-memory' | 'unknown';
  readonly limitBytes?: Bytes;
  /** The kernel's or cAdvisor's peak at the death, where known. */
  readonly peakBytes?: Bytes;
}

/** Something that changed a workload at an instant. */
export interface ChangeMark {
  readonly atMs: EpochMs;
  readonly kind: 'rollout' | 'resize' | 'scale' | 'config';
  /** Such as `revision 88` or `limit 256Mi to 512Mi`. */
  readonly label: string;
}
