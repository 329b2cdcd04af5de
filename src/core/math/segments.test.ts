import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changePenalty, noiseSigma } from './change-penalty.ts';
import { kneedle } from './kneedle.ts';
import { leastSquares } from './least-squares.ts';
import { meanCost, pelt } from './pelt.ts';
import { close, floats, lcg, sum } from './testing.ts';

const randomE = lcg(11);
const E = floats(120, (t) => (t < 40 ? 100 : t < 70 ? 140 : 120) + 8 * (randomE() - 0.5));
const randomF = lcg(5);
const F = floats(150, (t) => {
  const hinges = 1.5 * Math.max(t - 60, 0) - 1.5 * Math.max(t - 110, 0);
  return 100 + hinges + 4 * (randomF() - 0.5);
});

function total(ends: readonly number[], cost: (start: number, end: number) => number): number {
  return ends.reduce((costs, end, i) => costs + cost(ends[i - 1] ?? 0, end), 0);
}

/** One line per segment: the cost that ruptures calls `linear`. */
function lineCost(values: Float64Array): (start: number, end: number) => number {
  return (start, end) => {
    const part = values.subarray(start, end);
    if (part.length < 3) return 0;
    return leastSquares(part, [floats(part.length, (t) => t)])?.squaredError ?? 0;
  };
}

describe('vector 6: changes of the mean', () => {
  it('is the vector of the reference', () => {
    expect(sum(E)).toBeCloseTo(14168.072364233434, 8);
    expect(close(noiseSigma(E), 2.429934201160585)).toBe(true);
    expect(close(changePenalty(E), 84.80438717182565)).toBe(true);
  });

  it.each([
    [50, [40, 70, 120], 583.9752825643692],
    [84.80438717182565, [40, 70, 120], 583.9752825643692],
    [5000, [40, 70, 120], 583.9752825643692],
    [50_000, [120], 28_549.75671156536],
  ])('with a penalty of %d', (penalty, ends, cost) => {
    const found = pelt(E.length, meanCost(E), { penalty });
    expect(found).toEqual(ends);
    expect(close(total(found, meanCost(E)), cost)).toBe(true);
  });
});

describe('vector 7: changes of a line', () => {
  it.each([20, 200])('with a penalty of %d', (penalty) => {
    const found = pelt(F.length, lineCost(F), { penalty, shortest: 3 });
    expect(found).toEqual([61, 111, 150]);
    expect(close(total(found, lineCost(F)), 190.8570888053798)).toBe(true);
  });
});

describe('pelt', () => {
  it.each([
    ['nothing', [], []],
    ['one value', [3], [1]],
    ['equal values', [3, 3, 3, 3], [4]],
  ])('%s', (_name, values, ends) => {
    expect(pelt(values.length, meanCost(Float64Array.from(values)), { penalty: 1 })).toEqual(ends);
  });

  it('finds what trying all segmentations finds', () => {
    const list = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 4 }), (numbers, shortest) => {
        const cost = meanCost(Float64Array.from(numbers));
        const penalty = 30;
        const best = [-penalty];
        for (let end = 1; end <= numbers.length; end++) {
          best[end] = Infinity;
          for (let start = 0; start <= end - shortest; start++) {
            best[end] = Math.min(best[end] ?? 0, (best[start] ?? 0) + cost(start, end) + penalty);
          }
        }
        const found = pelt(numbers.length, cost, { penalty, shortest });
        const least = best[numbers.length] ?? 0;
        if (least < Infinity) expect(total(found, cost) + penalty * (found.length - 1)).toBeCloseTo(least, 6);
        else expect(found).toEqual([numbers.length]);
      }),
      { numRuns: 80 },
    );
  });
});

describe('vector 8: kneedle', () => {
  it.each([
    ['a saturation', floats(60, (x) => -1000 * Math.expm1(-x / 12)), 'concave', 19],
    ['a logarithm', floats(60, (x) => 1000 * Math.log1p(x)), 'concave', 13],
    ['a line', floats(60, (x) => 200 + 10 * x), 'concave', undefined],
    ['a line, convex', floats(60, (x) => 200 + 10 * x), 'convex', undefined],
    ['a convex curve', Float64Array.of(1, 2, 3, 4, 5, 10, 15, 20, 40, 100), 'convex', 7],
    ['equal values', new Float64Array(9), 'concave', undefined],
    ['nothing', new Float64Array(), 'convex', undefined],
  ] as const)('%s', (_name, values, curve, knee) => {
    expect(kneedle(values, { curve })).toBe(knee);
  });
});
