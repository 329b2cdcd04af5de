/** Histories as evidence: what `record` keeps of them beside the rest, so that a bundle carries its own past. */
import type { EpochMs, Milliseconds } from '../core/units.ts';
import { MOST_HISTORIES } from '../core/model/bundle.ts';
import type { HistorySource } from './history-ports.ts';
import type { EvidenceSource, Target } from './ports.ts';
import { type HistoryWish, readHistories, stepFor } from './read-histories.ts';

export interface HistoryEvidenceOptions {
  readonly histories: readonly HistorySource[];
  readonly nowMs: EpochMs;
  readonly windowMs: Milliseconds;
  readonly budgetMs: Milliseconds;
  readonly trafficQuery?: string;
}

/** The kinds that a bare name may have, most common first. */
const GUESSED_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job'] as const;

/** What a target asks of a history where nothing else is known of it: by its name, in each sense a name can have. */
export function subjectsByName(target: Target): readonly Pick<HistoryWish, 'pods' | 'workload'>[] {
  if (target.kind !== 'object') return [{}];
  const { name, objectKind } = target;
  if (objectKind === 'Pod') return [{ pods: [name] }];
  if (objectKind !== undefined) return [{ workload: { kind: objectKind, name } }];
  return [{ pods: [name] }, ...GUESSED_KINDS.map((kind) => ({ workload: { kind, name } }))];
}

/** Needs no other evidence. What cannot be read is a gap; nothing is read without a target, because that is all. */
export function historyEvidence(options: HistoryEvidenceOptions): EvidenceSource {
  return {
    name: 'memory over time',
    collect: async ({ target, scope, signal }) => {
      if (target.kind !== 'object') return {};
      const base = {
        ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
        ...(target.container === undefined ? {} : { container: target.container }),
        ...(options.trafficQuery === undefined ? {} : { trafficQuery: options.trafficQuery }),
        fromMs: options.nowMs - options.windowMs,
        toMs: options.nowMs,
        stepMs: stepFor(options.windowMs),
        depth: 'analysis' as const,
      };
      for (const subject of subjectsByName(target)) {
        const wish = { ...base, ...subject };
        const { histories, sources, gaps } = await readHistories(options.histories, wish, {
          signal,
          budgetMs: options.budgetMs,
        });
        if (histories.length > 0 || gaps.length > 0) {
          return { histories: histories.slice(0, MOST_HISTORIES), sources, gaps };
        }
      }
      return {};
    },
  };
}
