import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBytes, parseQuantity } from './quantity.ts';

describe('parseQuantity', () => {
  it.each([
    ['0', 0n, 0, 'decimal'],
    ['100', 100n, 0, 'decimal'],
    ['+100', 100n, 0, 'decimal'],
    ['-5', -5n, 0, 'decimal'],
    ['.5', 5n, 1, 'decimal'],
    ['1.', 1n, 0, 'decimal'],
    ['1.G', 1_000_000_000n, 0, 'decimal'],
    ['007', 7n, 0, 'decimal'],
    ['1.50', 15n, 1, 'decimal'],
    ['100m', 1n, 1, 'decimal'],
    ['1n', 1n, 9, 'decimal'],
    ['5u', 5n, 6, 'decimal'],
    ['2k', 2000n, 0, 'decimal'],
    ['3M', 3_000_000n, 0, 'decimal'],
    ['4T', 4_000_000_000_000n, 0, 'decimal'],
    ['5P', 5n * 10n ** 15n, 0, 'decimal'],
    ['5E', 5n * 10n ** 18n, 0, 'decimal'],
    ['5e3', 5000n, 0, 'exponent'],
    ['5E3', 5000n, 0, 'exponent'],
    ['5e-3', 5n, 3, 'exponent'],
    ['12e+2', 1200n, 0, 'exponent'],
    ['1Ki', 1024n, 0, 'binary'],
    ['1.5Gi', 3n * 2n ** 29n, 0, 'binary'],
    ['1Ti', 2n ** 40n, 0, 'binary'],
    ['1Pi', 2n ** 50n, 0, 'binary'],
    ['1Ei', 2n ** 60n, 0, 'binary'],
    // 0.1 * 1024 = 102.4
    ['0.1Ki', 1024n, 1, 'binary'],
  ])('%s', (text, unscaled, scale, format) => {
    expect(parseQuantity(text)).toEqual({ ok: true, value: { unscaled, scale, format } });
  });

  it.each([
    ['', 'quantity.empty'],
    [' 1', 'quantity.syntax'],
    ['1 ', 'quantity.syntax'],
    ['1Kib', 'quantity.syntax'],
    ['1K', 'quantity.syntax'],
    ['1ki', 'quantity.syntax'],
    ['1KiB', 'quantity.syntax'],
    ['1MB', 'quantity.syntax'],
    ['1e', 'quantity.syntax'],
    ['1e+', 'quantity.syntax'],
    ['1.1.M', 'quantity.syntax'],
    ['1+1.0M', 'quantity.syntax'],
    ['0.1mi', 'quantity.syntax'],
    ['.5i', 'quantity.syntax'],
    ['-3.01e-', 'quantity.syntax'],
    ['+', 'quantity.syntax'],
    ['.', 'quantity.syntax'],
    ['Gi', 'quantity.syntax'],
    ['0x10', 'quantity.syntax'],
    ['NaN', 'quantity.syntax'],
    ['1,5Gi', 'quantity.syntax'],
    ['1e999', 'quantity.range'],
    ['9'.repeat(200), 'quantity.syntax'],
  ])('refuses %j', (text, code) => {
    expect(parseQuantity(text)).toMatchObject({ ok: false, error: { code } });
  });

  it('gives a whole and its suffix the value of bigint arithmetic', () => {
    const suffixes = {
      '': 1n,
      k: 10n ** 3n,
      M: 10n ** 6n,
      Ki: 2n ** 10n,
      Gi: 2n ** 30n,
      Ei: 2n ** 60n,
      E: 10n ** 18n,
    };
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 20n), 10n ** 20n),
        fc.constantFrom(...Object.entries(suffixes)),
        (n, [suffix, factor]) => {
          const parsed = parseQuantity(`${n}${suffix}`);
          return parsed.ok && parsed.value.scale === 0 && parsed.value.unscaled === n * factor;
        },
      ),
    );
  });

  it('keeps every decimal exactly', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), fc.stringMatching(/^[0-9]{1,12}$/), (whole, fraction) => {
        const parsed = parseQuantity(`${whole}.${fraction}`);
        if (!parsed.ok) return false;
        const { unscaled, scale } = parsed.value;
        // whole.fraction = (whole * 10^f + fraction) / 10^f
        return (
          unscaled * 10n ** BigInt(fraction.length) === BigInt(`${whole}${fraction}`) * 10n ** BigInt(scale)
        );
      }),
    );
  });

  it('is total', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseQuantity(text).ok === 'boolean'));
  });
});

describe('parseBytes', () => {
  it.each([
    ['128Mi', 134_217_728],
    ['1.5Gi', 1_610_612_736],
    ['1G', 1_000_000_000],
    ['0', 0],
    [0, 0],
    [1024, 1024],
    [0.2, 1],
    // 1288490188800m = 1288490188.8 bytes, up to the next whole one; kubectl prints 1.2Gi limits so.
    ['1288490188800m', 1_288_490_189],
    ['1500m', 2],
    ['1n', 1],
    ['1e3', 1000],
    ['8Pi', undefined],
    // 2^53 - 1 is the largest.
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740992', undefined],
    ['5E', undefined],
    ['-1', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    ['', undefined],
  ])('%j', (text, bytes) => {
    const parsed = parseBytes(text);
    expect(parsed.ok ? parsed.value : undefined).toBe(bytes);
  });

  it('agrees with the exact value rounded up, by whichever way it goes', () => {
    const suffix = fc.constantFrom('', 'm', 'u', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'Ti', 'e2', 'e-2');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.nat(999), suffix, (whole, part, unit) => {
        const text = `${whole}.${String(part).padStart(3, '0')}${unit}`;
        const exact = parseQuantity(text);
        const bytes = parseBytes(text);
        if (!exact.ok) return false;
        const divisor = 10n ** BigInt(exact.value.scale);
        const up = exact.value.unscaled / divisor + (exact.value.unscaled % divisor === 0n ? 0n : 1n);
        return up > 2n ** 53n - 1n ? !bytes.ok : bytes.ok && BigInt(bytes.value) === up;
      }),
    );
  });
});
