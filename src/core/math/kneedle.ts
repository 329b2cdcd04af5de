/**
 * Kneedle (Satopaa et al., ICDCS workshops 2011) for a rising curve: the index where a `concave` curve bends away from
 * the diagonal (or a `convex` one starts to rise), if the normalised distance then falls by `sensitivity` mean steps
 * before it rises above that point again. `undefined` where there is no bend. Places a knee; proves none: it finds one in
 * every logarithm.
 */
export function kneedle(
  values: Float64Array,
  { curve, sensitivity = 1 }: { readonly curve: 'concave' | 'convex'; readonly sensitivity?: number },
): number | undefined {
  const distance = distanceFromDiagonal(values, curve);
  const n = distance.length;
  if (n < 3) return undefined;
  const fall = sensitivity / (n - 1);
  let knee: number | undefined;
  let threshold = 0;
  for (let i = 0; i < n - 1; i++) {
    const here = distance[i] as number;
    const isHighest = here >= (distance[i - 1] ?? -Infinity) && here >= (distance[i + 1] as number);
    const isLowest = here <= (distance[i - 1] ?? Infinity) && here <= (distance[i + 1] as number);
    if (isHighest && here > LEAST_BEND) {
      knee = i;
      threshold = here - fall;
    }
    if (isLowest && !isHighest) threshold = 0;
    if (knee !== undefined && (distance[i + 1] as number) < threshold) {
      return curve === 'concave' ? knee : n - 1 - knee;
    }
  }
  return undefined;
}

/** Rounding of a straight line stays below. */
const LEAST_BEND = 1e-9;

/** Normalised value minus normalised index; a convex curve is turned by half a turn into a concave one. */
function distanceFromDiagonal(values: Float64Array, curve: 'concave' | 'convex'): Float64Array {
  const n = values.length;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (n < 3 || !(high > low)) return new Float64Array();
  return Float64Array.from({ length: n }, (_, i) => {
    const height = ((values[curve === 'concave' ? i : n - 1 - i] as number) - low) / (high - low);
    return (curve === 'concave' ? height : 1 - height) - i / (n - 1);
  });
}
