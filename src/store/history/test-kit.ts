/** Builds small histories for the tests of this room. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerIdentity, ContainerState, HistoryStore } from '../../app/collect-ports.ts';
import type { HistoryRequest } from '../../app/history-ports.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import { HOUR_MS } from '../../core/units.ts';
import { embeddedHistory } from './history-source.ts';

/** A whole multiple of the longest chunk (10 h), so that windows begin where the tests do. */
export const T0 = 48_900 * 10 * HOUR_MS;
export const TICK_MS = 15_000;
export const PAGE = 4096;
export const KEEP_ALL = { maxAgeMs: 365 * 24 * HOUR_MS, maxBytes: 1e12 };

export function temporaryPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'exit137-history-')), 'history.db');
}

export function container(pod: string, over: Partial<ContainerIdentity> = {}): ContainerIdentity {
  return {
    namespace: 'shop',
    pod,
    container: 'app',
    podUid: `00000000-0000-4000-8000-${pod
      .replaceAll(/[^0-9a-f]/g, '')
      .padStart(12, '0')
      .slice(-12)}`,
    nodeName: 'n1',
    workload: { kind: 'Deployment', name: pod.split('-')[0] ?? pod },
    ...over,
  };
}

/** Ticks of one or more containers; `pages(tick)` gives the working set, undefined = not measured. */
export function fill(
  store: HistoryStore,
  ticks: { readonly from: number; readonly to: number; readonly t0?: number; readonly stepMs?: number },
  series: readonly {
    readonly identity: ContainerIdentity;
    readonly pages: (tick: number) => number | undefined;
    readonly state?: (tick: number) => ContainerState | undefined;
  }[],
): void {
  for (let tick = ticks.from; tick < ticks.to; tick += 1) {
    const places = store.placesOf(series.map(({ identity }) => identity));
    const samples = series.flatMap(({ pages, state }, index) => {
      const units = pages(tick);
      const now = state?.(tick);
      if (units === undefined) return [];
      return [
        {
          place: places[index] ?? 0,
          workingSetBytes: units * PAGE,
          ...(now === undefined ? {} : { state: now }),
        },
      ];
    });
    store.write({ atMs: (ticks.t0 ?? T0) + tick * (ticks.stepMs ?? TICK_MS), samples });
  }
}

export async function readAll(
  path: string,
  over: Partial<HistoryRequest> = {},
): Promise<{ readonly histories: readonly ContainerHistory[]; readonly gaps: readonly EvidenceGap[] }> {
  const histories: ContainerHistory[] = [];
  const gaps: EvidenceGap[] = [];
  const request: HistoryRequest = {
    fromMs: T0 - HOUR_MS,
    toMs: T0 + 1000 * HOUR_MS,
    stepMs: TICK_MS,
    depth: 'analysis',
    signal: new AbortController().signal,
    ...over,
  };
  for await (const page of embeddedHistory(path).read(request)) {
    histories.push(...page.histories);
    gaps.push(...page.gaps);
  }
  return { histories, gaps };
}
