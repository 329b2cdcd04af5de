import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometric } from './growth-bases.ts';
import { fitGrowth, growthAt, type GrowthModel } from './growth-models.ts';
import { close, floats, lcg } from './testing.ts';

const X = floats(100, (x) => x);
const GRIDS = { log: [1], sat: geometric(99 / 50, 99, 40), exp: geometric(9.9, 99, 30) };

function fitted(form: (x: number) => number) {
  const random = lcg(21);
  const values = floats(100, (x) => form(x) + 20 * (random() - 0.5));
  return fitGrowth({ times: X, values, grids: GRIDS });
}

// Vector 9, computed with numpy: model, plain BIC and parameter. Ramp and hinge are not part of it.
const ROWS: readonly (readonly [
  name: string,
  form: (x: number) => number,
  expected: { readonly model: GrowthModel; readonly bic: number; readonly parameter?: number },
])[] = [
  ['line', (x) => 200 + 3 * x, { model: 'lin', bic: 351.611587 }],
  ['logarithm', (x) => 200 + 80 * Math.log1p(x), { model: 'log', bic: 350.835746 }],
  [
    'saturation',
    (x) => 200 - 400 * Math.expm1(-x / 15),
    { model: 'sat', bic: 355.222537, parameter: 14.7208 },
  ],
  ['step', (x) => 200 + (x >= 40 ? 150 : 0), { model: 'step', bic: 356.495667, parameter: 40 }],
  [
    'exponential',
    (x) => 200 + 20 * Math.expm1(x / 40),
    { model: 'exp', bic: 357.357013, parameter: 38.1805 },
  ],
  ['constant', () => 200, { model: 'const', bic: 347.64094 }],
];

describe('vector 9', () => {
  it.each(ROWS)('%s', (_name, form, { model, bic, parameter }) => {
    const result = fitted(form);
    const fit = result?.fits.find((one) => one.model === model);
    expect(fit?.plainBic).toBeCloseTo(bic, 5);
    if (parameter !== undefined) expect(close(fit?.parameter, parameter, 1e-5)).toBe(true);
    const least = result?.fits
      .filter((one) => one.model !== 'ramp' && one.model !== 'hinge')
      .reduce((a, b) => (b.plainBic < a.plainBic ? b : a));
    expect(least?.model).toBe(model);
  });

  it.each([
    ['line', (x: number) => 200 + 3 * x, 'sat', 516.972222],
    ['constant', () => 200, 'log', 350.835746],
  ] as const)('next to the %s', (_name, form, model, bic) => {
    const fit = fitted(form)?.fits.find((one) => one.model === model);
    expect(fit?.plainBic).toBeCloseTo(bic, 5);
  });
});

describe('evidence', () => {
  it.each([
    ['a line grows on', (x: number) => 200 + 3 * x, 'lin', true],
    ['a late hinge grows on', (x: number) => 200 + 4 * Math.max(x - 50, 0), 'hinge', true],
    ['an exponential grows on', (x: number) => 200 + 20 * Math.expm1(x / 30), 'exp', true],
    ['a saturation ends', (x: number) => 200 - 400 * Math.expm1(-x / 15), 'sat', false],
    ['a ramp ends', (x: number) => 200 + 5 * Math.min(x, 40), 'ramp', false],
    ['a step ends', (x: number) => 200 + (x >= 40 ? 150 : 0), 'step', false],
    ['nothing grows', () => 200, 'const', false],
  ] as const)('%s', (_name, form, model, grows) => {
    const result = fitted(form);
    expect(result?.best.model).toBe(model);
    expect((result?.evidence ?? 0) > 2).toBe(grows);
  });

  it('takes the clock of requests where growth pauses with them', () => {
    const load = floats(100, (t) => (Math.floor(t / 20) % 2 === 0 ? 10 : 0.5));
    let total = 0;
    const cumulative = load.map((value) => (total += value));
    const random = lcg(3);
    const values = cumulative.map((value) => 100 + 0.2 * value + random());
    const result = fitGrowth({ times: X, values, cumulative });
    expect(result?.best.model).toBe('cum');
    expect(result?.evidence).toBeGreaterThan(6);
    expect(result && growthAt(result.best, { from: 0, time: 0, cumulative: 1000 })).toBeCloseTo(300.5, 0);
  });

  it('counts autocorrelated values for less', () => {
    const random = lcg(4);
    let error = 0;
    const noise = floats(84, () => (error = 0.9 * error + random() - 0.5));
    const result = fitGrowth({ times: floats(84, (t) => t), values: noise.map((e, t) => 100 + 0.3 * t + e) });
    expect(result?.effectiveSize).toBeLessThan(30);
  });
});

describe('growthAt', () => {
  it.each(['lin', 'log', 'sat', 'ramp', 'exp', 'hinge', 'step'] as const)(
    'continues %s at any origin',
    (model) => {
      const times = floats(60, (t) => 1000 + t);
      const result = fitGrowth({ times, values: floats(60, (t) => 5 + t + (t > 30 ? 9 : 0)) });
      const fit = result?.fits.find((one) => one.model === model);
      expect(fit).toBeDefined();
      if (!fit) return;
      let squares = 0;
      for (let t = 0; t < 60; t++) {
        const value = 5 + t + (t > 30 ? 9 : 0);
        squares += (growthAt(fit, { from: 1000, time: 1000 + t }) - value) ** 2;
      }
      expect(squares).toBeCloseTo(fit.squaredError, 6);
    },
  );
});

describe('hostile input', () => {
  it.each([
    ['nothing', []],
    ['one value', [1]],
    ['two values', [1, 2]],
  ])('%s has no form', (_name, values) => {
    expect(
      fitGrowth({ times: floats(values.length, (t) => t), values: Float64Array.from(values) }),
    ).toBeUndefined();
  });

  it('no span has no form', () => {
    expect(fitGrowth({ times: new Float64Array(9), values: floats(9, (t) => t) })).toBeUndefined();
  });

  it('equal values are constant', () => {
    const result = fitGrowth({ times: X, values: new Float64Array(100).fill(7) });
    expect(result?.best.model).toBe('const');
    expect(result?.evidence).toBe(-Infinity);
  });

  it('a line without noise is a line', () => {
    const result = fitGrowth({ times: X, values: floats(100, (t) => 3 + 2 * t) });
    expect(result?.best.model).toBe('lin');
    expect(result?.best.growth).toBeCloseTo(2, 9);
  });

  it('gives no NaN, and the same answer shifted and scaled', () => {
    const list = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 60 });
    fc.assert(
      fc.property(list, fc.integer({ min: -3, max: 10 }), (values, exponent) => {
        const times = floats(values.length, (t) => t);
        const one = fitGrowth({ times, values: Float64Array.from(values) });
        const other = fitGrowth({
          times,
          values: Float64Array.from(values, (v) => v * 2 ** exponent + 4096),
        });
        expect(one?.fits.every((fit) => Number.isFinite(fit.bic) && Number.isFinite(fit.growth))).toBe(true);
        const difference = (one?.flat.bic ?? 0) - (other?.flat.bic ?? 0);
        expect(Number.isFinite(difference)).toBe(true);
        if (one && other && Number.isFinite(one.evidence) && one.flat.squaredError > 1) {
          expect(Math.abs(one.evidence - other.evidence)).toBeLessThan(1e-3);
        }
      }),
      { numRuns: 60 },
    );
  });
});
