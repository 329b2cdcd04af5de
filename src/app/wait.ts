import type { Milliseconds } from '../core/units.ts';

/** Resolves after that time, or at once when it is interrupted; never rejects. */
export function wait(ms: Milliseconds, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
