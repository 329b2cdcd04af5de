import { describe, expect, it } from 'vitest';
import type { MemoryShape } from '../../src/core/memory/types.ts';
import { bootstrap } from './bootstrap.ts';
import { brokenOf, wilson } from './bounds.ts';
import type { Scored } from './score.ts';
import {
  abstention,
  isRight,
  leakAccuracy,
  leakScore,
  macroF1,
  shapeScores,
  subShapeAccuracy,
} from './score.ts';

function record(truth: MemoryShape, answer: MemoryShape, more: Partial<Scored['truth']> = {}): Scored {
  return {
    family: truth,
    index: 0,
    truth: { shape: truth, alsoRight: [], subShapes: [], ...more },
    answer: { shape: answer, state: 'none' },
    isEnough: true,
  };
}

const times = (count: number, one: Scored): readonly Scored[] => Array.from({ length: count }, () => one);

describe('macro-F1', () => {
  // truth      answered: leak healthy growing
  // leak                   8    1       1      P = 8/9, R = 8/10, F1 = 16/19
  // healthy                1    9       0      P = 9/10, R = 9/10, F1 = 18/20
  const records = [
    ...times(8, record('leak', 'leak')),
    record('leak', 'healthy'),
    record('leak', 'growing'),
    record('healthy', 'leak'),
    ...times(9, record('healthy', 'healthy')),
  ];

  it('is the mean over the labelled shapes', () => {
    expect(macroF1(records)).toBeCloseTo((16 / 19 + 18 / 20) / 2, 12);
    expect(shapeScores(records).find(({ shape }) => shape === 'leak')).toMatchObject({
      support: 10,
      precision: 8 / 9,
      recall: 0.8,
    });
  });

  it('counts growing and no-data as errors where the label is another', () => {
    const silent = [...times(5, record('leak', 'growing')), ...times(5, record('leak', 'no-data'))];
    expect(macroF1(silent)).toBe(0);
  });

  it('scores growing itself where it is the label: answered elsewhere it costs precision', () => {
    const mixed = [...records, ...times(2, record('growing', 'growing'))];
    // growing: 2 hits, support 2, answered 3 times: F1 = 4/5.
    expect(shapeScores(mixed).find(({ shape }) => shape === 'growing')?.f1).toBeCloseTo(0.8, 12);
  });

  it('counts another right answer for the label, not for itself', () => {
    const overlap = record('healthy', 'load-driven', { alsoRight: ['load-driven'] });
    expect(isRight(overlap)).toBe(true);
    expect(macroF1([overlap, record('load-driven', 'load-driven')])).toBe(1);
    expect(isRight(record('load-driven', 'healthy'))).toBe(false);
  });

  it('is 0 of nothing', () => {
    expect(macroF1([])).toBe(0);
  });
});

describe('leak or not', () => {
  // 9 of 10 leaks found, 2 of 90 clean called a leak, 5 open ones ignored:
  // P = 9/11, R = 9/10, F1 = 18/21, false positives 2/90.
  const records = [
    ...times(9, record('leak', 'leak', { isLeak: true })),
    record('leak', 'growing', { isLeak: true }),
    ...times(88, record('healthy', 'healthy', { isLeak: false })),
    ...times(2, record('plateau', 'leak', { isLeak: false })),
    ...times(5, record('tmpfs', 'leak')),
  ];

  it('counts hits, misses and false alarms, and leaves out what is open', () => {
    expect(leakScore(records)).toEqual({
      precision: 9 / 11,
      recall: 0.9,
      f1: 18 / 21,
      falsePositiveRate: 2 / 90,
      falsePositives: 2,
      leaks: 10,
      clean: 90,
    });
  });

  it('gives a share per family, none where the truth is open', () => {
    expect(leakAccuracy(records.filter(({ family }) => family === 'leak'))).toBe(0.9);
    expect(leakAccuracy(records.filter(({ family }) => family === 'plateau'))).toBe(0);
    expect(leakAccuracy(records.filter(({ family }) => family === 'tmpfs'))).toBeUndefined();
  });
});

describe('abstention', () => {
  it('counts only where there was enough to see and the label is no abstention', () => {
    const records = [
      record('leak', 'growing'),
      record('leak', 'leak'),
      record('healthy', 'no-data'),
      record('healthy', 'healthy'),
      record('growing', 'growing'),
      { ...record('leak', 'growing'), isEnough: false },
    ];
    expect(abstention(records)).toBe(2 / 4);
  });
});

describe('sub-shapes', () => {
  it('are scored where the shape is right and a sub-shape is labelled', () => {
    const sub = (answer: Scored['answer']): Scored => ({
      ...record('leak', answer.shape, { subShapes: ['chunked', 'linear'] }),
      answer,
    });
    const records = [
      sub({ shape: 'leak', subShape: 'linear', state: 'none' }),
      sub({ shape: 'leak', subShape: 'gc-floor', state: 'none' }),
      sub({ shape: 'leak', state: 'none' }),
      sub({ shape: 'healthy', state: 'none' }),
      record('healthy', 'healthy'),
    ];
    expect(subShapeAccuracy(records)).toEqual({ share: 1 / 3, scored: 3 });
  });
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('bootstrap', () => {
  it('covers the mean of a fair coin within what the binomial allows', () => {
    const coin = Array.from({ length: 400 }, (_, index) => index % 2);
    const interval = bootstrap(coin, mean);
    // Standard error 0.5 / sqrt(400) = 0.025, so about 0.45 to 0.55.
    expect(interval?.low).toBeGreaterThan(0.44);
    expect(interval?.low).toBeLessThan(0.47);
    expect(interval?.high).toBeGreaterThan(0.53);
    expect(interval?.high).toBeLessThan(0.56);
  });

  it('is the same every time, a point for constants, and none of nothing', () => {
    const values = [1, 5, 9, 2];
    expect(bootstrap(values, mean)).toEqual(bootstrap(values, mean));
    expect(bootstrap([3, 3, 3], mean)).toEqual({ low: 3, high: 3 });
    expect(bootstrap([], mean)).toBeUndefined();
  });
});

describe('bounds', () => {
  it('gives the interval of Wilson', () => {
    // 8 of 10, published example of Wilson's score interval: 0.490 to 0.943.
    const { low, high } = wilson(0.8, 10);
    expect(low).toBeCloseTo(0.49, 2);
    expect(high).toBeCloseTo(0.943, 3);
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it.each([
    ['kept', { value: 0.95, atLeast: 0.9 }, true, false],
    ['broken', { value: 0.85, atLeast: 0.9 }, true, true],
    ['broken above', { value: 0.9, atLeast: 0.75, atMost: 0.85 }, true, true],
    ['in doubt', { value: 0.85, interval: { low: 0.8, high: 0.91 }, atLeast: 0.9 }, false, false],
    ['beyond doubt', { value: 0.85, interval: { low: 0.8, high: 0.89 }, atLeast: 0.9 }, false, true],
    ['in doubt, but strict', { value: 0.85, interval: { low: 0.8, high: 0.91 }, atLeast: 0.9 }, true, true],
    ['no figure at all', { value: Number.NaN, atLeast: 0.9 }, true, true],
  ] as const)('%s', (_name, bound, strict, isBroken) => {
    expect(brokenOf('here', [{ what: 'share', ...bound }], strict)).toHaveLength(isBroken ? 1 : 0);
  });
});
