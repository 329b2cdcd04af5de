/** Verdicts without a cause: no fix is advised, only how to know it now or next time. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { recordCommand } from './commands.ts';

/** `ambiguous` and `insufficient`. */
export function adviseUndecided(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const names = verdict.candidates.map(({ title }) => title).slice(0, 2);
  const between = verdict.kind === 'ambiguous' && names.length === 2 ? ` between ${names.join(' and ')}` : '';
  return [
    {
      kind: 'investigate',
      short: 'fetch the missing evidence',
      text: `Change nothing yet: what was read does not decide${between}. Fetch the evidence listed below while it still exists.`,
    },
    keepNextTime(facts),
  ];
}

/** Events live an hour and only the last termination survives: only a watcher keeps more. */
export function keepNextTime(facts: DeathFacts): Action {
  const command = recordCommand(facts);
  return {
    kind: 'prevent',
    text: 'Keep the evidence next time: events are gone after about an hour, and each restart overwrites the record of the one before. This watches and saves what there is at each death.',
    ...(command === undefined ? {} : { command }),
  };
}
