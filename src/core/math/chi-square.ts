import { upperGamma } from './upper-gamma.ts';

/** Probability above `value` of chi-square with a whole number of degrees of freedom, at least 1. */
export function chiSquareSf(value: number, degreesOfFreedom: number): number {
  return upperGamma(degreesOfFreedom / 2, value / 2);
}
