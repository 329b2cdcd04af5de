/** The rollback as an action, where it is sound advice. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { whatChanged } from './what-changed.ts';

/** Going back is the safest first step where the death began with the newest revision. */
export function rollbackActions(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const changed = whatChanged(facts, verdict);
  if (changed?.rollbackCommand === undefined) return [];
  const fields = [...new Set(changed.changes.map(({ field }) => field))].join(', ');
  return [
    {
      kind: 'rollback',
      text: `Roll back to revision ${changed.fromRevision ?? changed.fromName}: the deaths began with revision ${changed.toRevision ?? changed.toName}, which changed ${fields}.`,
      command: changed.rollbackCommand,
      ...(changed.caution === undefined ? {} : { caution: changed.caution }),
    },
  ];
}
