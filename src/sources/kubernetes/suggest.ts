/** Names that are probably meant. */

const SUGGESTIONS = 3;

/** Same beginning first, then few differing characters; at most three. */
export function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  return names
    .map((name) => ({ name, distance: rank(wanted, name, limit) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((one, other) => one.distance - other.distance || one.name.localeCompare(other.name))
    .slice(0, SUGGESTIONS)
    .map(({ name }) => name);
}

function rank(wanted: string, name: string, limit: number): number {
  const stem = wanted.replace(/-[a-z0-9]{4,10}$/, '');
  if (name.startsWith(wanted) || (stem.length > 2 && name.startsWith(`${stem}-`))) return 0;
  // Against a pod's name without its generated end, so that `chekout` finds `checkout-5d9c-x7k2p`.
  const bare = name.replace(/(-[a-z0-9]{4,10}){1,2}$/, '');
  return Math.min(distance(wanted, name, limit), distance(wanted, bare, limit));
}

/** Levenshtein, given up beyond `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit + 1;
}
