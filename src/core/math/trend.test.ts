import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { autocorrelation, autocorrelations } from './autocorrelation.ts';
import { chiSquareSf } from './chi-square.ts';
import { correctedLag1, correctionFactor } from './correction-factor.ts';
import { fitLine } from './line.ts';
import { kendallS, mannKendall } from './mann-kendall.ts';
import { normalCdf, normalPpf, normalSf } from './normal.ts';
import { siegel } from './siegel.ts';
import { close, floats, lcg, noisyTrend, sum } from './testing.ts';
import { theilSen } from './theil-sen.ts';

const A = Float64Array.of(100, 101, 101, 103, 102, 105, 107, 106, 109, 110);
const INDEX_A = floats(10, (t) => t);
const B = noisyTrend(0);
const C = noisyTrend(0.005);
const INDEX = floats(200, (t) => t);

function senResidual(values: Float64Array): Float64Array {
  const slope = theilSen(INDEX, values)?.slope ?? Number.NaN;
  return values.map((value, t) => value - slope * t);
}

describe('the vectors themselves', () => {
  it('are those of the reference', () => {
    const random = lcg(42);
    expect([random(), random(), random()]).toEqual([
      0.2523451747838408, 0.08812504541128874, 0.5772811982315034,
    ]);
    expect(sum(B)).toBeCloseTo(20005.78431495418, 8);
    expect(sum(C)).toBeCloseTo(20105.28431495418, 8);
  });
});

// Expected values: numpy 2.4, scipy 1.17, pyMannKendall 1.4.
const ROWS: readonly (readonly [name: string, actual: () => number | undefined, expected: number])[] = [
  ['Sen slope of A', () => theilSen(INDEX_A, A)?.slope, 1.125],
  ['Sen intercept of A', () => theilSen(INDEX_A, A)?.intercept, 98.9375],
  ['Sen low of A', () => theilSen(INDEX_A, A)?.low, 1],
  ['Sen high of A', () => theilSen(INDEX_A, A)?.high, 4 / 3],
  ['Siegel slope of A', () => siegel(INDEX_A, A)?.slope, 71 / 60],
  ['Siegel intercept of A', () => siegel(INDEX_A, A)?.intercept, 99.4],
  ['OLS slope of A', () => fitLine(INDEX_A, A)?.slope, 1.1272727272727274],
  ['OLS intercept of A', () => fitLine(INDEX_A, A)?.intercept, 99.32727272727273],
  ['r of A', () => fitLine(INDEX_A, A)?.correlation, 0.9657680164167192],
  ['se(b) of A', () => fitLine(INDEX_A, A)?.slopeError, 0.10705164686457991],
  ['S of A', () => mannKendall(A).s, 40],
  ['Var of A', () => mannKendall(A).variance, 124],
  ['Z of A', () => mannKendall(A).z, 3.502303389522111],
  ['p of A', () => mannKendall(A).p, 4.612540671704579e-4],
  ['tau of A', () => mannKendall(A).tau, 40 / 45],
  ['S of B', () => mannKendall(B).s, 300],
  ['Var of B', () => mannKendall(B).variance, 895_500],
  ['Z of B', () => mannKendall(B).z, 0.31596457476587364],
  ['Sen slope of B', () => theilSen(INDEX, B)?.slope, 1.633887384220425e-4],
  ['S of C', () => mannKendall(C).s, 8216],
  ['Z of C', () => mannKendall(C).z, 8.681100273249672],
  ['Sen slope of C', () => theilSen(INDEX, C)?.slope, 0.005163388738421905],
  ['Sen low of C', () => theilSen(INDEX, C)?.low, 0.00409488686629549],
  ['Sen high of C', () => theilSen(INDEX, C)?.high, 0.006224163472079557],
  ['Sen intercept of C', () => theilSen(INDEX, C)?.intercept, 100.01024427729283],
  ['r1 of the residual', () => autocorrelation(senResidual(C)), 0.6554664249221275],
  ['bias-corrected r', () => correctedLag1(senResidual(C)), 0.6735757534205701],
  ['CF', () => correctionFactor(senResidual(C), 200), 5.063780621552695],
  ['Z of B with CF', () => mannKendall(B, correctionFactor(senResidual(B), 200)).z, 0.14041094168279844],
  ['Z of C with CF', () => mannKendall(C, correctionFactor(senResidual(C), 200)).z, 3.8577788826895896],
  // By integrating the density from that Z on with a step of 1e-5.
  ['p of C with CF', () => mannKendall(C, correctionFactor(senResidual(C), 200)).p, 1.144220890849e-4],
];

describe('vectors 1, 2 and 4', () => {
  it.each(ROWS)('%s', (_name, actual, expected) => {
    expect(actual()).toSatisfy((value: number | undefined) => close(value, expected), `${expected}`);
  });
});

/** Hamed and Rao's variance correction (ranks of the detrended values), here because only the comparison needs it. */
function hamedRao(values: Float64Array, lags: number): number {
  const detrended = senResidual(values);
  const sorted = detrended.slice().sort();
  const ranks = detrended.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
  const n = values.length;
  const bound = normalPpf(0.975) / Math.sqrt(n);
  const correlations = autocorrelations(ranks, lags);
  let total = 0;
  for (let lag = 1; lag <= lags; lag++) {
    const r = correlations[lag] ?? 0;
    if (Math.abs(r) > bound) total += (n - lag) * (n - lag - 1) * (n - lag - 2) * r;
  }
  return 1 + (2 / (n * (n - 1) * (n - 2))) * total;
}

