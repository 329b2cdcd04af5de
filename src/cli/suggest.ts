/** The one word that a mistyped word was probably meant to be. */
import { editDistance } from '../core/edit-distance.ts';

/** Longer words are never compared: they are no typing mistakes, and the comparison is quadratic. */
const LONGEST = 40;

/** The nearest candidate within a third of the word's length (at least one edit), or nothing. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > most) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
