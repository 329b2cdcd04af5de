import { upperGamma } from './upper-gamma.ts';

/** Probability above `z` of the standard normal distribution, relatively exact in the upper tail. */
export function normalSf(z: number): number {
  const tail = upperGamma(0.5, (z * z) / 2) / 2;
  return z >= 0 ? tail : 1 - tail;
}

/** Probability up to `z` of the standard normal distribution, relatively exact in the lower tail. */
export function normalCdf(z: number): number {
  return normalSf(-z);
}

/**
 * The quantile of the standard normal distribution: a rational start (Abramowitz and Stegun 26.2.23), then Halley's
 * steps. -Infinity at 0 and below, Infinity at 1 and above.
 */
export function normalPpf(probability: number): number {
  if (probability <= 0) return -Infinity;
  if (probability >= 1) return Infinity;
  if (probability > 0.5) return -lowerPpf(1 - probability);
  return lowerPpf(probability);
}

function lowerPpf(probability: number): number {
  const t = Math.sqrt(-2 * Math.log(probability));
  let z =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 4; step++) {
    const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
    if (density === 0) break;
    const newton = (normalCdf(z) - probability) / density;
    z -= newton / (1 + (z * newton) / 2);
  }
  return z;
}
