/** Momentary memory figures: metrics.k8s.io, kubelet Summary and cAdvisor pages, `kubectl top`, `docker stats`. */
import type { Bytes, EpochMs } from '../units.ts';

/** One container at one instant. */
export interface MemorySample {
  readonly id: string;
  readonly source: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  readonly atMs?: EpochMs;
  readonly workingSetBytes?: Bytes;
  readonly usageBytes?: Bytes;
  readonly rssBytes?: Bytes;
  /** `container_memory_max_usage_bytes` or `memory.peak`; resets with the container. */
  readonly peakBytes?: Bytes;
  /** `container_oom_events_total` of this container ID. */
  readonly oomEvents?: number;
  /** Seconds stalled for memory since the container started (PSI `full`). */
  readonly psiFullSeconds?: number;
}

/** A node at one instant. */
export interface NodeSample {
  readonly id: string;
  readonly source: string;
  readonly nodeName: string;
  readonly atMs?: EpochMs;
  readonly availableBytes?: Bytes;
  readonly workingSetBytes?: Bytes;
  readonly usageBytes?: Bytes;
  /** `node_vmstat_oom_kill`: kills since boot. */
  readonly oomKills?: number;
}
