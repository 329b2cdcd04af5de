/** Reads of fields that may hold anything: a wrong type counts as absent, never as an error. */
import { cleanText } from '../model/clean-text.ts';
import type { Bytes, EpochMs } from '../units.ts';
import { parseBytes } from './quantity.ts';
import { redactText } from './redact.ts';
import { parseRfc3339 } from './time.ts';

/** Where a record comes from, given to every parser of objects and text. */
export interface ParseContext {
  /** The file or request, as it stands in `source` of each record. */
  readonly source: string;
  /** When the source was read, if that is known. */
  readonly readAtMs?: EpochMs;
  /** The node that a kubelet's answer comes from; the answer itself does not name it. */
  readonly nodeName?: string;
  /** What a list of events was asked for; `{}` = every namespace. Without it the list itself is all that is known. */
  readonly eventScope?: {
    readonly namespace?: string;
    readonly regarding?: { readonly kind: string; readonly name: string };
  };
}

export type Fields = Readonly<Record<string, unknown>>;

const NONE: Fields = Object.freeze({});
const NO_ITEMS: readonly unknown[] = Object.freeze([]);

/** Kubernetes allows 253 characters in a name and 63 in a label. */
export const MAX_NAME_CHARS = 253;
/** A termination message has at most 4096 bytes (kubelet), an event's message 1024. */
const MAX_MESSAGE_CHARS = 4096;
/** More items than this in one list of one object (containers, conditions, …) are not looked at. */
export const MAX_ITEMS = 256;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : NONE;
}

/** The items, at most `MAX_ITEMS`, or none. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) return NO_ITEMS;
  return value.length > MAX_ITEMS ? value.slice(0, MAX_ITEMS) : value;
}

/** A name, reason or other short word, cleaned. An empty text counts as absent. */
export function wordOf(value: unknown, maxChars: number = MAX_NAME_CHARS): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const clean = cleanText(value, maxChars);
  return clean === '' ? undefined : clean;
}

/** Prose: cleaned and redacted. */
export function messageOf(value: unknown, lines: 'one' | 'many' = 'one'): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  // Redacted before the cut, so that no half of a credential escapes its rule; again bounded for speed.
  const clean = cleanText(
    redactText(cleanText(value, 4 * MAX_MESSAGE_CHARS, lines)),
    MAX_MESSAGE_CHARS,
    lines,
  );
  return clean === '' ? undefined : clean;
}

/** A number, also one written as text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value === '' || value.length > 24) return undefined;
  return /^[+-]?\d+(?:\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A whole number, also a negative one (Windows exit codes). */
export function integerOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

/** A whole number from 0 up. */
export function countOf(value: unknown): number | undefined {
  const number = integerOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

/** Seconds from 0 up, possibly with a fraction. */
export function secondsOf(value: unknown): number | undefined {
  const number = numberOf(value);
  return number !== undefined && number >= 0 ? number : undefined;
}

export function booleanOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** An RFC 3339 instant. 1970-01-01T00:00:00Z is what runtimes write for "never" and counts as absent. */
export function instantOf(value: unknown): EpochMs | undefined {
  // YAML readers turn unquoted timestamps into dates.
  const ms =
    typeof value === 'string' ? parseRfc3339(value) : value instanceof Date ? value.getTime() : undefined;
  return ms !== undefined && ms > 0 ? ms : undefined;
}

/** A quantity of bytes; 0 stays 0. */
export function bytesOf(value: unknown): Bytes | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const parsed = parseBytes(value);
  return parsed.ok ? parsed.value : undefined;
}

/** Texts of a list, others dropped. Absent if the value is no list or nothing is left. */
export function textsOf(value: unknown): readonly string[] | undefined {
  const texts = itemsOf(value).filter((item) => typeof item === 'string');
  return texts.length === 0 ? undefined : texts;
}

/** A map of short texts, at most `max` entries; others dropped. Absent if nothing is left. */
export function wordMapOf(value: unknown, max: number): Readonly<Record<string, string>> | undefined {
  if (!isFields(value)) return undefined;
  const entries: [string, string][] = [];
  for (const key in value) {
    const text = value[key];
    if (typeof text !== 'string' || !Object.hasOwn(value, key)) continue;
    entries.push([cleanText(key, 2 * MAX_NAME_CHARS), cleanText(text, MAX_NAME_CHARS)]);
    if (entries.length >= max) break;
  }
  // fromEntries defines own properties, so that `__proto__` is a key like any other.
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What `defined` returns: properties that may be `undefined` become optional. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the properties that are `undefined`: absent means absent. */
export function defined<const T extends object>(fields: T): Defined<T> {
  const out: Record<string, unknown> = {};
  for (const key in fields) {
    const value = fields[key];
    if (value !== undefined) out[key] = value;
  }
  return out as Defined<T>;
}
