/** When the next tick begins: a fixed rhythm, with a phase of its own so that not every collector asks at once. */
import type { EpochMs, Milliseconds } from '../core/units.ts';
import { wait } from './wait.ts';

export interface Clock {
  /** Waits. Undefined = it was interrupted. `missed` = ticks that the last one ran over. */
  next(): Promise<{ readonly atMs: EpochMs; readonly missed: number } | undefined>;
}

export interface ClockOptions {
  readonly intervalMs: Milliseconds;
  readonly now: () => EpochMs;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

export function createClock(options: ClockOptions): Clock {
  const { intervalMs, now, signal } = options;
  const phaseMs = Math.floor(options.random() * intervalMs);
  let last: EpochMs | undefined;
  return {
    async next() {
      const nowMs = now();
      let atMs = Math.ceil((nowMs - phaseMs) / intervalMs) * intervalMs + phaseMs;
      if (last !== undefined && atMs === last) atMs += intervalMs;
      // The first tick need not wait for its phase.
      if (last === undefined) atMs = nowMs;
      await wait(atMs - nowMs, signal);
      if (signal.aborted) return undefined;
      const missed = last === undefined ? 0 : Math.max(0, Math.round((atMs - last) / intervalMs) - 1);
      last = atMs;
      return { atMs, missed };
    },
  };
}
