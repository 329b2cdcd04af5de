/** Instants for people (in a zone that the caller states) and for programs (RFC 3339 UTC). */
import type { EpochMs } from '../units.ts';
import { HOUR_MS, MINUTE_MS } from '../units.ts';

/** What a wall clock shows at one instant: the zone's short name and its distance from UTC. */
export interface ZoneMoment {
  readonly label: string;
  readonly offsetMinutes: number;
}

/** A time zone, handed in because the core knows none: daylight saving makes the offset depend on the instant. */
export type Zone = (atMs: EpochMs) => ZoneMoment;

export const UTC_ZONE: Zone = () => ({ label: 'UTC', offsetMinutes: 0 });

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
/** RFC 3339 has years of four digits; what lies beyond is no clock's time and becomes the nearest that can be written. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00Z');
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

/** `2025-11-23T16:32:00Z`, with milliseconds only where there are some. */
export function toRfc3339(atMs: EpochMs): string {
  if (Number.isNaN(atMs)) return '1970-01-01T00:00:00Z';
  return new Date(Math.min(LAST_MS, Math.max(FIRST_MS, atMs))).toISOString().replace('.000Z', 'Z');
}

function wall(atMs: EpochMs, zone: Zone): { readonly iso: string; readonly label: string } {
  const { label, offsetMinutes } = zone(atMs);
  return { iso: toRfc3339(atMs + offsetMinutes * MINUTE_MS), label };
}

/**
 * `03:07:41 UTC` where that is today or nearer than 12 hours to `nowMs`, else `20 Nov 03:07:41 UTC`, with the year
 * where it is not this year.
 */
export function formatInstant(atMs: EpochMs, nowMs: EpochMs, zone: Zone): string {
  const { iso, label } = wall(atMs, zone);
  const nowIso = wall(nowMs, zone).iso;
  const clock = `${iso.slice(11, 19)} ${label}`;
  const sameDay = iso.slice(0, 10) === nowIso.slice(0, 10);
  if (sameDay || Math.abs(nowMs - atMs) < 12 * HOUR_MS) return clock;
  return `${formatDay(iso, nowIso)} ${clock}`;
}

function formatDay(iso: string, nowIso: string): string {
  const month = MONTHS[Number(iso.slice(5, 7)) - 1] ?? '???';
  const day = `${Number(iso.slice(8, 10))} ${month}`;
  return iso.slice(0, 4) === nowIso.slice(0, 4) ? day : `${day} ${iso.slice(0, 4)}`;
}
