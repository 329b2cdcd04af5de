/** Hand-drawn histories for tests: a curve over hours, sampled, with what happened to the container. */
import type { ChangeMark, ContainerHistory, KillMark, Series } from '../model/series.ts';
import type { EpochMs } from '../units.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../units.ts';
import type { MemoryQuestion } from './types.ts';

/** A Monday, 00:00 UTC. */
export const START_MS: EpochMs = Date.UTC(2026, 2, 2);

/** Numerical Recipes' linear congruential generator; values from -1 to 1. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 2 - 1;
  };
}

export interface Drawing {
  readonly pod?: string;
  /** MiB at an hour since the start of the window; `undefined` = no sample. */
  readonly rssMib: (hour: number) => number | undefined;
  /** Above rss, MiB; default 20. */
  readonly beyondMib?: (hour: number) => number;
  readonly shmemMib?: (hour: number) => number;
  readonly trafficPerSecond?: (hour: number) => number;
  readonly hours: number;
  readonly stepMinutes?: number;
  readonly limitMib?: number;
  /** Starts of containers, hours. The first stands for the window's start where it is 0. */
  readonly startsAtHours?: readonly number[];
  readonly version?: readonly { readonly fromHour: number; readonly value: string }[];
}

/** Default: a sample every 5 minutes, a limit of 512 MiB, one container that started a minute before the window. */
export function draw(drawing: Drawing): ContainerHistory {
  const { hours, stepMinutes = 5, limitMib = 512, pod = 'api-1' } = drawing;
  const at = Array.from(
    { length: Math.floor((hours * 60) / stepMinutes) },
    (_, index) => (index * stepMinutes) / 60,
  );
  const sampled = at.filter((hour) => drawing.rssMib(hour) !== undefined);
  const timesMs = sampled.map((hour) => Math.round(START_MS + hour * HOUR_MS));
  const seriesOf = (value: (hour: number) => number): Series => ({ timesMs, values: sampled.map(value) });
  const rss = (hour: number): number => drawing.rssMib(hour) ?? 0;
  const shmem = drawing.shmemMib;
  const beyond = drawing.beyondMib ?? (() => 20);
  const starts = drawing.startsAtHours ?? [-1 / 60];
  return {
    namespace: 'shop',
    pod,
    container: 'api',
    source: 'prometheus',
    stepMs: stepMinutes * MINUTE_MS,
    fromMs: START_MS,
    toMs: START_MS + hours * HOUR_MS,
    rss: seriesOf((hour) => Math.round(rss(hour) * MIB)),
    workingSet: seriesOf((hour) => Math.round((rss(hour) + (shmem?.(hour) ?? 0) + beyond(hour)) * MIB)),
    startedAt: seriesOf((hour) => START_MS + (starts.findLast((start) => start <= hour) ?? 0) * HOUR_MS),
    limit: [{ fromMs: START_MS - HOUR_MS, value: limitMib * MIB }],
    ...(shmem !== undefined && { shmem: seriesOf((hour) => Math.round(shmem(hour) * MIB)) }),
    ...(drawing.trafficPerSecond !== undefined && {
      traffic: {
        kind: 'requests',
        metric: 'istio_requests_total',
        perSecond: seriesOf(drawing.trafficPerSecond),
        scope: 'pod',
      },
    }),
    ...(drawing.version !== undefined && {
      version: drawing.version.map(({ fromHour, value }) => ({
        fromMs: START_MS + fromHour * HOUR_MS,
        value,
      })),
    }),
  };
}

export interface Circumstances {
  /** Kills at the limit, hours. */
  readonly killsAtHours?: readonly number[];
  readonly changes?: readonly {
    readonly atHour: number;
    readonly label: string;
    readonly kind?: ChangeMark['kind'];
  }[];
  readonly heapMaxMib?: number;
}

export function asks(
  histories: readonly ContainerHistory[],
  { killsAtHours = [], changes = [], heapMaxMib }: Circumstances = {},
): MemoryQuestion {
  const first = histories[0];
  const limit = first?.limit?.[0]?.value;
  const kills = killsAtHours.map(
    (hour): KillMark => ({
      pod: first?.pod ?? 'api-1',
      atMs: START_MS + hour * HOUR_MS,
      kind: 'limit',
      ...(typeof limit === 'number' && { limitBytes: limit }),
    }),
  );
  return {
    histories,
    kills,
    changes: changes.map(({ atHour, label, kind = 'rollout' }) => ({
      atMs: START_MS + atHour * HOUR_MS,
      kind,
      label,
    })),
    ...(heapMaxMib !== undefined && { heapMaxBytes: heapMaxMib * MIB }),
    nowMs: first?.toMs ?? START_MS,
  };
}

/** The hour since the newest of `starts` that is not after it. */
export function ageAt(hour: number, starts: readonly number[]): number {
  return hour - (starts.findLast((start) => start <= hour) ?? 0);
}

/** Office hours: 0.4 at night to 1.6 at noon, mean 1. */
export function dayWave(hour: number): number {
  return 1 - 0.6 * Math.cos((hour * Math.PI) / 12);
}
