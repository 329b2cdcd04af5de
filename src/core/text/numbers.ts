/** Ages and counts for tables; bytes and durations are in amounts.ts. */
import type { Milliseconds } from '../units.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../units.ts';

const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

/** One unit, for table columns: `13m`, `18h`, `4d`, `3y`. */
export function formatAge(ageMs: Milliseconds): string {
  if (ageMs < 0) return '0s';
  if (ageMs < 2 * MINUTE_MS) return `${Math.round(ageMs / SECOND_MS)}s`;
  if (ageMs < 2 * HOUR_MS) return `${Math.round(ageMs / MINUTE_MS)}m`;
  if (ageMs < 2 * DAY_MS) return `${Math.round(ageMs / HOUR_MS)}h`;
  if (ageMs < 2 * YEAR_MS) return `${Math.round(ageMs / DAY_MS)}d`;
  return `${Math.floor(ageMs / YEAR_MS)}y`;
}

/** `1 kill`, `26 kills`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
