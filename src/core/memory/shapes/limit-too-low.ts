/** The ordinary level does not fit under the limit: it dies soon after each start, without growing. */
import { formatBytes, formatDuration } from '../../text/amounts.ts';
import { HOUR_MS } from '../../units.ts';
import { median } from '../../math/median.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit } from '../case.ts';
import { formatPercent, killsStatement, pro, trafficStatement, typicalLifeMs } from '../say.ts';
import type { Shape } from './shape.ts';

const FEWEST_KILLS = 5;
/** Of the window: lives that end sooner never come to rest. */
const SHORT_LIFE = 0.12;
/** One that did come to rest shows that the limit is enough at times. */
const LONGEST_LIFE = 0.25;
const LOAD_FROM = 0.4;
const QUIET_HOURS = 12;
const HIGH_LEVEL = 0.8;

export const limitTooLow: Shape = {
  id: 'limit-too-low',
  assess: (memory) => {
    const { kills, combined, limitBytes, windowMs } = memory;
    if (kills.length < FEWEST_KILLS || combined.grows || limitBytes === undefined) return undefined;
    const life = typicalLifeMs(memory) ?? windowMs;
    const last = median(Float64Array.from(kills.flatMap(({ lastBytes }) => lastBytes ?? []))) ?? 0;
    const usual = Math.max(memory.level.medianBytes, last);
    if (combined.longestHours * HOUR_MS > LONGEST_LIFE * windowMs) return undefined;
    if (restsAtLowTraffic(memory)) return undefined;
    if (life > SHORT_LIFE * windowMs || usual < HIGH_LEVEL * limitBytes) return undefined;
    const needs = Math.max(limitBytes, memory.level.highestBytes) + shareOfLimit(memory, 0.1);
    return {
      confidence: kills.length >= 2 * FEWEST_KILLS ? 'certain' : 'likely',
      summary: `Its limit of ${formatBytes(limitBytes)} is below what it needs: it lives for ${formatDuration(life)}.`,
      statements: [
        ...killsStatement(memory, 'for'),
        pro(
          `Its usual level is ${formatPercent(usual / limitBytes)} of the limit, and does not grow.`,
          'metrics',
        ),
        trafficStatement(memory, 'against'),
      ],
      wouldChange: 'A life that comes to rest well below the limit.',
      needsBytes: Math.round(needs),
    };
  },
};

/** Traffic moves it, and it lived through at least one quiet time: then traffic decides, not the limit alone. */
function restsAtLowTraffic({ load, combined }: MemoryCase): boolean {
  if (load === undefined || load.bytesPerUnit <= 0 || load.partialR2 < LOAD_FROM) return false;
  return combined.longestHours > QUIET_HOURS;
}
