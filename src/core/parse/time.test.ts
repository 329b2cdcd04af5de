import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agePrecisionMs, parseDuration, parseRfc1123, parseRfc3339 } from './time.ts';

// 2025-02-27T06:36:21Z: `date -u -d 2025-02-27T06:36:21Z +%s` = 1740638181
const INSTANT = 1_740_638_181_000;

describe('parseRfc3339', () => {
  it.each([
    ['2025-02-27T06:36:21Z', INSTANT],
    ['2025-02-27t06:36:21z', INSTANT],
    ['2025-02-27T06:36:21.5Z', INSTANT + 500],
    ['2025-02-27T06:36:21.123456Z', INSTANT + 123],
    ['2025-02-27T06:36:21.999999999Z', INSTANT + 999],
    ['2025-02-27T07:36:21+01:00', INSTANT],
    ['2025-02-27T01:06:21-05:30', INSTANT],
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
    ['2025-02-29T00:00:00Z', undefined],
    ['2025-13-01T00:00:00Z', undefined],
    ['2025-02-27T24:00:00Z', undefined],
    ['2025-02-27T06:36:21', undefined],
    ['2025-02-27', undefined],
    ['0001-01-01T00:00:00Z', undefined],
    ['@now-5m', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(parseRfc3339(text)).toBe(expected);
  });

  it('reads back what Date prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => parseRfc3339(new Date(ms).toISOString()) === ms),
    );
  });
});

describe('parseRfc1123', () => {
  it.each([
    ['Thu, 27 Feb 2025 07:36:21 +0100', INSTANT],
    ['Thu, 27 Feb 2025 06:36:21 +0000', INSTANT],
    ['27 Feb 2025 06:36:21 GMT', INSTANT],
    ['Thu, 27 Fxb 2025 06:36:21 +0000', undefined],
    ['Thu, 31 Feb 2025 06:36:21 +0000', undefined],
    ['Thu, 01 Jan 1970 00:00:00 +0000', 0],
    ['<unset>', undefined],
  ])('%j', (text, expected) => {
    expect(parseRfc1123(text)).toBe(expected);
  });
});

describe('parseDuration', () => {
  it.each([
    ['87s', 87_000],
    ['3m30s', 210_000],
    ['48m', 48 * 60_000],
    ['2d3h', 51 * 3_600_000],
    ['5y23d', (5 * 365 + 23) * 86_400_000],
    ['0s', 0],
    ['0', 0],
    ['1h0m0s', 3_600_000],
    ['1.5s', 1500],
    ['100ms', 100],
    ['250us', 0],
    ['<unknown>', undefined],
    ['<invalid>', undefined],
    ['', undefined],
    ['5', undefined],
    ['m5', undefined],
    ['5m ', undefined],
  ])('%j', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it('is total and never negative', () => {
    fc.assert(fc.property(fc.string(), (text) => (parseDuration(text) ?? 0) >= 0));
  });
});

describe('agePrecisionMs', () => {
  // apimachinery duration.HumanDuration: seconds below 10m, minutes below 8h, hours below 8d, then days
  it.each([
    ['87s', 1000],
    ['9m59s', 1000],
    ['10m', 60_000],
    ['3h20m', 60_000],
    ['9h', 3_600_000],
    ['2d3h', 3_600_000],
    ['13d', 86_400_000],
  ])('of %s', (text, expected) => {
    expect(agePrecisionMs(parseDuration(text) ?? -1)).toBe(expected);
  });
});
