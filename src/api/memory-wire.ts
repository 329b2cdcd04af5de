/** The JSON of memory over time: what `history`, `top` and `forecast` send, and the `memory` of a diagnosis. */
import type { ForecastRow, TopRow } from '../core/model/memory-views.ts';
import type { ChangeMark, ContainerHistory, KillMark } from '../core/model/series.ts';
import type {
  GrowthState,
  Life,
  MemoryAnalysis,
  MemoryShape,
  ShapeStatement,
  SubShape,
} from '../core/memory/types.ts';
import type { WireEnvelope, WireInstant, WireLimit } from './wire.ts';

export interface WireForecast {
  /** Absent = no kill is forecast. */
  readonly at?: WireInstant;
  readonly earliestAt?: WireInstant;
  readonly latestAt?: WireInstant;
  readonly pod?: string;
  readonly limitBytes?: number;
  readonly basis: string;
}

export interface WireLife {
  readonly pod: string;
  readonly from: WireInstant;
  readonly to: WireInstant;
  readonly start: Life['start'];
  readonly end: Life['end'];
  readonly limitBytes?: number;
  readonly requestBytes?: number;
  readonly samples: number;
  readonly highestBytes: number;
  readonly peakBytes?: number;
}

export interface WireChange {
  readonly at: WireInstant;
  readonly kind: ChangeMark['kind'];
  readonly label: string;
}

export interface WireMemory {
  readonly shape: MemoryShape;
  readonly subShape?: SubShape;
  readonly state: GrowthState;
  readonly confidence: MemoryAnalysis['confidence'];
  readonly summary: string;
  readonly statements: readonly ShapeStatement[];
  readonly wouldChange: string;
  readonly lives: readonly WireLife[];
  readonly growthBytesPerHour?: number;
  readonly growthLowBytesPerHour?: number;
  readonly growthHighBytesPerHour?: number;
  readonly growthBytesPerRequest?: number;
  readonly needsBytes?: number;
  readonly since?: WireChange;
  readonly trafficR2?: number;
  readonly forecast: WireForecast;
  readonly typicalLifeSeconds?: number;
}

/** `at` and `values` are parallel; a gap is where no sample is. */
export interface WireSeries {
  readonly at: readonly WireInstant[];
  readonly values: readonly number[];
}

export interface WireStep<Value> {
  readonly from: WireInstant;
  readonly value: Value;
}

export interface WirePodHistory {
  readonly pod: string;
  readonly podUid?: string;
  readonly node?: string;
  readonly source: string;
  readonly stepSeconds: number;
  readonly workingSet?: WireSeries;
  readonly rss?: WireSeries;
  readonly cache?: WireSeries;
  readonly shmem?: WireSeries;
  readonly usage?: WireSeries;
  readonly peak?: WireSeries;
  readonly restarts?: WireSeries;
  readonly oomEvents?: WireSeries;
  readonly limit?: readonly WireStep<WireLimit>[];
  readonly request?: readonly WireStep<number>[];
  readonly version?: readonly WireStep<string>[];
  readonly traffic?: {
    readonly kind: NonNullable<ContainerHistory['traffic']>['kind'];
    readonly metric: string;
    readonly scope: 'pod' | 'workload';
    readonly perSecond: WireSeries;
  };
  readonly notes?: readonly string[];
}

export interface WireKillMark {
  readonly pod: string;
  readonly at: WireInstant;
  readonly kind: KillMark['kind'];
  readonly limitBytes?: number;
  readonly peakBytes?: number;
}

export interface WireHistory {
  readonly namespace: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly container: string;
  readonly from: WireInstant;
  readonly to: WireInstant;
  readonly memory: WireMemory;
  readonly kills: readonly WireKillMark[];
  readonly changes: readonly WireChange[];
  readonly pods: readonly WirePodHistory[];
}

export type WireTopRow = Omit<TopRow, 'nodeName' | 'sampledAtMs' | 'lastKillAtMs'> & {
  readonly node?: string;
  readonly sampledAt?: WireInstant;
  readonly lastKillAt?: WireInstant;
};

export type WireForecastRow = Omit<ForecastRow, 'nodeName' | 'forecast' | 'typicalLifeMs'> & {
  readonly node?: string;
  readonly forecast: WireForecast;
  readonly typicalLifeSeconds?: number;
};

export type WireHistoryList = WireEnvelope<'HistoryList', WireHistory>;
export type WireTopList = WireEnvelope<'TopList', WireTopRow>;
export type WireForecastList = WireEnvelope<'ForecastList', WireForecastRow>;
