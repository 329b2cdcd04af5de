/** Bytes, durations and counts for people. The only place that rounds. */
import type { Bytes, MemoryLimit, Milliseconds } from '../units.ts';
import { GIB, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts';

const DAY_MS = 24 * HOUR_MS;
/** From here on GiB reads better than MiB; below, MiB lets 1023 and 1024 be told apart. */
const GIB_FROM = 10 * GIB;

function decimal(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.0+$/, '');
}

/** `512 MiB`, `1.5 MiB`, `12.5 GiB`, `640 KiB`, `12 B`. */
export function formatBytes(bytes: Bytes): string {
  if (bytes < 0) return `-${formatBytes(-bytes)}`;
  if (bytes < KIB) return `${bytes} B`;
  if (bytes < MIB) return `${decimal(bytes / KIB, bytes < 10 * KIB ? 1 : 0)} KiB`;
  if (bytes < GIB_FROM) return `${decimal(bytes / MIB, bytes < 10 * MIB ? 1 : 0)} MiB`;
  return `${decimal(bytes / GIB, 1)} GiB`;
}

export function formatLimit(limit: MemoryLimit): string {
  return limit === 'unlimited' ? 'no limit' : formatBytes(limit);
}

/** Two units at most: `9 h 41 min`, `17 s`, `350 ms`, `3 d 2 h`. */
export function formatDuration(durationMs: Milliseconds): string {
  if (durationMs < 0) return `-${formatDuration(-durationMs)}`;
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)} ms`;
  const seconds = Math.round(durationMs / SECOND_MS);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(durationMs / MINUTE_MS);
  if (durationMs < 10 * MINUTE_MS && seconds % 60 !== 0) {
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  }
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return twoUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(durationMs / HOUR_MS);
  if (hours < 24 * 14) return twoUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
  return `${Math.round(durationMs / DAY_MS)} d`;
}

function twoUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** One unit, for table columns: `13m`, `18h`, `4d`. */
export function formatAge(ageMs: Milliseconds): string {
  if (ageMs < 0) return '0s';
  if (ageMs < 2 * MINUTE_MS) return `${Math.round(ageMs / SECOND_MS)}s`;
  if (ageMs < 2 * HOUR_MS) return `${Math.round(ageMs / MINUTE_MS)}m`;
  if (ageMs < 2 * DAY_MS) return `${Math.round(ageMs / HOUR_MS)}h`;
  return `${Math.round(ageMs / DAY_MS)}d`;
}

/** `1 kill`, `26 kills`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}
