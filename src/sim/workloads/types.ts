/** What a generated workload is: the question that a detector is asked, and the truth that it is scored against. */
import type { MemoryQuestion, MemoryShape, SubShape } from '../../core/memory/types.ts';
import type { ChangeMark } from '../../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import type { Random } from '../random.ts';
import type { RangeSet } from './ranges.ts';

/** One container instance as it really was, whatever was scraped of it. */
export interface TrueLife {
  readonly pod: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly end: 'kill' | 'gone' | 'still-running';
}

export interface Truth {
  readonly shape: MemoryShape;
  /** Other answers that are right too, because the definitions overlap on this workload. */
  readonly alsoRight: readonly MemoryShape[];
  /** Right sub-shapes, best first. Empty = not scored. */
  readonly subShapes: readonly SubShape[];
  /** Absent where the families overlap (memory that grows for ever but is not the program's own heap). */
  readonly isLeak?: boolean;
  /** When a leak began that was not there from the start. */
  readonly leakFromMs?: EpochMs;
  readonly lives: readonly TrueLife[];
}

export interface Workload {
  readonly family: string;
  readonly seed: number;
  readonly set: RangeSet;
  readonly question: MemoryQuestion;
  readonly truth: Truth;
}

/** What the demand depends on at one instant. Reused between calls: read, never keep. */
export interface Moment {
  atMs: EpochMs;
  /** Since the container started. */
  ageHours: number;
  /** Since the instant before, or since the start. */
  sinceHours: number;
  /** This pod's traffic over its long-term mean. */
  load: number;
  /** `load` summed over the hours since the container started. */
  loadHours: number;
  /** AR(1) noise as a share of the base. */
  noise: number;
}

/** What a container needs at one instant, MiB. Written by the process. */
export interface Demand {
  rss: number;
  shmem: number;
  /** Page cache that the kernel may take back: in the working set, never the reason of a kill. */
  activeFile: number;
  /** Highest need between the instant before and this one, where it is higher than the sum above. */
  transient: number;
  /** Age at which the transient was reached; 0 = any instant. */
  transientAgeHours: number;
}

export interface Process {
  demand(moment: Moment, demand: Demand): void;
  /** A new container instance starts at the instant. */
  restart?(atMs: EpochMs): void;
}

export interface PodPlan {
  readonly name: string;
  readonly bornMs: EpochMs;
  readonly goneMs?: EpochMs;
  /** Age that the container already has at `bornMs`. */
  readonly startAgeMs?: Milliseconds;
  /** Traffic of this pod over the fair share. */
  readonly share: number;
  readonly process: Process;
  /** Planned restarts of the same pod (a StatefulSet's rollout, a node's reboot). */
  readonly restartsAtMs?: readonly EpochMs[];
  readonly version?: readonly { readonly fromMs: EpochMs; readonly value: string }[];
  /** MiB from an instant on; absent = the scene's limit all the time. */
  readonly limits?: readonly { readonly fromMs: EpochMs; readonly mib: number }[];
}

/** What a family makes of a scene. */
export interface Plan {
  readonly shape: MemoryShape;
  readonly alsoRight?: readonly MemoryShape[];
  readonly subShapes?: readonly SubShape[];
  readonly isLeak?: boolean;
  readonly leakFromMs?: EpochMs;
  readonly pods: readonly PodPlan[];
  readonly changes?: readonly ChangeMark[];
  readonly heapMaxMib?: number;
  /** The label rests on traffic or on the split of memory: never left out of the question. */
  readonly needs?: readonly ('traffic' | 'rss' | 'shmem')[];
  /** Applied to the finished question: flaws of the scrape that the plan cannot express. */
  readonly spoil?: (question: MemoryQuestion, random: Random) => MemoryQuestion;
  /** The label where it depends on whether the demand ever met the limit. */
  readonly relabel?: (kills: number) => Partial<Pick<Plan, 'shape' | 'alsoRight'>>;
}
