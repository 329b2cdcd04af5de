/** One record of `journalctl -o json` (systemd's Journal JSON format). */
import type { ParsedLogLine } from './log-line.ts';

/** Fields of a record are text, an array of bytes where they are not valid text, or null where they are too long. */
type Field = unknown;

/** Bytes of a message kept when it comes as an array. */
const MESSAGE_BYTES_LIMIT = 65_536;

/** Undefined for JSON that is no journal record. */
export function parseJournalJson(line: string): ParsedLogLine | undefined {
  const record = parseObject(line);
  if (record === undefined || !('MESSAGE' in record)) return undefined;
  const transport = fieldText(record['_TRANSPORT']);
  const ident = fieldText(record['SYSLOG_IDENTIFIER']) ?? fieldText(record['_COMM']);
  // A program may call itself `kernel`; only journald itself sets fields that start with an underscore.
  const kernel = transport === undefined ? ident === 'kernel' : transport === 'kernel';
  const realtime = micros(record['__REALTIME_TIMESTAMP']) ?? micros(record['_SOURCE_REALTIME_TIMESTAMP']);
  const uptime = kernel
    ? (micros(record['_SOURCE_MONOTONIC_TIMESTAMP']) ?? micros(record['__MONOTONIC_TIMESTAMP']))
    : undefined;
  return {
    ...(realtime === undefined ? {} : { atMs: Math.floor(realtime / 1000) }),
    ...(uptime === undefined ? {} : { uptimeSeconds: uptime / 1_000_000 }),
    ...named('host', fieldText(record['_HOSTNAME'])),
    ...named('ident', ident),
    ...named('unit', fieldText(record['_SYSTEMD_UNIT']) ?? fieldText(record['UNIT'])),
    origin: kernel ? 'kernel' : 'user',
    prefixed: true,
    message: fieldText(record['MESSAGE']) ?? '',
  };
}

function named<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: string });
}

function parseObject(line: string): Readonly<Record<string, Field>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, Field>>)
      : undefined;
  } catch {
    // A record that was cut.
    return undefined;
  }
}

function fieldText(value: Field): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value) || value.length === 0) return undefined;
  // A field that occurs several times is an array of texts.
  if (typeof value[0] === 'string') return value[0];
  const bytes = value.slice(0, MESSAGE_BYTES_LIMIT).filter((byte): byte is number => isByte(byte));
  return utf8(bytes);
}

function isByte(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;
}

/** Whole microseconds. Instants of this century stay below 2^53. */
function micros(value: Field): number | undefined {
  const text = typeof value === 'string' ? value : undefined;
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
}

/** UTF-8 to text; a byte that is no part of a whole sequence becomes U+FFFD. Core has no TextDecoder. */
export function utf8(bytes: readonly number[]): string {
  const out: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const point = sequenceAt(bytes, at);
    out.push(point === undefined ? '\uFFFD' : String.fromCodePoint(point.code));
    at += point?.length ?? 1;
  }
  return out.join('');
}

function sequenceAt(bytes: readonly number[], at: number): { code: number; length: number } | undefined {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, length: 1 };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return undefined;
  let code = first & (0x7f >> length);
  for (let index = 1; index < length; index += 1) {
    const next = bytes[at + index] ?? 0;
    if ((next & 0xc0) !== 0x80) return undefined;
    code = (code << 6) | (next & 0x3f);
  }
  const smallest = [0, 0, 0x80, 0x800, 0x10000][length] ?? 0;
  const surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < smallest || code > 0x10ffff || surrogate ? undefined : { code, length };
}
