/** Bytes, durations and instants as people read them. The only place that rounds. */
import { GIB, HOUR_MS, KIB, MIB, MINUTE_MS, SECOND_MS } from '../units.ts';
import type { EpochMs, MemoryLimit, Milliseconds } from '../units.ts';

/** Below this MiB is used, above it GiB. */
const GIB_FROM = 10 * GIB;

function trimmed(value: number): string {
  const text = value >= 100 ? value.toFixed(0) : value.toFixed(1);
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

/** `512 MiB`, `12.5 GiB`, `900 KiB`; `no limit` for `'unlimited'`. Always binary units, always with the unit. */
export function formatBytes(bytes: MemoryLimit): string {
  if (bytes === 'unlimited') return 'no limit';
  const size = Math.abs(bytes);
  if (size >= GIB_FROM) return `${trimmed(bytes / GIB)} GiB`;
  if (size >= MIB) return `${trimmed(bytes / MIB)} MiB`;
  if (size >= KIB) return `${trimmed(bytes / KIB)} KiB`;
  return `${bytes} B`;
}

/** `+31 MiB/h`, `-2.5 MiB/h`; below 100 KiB an hour per day, because people think of slow leaks in days. */
export function formatRate(bytesPerHour: number): string {
  const sign = bytesPerHour < 0 ? '-' : '+';
  const size = Math.abs(bytesPerHour);
  const isSlow = size < 100 * KIB;
  return `${sign}${formatBytes(Math.round(isSlow ? size * 24 : size))}/${isSlow ? 'day' : 'h'}`;
}

/** `17 s`, `4 min 30 s`, `9 h 37 min`, `3 d 4 h`: at most two units, rounded down. */
export function formatDuration(ms: Milliseconds): string {
  const total = Math.max(0, ms);
  if (total < SECOND_MS) return `${Math.round(total)} ms`;
  const day = 24 * HOUR_MS;
  const steps: readonly (readonly [number, string])[] = [
    [day, 'd'],
    [HOUR_MS, 'h'],
    [MINUTE_MS, 'min'],
    [SECOND_MS, 's'],
  ];
  const first = steps.findIndex(([size]) => total >= size);
  const [size, unit] = steps[first] ?? [SECOND_MS, 's'];
  const whole = Math.floor(total / size);
  const next = steps[first + 1];
  const rest = next === undefined ? 0 : Math.floor((total - whole * size) / next[0]);
  return rest > 0 && next !== undefined ? `${whole} ${unit} ${rest} ${next[1]}` : `${whole} ${unit}`;
}

/** `2026-10-02 14:14:06 UTC`. */
export function formatInstant(atMs: EpochMs): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `14:14:06 UTC`: where the date stands nearby. */
export function formatTime(atMs: EpochMs): string {
  return formatInstant(atMs).slice(11);
}
