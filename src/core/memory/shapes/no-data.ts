/** Nothing that can be judged: say so, and why. */
import { count } from '../../text/numbers.ts';
import { FEWEST_SAMPLES } from '../prepare.ts';
import { context } from '../say.ts';
import type { Shape } from './shape.ts';

export const noData: Shape = {
  id: 'no-data',
  assess: (memory) => {
    const { combined, samples, kills } = memory;
    // Many deaths speak for themselves, however few samples lie between them.
    if (combined.heard.length > 0 || kills.length >= 3) return undefined;
    const reason =
      samples === 0
        ? 'No sample of its memory could be read'
        : `${count(samples, 'sample')} in ${count(memory.runs.length, 'life', 'lives')}: fewer than the ${FEWEST_SAMPLES} that a judgement needs`;
    return {
      confidence: 'certain',
      summary: `${reason}.`,
      statements: [context(`${reason}.`, 'metrics')],
      wouldChange: 'A longer history, or samples that are closer together.',
    };
  },
};
