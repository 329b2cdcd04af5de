/** What `history`, `top` and `forecast` show: containers with their memory, before any of it is put into words. */
import type { Forecast, GrowthState, MemoryAnalysis, MemoryShape } from '../memory/types.ts';
import type { Bytes, EpochMs, MemoryLimit, Milliseconds } from '../units.ts';
import type { ChangeMark, ContainerHistory, KillMark } from './series.ts';

/** One container of one workload, all its replicas, over one window. */
export interface ContainerMemory {
  readonly namespace: string;
  /** Absent where only a pod is known. */
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly container: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** One per pod. */
  readonly histories: readonly ContainerHistory[];
  readonly kills: readonly KillMark[];
  readonly changes: readonly ChangeMark[];
  readonly analysis: MemoryAnalysis;
}

/** Memory of one pod's container in equal columns of time, for a line of text. Absent entries = no sample. */
export interface MemoryLine {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly lowestBytes: Bytes;
  readonly highestBytes: Bytes;
  /** Highest value of each column. */
  readonly memoryBytes: readonly (Bytes | null)[];
  /** Columns in which the container was killed. */
  readonly killColumns: readonly number[];
  readonly traffic?: {
    readonly kind: 'requests' | 'network-bytes' | 'named';
    readonly perSecond: readonly (number | null)[];
  };
}

/** One container of one pod, as `top` lists it. */
export interface TopRow {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly nodeName?: string;
  /** Newest sample; absent = nobody measured it. */
  readonly workingSetBytes?: Bytes;
  readonly sampledAtMs?: EpochMs;
  readonly requestBytes?: Bytes;
  readonly limitBytes?: MemoryLimit;
  /** Highest seen: the kernel's peak of the running instance or the highest sample of the window. */
  readonly peakBytes?: Bytes;
  /** Deaths about memory that were seen within the window. */
  readonly kills: number;
  readonly lastKillAtMs?: EpochMs;
  /** Of all causes, since the pod was made. */
  readonly restarts?: number;
}

/** A kill that is to come. */
export interface ForecastRow {
  readonly kind: 'container' | 'node';
  readonly namespace?: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly container?: string;
  readonly pod?: string;
  readonly nodeName?: string;
  readonly shape: MemoryShape;
  readonly state: GrowthState;
  readonly forecast: Forecast;
  /** Newest sample of the pod that is next. */
  readonly usedBytes?: Bytes;
  readonly growthBytesPerHour?: number;
  /** From start to kill, median over lives. */
  readonly typicalLifeMs?: Milliseconds;
  readonly summary: string;
}
