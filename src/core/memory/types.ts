/** What the analysis of memory over time answers. */
import type { Bytes, EpochMs, Milliseconds, Ratio } from '../units.ts';
import type { ChangeMark, ContainerHistory, KillMark } from '../model/series.ts';

/** Replicas of one container of one workload, with what happened to them. The only input of the analysis. */
export interface MemoryQuestion {
  /** One per pod, also pods that are gone. All of the same workload and container. */
  readonly histories: readonly ContainerHistory[];
  readonly kills: readonly KillMark[];
  readonly changes: readonly ChangeMark[];
  /** The runtime's own ceiling where it is known (`-Xmx`, `--max-old-space-size`, `GOMEMLIMIT`). */
  readonly heapMaxBytes?: Bytes;
  /** The analysis' only clock. Nothing after it is looked at. */
  readonly nowMs: EpochMs;
}

/** Top shapes. `growing` = real growth that cannot yet be told from a plateau to come; `no-data` = too few samples. */
export const MEMORY_SHAPES = [
  'leak',
  'spike',
  'traffic-surge',
  'load-driven',
  'plateau',
  'periodic',
  'step',
  'page-cache',
  'tmpfs',
  'limit-too-low',
  'start-up',
  'healthy',
  'growing',
  'no-data',
] as const;
export type MemoryShape = (typeof MEMORY_SHAPES)[number];

export type SubShape =
  /** leak */
  | 'linear'
  | 'per-request'
  | 'accelerating'
  | 'since-change'
  | 'gc-floor'
  | 'chunked'
  /** plateau */
  | 'warm-up'
  | 'cache'
  | 'heap-to-maximum';

/** One container from start to end; a deploy, an image change and a resize cut as a restart does. */
export interface Life {
  readonly pod: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly start: 'seen' | 'before-window';
  readonly end: 'kill' | 'restart' | 'change' | 'gone' | 'still-running';
  readonly limitBytes?: Bytes;
  readonly requestBytes?: Bytes;
  readonly samples: number;
  /** Highest sample, and the kernel's peak where it is higher. */
  readonly highestBytes: Bytes;
  readonly peakBytes?: Bytes;
}

/** One thing the analysis saw, in words with its numbers. */
export interface ShapeStatement {
  readonly weighs: 'for' | 'against' | 'context';
  readonly text: string;
  /** `metrics`, `traffic`, `lives`, `kills`, `changes`, `runtime`. */
  readonly source: string;
}

/** How sure a growth is: any look, the same for a day, or replicated by restarts, replicas or days. */
export type GrowthState = 'none' | 'growing' | 'suspected' | 'confirmed';

export interface Forecast {
  /** Absent = no crossing is forecast. */
  readonly atMs?: EpochMs;
  /** 80 % interval of the crossing. Absent bound = beyond what can be said. */
  readonly earliestMs?: EpochMs;
  readonly latestMs?: EpochMs;
  readonly pod?: string;
  readonly limitBytes?: Bytes;
  /** Why there is none, or what the interval rests on (`calibrated on simulated workloads`). */
  readonly basis: string;
}

export interface MemoryAnalysis {
  readonly shape: MemoryShape;
  readonly subShape?: SubShape;
  readonly state: GrowthState;
  readonly confidence: 'certain' | 'likely' | 'possible';
  /** One sentence for people, with the number that matters. */
  readonly summary: string;
  readonly statements: readonly ShapeStatement[];
  /** What would change this answer. */
  readonly wouldChange: string;
  readonly lives: readonly Life[];
  /** Growth of the floor per hour, pooled over lives; only where growth is real. */
  readonly growthBytesPerHour?: number;
  readonly growthLowBytesPerHour?: number;
  readonly growthHighBytesPerHour?: number;
  /** For per-request leaks. */
  readonly growthBytesPerRequest?: number;
  /** Level a plateau ends at, or that the container needs where the limit is too low. */
  readonly needsBytes?: Bytes;
  /** From which change on, for `since-change` and `step`. */
  readonly since?: ChangeMark;
  readonly trafficR2?: Ratio;
  readonly forecast: Forecast;
  /** From start to kill, median over lives. */
  readonly typicalLifeMs?: Milliseconds;
}
