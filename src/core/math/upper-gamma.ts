/**
 * Regularised upper incomplete gamma function Q(a, x) for a half-integer or integer `a` > 0 and x >= 0: series below
 * a + 1, Lentz' continued fraction above (DLMF 8.11.4 and 8.9.2). Relative error around 1e-13; 0 where the value
 * is below the smallest double.
 */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGammaOfHalves(a));
  return x < a + 1 ? 1 - scale * series(a, x) : scale * fraction(a, x);
}

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 10_000 && term > sum * 1e-17; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let result = d;
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b);
    c = b + an / c;
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return result;
}

/** By the recurrence of the gamma function from 1/2 or 1, so without an approximation. */
function logGammaOfHalves(a: number): number {
  let k = a % 1 === 0 ? 1 : 0.5;
  let log = k === 1 ? 0 : Math.log(Math.PI) / 2;
  for (; k < a; k++) log += Math.log(k);
  return log;
}
