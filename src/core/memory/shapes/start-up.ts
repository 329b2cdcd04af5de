/** It needs more while it starts than it ever does later, and dies of that. */
import { formatBytes, formatDuration } from '../../text/amounts.ts';
import { MINUTE_MS } from '../../units.ts';
import { median } from '../../math/median.ts';
import { count } from '../../text/numbers.ts';
import type { MemoryCase } from '../case.ts';
import { FEWEST_SAMPLES } from '../prepare.ts';
import { context, contra, pro, roomStatement, typicalLifeMs } from '../say.ts';
import type { Shape, ShapeMatch } from './shape.ts';

const STARTS_WITHIN_MS = 20 * MINUTE_MS;
/** Lives that never got older are starts, whatever they would have become. */
const NEVER_LONGER_MS = 3 * MINUTE_MS;
const FEWEST_DEATHS = 3;
/** A life that came through its start stays below this share of the limit. */
const LOW_LATER = 0.8;

export const startUp: Shape = {
  id: 'start-up',
  assess: (memory) => {
    const { combined, limitBytes } = memory;
    const kills = memory.kills.filter(({ opens }) => opens);
    const early = kills.filter(
      ({ ageMs, run }) => ageMs <= STARTS_WITHIN_MS && run.life.samples < FEWEST_SAMPLES,
    );
    if (neverStarts(memory)) return diesAlways(memory);
    if (combined.grows) return undefined;
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

/** No life was long enough to be judged, and all of them climb the same way to their death within minutes. */
function neverStarts(memory: MemoryCase): boolean {
  const typical = typicalLifeMs(memory);
  const { combined, kills } = memory;
  if (kills.length < FEWEST_DEATHS || (typical ?? STARTS_WITHIN_MS) >= NEVER_LONGER_MS) return false;
  const allShort = kills.every(
    ({ run, ageMs }) => ageMs < NEVER_LONGER_MS && run.life.samples < FEWEST_SAMPLES,
  );
  return allShort || (combined.byAge?.rises === true && combined.byAge.trendZ > 2);
}

function diesAlways(memory: MemoryCase): ShapeMatch {
  const { kills, limitBytes } = memory;
  const age = formatDuration(typicalLifeMs(memory) ?? 0);
  const limit = limitBytes === undefined ? 'its limit' : `its limit of ${formatBytes(limitBytes)}`;
  return {
    confidence: 'possible',
    summary: `Each time it climbs to ${limit} within ${age}: a start that needs more, or a leak that fills it in minutes.`,
    statements: [
      pro(`${count(kills.length, 'life', 'lives')} ended that way, typically ${age} old.`, 'kills'),
      context('How much the start needs was not seen: at least the limit.', 'kills'),
      contra('No life was long enough to tell the one from the other.', 'lives'),
    ],
    wouldChange: 'A life under a higher limit: it comes to rest below it, or goes on growing.',
  };
}
