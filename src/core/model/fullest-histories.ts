/** Histories of one container from several sources or pages: the fullest one stays, series are never mixed. */
import { MOST_HISTORIES } from './bundle.ts';
import type { ContainerHistory } from './series.ts';

/** Two sources may sample one container at different instants; mixing them would invent jumps. */
export function fullestHistories(histories: readonly ContainerHistory[]): readonly ContainerHistory[] {
  const fullest = new Map<string, ContainerHistory>();
  for (const history of histories) {
    const key = historyKey(history);
    const known = fullest.get(key);
    if (known === undefined || weight(history) > weight(known)) fullest.set(key, history);
  }
  return [...fullest.values()].slice(0, MOST_HISTORIES);
}

/** One container of one pod. */
export function historyKey({ namespace, pod, container }: ContainerHistory): string {
  return `${namespace}/${pod}/${container}`;
}

function weight({ workingSet, rss, usage }: ContainerHistory): number {
  return Math.max(workingSet?.timesMs.length ?? 0, rss?.timesMs.length ?? 0, usage?.timesMs.length ?? 0);
}
