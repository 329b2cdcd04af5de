/** Where history comes from. Adapters implement this; all of them pass one shared suite. */
import type { EvidenceGap } from '../core/model/bundle.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../core/units.ts';

export interface HistoryRequest {
  /** What is wanted; absent parts mean all. */
  readonly namespace?: string;
  /** Names of pods; the source may also know pods of the workload that are gone. */
  readonly pods?: readonly string[];
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly container?: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** The coarsest distance of samples that the question can live with; a source may give a coarser one and says so. */
  readonly stepMs: Milliseconds;
  /** `analysis` = everything that shapes need; `memory` = working set, limit and restarts only. */
  readonly depth: 'analysis' | 'memory';
  /** A PromQL expression for requests per second, where the user names it. */
  readonly trafficQuery?: string;
  readonly signal: AbortSignal;
}

/** One answer in pages, so that 10,000 containers never stand in memory at once. */
export interface HistoryPage {
  readonly histories: readonly ContainerHistory[];
  readonly gaps: readonly EvidenceGap[];
}

/**
 * One way to history. Yields all replicas of a container together in one page. What it could not read is a gap;
 * only a source that gives nothing at all throws `SourceError`.
 */
export interface HistorySource {
  readonly name: string;
  read(request: HistoryRequest): AsyncIterable<HistoryPage>;
}
