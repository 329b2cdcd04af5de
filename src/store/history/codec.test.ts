import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeExtremes, decodeSeries, encodeBlock, openBlock, type SeriesBins } from './block.ts';
import { ByteReader, ByteWriter, CutError, giveBack } from './bytes.ts';
import { amountOf, MISSING, unitsOf } from './lanes.ts';
import { SeriesBuilder } from './series-builder.ts';
import { decodeTick, encodeTick } from './tick-log.ts';
import { packUid, unpackUid } from './words.ts';

describe('numbers as bytes', () => {
  it.each([
    ['nothing', 0, 1],
    ['the last of one byte', 127, 1],
    ['the first of two', 128, 2],
    ['31 bits', 2 ** 31 - 1, 5],
    ['32 bits', 2 ** 32 - 2, 5],
    ['the largest', Number.MAX_SAFE_INTEGER, 8],
  ])('%s', (_name, value, bytes) => {
    const writer = new ByteWriter(1);
    writer.varint(value);
    expect(writer.length).toBe(bytes);
    expect(new ByteReader(writer.view()).varint()).toBe(value);
  });

  it('gives back whole numbers of either sign', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 33), max: 2 ** 33 })), (values) => {
        const writer = new ByteWriter();
        for (const value of values) writer.zigzag(value);
        const reader = new ByteReader(writer.view());
        expect(values.map(() => reader.zigzag() + 0)).toEqual(values.map((value) => value + 0));
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it('says where bytes end early', () => {
    expect(() => new ByteReader(new Uint8Array(0)).varint()).toThrow(CutError);
    expect(() => new ByteReader(Uint8Array.of(0x80)).varint()).toThrow(CutError);
    expect(() => new ByteReader(new Uint8Array(20).fill(0x80)).varint()).toThrow(CutError);
  });
});

describe('giveBack', () => {
  it('frees a row that has its memory to itself, and none that others share', () => {
    const whole = new Uint8Array(8);
    const shared = new Uint8Array(8).fill(7);
    giveBack(whole);
    giveBack(shared.subarray(0, 4));
    expect([whole.length, shared.length, shared[5]]).toEqual([0, 8, 7]);
  });
});

describe('lanes', () => {
  it('keeps pages of 4 KiB whole, and bytes per second', () => {
    expect(amountOf(0, unitsOf(0, 123 * 4096))).toBe(123 * 4096);
    // metrics.k8s.io says KiB: the nearest page.
    expect(amountOf(0, unitsOf(0, 4096 + 1024))).toBe(4096);
    expect(amountOf(2, unitsOf(2, 1500.4))).toBe(1500);
  });

  it('never writes the mark of a missing number', () => {
    expect(unitsOf(0, Number.MAX_SAFE_INTEGER)).toBe(MISSING - 1);
    expect(unitsOf(2, Number.POSITIVE_INFINITY)).toBe(MISSING - 1);
  });
});

const units = fc.oneof(
  fc.constant(MISSING),
  fc.integer({ min: 0, max: 1000 }),
  fc.integer({ min: 0, max: MISSING - 1 }),
);

describe('tick log', () => {
  it('gives back every number of every lane, in the band that is asked for', () => {
    const lanes = fc.array(fc.array(units, { maxLength: 60 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(lanes, fc.nat(2), fc.nat(40), (values, lane, from) => {
        const row = encodeTick(
          values.map((list) => Uint32Array.from(list)),
          new ByteWriter(),
        ).slice();
        const found = new Map<number, number>();
        decodeTick(row, { lane, from, to: from + 10 }, (slot, value) => void found.set(slot, value));
        const wanted = (values[lane] ?? [])
          .map((value, slot): [number, number] => [slot, value])
          .filter(([slot, value]) => value !== MISSING && slot >= from && slot < from + 10);
        expect([...found]).toEqual(wanted);
      }),
    );
  });

  it('is total over any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          decodeTick(bytes, { lane: 2, from: 0, to: 100 }, () => undefined);
        } catch (error) {
          expect(error).toBeInstanceOf(CutError);
        }
      }),
    );
  });
});

