/**
 * Split conformal prediction: the score that a new one stays below with probability 1 - `alpha`, the
 * ceil((n + 1)(1 - alpha))-th smallest (Vovk; Lei et al., JASA 113, 2018). `scores` ascend. Infinity where there are too
 * few to say.
 */
export function conformalQuantile(scores: Float64Array, alpha: number): number {
  const n = scores.length;
  // 10 * (1 - 0.3) is not 7 in binary.
  const rank = Math.max(Math.ceil((n + 1) * (1 - alpha) - 1e-9), 1);
  return rank > n ? Infinity : (scores[rank - 1] as number);
}
