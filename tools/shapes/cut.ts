/** What was known at an earlier instant. */
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory } from '../../src/core/model/series.ts';
import type { EpochMs } from '../../src/core/units.ts';
import { historyWithin } from '../../src/sim/workloads/window.ts';

/** The question as it could have been asked at `nowMs`: no sample, kill, change or limit of later is in it. */
export function questionAt(question: MemoryQuestion, nowMs: EpochMs): MemoryQuestion {
  return {
    ...question,
    histories: question.histories
      .filter((history) => (history.workingSet?.timesMs[0] ?? 0) <= nowMs)
      .map((history) => historyAt(history, nowMs)),
    kills: question.kills.filter((kill) => kill.atMs <= nowMs),
    changes: question.changes.filter((change) => change.atMs <= nowMs),
    nowMs,
  };
}

function historyAt(history: ContainerHistory, nowMs: EpochMs): ContainerHistory {
  const { limit, request, version } = history;
  const isKnown = ({ fromMs }: { readonly fromMs: EpochMs }): boolean => fromMs <= nowMs;
  return {
    ...historyWithin(history, 0, nowMs + 1),
    toMs: Math.min(history.toMs, nowMs),
    ...(limit === undefined ? {} : { limit: limit.filter(isKnown) }),
    ...(request === undefined ? {} : { request: request.filter(isKnown) }),
    ...(version === undefined ? {} : { version: version.filter(isKnown) }),
  };
}
