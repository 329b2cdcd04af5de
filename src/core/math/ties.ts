/** The sum of t (t - 1) (2 t + 5) over groups of `t` equal values, as the variance of Kendall's S needs it. */
export function tieCorrection(values: Float64Array): number {
  const sorted = values.slice().sort();
  let sum = 0;
  let group = 1;
  for (let i = 1; i <= sorted.length; i++) {
    if (i < sorted.length && sorted[i] === sorted[i - 1]) {
      group++;
    } else {
      sum += group * (group - 1) * (2 * group + 5);
      group = 1;
    }
  }
  return sum;
}
