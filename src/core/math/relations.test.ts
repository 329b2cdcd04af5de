import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestLag } from './best-lag.ts';
import { conformalQuantile } from './conformal.ts';
import { hampel } from './hampel.ts';
import { isotonic } from './isotonic.ts';
import { bartlettLag, leastSquares, partialR2, type Regression } from './least-squares.ts';
import { MAD_TO_SIGMA, medianAbsoluteDeviation } from './mad.ts';
import { median } from './median.ts';
import { poolSlopes } from './pooled-slope.ts';
import { predictLinear } from './predict-linear.ts';
import { quantile } from './quantile.ts';
import { seasonalMannKendall } from './seasonal-mann-kendall.ts';
import { mannKendall } from './mann-kendall.ts';
import { close, floats, lcg, sum } from './testing.ts';

const randomD = lcg(7);
const D = floats(240, (t) => 1000 + 0.5 * t + (t % 24 >= 12 ? 200 : 0) + 100 * (randomD() - 0.5));

describe('vector 5: seasonal Mann-Kendall', () => {
  it('without the covariance of seasons', () => {
    expect(D[0]).toBeCloseTo(973.87808398, 8);
    const trend = seasonalMannKendall(D, { period: 24 });
    expect([trend?.s, trend?.variance]).toEqual([624, 3000]);
    expect(close(trend?.z, 11.37437177752395)).toBe(true);
    expect(close(trend?.slope, 11.70939571836165)).toBe(true);
    expect(close(trend?.intercept, 1103.5339922633998)).toBe(true);
  });

  it('with it', () => {
    const trend = seasonalMannKendall(D, { period: 24, covariance: true });
    expect(close(trend?.variance, 38410.6666667)).toBe(true);
    expect(close(trend?.z, 3.1838944887548433)).toBe(true);
  });

  it('beside the plain test', () => {
    expect(close(mannKendall(D).z, 7.463834253649339)).toBe(true);
  });

  it.each([
    [0, 24],
    [24, 24],
    [5, 0],
  ])('%d values in periods of %d have no trend', (n, period) => {
    expect(seasonalMannKendall(new Float64Array(n), { period })).toBeUndefined();
  });
});

const randomL = lcg(31);
const draws = floats(400, () => randomL());
const TRAFFIC = floats(
  200,
  (t) => 100 + 50 * Math.sin((2 * Math.PI * t) / 48) + 20 * ((draws[t] ?? 0) - 0.5),
);
let error = 0;
const M1 = floats(200, (t) => {
  error = 0.5 * error + ((draws[200 + t] ?? 0) - 0.5);
  return 300 + 2 * (TRAFFIC[t] ?? 0) + 10 * error;
});
const M2 = M1.map((value, t) => value + 0.4 * t);
const T = floats(200, (t) => t);

