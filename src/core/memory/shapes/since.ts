/** Which change an instant belongs to. */
import type { EpochMs } from '../../units.ts';
import { HOUR_MS } from '../../units.ts';
import type { ChangeMark } from '../../model/series.ts';
import type { MemoryCase } from '../case.ts';

/** Two bins of a week-long life; a rollout takes its time as well. */
const NEAR_MS = 6 * HOUR_MS;

/** The change nearest to the instant, or `undefined` where none is near. */
export function changeNear({ question }: MemoryCase, atMs: EpochMs): ChangeMark | undefined {
  let best: ChangeMark | undefined;
  for (const change of question.changes) {
    if (change.kind === 'scale' || Math.abs(change.atMs - atMs) > NEAR_MS) continue;
    if (best === undefined || Math.abs(change.atMs - atMs) < Math.abs(best.atMs - atMs)) best = change;
  }
  return best;
}
