/** Values with their mean taken out once, for many fits of one regressor. */
export interface Centred {
  readonly values: Float64Array;
  readonly mean: number;
  /** Sum of squares about the mean. */
  readonly squares: number;
}

export interface BasisFit {
  readonly intercept: number;
  readonly growth: number;
  readonly squaredError: number;
}

export function centre(values: Float64Array): Centred {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const mean = values.length === 0 ? 0 : sum / values.length;
  const centred = new Float64Array(values.length);
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const value = (values[i] as number) - mean;
    centred[i] = value;
    squares += value * value;
  }
  return { values: centred, mean, squares };
}

/** Least squares of y = intercept + growth * basis. `undefined` where the basis does not vary. */
export function fitBasis(y: Centred, basis: Float64Array): BasisFit | undefined {
  const { values } = y;
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += basis[i] as number;
  const mean = sum / n;
  let squares = 0;
  let product = 0;
  for (let i = 0; i < n; i++) {
    const x = (basis[i] as number) - mean;
    squares += x * x;
    product += x * (values[i] as number);
  }
  if (!(squares > 0) || !Number.isFinite(squares)) return undefined;
  const growth = product / squares;
  return {
    intercept: y.mean - growth * mean,
    growth,
    squaredError: Math.max(y.squares - growth * product, 0),
  };
}
