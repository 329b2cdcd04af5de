/** Breaks samples at random: as bytes, or as JSON whose shape is kept while its values go wrong. */
import type { Random } from '../../src/sim/random.ts';
import { pick } from '../../src/sim/random.ts';

const TOKENS: readonly [string, ...string[]] = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\n',
  '\r\n',
  '- ',
  ': ',
  '&a ',
  '*a',
  '---\n',
  '\0',
  '\u001b[2J',
  '\u001b]8;;https://example.com\u0007x\u001b]8;;\u0007',
  '\u009b31m',
  '\u202e',
  '\u200b',
  '\ufeff',
  '\ud800',
  '137',
  '-1',
  '99999999999999999999999999',
  '1e400',
  '0x7fffffff',
  '18446744073709551615',
  '9223372036854771712',
  'NaN',
  '275760-09-13T00:00:01Z',
  '0000-00-00T00:00:00Z',
  'OOMKilled',
  '__proto__',
  ', ',
  '(',
  ')',
  '%s',
  '$(reboot)',
  '`id`',
  "'",
];

/** What a value of a JSON document may become. */
const STRANGE: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  137,
  1.5,
  2 ** 53,
  1e308,
  -1e308,
  '',
  ' ',
  '137',
  '-1Ki',
  '18446744073709551615',
  '1e99999',
  'Error',
  'OOMKilled',
  'Evicted',
  'constructor',
  '__proto__',
  '2026-03-01T10:00:00Z',
  '+275760-09-13T00:00:00.000Z',
  '0001-01-01T00:00:00Z',
  '\u001b[31mred\u001b[0m\u0007',
  '\u001b]0;title\u0007',
  'a\nb\r\nc\td',
  '\u202egnp\u200b',
  '\ud800',
  '\u0085\u009b2J',
  '| a `b` <script> =1+1',
  '$(reboot); `id` "x" \'y\'',
  'x'.repeat(5000),
  [],
  {},
  [[[[[[[[]]]]]]]],
  { a: { b: { c: {} } } },
];

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** One to six edits of the bytes. `most` bounds what comes out. */
export function mutateBytes(
  random: Random,
  sample: Uint8Array,
  about: { readonly other: Uint8Array; readonly most: number },
): Buffer {
  let bytes = Buffer.from(sample);
  for (let edits = 1 + below(random, 6); edits > 0; edits -= 1) bytes = editBytes(random, bytes, about);
  return bytes.length > about.most ? bytes.subarray(0, about.most) : bytes;
}

function editBytes(
  random: Random,
  bytes: Buffer<ArrayBuffer>,
  { other, most }: { readonly other: Uint8Array; readonly most: number },
): Buffer<ArrayBuffer> {
  const at = below(random, bytes.length + 1);
  const length = 1 + below(random, random() < 0.8 ? 12 : 400);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (below(random, 11)) {
    case 0:
      return Buffer.concat([before, noise(random, length), after.subarray(length)]);
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.from(random() < 0.3 ? before : after);
    case 3:
    case 4:
      return Buffer.concat([before, Buffer.from(pick(random, TOKENS)), after]);
    case 5:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 6: {
      const from = below(random, other.length + 1);
      return Buffer.concat([before, other.subarray(from, from + length * 4), after]);
    }
    case 7:
      return replaceNumber(random, bytes);
    case 8:
      return Buffer.concat([before, Buffer.from(pick(random, TOKENS).repeat(below(random, 300))), after]);
    case 9: {
      // A short piece over and over: what a slow pattern or a quadratic loop trips over.
      const piece = after.subarray(0, Math.min(length, 40));
      const times = random() < 0.05 ? Math.floor(most / (piece.length + 1)) : below(random, 100);
      return Buffer.concat([before, Buffer.alloc(times * piece.length, piece), after]);
    }
    default:
      return swapLines(random, bytes);
  }
}

function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => below(random, 256)));
}

function replaceNumber(random: Random, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  if (bytes.length > 65_536) return bytes;
  const text = bytes.toString('latin1');
  const numbers = [...text.matchAll(/\d+/g)];
  const found = numbers[below(random, numbers.length)];
  if (found === undefined) return bytes;
  const huge = pick(random, ['0', '-1', '1', '9'.repeat(1 + below(random, 40)), '1e999', '4294967296']);
  return Buffer.from(text.slice(0, found.index) + huge + text.slice(found.index + found[0].length), 'latin1');
}

function swapLines(random: Random, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  if (bytes.length > 65_536) return bytes;
  const lines = bytes.toString('latin1').split('\n');
  const one = below(random, lines.length);
  const other = below(random, lines.length);
  [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? ''];
  return Buffer.from(lines.join('\n'), 'latin1');
}

interface Slot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

function slotsOf(value: unknown, found: Slot[] = []): Slot[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    const holder = value as Record<string, unknown>;
    found.push({ holder, key });
    slotsOf(holder[key], found);
  }
  return found;
}

function read({ holder, key }: Slot): unknown {
  return (holder as Record<string | number, unknown>)[key];
}

function write({ holder, key }: Slot, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

/** One to eight changes inside a JSON document; never the document that was given. */
export function mutateJson(random: Random, sample: unknown): unknown {
  const root = { document: structuredClone(sample) };
  for (let changes = 1 + below(random, 8); changes > 0; changes -= 1) {
    const slots = slotsOf(root);
    const slot = slots[random() < 0.05 ? 0 : below(random, slots.length)];
    if (slot !== undefined) changeSlot(random, slot, slots);
  }
  return root.document;
}

function changeSlot(random: Random, slot: Slot, slots: readonly Slot[]): void {
  const value = read(slot);
  switch (below(random, 8)) {
    case 0:
      Reflect.deleteProperty(slot.holder, slot.key);
      return;
    case 1:
      if (Array.isArray(value) && value.length > 0) {
        const copies = random() < 0.05 ? 300 : 1 + below(random, 4);
        for (let count = 0; count < copies; count += 1) value.push(structuredClone(value[0]));
        return;
      }
      write(slot, [value]);
      return;
    case 2: {
      const other = slots[below(random, slots.length)];
      if (other !== undefined) write(slot, structuredClone(read(other)));
      return;
    }
    case 3:
      if (typeof value === 'number') write(slot, value * pick(random, [-1, 0.5, 1000, 1e15, 1e300]));
      else if (typeof value === 'string') write(slot, mutateText(random, value));
      else write(slot, structuredClone(pick(random, STRANGE)));
      return;
    case 4:
      if (typeof value === 'string') write(slot, value + pick(random, TOKENS).repeat(1 + below(random, 3)));
      else write(slot, nested(random));
      return;
    default:
      write(slot, structuredClone(pick(random, STRANGE)));
  }
}

function mutateText(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  return text.slice(0, at) + pick(random, TOKENS) + text.slice(at + below(random, 3));
}

function nested(random: Random): unknown {
  let value: unknown = 'x';
  for (let depth = below(random, 150); depth > 0; depth -= 1) value = random() < 0.5 ? [value] : { a: value };
  return value;
}
