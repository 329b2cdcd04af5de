/** What the container's language runtime adds to the advice: its knobs, its own heap limit, the clues in its log. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import type { Bytes } from '../units.ts';
import { rollbackActions } from './kernel-own.ts';
import { ownLimit } from './words.ts';

export function isRuntime(_facts: DeathFacts, _id: string): boolean {
  return false;
}

export function logShows(_facts: DeathFacts, _kind: string): boolean {
  return false;
}

export function knobActions(_facts: DeathFacts): readonly Action[] {
  return [];
}

export function knobLimitBytes(_facts: DeathFacts): Bytes | undefined {
  return undefined;
}

/** H1: the heap setting was reached, not the container's limit. The two need opposite fixes. */
export function adviseHeapLimit(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    ...rollbackActions(facts, verdict),
    {
      kind: 'investigate',
      text: `Take a heap dump or profile first: the runtime stopped at its own heap setting, and a higher one only delays a leak. The kernel did not kill anything, so ${ownLimit(facts)} was not what it hit.`,
    },
  ];
}
