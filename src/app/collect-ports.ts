/** What a collector needs: who measures, and where it is kept. Adapters implement these. */
import type { EvidenceBundle } from '../core/model/bundle.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { Bytes, EpochMs, MemoryLimit, Milliseconds } from '../core/units.ts';
import type { NodeReading } from '../core/parse/node-readings.ts';
import type { BundleSink } from './record.ts';

export interface NodeAnswer {
  readonly readings: readonly NodeReading[];
  /** How far the node's clock is ahead of ours, as its newest figure shows; a figure is always a little old. */
  readonly clockAheadMs?: Milliseconds;
  /** Lines or containers that were not understood, or that were too many. */
  readonly dropped: number;
}

/** A way to momentary figures. Asks no more than it is told to. */
export interface SampleSource {
  readonly name: string;
  /** `nodes` = each node is asked by itself; `cluster` = one answer holds all. */
  readonly reach: 'nodes' | 'cluster';
  /**
   * `quick` = working sets and start times; `full` = also what costs the node more (resident size, network), where
   * the source has it. `node` is absent where `reach` is `cluster`. Throws `SourceError`.
   */
  read(ask: {
    readonly node?: string;
    readonly depth: 'quick' | 'full';
    readonly signal: AbortSignal;
  }): Promise<NodeAnswer>;
}

/** Which container of which pod. A pod that is made again under its old name has another UID. */
export interface ContainerIdentity {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  readonly nodeName?: string;
  readonly workload?: NonNullable<ContainerHistory['workload']>;
}

/** Kept only when they change. */
export interface ContainerState {
  readonly limitBytes?: MemoryLimit;
  readonly requestBytes?: Bytes;
  readonly restarts?: number;
  readonly startedAtMs?: EpochMs;
  readonly version?: string;
  readonly oomEvents?: number;
}

export interface Tick {
  readonly atMs: EpochMs;
  readonly samples: readonly {
    /** From `placesOf`. */
    readonly place: number;
    readonly workingSetBytes?: Bytes;
    readonly rssBytes?: Bytes;
    readonly networkBytesPerSecond?: number;
    readonly state?: ContainerState;
  }[];
}

export interface Retention {
  readonly maxAgeMs: Milliseconds;
  /** The file is kept below this; the oldest goes first. */
  readonly maxBytes: Bytes;
}

export interface StoreStatus {
  readonly path: string;
  /** Of the file and its write-ahead log. */
  readonly bytes: Bytes;
  readonly containers: number;
  readonly incidents: number;
  readonly oldestAtMs?: EpochMs;
  readonly newestAtMs?: EpochMs;
}

/** Where a collector writes. Every method throws `SourceError` (`unreadable`) where the disk or the file refuses. */
export interface HistoryStore {
  /** The place of each container, in the same order; new ones get one. */
  placesOf(containers: readonly ContainerIdentity[]): readonly number[];
  /** On the disk when it returns. */
  write(tick: Tick): void;
  /** Packs what is complete, thins out what is old, forgets what is too old or too much. In small steps. */
  maintain(retention: Retention, nowMs: EpochMs): Promise<void>;
  /** Keeps bundles of deaths. */
  readonly deaths: BundleSink & { has(name: string): boolean };
  status(): StoreStatus;
  close(): void;
}

export interface KeptDeathRequest {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly namespace?: string;
  readonly pod?: string;
  /** At most so many, the newest. */
  readonly most: number;
}

/** A death as it was kept. */
export interface KeptDeath {
  readonly name: string;
  readonly atMs: EpochMs;
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  /** Absent = what was kept cannot be read any more. */
  readonly bundle?: EvidenceBundle;
}

/** Deaths that a collector has kept, also those whose pods and events are gone. */
export interface KeptDeaths {
  /** Newest first, one at a time. Throws `SourceError`. */
  deaths(request: KeptDeathRequest): AsyncIterable<KeptDeath>;
}