describe('vector 10: memory, time and load', () => {
  const [one, two] = [leastSquares(M1, [T, TRAFFIC], 8), leastSquares(M2, [T, TRAFFIC], 8)];

  it('is the vector of the reference', () => {
    expect(sum(M1)).toBeCloseTo(100359.13530646636, 7);
    expect(sum(M2)).toBeCloseTo(108319.13530646634, 7);
  });

  it.each([
    ['time without growth', one?.coefficients[0], -0.0023651015362606, 1e-9],
    ['its error', one?.errors[0], 0.007677558263886658, 1e-9],
    ['time with growth', two?.coefficients[0], 0.397634898463739, 1e-9],
    ['its t', (two?.coefficients[0] ?? 0) / (two?.errors[0] ?? 1), 51.791844, 1e-7],
    ['traffic', one?.coefficients[1], 1.9750047817884842, 1e-9],
    ['its error', one?.errors[1], 0.0086705, 1e-5],
  ])('%s', (_name, actual, expected, tolerance) => {
    expect(actual).toSatisfy((value: number | undefined) => close(value, expected, tolerance));
  });

  it.each([
    ['m1', one, M1, -0.041929034261578596],
    ['m2', two, M2, 0.9901048336215718],
  ])('partial correlation of time and %s', (_name, all, values, expected) => {
    const without = leastSquares(values, [TRAFFIC]);
    const r2 = partialR2(all as Regression, without as Regression);
    expect(Math.sign(expected) * Math.sqrt(r2)).toBeCloseTo(expected, 9);
  });

  it.each([
    ['collinear regressors', [T, T.map((t) => 3 * t + 1)]],
    ['a regressor that does not vary', [new Float64Array(200).fill(4)]],
    ['none', []],
    ['four', [T, T, T, T]],
    ['a short one', [T.subarray(0, 9)]],
  ])('%s have no answer', (_name, regressors) => {
    expect(leastSquares(M1, regressors)).toBeUndefined();
  });

  it('takes three regressors and finds exact coefficients', () => {
    const squares = T.map((t) => t * t);
    const values = T.map((t) => 5 - 2 * t + 0.25 * t * t + 3 * (TRAFFIC[t] ?? 0));
    const fit = leastSquares(values, [T, squares, TRAFFIC]);
    expect([...(fit?.coefficients ?? [])].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([
      -2, 0.25, 3,
    ]);
    expect(fit?.intercept).toBeCloseTo(5, 5);
    expect(fit?.r2).toBeCloseTo(1, 9);
  });

  // 4 * 0.84^(2/9) = 3.85; 4 * 5.12^(2/9) = 5.75.
  it.each([
    [84, 3],
    [512, 5],
  ])('the kernel of %d values reaches %d', (n, lag) => {
    expect(bartlettLag(n)).toBe(lag);
  });
});

describe('bestLag', () => {
  it.each([0, 1, 4, 6])('finds a delay of %d', (delay) => {
    const driver = TRAFFIC;
    const response = floats(200, (t) => 300 + 2 * (TRAFFIC[t - delay] ?? 100));
    expect(bestLag(driver, response).lag).toBe(delay);
  });

  it.each([0, 1, 2, 3])('%d values follow at once', (n) => {
    expect(bestLag(T.subarray(0, n), T.subarray(0, n))).toEqual({ lag: 0, correlation: 0 });
  });
});

describe('vector 11: pooling', () => {
  const slopes = [2.1, 1.9, 2.3, 2.0].map((slope, i) => ({ slope, error: [0.2, 0.25, 0.3, 0.2][i] ?? 0 }));
  const pooled = poolSlopes(slopes);

  it.each([
    ['slope', pooled?.slope, 2.0548991354466857],
    ['error', pooled?.error, 0.1138784427001685],
    ['Q', pooled?.q, 1.1775936599423629],
    ['Stouffer', pooled?.z, 17.883333333333333],
  ])('%s', (_name, actual, expected) => {
    expect(close(actual, expected)).toBe(true);
  });

  it('says how much slopes differ', () => {
    expect(pooled?.i2).toBe(0);
    expect(pooled?.qP).toBeGreaterThan(0.7);
    const apart = poolSlopes([
      { slope: 1, error: 0.1 },
      { slope: 3, error: 0.1 },
    ]);
    // Q = 2 * (1 / 0.1)^2 = 200, I2 = 199 / 200.
    expect(apart?.i2).toBeCloseTo(0.995, 9);
    expect(apart?.qP).toBeLessThan(1e-9);
  });

  it('leaves out what has no error', () => {
    expect(poolSlopes([{ slope: 1, error: 0 }])).toBeUndefined();
    expect(poolSlopes([])).toBeUndefined();
  });
});

describe('vector 12: predict_linear', () => {
  const times = floats(6, (i) => 60 * i);
  const values = Float64Array.of(100, 104, 103, 109, 112, 111);
  const ahead = predictLinear(times, values, { evaluationTime: 300, ahead: 3600 });

  it('slope, now and then', () => {
    expect(close(ahead?.slope, 0.04047619047619048)).toBe(true);
    expect(close(ahead?.now, 112.57142857142857)).toBe(true);
    expect(close(ahead?.later, 258.2857142857143)).toBe(true);
  });

  it('is flat through equal samples and silent on one', () => {
    const flat = predictLinear(times, new Float64Array(6).fill(0.1), { evaluationTime: 9e5, ahead: 60 });
    expect(flat).toEqual({ slope: 0, now: 0.1, later: 0.1 });
    expect(predictLinear(times.subarray(0, 1), values.subarray(0, 1), { evaluationTime: 0, ahead: 1 })).toBe(
      undefined,
    );
  });
});

describe('vector 13: conformal quantile', () => {
  const scores = Float64Array.of(0.5, -1.2, 3.1, -0.2, 0.9, 2.2, -2.7, 0.1, 1.4).map(Math.abs).sort();
  it.each([
    [0.1, 3.1],
    [0.2, 2.7],
    [0.05, Infinity],
    // ceil(10 * 0.7) = 7.
    [0.3, 2.2],
  ])('alpha %d', (alpha, expected) => {
    expect(conformalQuantile(scores, alpha)).toBe(expected);
  });

  it('knows nothing of nothing', () => {
    expect(conformalQuantile(new Float64Array(), 0.2)).toBe(Infinity);
  });
});

describe('order statistics', () => {
  it.each([
    [[4, 1, 3, 2], 0.5, 2.5],
    [[4, 1, 3, 2], 0, 1],
    [[4, 1, 3, 2], 1, 4],
    // Position 0.1 * 4 = 0.4 between 10 and 20.
    [[50, 40, 30, 20, 10], 0.1, 14],
    [[], 0.5, undefined],
    [[7], 0.98, 7],
  ])('quantile of %j at %d', (values, ratio, expected) => {
    expect(quantile(Float64Array.from(values), ratio)).toBe(expected);
  });

  it('is what sorting gives, and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 50 }), (list) => {
        const values = Float64Array.from(list);
        const sorted = values.toSorted();
        const middle = (list.length - 1) / 2;
        const expected = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
        expect(median(values)).toBe(expected);
        expect([...values]).toEqual(list);
      }),
      { numRuns: 100 },
    );
  });

  it('MAD', () => {
    // Median 3; deviations 2, 1, 0, 1, 97.
    expect(medianAbsoluteDeviation(Float64Array.of(1, 2, 3, 4, 100))).toBe(1);
    expect(medianAbsoluteDeviation(new Float64Array())).toBeUndefined();
  });
});

