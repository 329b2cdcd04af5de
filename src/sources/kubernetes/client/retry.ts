/** Which failures are tried again, and when. Only reads are ever sent, so a second try is always safe. */
import { setTimeout as delay } from 'node:timers/promises';
import { SourceError } from '../../../app/ports.ts';
import { ApiError, BrokenConnectionError } from './errors.ts';

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

export interface RetryOptions {
  /** Tries after the first. */
  readonly retries: number;
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

export async function withRetries<T>(options: RetryOptions, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= options.retries || !isTransient(error)) throw error;
      await pause(retryDelayMs(error, tried, options.random), options.signal);
    }
  }
}

/** 429 and 5xx answers, and connections that broke on the way. A refused connection or a timeout is not repeated. */
function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500;
  return error instanceof BrokenConnectionError;
}

/** The server's Retry-After as far as it is bearable, else doubling, with jitter so that clients spread. */
export function retryDelayMs(error: unknown, tried: number, random: () => number): number {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  const base = asked ?? FIRST_DELAY_MS * 2 ** tried;
  return Math.min(LONGEST_DELAY_MS, base) * (asked === undefined ? 0.5 + random() : 1 + random() / 4);
}

/** Waits; throws `SourceError` (`aborted`) when interrupted. */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new SourceError('aborted', 'interrupted', { cause });
  }
}