describe('blocks', () => {
  const BINS = 30;
  const series = fc
    .array(fc.array(units, { minLength: BINS, maxLength: BINS }), { minLength: 1, maxLength: 8 })
    .map((lists) =>
      lists.map(
        (list, index): SeriesBins => ({
          slot: 100 + index * 3,
          place: 1000 - index * 7,
          last: Uint32Array.from(list),
        }),
      ),
    );

  it('give back every series, holes as holes', () => {
    fc.assert(
      fc.property(series, (given) => {
        const encoded = encodeBlock(given);
        const filled = given.filter(({ last }) => last.some((value) => value !== MISSING));
        if (encoded === undefined) return expect(filled).toEqual([]);
        const block = openBlock(encoded.bytes);
        expect(block.entries.map(({ slot, place }) => ({ slot, place }))).toEqual(
          filled.map(({ slot, place }) => ({ slot, place })),
        );
        for (const [index, { at }] of block.entries.entries()) {
          const { last } = decodeSeries(block, at, { bins: BINS, isFinest: true });
          expect(last).toEqual(filled[index]?.last);
        }
        const extremes = filled.map(({ last }) => {
          const present = [...last].filter((value) => value !== MISSING);
          return { least: Math.min(...present), highest: Math.max(...present) };
        });
        expect(decodeExtremes(encoded.extremes)).toEqual(extremes);
      }),
    );
  });

  it('give back least and highest of coarser tiers', () => {
    const last = Uint32Array.of(5, MISSING, 7);
    const least = Uint32Array.of(1, MISSING, 7);
    const highest = Uint32Array.of(9, 0, 8);
    const encoded = encodeBlock([{ slot: 0, place: 1, last, least, highest }]);
    const block = openBlock(encoded?.bytes ?? new Uint8Array(0));
    const decoded = decodeSeries(block, block.entries[0]?.at ?? 0, { bins: 3, isFinest: false });
    expect([decoded.least[0], decoded.highest[0], decoded.last[0]]).toEqual([1, 9, 5]);
    expect([decoded.least[2], decoded.highest[2], decoded.last[2]]).toEqual([7, 8, 7]);
    expect(decoded.last[1]).toBe(MISSING);
  });

  it('that are damaged say so, whatever the damage', () => {
    const encoded = encodeBlock([
      { slot: 1, place: 1, last: Uint32Array.from({ length: 50 }, (_, n) => n * n) },
    ]);
    const bytes = encoded?.bytes ?? new Uint8Array(0);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          const block = openBlock(damaged);
          for (const entry of block.entries) decodeSeries(block, entry.at, { bins: 50, isFinest: true });
        } catch (error) {
          expect(error).toBeInstanceOf(CutError);
        }
      }),
      { numRuns: 300 },
    );
    expect(() => openBlock(new TextEncoder().encode('no block'))).toThrow(CutError);
  });
});

describe('samples of bins', () => {
  const options = { fromMs: 0, toMs: 1e9, starts: [] };

  it('tell the low end first where figures rise, last where they fall', () => {
    const rising = new SeriesBuilder({ ...options, binMs: 0 });
    rising.add({ fromMs: 0, toMs: 300, last: 8, least: 2, highest: 9 });
    expect(rising.series()).toEqual({ timesMs: [100, 200, 300], values: [2, 9, 8] });
    const falling = new SeriesBuilder({ ...options, binMs: 0 });
    falling.add({ fromMs: -300, toMs: 0, last: 10, least: 10, highest: 10 });
    falling.add({ fromMs: 0, toMs: 300, last: 3, least: 2, highest: 9 });
    expect(falling.series()).toEqual({ timesMs: [0, 100, 200, 300], values: [10, 9, 2, 3] });
  });

  it('stay in the window and ascend strictly', () => {
    const bin = fc.record({
      at: fc.integer({ min: 0, max: 2000 }),
      span: fc.nat(300),
      low: fc.nat(50),
      more: fc.nat(50),
    });
    fc.assert(
      fc.property(
        fc.array(bin),
        fc.constantFrom(0, 60, 300),
        fc.array(fc.nat(2000)),
        (bins, binMs, starts) => {
          const builder = new SeriesBuilder({
            fromMs: 100,
            toMs: 1500,
            binMs,
            starts: starts.toSorted((a, b) => a - b),
          });
          for (const { at, span, low, more } of bins.toSorted((one, other) => one.at - other.at))
            builder.add({ fromMs: at, toMs: at + span, least: low, highest: low + more, last: low });
          const { timesMs = [], values = [] } = builder.series() ?? {};
          expect(
            timesMs.every((at, index) => at >= 100 && at <= 1500 && at > (timesMs[index - 1] ?? -1)),
          ).toBe(true);
          expect(values).toHaveLength(timesMs.length);
        },
      ),
    );
  });
});

it('packs UIDs and leaves other names of pods as they are', () => {
  const uid = '6f2c1f0a-53c5-4b6e-9c0e-0d8f3c1a2b4d';
  expect(packUid(uid)).toHaveLength(16);
  expect(unpackUid(packUid(uid))).toBe(uid);
  expect(unpackUid(packUid('0b1c'.repeat(8)))).toBe('0b1c'.repeat(8));
  expect(unpackUid(packUid(undefined))).toBeUndefined();
});
