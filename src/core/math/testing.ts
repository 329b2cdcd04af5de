/**
 * The test vectors' generator, s = (1664525 s + 1013904223) mod 2^32, u = s / 2^32: the same in every language, so
 * that values computed with numpy and scipy can be compared.
 */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** `length` values of a function of the index. */
export function floats(length: number, value: (index: number) => number): Float64Array {
  return Float64Array.from({ length }, (_, index) => value(index));
}

export function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** 100 + trend * t + AR(1) noise with coefficient 0.6 of LCG(42). */
export function noisyTrend(trend: number): Float64Array {
  const random = lcg(42);
  let error = 0;
  return floats(200, (t) => {
    error = 0.6 * error + (random() - 0.5);
    return 100 + trend * t + error;
  });
}

/** Equal up to a relative distance of 1e-9, or absolutely near 0. */
export function close(actual: number | undefined, expected: number, tolerance = 1e-9): boolean {
  if (actual === undefined) return false;
  return Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-9);
}
