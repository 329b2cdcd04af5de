/** It needs more while it starts than it ever does later, and dies of that. */
import { formatBytes, formatDuration } from '../../text/amounts.ts';
import { MINUTE_MS } from '../../units.ts';
import { median } from '../../math/median.ts';
import { count } from '../../text/numbers.ts';
import { context, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const STARTS_WITHIN_MS = 20 * MINUTE_MS;
/** A life that came through its start stays below this share of the limit. */
const LOW_LATER = 0.8;

export const startUp: Shape = {
  id: 'start-up',
  assess: (memory) => {
    const { combined, limitBytes } = memory;
    const kills = memory.kills.filter(({ opens }) => opens);
    const early = kills.filter(({ ageMs }) => ageMs <= STARTS_WITHIN_MS);
    if (early.length === 0 || early.length < 0.7 * kills.length) return undefined;
    const later = median(Float64Array.from(combined.fits, ({ medianBytes }) => medianBytes));
    if (later === undefined || limitBytes === undefined || later > LOW_LATER * limitBytes) return undefined;
    const age = median(Float64Array.from(early, ({ ageMs }) => ageMs)) ?? 0;
    return {
      confidence: early.length >= 3 ? 'likely' : 'possible',
      summary: `It dies while it starts, typically ${formatDuration(age)} in: starting needs more than its limit of ${formatBytes(limitBytes)}.`,
      statements: [
        pro(
          `${count(early.length, 'kill')} of ${kills.length} came within ${formatDuration(STARTS_WITHIN_MS)} of the start.`,
          'kills',
        ),
        pro(`Lives that got through it stay at ${formatBytes(Math.round(later))}.`, 'lives'),
        context('How much the start needs was not seen: at least the limit.', 'kills'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Kills of containers that have run for long.',
      needsBytes: Math.round(limitBytes * 1.2),
    };
  },
};
