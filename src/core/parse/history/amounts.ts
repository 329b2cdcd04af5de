/** Amounts of memory and instants as tables and exports write them. */
import type { EpochMs } from '../../units.ts';
import { parseRfc3339 } from '../time.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['byte', 1],
  ['bytes', 1],
  // Docker (go-units) prints KiB as 1024 and kB as 1000.
  ['k', 1000],
  ['kb', 1000],
  ['m', 1e6],
  ['mb', 1e6],
  ['g', 1e9],
  ['gb', 1e9],
  ['tb', 1e12],
  ['ki', 1024],
  ['kib', 1024],
  ['mi', 1024 ** 2],
  ['mib', 1024 ** 2],
  ['gi', 1024 ** 3],
  ['gib', 1024 ** 3],
  ['ti', 1024 ** 4],
  ['tib', 1024 ** 4],
]);

/** Bytes in one of the unit; undefined where it is none of memory. */
export function unitBytes(unit: string): number | undefined {
  return unit.length > 8 ? undefined : UNITS.get(unit.trim().toLowerCase());
}

const AMOUNT = /^([+-]?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?) ?([A-Za-z]{0,5})$/;

/** `5.828MiB`, `1.2 GB`, `104857600`, `1e+08`; whole bytes. Undefined for anything else, a share or a percentage too. */
export function parseAmount(text: string, bytesEach = 1): number | undefined {
  const trimmed = text.trim();
  const match = trimmed.length > 64 ? null : AMOUNT.exec(trimmed);
  if (match === null) return undefined;
  const unit = match[2] ?? '';
  const factor = unit === '' ? bytesEach : unitBytes(unit);
  const number = Number(match[1]);
  if (factor === undefined || !Number.isFinite(number)) return undefined;
  return Math.round(number * factor);
}

const SPACED = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d)?([.,]\d{1,9})?( ?(?:Z|UTC|[+-]\d\d:?\d\d))?$/;
/** 2001 to 2286 in seconds: every column of times of our days has one of these magnitudes. */
const FIRST_SECOND = 1e9;

/** Seconds, milli-, micro- or nanoseconds since 1970, told apart by size; or a date, in UTC where it says no zone. */
export function parseInstant(text: string): EpochMs | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 48) return undefined;
  if (/^\d{1,19}(?:\.\d{1,12})?(?:[eE]\+?\d{1,2})?$/.test(trimmed)) return epochMs(Number(trimmed));
  const spaced = SPACED.exec(trimmed);
  if (spaced === null) return parseRfc3339(trimmed);
  const [, day = '', minute = '', second, fraction, zone] = spaced;
  const offset = (zone ?? '').trim().replace(/^(?:UTC)?$/, 'Z');
  return parseRfc3339(`${day}T${minute}${second ?? ':00'}${fraction ?? ''}${offset}`);
}

function epochMs(number: number): EpochMs | undefined {
  for (const perMs of [0.001, 1, 1e3, 1e6]) {
    const seconds = number / perMs / 1000;
    if (seconds >= FIRST_SECOND && seconds < 10 * FIRST_SECOND) return Math.round(number / perMs);
  }
  return undefined;
}