function yueWang(values: Float64Array, lags: number): number {
  const correlations = autocorrelations(senResidual(values), lags);
  let total = 0;
  for (let lag = 1; lag <= lags; lag++) total += (1 - lag / values.length) * (correlations[lag] ?? 0);
  return 1 + 2 * total;
}

const VECTOR_3: readonly (readonly [
  name: string,
  values: Float64Array,
  factor: number,
  variance: number,
  z: number,
])[] = [
  ['Hamed-Rao all lags of B', B, hamedRao(B, 199), 1194131.2484668936, 0.27361831033728595],
  ['Hamed-Rao all lags of C', C, hamedRao(C, 199), 1194131.2484668936, 7.517640198731787],
  ['Hamed-Rao 3 lags of C', C, hamedRao(C, 3), 2564610.66739481, 5.1297576237471585],
  ['Yue-Wang lag 1 of C', C, yueWang(C, 1), 2063570.6652, 5.718707646978233],
];

describe('vector 3: the corrections that are not used', () => {
  it.each(VECTOR_3)('%s', (_name, ...[values, factor, variance, z]) => {
    const test = mannKendall(values, factor);
    expect(test.variance * factor).toBeCloseTo(variance, 4);
    expect(test.z).toBeCloseTo(z, 8);
  });

  it('Yue-Wang over all lags shrinks the variance of plain noise fourfold', () => {
    expect(895_500 * yueWang(B, 199)).toBeCloseTo(206_692.925, 2);
  });
});

// Reference values of the distributions: scipy 1.17's documentation tables and closed forms in the comments.
describe('distributions', () => {
  it.each([
    [0, 0.5],
    [1.959963984540054, 0.025],
    [-1.2815515655446004, 0.9],
    [6, 9.865876450376946e-10],
  ])('sf(%d)', (z, expected) => {
    expect(close(normalSf(z), expected, 1e-10)).toBe(true);
  });

  it.each([0.001, 0.025, 0.3, 0.5, 0.84, 0.999, 1e-12])('ppf undoes cdf at %d', (probability) => {
    expect(close(normalCdf(normalPpf(probability)), probability, 1e-10)).toBe(true);
  });

  it('ppf ends at the infinities', () => {
    expect([normalPpf(0), normalPpf(1), normalPpf(-1)]).toEqual([-Infinity, Infinity, -Infinity]);
  });

  it.each([
    // Two degrees: exp(-x / 2). One: 2 sf(sqrt x). Four: exp(-x / 2) (1 + x / 2).
    [3, 2, Math.exp(-1.5)],
    [1.959963984540054 ** 2, 1, 0.05],
    [9.487729036781154, 4, Math.exp(-9.487729036781154 / 2) * (1 + 9.487729036781154 / 2)],
    [0, 3, 1],
    [1e4, 3, 0],
  ])('chi-square sf(%d) with %d degrees', (value, degrees, expected) => {
    expect(close(chiSquareSf(value, degrees), expected)).toBe(true);
  });
});

const someValues = fc
  .array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 0, maxLength: 40 })
  .map((values) => Float64Array.from(values, (value) => Math.round(value * 8) / 8));

describe('properties', () => {
  it('time reversal turns the sign of slope and S around', () => {
    fc.assert(
      fc.property(someValues, (values) => {
        const times = floats(values.length, (t) => t);
        const reversed = values.toReversed();
        expect(kendallS(reversed)).toBe(0 - kendallS(values));
        const [forth, back] = [theilSen(times, values), theilSen(times, reversed)];
        expect(back?.slope ?? 0).toBeCloseTo(0 - (forth?.slope ?? 0), 6);
      }),
      { numRuns: 60 },
    );
  });

  it('shift and scale change neither S nor what the slope says', () => {
    fc.assert(
      fc.property(someValues, fc.integer({ min: -4, max: 9 }), (values, exponent) => {
        const scale = 2 ** exponent;
        const moved = values.map((value) => value * scale + 64);
        const times = floats(values.length, (t) => t);
        expect(kendallS(moved)).toBe(kendallS(values));
        const slope = theilSen(times, values)?.slope ?? 0;
        expect(theilSen(times, moved)?.slope ?? 0).toBeCloseTo(slope * scale, 5);
      }),
      { numRuns: 60 },
    );
  });

  it('S is the sum over pairs', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 30 }), (list) => {
        let s = 0;
        for (const [j, right] of list.entries()) {
          for (const left of list.slice(0, j)) s += Math.sign(right - left);
        }
        expect(kendallS(Float64Array.from(list))).toBe(s);
      }),
      { numRuns: 60 },
    );
  });

  it.each([0, 1, 2, 5])('%d equal values have no trend and no NaN', (n) => {
    const values = new Float64Array(n).fill(7);
    const times = floats(n, (t) => t);
    expect(mannKendall(values)).toEqual({ s: 0, variance: 0, z: 0, p: 1, tau: 0 });
    expect(theilSen(times, values)?.slope ?? 0).toBe(0);
    expect(siegel(times, values)?.slope ?? 0).toBe(0);
    expect(fitLine(times, values)?.correlation ?? 0).toBe(0);
    expect(correctionFactor(values, n)).toBeGreaterThanOrEqual(1);
  });

  it('equal times have no slope', () => {
    const times = new Float64Array(4);
    expect(theilSen(times, Float64Array.of(1, 2, 3, 4))).toBeUndefined();
    expect(siegel(times, Float64Array.of(1, 2, 3, 4))).toBeUndefined();
    expect(fitLine(times, Float64Array.of(1, 2, 3, 4))).toBeUndefined();
  });
});
