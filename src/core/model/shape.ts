/**
 * Checks of untrusted JSON against the model's types. A shape returns the value in its type, or `BAD`. Bad optional
 * properties are dropped and noted; bad required ones make the record bad. The types make it impossible to forget a
 * property of the model here.
 */
import { cleanText } from './clean-text.ts';

export const BAD: unique symbol = Symbol('bad');
type Bad = typeof BAD;

/** What was dropped, as paths; bounded. */
export interface Notes {
  readonly dropped: string[];
  count: number;
}

const MAX_NOTES = 20;

function note(notes: Notes, place: string): void {
  notes.count += 1;
  if (notes.dropped.length < MAX_NOTES) notes.dropped.push(place);
}

export type Shape<T> = (raw: unknown, notes: Notes, place: string) => T | Bad;

export interface Optional<T> {
  readonly optional: Shape<T>;
}

export function opt<T>(shape: Shape<T>): Optional<T> {
  return { optional: shape };
}

/** A shape for every property; `opt` exactly where the model's property is optional. */
export type Shapes<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Shape<T[K]>;
};

/** An object with these properties; others are dropped in silence. */
export function record<T extends object>(shapes: Shapes<T>): Shape<T> {
  const checks = Object.entries<Shape<unknown> | Optional<unknown>>(shapes);
  return (raw, notes, place) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return BAD;
    const out: Record<string, unknown> = {};
    for (const [key, check] of checks) {
      const value: unknown = Object.hasOwn(raw, key) ? (raw as Record<string, unknown>)[key] : undefined;
      if (typeof check === 'function') {
        const checked = check(value, notes, `${place}.${key}`);
        if (checked === BAD) return BAD;
        out[key] = checked;
      } else if (value !== undefined && value !== null) {
        const checked = check.optional(value, notes, `${place}.${key}`);
        if (checked === BAD) note(notes, `${place}.${key}`);
        else out[key] = checked;
      }
    }
    return out as T;
  };
}

/** One of several records, told apart by `kind`; `kind` itself is not among the properties given. */
export function variant<T extends { readonly kind: string }>(
  shapes: {
    readonly [K in T['kind']]: Shapes<Omit<Extract<T, { readonly kind: K }>, 'kind'>>;
  },
): Shape<T> {
  const byKind = new Map<string, Shape<object>>();
  for (const [kind, properties] of Object.entries<Shapes<object>>(shapes)) {
    byKind.set(kind, record<object>({ kind: oneOf(kind), ...properties }));
  }
  return (raw, notes, place) => {
    const kind: unknown = typeof raw === 'object' && raw !== null && 'kind' in raw ? raw.kind : undefined;
    const shape = typeof kind === 'string' ? byKind.get(kind) : undefined;
    return shape === undefined ? BAD : (shape(raw, notes, place) as T | Bad);
  };
}

/** A list; bad items are dropped and noted, so is what exceeds `max`. */
export function list<T>(item: Shape<T>, max: number): Shape<readonly T[]> {
  return (raw, notes, place) => {
    if (!Array.isArray(raw)) return BAD;
    const out: T[] = [];
    const length = Math.min(raw.length, max);
    if (raw.length > max) note(notes, `${place}[${max}…]`);
    for (let index = 0; index < length; index += 1) {
      const checked = item(raw[index], notes, `${place}[${index}]`);
      if (checked === BAD) note(notes, `${place}[${index}]`);
      else out.push(checked);
    }
    return out;
  };
}

/** Text of at most `maxChars`, cleaned; longer text is cut. */
export function text(maxChars: number, lines: 'one' | 'many' = 'one'): Shape<string> {
  return (raw) => (typeof raw === 'string' ? cleanText(raw, maxChars, lines) : BAD);
}

/** A finite number in a range. */
export function number(min: number, max: number): Shape<number> {
  return (raw) => (typeof raw === 'number' && raw >= min && raw <= max ? raw : BAD);
}

/** A whole number in a range. */
export function integer(min: number, max: number): Shape<number> {
  return (raw) =>
    Number.isSafeInteger(raw) && (raw as number) >= min && (raw as number) <= max ? (raw as number) : BAD;
}

export const flag: Shape<boolean> = (raw) => (typeof raw === 'boolean' ? raw : BAD);

export function oneOf<const T extends string | number>(...values: readonly T[]): Shape<T> {
  return (raw) => values.find((value) => value === raw) ?? BAD;
}

/** Either of two shapes. */
export function either<A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> {
  return (raw, notes, place) => {
    const checked = first(raw, notes, place);
    return checked === BAD ? second(raw, notes, place) : checked;
  };
}

/** A map of short texts. */
export function textMap(max: number, maxChars: number): Shape<Readonly<Record<string, string>>> {
  return (raw, notes, place) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return BAD;
    const entries: [string, string][] = [];
    for (const [key, value] of Object.entries(raw).slice(0, max)) {
      if (typeof value === 'string') entries.push([cleanText(key, 512), cleanText(value, maxChars)]);
      else note(notes, place);
    }
    return Object.fromEntries(entries);
  };
}
