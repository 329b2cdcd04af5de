import { MAD_TO_SIGMA } from './mad.ts';

/**
 * Hampel's identifier: the distance of each value from the median of the `window` values around it (fewer at the ends), in
 * 1.4826 MAD of the same values. Above 6 is a spike. 0 at the median itself, Infinity beside a window that is otherwise
 * flat. O(n * window), by a window that stays sorted.
 */
export function hampel(values: Float64Array, window: number): Float64Array {
  const n = values.length;
  const reach = Math.max(Math.floor((Math.min(window, n) - 1) / 2), 0);
  const sorted = new Float64Array(2 * reach + 1);
  let size = 0;
  for (let i = 0; i < Math.min(reach, n); i++) size = insert(sorted, size, values[i] as number);
  return values.map((value, i) => {
    const next = i + reach;
    const last = i - reach - 1;
    if (last >= 0) size = remove(sorted, size, values[last] as number);
    if (next < n) size = insert(sorted, size, values[next] as number);
    const centre = ((sorted[(size - 1) >> 1] as number) + (sorted[size >> 1] as number)) / 2;
    const distance = Math.abs(value - centre);
    return distance === 0 ? 0 : distance / (MAD_TO_SIGMA * deviation(sorted, size, centre));
  });
}

function insert(sorted: Float64Array, size: number, value: number): number {
  let at = size;
  for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number;
  sorted[at] = value;
  return size + 1;
}

function remove(sorted: Float64Array, size: number, value: number): number {
  let at = 0;
  while (at < size - 1 && sorted[at] !== value) at++;
  sorted.copyWithin(at, at + 1, size);
  return size - 1;
}

/** Median absolute deviation: the deviations ascend from the middle to both sides, so they merge like two lists. */
function deviation(sorted: Float64Array, size: number, centre: number): number {
  let left = (size - 1) >> 1;
  let right = left + 1;
  let current = 0;
  let previous = 0;
  for (let taken = 0; taken <= size >> 1; taken++) {
    previous = current;
    const below = left >= 0 ? centre - (sorted[left] as number) : Infinity;
    const above = right < size ? (sorted[right] as number) - centre : Infinity;
    if (below <= above) left--;
    else right++;
    current = Math.min(below, above);
  }
  return size % 2 === 1 ? current : (previous + current) / 2;
}
