/**
 * PELT (Killick, Fearnhead and Eckley, JASA 107, 2012): the segmentation of n values with the least sum of segment costs
 * plus `penalty` for each change. `cost(start, end)` is that of the half-open segment and must not grow when a segment
 * is split. Returns the ends of the segments, ascending, the last one n. Linear only where changes are frequent: bin to
 * a few hundred values first.
 */
export function pelt(
  n: number,
  cost: (start: number, end: number) => number,
  { penalty, shortest = 1 }: { readonly penalty: number; readonly shortest?: number },
): readonly number[] {
  if (n <= 0) return [];
  const least = new Float64Array(n + 1).fill(Infinity);
  const previous = new Int32Array(n + 1);
  // The end at which a start was beaten by a change there; no later end needs it once a segment from there is long enough.
  const beatenAt = new Int32Array(n + 1).fill(2 * n + shortest);
  least[0] = -penalty;
  let starts = [0];
  for (let end = shortest; end <= n; end++) {
    starts = starts.filter((start) => (beatenAt[start] as number) + shortest > end);
    const costs = starts.map((start) => (least[start] as number) + cost(start, end));
    for (const [i, total] of costs.entries()) {
      if (total + penalty >= (least[end] as number)) continue;
      least[end] = total + penalty;
      previous[end] = starts[i] as number;
    }
    for (const [i, start] of starts.entries()) {
      if ((costs[i] as number) > (least[end] as number))
        beatenAt[start] = Math.min(beatenAt[start] as number, end);
    }
    // The next segment may start where a whole one ended.
    const next = end + 1 - shortest;
    if (next >= shortest) starts.push(next);
  }
  return least[n] === Infinity ? [n] : endsOf(previous, n);
}

function endsOf(previous: Int32Array, n: number): readonly number[] {
  const ends: number[] = [];
  for (let end = n; end > 0; end = previous[end] as number) ends.push(end);
  return ends.toReversed();
}

/** The cost of one mean per segment: the sum of squares about it, by running sums. */
export function meanCost(values: Float64Array): (start: number, end: number) => number {
  const n = values.length;
  const centre = n === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / n;
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const value = (values[i] as number) - centre;
    sums[i + 1] = (sums[i] as number) + value;
    squares[i + 1] = (squares[i] as number) + value * value;
  }
  return (start, end) => {
    const sum = (sums[end] as number) - (sums[start] as number);
    return Math.max((squares[end] as number) - (squares[start] as number) - (sum * sum) / (end - start), 0);
  };
}
