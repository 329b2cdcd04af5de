/** The evidence beside the histories, read once: what is alive, what died, and what was kept of earlier deaths. */
import type { BundlePart, EvidenceGap, SourceReport } from '../core/model/bundle.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../core/units.ts';
import { collectAll, type Collection } from './collect.ts';
import type { HistorySource } from './history-ports.ts';
import type { MemoryEvidence } from './memory-question.ts';
import type { DeathSelection } from './judge.ts';
import type { Ask } from './why.ts';

/** What every question about memory over time names. */
export interface MemoryAsk extends Omit<Ask, 'keep' | 'whenNoPods'> {
  readonly histories: readonly HistorySource[];
  readonly windowMs: Milliseconds;
  readonly container?: string;
}

/** What every answer to one says of how it was read. */
export interface MemoryAnswer extends Pick<Collection, 'failures' | 'interrupted'> {
  readonly generatedAtMs: EpochMs;
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly EvidenceGap[];
}

export interface MemoryBasis extends Pick<Collection, 'failures' | 'interrupted'> {
  readonly nowMs: EpochMs;
  readonly parts: readonly BundlePart[];
  readonly evidence: MemoryEvidence;
  /** Histories that the evidence itself carries (files, a recorded bundle). */
  readonly carried: readonly ContainerHistory[];
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly EvidenceGap[];
}

/** Never fails for a source: an answer may rest on histories alone. */
export async function readBasis(ask: Ask, selection: DeathSelection): Promise<MemoryBasis> {
  const { parts, failures, interrupted } = await collectAll(ask.sources, ask.request);
  const report = parts.length === 0 ? undefined : ask.judge(parts, { selection, nowMs: ask.nowMs });
  const nowMs = report?.generatedAtMs ?? ask.nowMs;
  const kept = await keptOf({ ...ask, selection });
  const deaths = await joined(report?.items ?? [], kept.items);
  return {
    failures,
    interrupted,
    nowMs,
    parts,
    evidence: {
      deaths,
      pods: parts.flatMap(({ pods = [] }) => pods),
      workloads: parts.flatMap(({ workloads = [] }) => workloads),
      nowMs,
    },
    carried: parts.flatMap(({ histories = [] }) => histories),
    sources: [...(report?.sources ?? []), ...kept.sources],
    gaps: [...(report?.gaps ?? []), ...kept.gaps],
  };
}

async function keptOf(ask: Ask) {
  if (ask.kept === undefined) return { items: [], sources: [], gaps: [] };
  return (await import('./kept.ts')).judgeKept(ask, ask.kept, undefined);
}

async function joined(live: readonly Diagnosis[], kept: readonly Diagnosis[]): Promise<readonly Diagnosis[]> {
  return kept.length === 0 ? live : (await import('./kept.ts')).joinDeaths(live, kept);
}
