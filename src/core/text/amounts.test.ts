import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatInstant, formatTime } from './amounts.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [536_870_912, '512 MiB'], // 512 * 2^20
    [1_288_490_188, '1229 MiB'], // 1.2 GiB stays in MiB below 10 GiB
    [10_737_418_240, '10 GiB'], // 10 * 2^30
    [13_421_772_800, '12.5 GiB'],
    ['unlimited' as const, 'no limit'],
  ])('%s is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [250, '250 ms'],
    [17_000, '17 s'],
    [270_000, '4 min 30 s'],
    [34_620_000, '9 h 37 min'], // 9 * 3600 + 37 * 60
    [86_400_000 * 3 + 4 * 3_600_000, '3 d 4 h'],
    [86_400_000, '1 d'],
    [-5, '0 ms'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

it('prints instants in UTC', () => {
  expect(formatInstant(Date.UTC(2026, 9, 2, 14, 14, 6))).toBe('2026-10-02 14:14:06 UTC');
  expect(formatTime(Date.UTC(2026, 9, 2, 14, 14, 6))).toBe('14:14:06 UTC');
  expect(formatInstant(Number.NaN)).toBe('an unknown time');
});
