/** Names that are probably meant. */
import { editDistance } from '../../core/edit-distance.ts';

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

function distance(a: string, b: string, limit: number): number {
  return Math.abs(a.length - b.length) > limit ? limit + 1 : editDistance(a, b);
}
