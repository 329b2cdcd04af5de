/** Sizes as the runtimes' knobs write them, and the sentence that compares a heap with the limit. */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes, Ratio } from '../units.ts';
import { GIB, KIB, MIB } from '../units.ts';
import type { RuntimeFlag } from './types.ts';

const TIB = 1024 * GIB;

/** JVM, PHP, PostgreSQL, MongoDB, V8: every letter is a power of 1024. */
export const BINARY_UNITS: Readonly<Record<string, Bytes>> = {
  '': 1,
  b: 1,
  k: KIB,
  kb: KIB,
  kib: KIB,
  m: MIB,
  mb: MIB,
  mib: MIB,
  g: GIB,
  gb: GIB,
  gib: GIB,
  t: TIB,
  tb: TIB,
  tib: TIB,
};

/** A number with a unit of the table, in any case. Absent if it is none or no memory could be that large. */
export function parseSize(text: string | undefined, units = BINARY_UNITS): Bytes | undefined {
  const match = /^(\d{1,19}(?:\.\d{1,6})?)\s?([A-Za-z]{0,3})$/.exec(text?.trim() ?? '');
  const unit = match === null ? undefined : units[(match[2] ?? '').toLowerCase()];
  if (match === null || unit === undefined) return undefined;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Rounded down to whole MiB, never above the share. */
export function shareOf(limitBytes: Bytes, ratio: Ratio): { readonly bytes: Bytes; readonly mib: number } {
  const mib = Math.max(1, Math.floor((limitBytes * ratio) / MIB));
  return { bytes: mib * MIB, mib };
}

export interface HeapCheck {
  readonly what: string;
  readonly heapMaxBytes: Bytes | undefined;
  readonly heapSource: string | undefined;
  readonly limitBytes: Bytes | undefined;
  /** Flag above this share of the limit. */
  readonly flagAbove: Ratio;
  /** What else needs room: `Metaspace, thread stacks and direct buffers`. */
  readonly rest: string;
}

/** At most one finding: the knob is above the limit, or leaves too little room. */
export function heapFlags(check: HeapCheck): readonly RuntimeFlag[] {
  const { heapMaxBytes, limitBytes } = check;
  if (heapMaxBytes === undefined || limitBytes === undefined || limitBytes <= 0) return [];
  const ratio = heapMaxBytes / limitBytes;
  if (ratio <= check.flagAbove) return [];
  const knob = check.heapSource === undefined ? '' : ` (${check.heapSource})`;
  const limit = formatBytes(limitBytes);
  const heap = formatBytes(heapMaxBytes);
  if (ratio >= 1) {
    const text = `${check.what} may grow to ${heap}${knob}, the limit is ${limit}: the kernel kills before the runtime can react.`;
    return [{ kind: 'heap-above-limit', text }];
  }
  const percent = Math.round(ratio * 100);
  const text = `${check.what} may grow to ${heap}${knob}, ${percent} % of the limit of ${limit}: too little is left for ${check.rest}.`;
  return [{ kind: 'heap-near-limit', text }];
}

/** The value of `--name=value` or `--name value`, the last one given. Dashes and underscores are the same. */
export function flagValue(words: readonly string[], names: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const [index, word] of words.entries()) {
    const equals = word.indexOf('=');
    const name = (equals < 0 ? word : word.slice(0, equals)).replaceAll('_', '-');
    if (!names.includes(name)) continue;
    found = equals < 0 ? words[index + 1] : word.slice(equals + 1);
  }
  return found;
}
