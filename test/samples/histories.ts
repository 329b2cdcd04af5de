/** Hand-made histories for tests of everything that shows memory over time. */
import type { ContainerHistory, Series } from '../../src/core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../src/core/units.ts';
import { NOW_MS } from './diagnoses.ts';

const STEP_MS = 5 * MINUTE_MS;

/** Of `CONTAINER_LIMIT`. */
export const LEAKING_POD = 'checkout-api-6c9f7d5b8-x2kqp';
export const LIMIT_BYTES = 512 * MIB;
const FLOOR_BYTES = 212 * MIB;
/** From the floor to the limit: 300 MiB in ten hours, 30 MiB an hour. */
const LIFE_MS = 10 * HOUR_MS;
const DOWN_MS = STEP_MS;

function series(timesMs: readonly number[], value: (atMs: number) => number): Series {
  return { timesMs, values: timesMs.map((atMs) => Math.round(value(atMs))) };
}

function everyStep(fromMs: number, toMs: number): number[] {
  return Array.from(
    { length: Math.floor((toMs - fromMs) / STEP_MS) + 1 },
    (_, index) => fromMs + index * STEP_MS,
  );
}

/** When the container started. */
function startsMs(nowMs: number, runningMs: number, lives = 5): readonly number[] {
  const last = nowMs - runningMs;
  return Array.from({ length: lives }, (_, index) => last - (lives - 1 - index) * (LIFE_MS + DOWN_MS));
}

/**
 * Five lives of a leak of 30 MiB an hour, the last one running for four hours unless told: at 332 MiB, six hours from
 * its limit.
 */
export function leakHistory(
  over: Partial<ContainerHistory> = {},
  { nowMs = NOW_MS, runningMs = 4 * HOUR_MS }: { readonly nowMs?: number; readonly runningMs?: number } = {},
): ContainerHistory {
  const starts = startsMs(nowMs, runningMs);
  const timesMs = starts.flatMap((startMs, index) =>
    everyStep(startMs, index === 4 ? nowMs : startMs + LIFE_MS - STEP_MS),
  );
  const startOf = (atMs: number): number => starts.findLast((startMs) => startMs <= atMs) ?? 0;
  return {
    namespace: 'shop',
    pod: LEAKING_POD,
    container: 'api',
    nodeName: 'ip-10-3-41-7',
    workload: { kind: 'Deployment', name: 'checkout-api' },
    source: 'prometheus',
    stepMs: STEP_MS,
    fromMs: nowMs - 7 * 24 * HOUR_MS,
    toMs: nowMs,
    workingSet: series(timesMs, (atMs) => FLOOR_BYTES + ((atMs - startOf(atMs)) / HOUR_MS) * 30 * MIB),
    rss: series(timesMs, (atMs) => FLOOR_BYTES - 10 * MIB + ((atMs - startOf(atMs)) / HOUR_MS) * 30 * MIB),
    limit: [{ fromMs: nowMs - 7 * 24 * HOUR_MS, value: LIMIT_BYTES }],
    request: [{ fromMs: nowMs - 7 * 24 * HOUR_MS, value: 384 * MIB }],
    restarts: series(timesMs, (atMs) => starts.findLastIndex((startMs) => startMs <= atMs)),
    // Each life but the running one ended in a kill.
    oomEvents: series(timesMs, (atMs) => starts.findLastIndex((startMs) => startMs <= atMs)),
    ...over,
  };
}

/** A level of 100 MiB for a week, a little noise, far below its limit. */
export function calmHistory(over: Partial<ContainerHistory> = {}, nowMs = NOW_MS): ContainerHistory {
  const timesMs = everyStep(nowMs - 7 * 24 * HOUR_MS, nowMs);
  return {
    namespace: 'shop',
    pod: 'calm-0',
    container: 'app',
    nodeName: 'ip-10-3-41-7',
    workload: { kind: 'StatefulSet', name: 'calm' },
    source: 'prometheus',
    stepMs: STEP_MS,
    fromMs: nowMs - 7 * 24 * HOUR_MS,
    toMs: nowMs,
    // 7919 is prime: the remainders wander through all of 0 to 96 without a trend.
    workingSet: series(timesMs, (atMs) => 100 * MIB + (((atMs / STEP_MS) * 7919) % 97) * 1024),
    limit: [{ fromMs: nowMs - 7 * 24 * HOUR_MS, value: LIMIT_BYTES }],
    ...over,
  };
}
