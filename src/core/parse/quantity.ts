/**
 * Kubernetes quantities, exact (apimachinery `pkg/api/resource/quantity.go`): plain numbers, decimal suffixes
 * n u m k M G T P E, binary Ki Mi Gi Ti Pi Ei, and exponents `e3`, `E-3`.
 */
import { fault, ok, type Result } from '../model/result.ts';
import type { Bytes } from '../units.ts';

/** An exact decimal: `unscaled / 10^scale`. Binary suffixes are decimal too: 1.5Gi = 1610612736. */
export interface Quantity {
  readonly unscaled: bigint;
  /** 0 or more; as small as possible. */
  readonly scale: number;
  readonly format: 'decimal' | 'binary' | 'exponent';
}

/** No real quantity is longer; a bound for hostile input. */
const MAX_CHARS = 128;
/** Far outside int64, in which Kubernetes itself caps quantities. */
const MAX_EXPONENT = 64;

const POWERS_OF_TEN: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const POWERS_OF_1024: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };

// Each part has its own first characters, so the match is linear.
const SYNTAX = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([A-Za-z]{0,2}|[eE][+-]?[0-9]{1,4})$/;

/**
 * Reads one quantity. Faults: `quantity.empty`, `quantity.syntax`, `quantity.range` (an exponent beyond 64).
 * Unlike apimachinery it wants at least one digit, and neither caps at int64 nor rounds below nano.
 */
export function parseQuantity(text: string): Result<Quantity> {
  if (text === '') return fault('quantity.empty', 'An empty text is not a quantity.');
  const match = text.length <= MAX_CHARS ? SYNTAX.exec(text) : null;
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (match === null || whole.length + fraction.length === 0) return syntaxFault(text);
  const suffix = readSuffix(match[4] ?? '');
  if (suffix === undefined) return syntaxFault(text);
  if (Math.abs(suffix.tens) > MAX_EXPONENT) {
    return fault('quantity.range', 'The exponent of the quantity is out of range.', text);
  }
  let unscaled = BigInt(whole + fraction) << BigInt(10 * suffix.kibis);
  if (match[1] === '-') unscaled = -unscaled;
  return ok({ ...reduced(unscaled, fraction.length - suffix.tens), format: suffix.format });
}

interface Suffix {
  readonly tens: number;
  readonly kibis: number;
  readonly format: Quantity['format'];
}

function readSuffix(suffix: string): Suffix | undefined {
  if (suffix === '') return { tens: 0, kibis: 0, format: 'decimal' };
  const first = suffix.charAt(0);
  // `5E` is exa, `5E3` and `5e3` are exponents, `5e` is nothing.
  if ((first === 'e' || first === 'E') && suffix.length > 1 && /[0-9]$/.test(suffix)) {
    return { tens: Number(suffix.slice(1)), kibis: 0, format: 'exponent' };
  }
  if (Object.hasOwn(POWERS_OF_1024, suffix)) {
    return { tens: 0, kibis: POWERS_OF_1024[suffix] ?? 0, format: 'binary' };
  }
  if (Object.hasOwn(POWERS_OF_TEN, suffix)) {
    return { tens: POWERS_OF_TEN[suffix] ?? 0, kibis: 0, format: 'decimal' };
  }
  return undefined;
}

function reduced(unscaled: bigint, scale: number): { readonly unscaled: bigint; readonly scale: number } {
  if (unscaled === 0n) return { unscaled: 0n, scale: 0 };
  if (scale <= 0) return { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 };
  let value = unscaled;
  let left = scale;
  while (left > 0 && value % 10n === 0n) {
    value /= 10n;
    left -= 1;
  }
  return { unscaled: value, scale: left };
}

function syntaxFault<T>(text: string): Result<T> {
  return fault('quantity.syntax', 'This is not a Kubernetes quantity.', text);
}

const FAST_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  k: 1e3,
  M: 1e6,
  G: 1e9,
};

/**
 * A quantity of bytes. A fraction of a byte rounds up, as `Quantity.Value()` does (`1500m` is 2 bytes).
 * Faults: those of `parseQuantity`, `quantity.negative`, and `quantity.range` above 2^53-1.
 */
export function parseBytes(text: string | number): Result<Bytes> {
  if (typeof text === 'number') return bytesOfNumber(text);
  return fastBytes(text) ?? exactBytes(text);
}

function bytesOfNumber(value: number): Result<Bytes> {
  if (!Number.isFinite(value)) return fault('quantity.syntax', 'This is not a number of bytes.');
  if (value < 0) return fault('quantity.negative', 'Bytes cannot be negative.', String(value));
  const bytes = Math.ceil(value);
  if (!Number.isSafeInteger(bytes)) return rangeFault(String(value));
  return ok(bytes === 0 ? 0 : bytes);
}

/** Nearly every real quantity is digits and a common suffix; bigint costs ten times as much. */
function fastBytes(text: string): Result<Bytes> | undefined {
  let digits = 0;
  let value = 0;
  while (digits < text.length) {
    const code = text.charCodeAt(digits) - 48;
    if (code < 0 || code > 9) break;
    value = value * 10 + code;
    digits += 1;
  }
  if (digits === 0 || digits > 15) return undefined;
  const suffix = text.slice(digits);
  const factor = Object.hasOwn(FAST_FACTORS, suffix) ? FAST_FACTORS[suffix] : undefined;
  if (factor === undefined) return undefined;
  const bytes = value * factor;
  return Number.isSafeInteger(bytes) ? ok(bytes) : undefined;
}

function exactBytes(text: string): Result<Bytes> {
  const parsed = parseQuantity(text);
  if (!parsed.ok) return parsed;
  const { unscaled, scale } = parsed.value;
  if (unscaled < 0n) return fault('quantity.negative', 'Bytes cannot be negative.', text);
  const divisor = 10n ** BigInt(scale);
  const bytes = (unscaled + divisor - 1n) / divisor;
  return bytes > BigInt(Number.MAX_SAFE_INTEGER) ? rangeFault(text) : ok(Number(bytes));
}

function rangeFault<T>(text: string): Result<T> {
  return fault('quantity.range', 'More bytes than 2^53-1.', text);
}
