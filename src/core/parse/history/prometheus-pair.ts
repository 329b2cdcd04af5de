/** One sample of the Prometheus API, `[1700000000.123,"1.5e+09"]`, read from bytes without making a text of it. */

/** Reused: a sample must not cost an object. */
export interface Pair {
  /** Seconds since 1970. */
  time: number;
  value: number;
}

const MORE = -1;
const MALFORMED = -2;
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
/** No pair that a server writes is longer. */
const PAIR_BYTES = 256;
/** Up to so many digits a number is exact in a double, and so is the power of ten it is divided by. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power);

/** Reads the pair at `from` into `pair`; the place behind it, -1 where the bytes end first, -2 where it is none. */
export function readPair(bytes: Uint8Array, from: number, pair: Pair): number {
  if (bytes[from] !== OPEN_BRACKET) return MALFORMED;
  let at = spaces(bytes, from + 1);
  at = readNumber(bytes, at, pair, 'time');
  if (at < 0) return incomplete(bytes, from, at);
  at = spaces(bytes, at);
  if (at >= bytes.length) return incomplete(bytes, from, MORE);
  if (bytes[at] !== COMMA) return MALFORMED;
  at = spaces(bytes, at + 1);
  if (at >= bytes.length) return incomplete(bytes, from, MORE);
  const quoted = bytes[at] === QUOTE;
  at = readNumber(bytes, quoted ? at + 1 : at, pair, 'value');
  if (at < 0) return incomplete(bytes, from, at);
  if (quoted) {
    if (at >= bytes.length) return incomplete(bytes, from, MORE);
    if (bytes[at] !== QUOTE) return MALFORMED;
    at += 1;
  }
  at = spaces(bytes, at);
  if (at >= bytes.length) return incomplete(bytes, from, MORE);
  return bytes[at] === CLOSE_BRACKET ? at + 1 : MALFORMED;
}

function incomplete(bytes: Uint8Array, from: number, why: number): number {
  return why === MORE && bytes.length - from > PAIR_BYTES ? MALFORMED : why;
}

function spaces(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] as number) <= 0x20) at += 1;
  return at;
}

/** Digits with at most one point, the shape of nearly every sample; everything else goes through `Number`. */
function readNumber(bytes: Uint8Array, from: number, pair: Pair, into: 'time' | 'value'): number {
  let at = from;
  let digits = 0;
  let number = 0;
  let pointAt = -1;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x30 && byte <= 0x39) {
      number = number * 10 + (byte - 0x30);
      digits += 1;
    } else if (byte === 0x2e && pointAt < 0) pointAt = at;
    else break;
  }
  if (at >= bytes.length) return MORE;
  const byte = bytes[at] as number;
  const ends = byte === QUOTE || byte === COMMA || byte === CLOSE_BRACKET || byte <= 0x20;
  if (!ends || digits > EXACT_DIGITS || digits === 0) return readAnyNumber(bytes, from, pair, into);
  pair[into] = pointAt < 0 ? number : number / (POWERS[at - pointAt - 1] as number);
  return at;
}

/** Exponents, signs, `NaN`, `+Inf`, `null`, and more digits than a double holds. */
function readAnyNumber(bytes: Uint8Array, from: number, pair: Pair, into: 'time' | 'value'): number {
  let text = '';
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === QUOTE || byte === COMMA || byte === CLOSE_BRACKET || byte <= 0x20) break;
    if (text.length > 64) return MALFORMED;
    text += String.fromCharCode(byte);
  }
  if (at >= bytes.length) return MORE;
  const number = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number) && !/^(?:[+-]?Inf|NaN|null)$/.test(text)) return MALFORMED;
  pair[into] = number;
  return at;
}
