/** Least squares with up to three regressors and an intercept, and errors that survive autocorrelation. */
import { centre } from './basis-fit.ts';
import { invertSymmetric } from './invert-symmetric.ts';

export interface Regression {
  readonly intercept: number;
  /** Parallel to the regressors. */
  readonly coefficients: Float64Array;
  /** Bartlett (Newey-West) standard errors of the coefficients, without a correction for degrees of freedom. */
  readonly errors: Float64Array;
  readonly residuals: Float64Array;
  readonly squaredError: number;
  /** Share of the variance that is explained, 0 to 1; 0 of values that do not vary. */
  readonly r2: number;
}

/** Newey and West's rule of thumb: floor(4 (n / 100)^(2/9)). */
export function bartlettLag(n: number): number {
  return Math.floor(4 * (n / 100) ** (2 / 9));
}

/**
 * values = intercept + sum of coefficient * regressor. `lag` is the width of Bartlett's kernel. `undefined` where
 * regressors are collinear, none or more than three are given, or there are not more values than unknowns.
 */
export function leastSquares(
  values: Float64Array,
  regressors: readonly Float64Array[],
  lag = bartlettLag(values.length),
): Regression | undefined {
  const n = values.length;
  const k = regressors.length;
  if (k < 1 || k > 3 || n <= k + 1 || regressors.some((one) => one.length < n)) return undefined;
  const y = centre(values);
  const columns = regressors.map((one) => centre(one.subarray(0, n)));
  const inverse = invertSymmetric(columns.map((a) => columns.map((b) => dot(a.values, b.values))));
  if (inverse === undefined) return undefined;
  const moments = columns.map((column) => dot(column.values, y.values));
  const coefficients = Float64Array.from(inverse, (row) => rowDot(row, moments));
  const residuals = y.values.map((value, i) => {
    let rest = value;
    for (let c = 0; c < k; c++) rest -= (coefficients[c] as number) * (columns[c]?.values[i] as number);
    return rest;
  });
  const squaredError = dot(residuals, residuals);
  const scores = columns.map(({ values: column }) => column.map((x, i) => x * (residuals[i] as number)));
  return {
    intercept: columns.reduce((rest, { mean }, c) => rest - (coefficients[c] as number) * mean, y.mean),
    coefficients,
    errors: bartlettErrors(scores, inverse, lag),
    residuals,
    squaredError,
    r2: y.squares > 0 ? Math.max(1 - squaredError / y.squares, 0) : 0,
  };
}

/** How much of what is left without the last regressor it explains: 1 - SSR(all) / SSR(without), 0 to 1. */
export function partialR2(all: Regression, without: Regression): number {
  if (!(without.squaredError > 0)) return 0;
  return Math.min(Math.max(1 - all.squaredError / without.squaredError, 0), 1);
}

/** Square roots of the diagonal of inverse * S * inverse, S the kernel-weighted sum of the scores' autocovariances. */
function bartlettErrors(
  scores: readonly Float64Array[],
  inverse: readonly (readonly number[])[],
  lag: number,
): Float64Array {
  const long = scores.map((a) =>
    scores.map((b) => {
      let sum = dot(a, b);
      for (let l = 1; l <= lag; l++) sum += (1 - l / (lag + 1)) * (lagDot(a, b, l) + lagDot(b, a, l));
      return sum;
    }),
  );
  return Float64Array.from(inverse, (row) => {
    const through = long.map((line) => rowDot(line, row));
    return Math.sqrt(Math.max(rowDot(row, through), 0));
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  return lagDot(a, b, 0);
}

function lagDot(a: Float64Array, b: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < a.length; i++) sum += (a[i] as number) * (b[i - lag] as number);
  return sum;
}

function rowDot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}
