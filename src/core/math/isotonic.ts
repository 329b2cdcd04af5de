/**
 * Isotonic regression: the never falling sequence nearest to `values` in squares, by pooling adjacent violators
 * (Ayer et al. 1955). O(n).
 */
export function isotonic(values: Float64Array): Float64Array {
  const means: number[] = [];
  const sizes: number[] = [];
  for (const value of values) {
    let mean = value;
    let size = 1;
    while (means.length > 0 && (means.at(-1) as number) >= mean) {
      const before = sizes.pop() as number;
      mean = (mean * size + (means.pop() as number) * before) / (size + before);
      size += before;
    }
    means.push(mean);
    sizes.push(size);
  }
  const fitted = new Float64Array(values.length);
  let at = 0;
  for (const [block, mean] of means.entries()) {
    const size = sizes[block] ?? 0;
    fitted.fill(mean, at, at + size);
    at += size;
  }
  return fitted;
}
