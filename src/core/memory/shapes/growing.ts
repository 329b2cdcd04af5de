/** Real growth that cannot yet be told from a plateau to come. */
import { formatRate } from '../../text/amounts.ts';
import { formatHours } from '../say.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit } from '../case.ts';
import { endsAtLimit } from '../fit-life.ts';
import { growthStatements, isSeenLongEnough } from './leak.ts';
import type { Shape } from './shape.ts';

/** BIC may favour the form that ends by this much and still not have settled it. */
const UNDECIDED_FROM = -10;
/** The same, where the last third already climbs less. */
const SLOWING_FROM = -4;
const CLIMB_SHARE = 0.05;
const Z_FROM = 1.64;
/** Of the whole climb's pace: a last third that is faster has not levelled off. */
const STILL_CLIMBS = 0.5;
const FEWEST_CUT_OFF = 2;

export const growing: Shape = {
  id: 'growing',
  assess: (memory) => {
    const { combined } = memory;
    const cutOff = isCutOff(memory);
    if (!combined.grows && !cutOff && !mayGrow(memory)) return undefined;
    const rate = combined.slope === undefined ? '' : ` by ${formatRate(combined.slope.bytesPerHour)}`;
    return {
      confidence: 'likely',
      summary: cutOff
        ? `Its memory grows${rate} until its limit ends it, life after life: a leak, or a level above the limit.`
        : `Its memory grows${rate}; after ${formatHours(combined.longestHours)} a leak cannot be told from a cache that fills.`,
      statements: growthStatements(memory),
      wouldChange: 'More time, a restart after which it grows again, or a comparison of two heap profiles.',
      tellsGrowth: true,
    };
  },
};

/** The limit ended the climbs before they could come to rest: the form that would end above it was never seen to end. */
function isCutOff({ combined }: MemoryCase): boolean {
  const { heard } = combined;
  const cut = heard.filter(
    ({ run, rises, lastThird }) => rises && lastThird > STILL_CLIMBS && endsAtLimit(run),
  );
  return cut.length >= FEWEST_CUT_OFF && cut.length >= heard.length / 2;
}

/** In a young life neither account of a rise has won. */
function mayGrow(memory: MemoryCase): boolean {
  const { heard, evidence } = memory.combined;
  if (isSeenLongEnough(memory) || evidence < UNDECIDED_FROM) return false;
  const rising = heard.filter(
    ({ rises, trendZ }) => trendZ > Z_FROM && (rises || (evidence > SLOWING_FROM && climbs(memory))),
  );
  return rising.length > 0 && rising.length >= heard.length / 2;
}

/** The rise is far above the noise and matters, whether or not it goes on. */
function climbs(memory: MemoryCase): boolean {
  const least = shareOfLimit(memory, CLIMB_SHARE);
  return memory.combined.heard.every(
    ({ riseBytes, sigmaBytes }) => riseBytes > Math.max(4 * sigmaBytes, least),
  );
}