describe('isotonic', () => {
  it.each([
    [
      [1, 3, 2, 4],
      [1, 2.5, 2.5, 4],
    ],
    [
      [3, 2, 1],
      [2, 2, 2],
    ],
    [[], []],
    [[5], [5]],
  ])('%j', (values, expected) => {
    expect([...isotonic(Float64Array.from(values))]).toEqual(expected);
  });

  it('never falls and keeps the sum', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 40 }), (list) => {
        const fitted = isotonic(Float64Array.from(list));
        expect(fitted.every((value, i) => i === 0 || value >= (fitted[i - 1] ?? 0) - 1e-9)).toBe(true);
        expect(sum(fitted)).toBeCloseTo(sum(Float64Array.from(list)), 6);
      }),
      { numRuns: 60 },
    );
  });
});

describe('hampel', () => {
  it('is what the definition gives at every place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 15 }),
        (list, window) => {
          const values = Float64Array.from(list);
          const reach = Math.floor((Math.min(window, list.length) - 1) / 2);
          const scores = hampel(values, window);
          for (const [i, value] of values.entries()) {
            const around = values.subarray(Math.max(i - reach, 0), i + reach + 1);
            const distance = Math.abs(value - (median(around) ?? 0));
            const expected =
              distance === 0 ? 0 : distance / (MAD_TO_SIGMA * (medianAbsoluteDeviation(around) ?? 0));
            expect(scores[i]).toBeCloseTo(expected, 9);
          }
        },
      ),
      { numRuns: 80 },
    );
  });

  it('marks a spike and nothing else', () => {
    const random = lcg(8);
    const values = floats(120, (t) => 100 + random() + (t === 60 ? 50 : 0));
    const scores = hampel(values, 61);
    expect([...scores.entries()].filter(([, score]) => score > 6).map(([i]) => i)).toEqual([60]);
  });
});
