/**
 * How sure a growth is. Without a memory of its own: the same question is asked again as of earlier instants, so that
 * two who look at the same samples say the same.
 */
import type { Milliseconds } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import type { MemoryCase } from './case.ts';
import type { Combined } from './combined.ts';
import { combine } from './combine.ts';
import type { LifeFit } from './fit-types.ts';
import { leakKind } from './shapes/leak.ts';
import type { GrowthState } from './types.ts';

/** Asked more often, noise gets more chances; asked less often, an answer that wavers is not noticed. */
const LOOK_EVERY_MS: Milliseconds = 6 * HOUR_MS;
/** Looks back, now not counted: 24 and 48 hours. */
const SUSPECTED_LOOKS = 4;
const CONFIRMED_LOOKS = 8;
/** A cache or a heap that fills looks like a leak for its first days; nobody means it to fill up to the limit itself. */
const CONFIRMED_AGE_HOURS = 120;
const NEAR_LIMIT_AGE_HOURS = 72;
const NEAR_LIMIT = 0.9;
/** Of the next life after a kill, in its first hours. */
const AGAIN_Z = 1.64;
const AGAIN_LEAST_RATIO = 0.5;

/**
 * Of memory whose shape is growth. `growing`: seen now, or not yet settled. `suspected`: seen at every look of the last
 * 24 hours. `confirmed`: it came again after a kill for memory, or a life of five days (of three, close to its limit)
 * shows it at every look of the last 48 hours.
 */
export function growthState(memory: MemoryCase): Exclude<GrowthState, 'none'> {
  const { combined } = memory;
  if (!combined.grows) return 'growing';
  if (isReplicated(memory)) return 'confirmed';
  const fits = fitsIntoHeap(memory);
  const isOld = isOldEnough(memory) && !fits;
  const looks = looksInARow(memory, isOld ? CONFIRMED_LOOKS : SUSPECTED_LOOKS);
  if (looks >= CONFIRMED_LOOKS) return 'confirmed';
  if (looks >= SUSPECTED_LOOKS && !fits && noCacheGrowsSo(memory)) return 'confirmed';
  return looks >= SUSPECTED_LOOKS ? 'suspected' : 'growing';
}

/**
 * Two lives grow, and one of them was killed for it: a restart emptied it and it fills again. The later life may still
 * be short: it need only climb, and at a pace like the one before.
 */
function isReplicated({ combined }: MemoryCase): boolean {
  const killed = combined.growing.filter(({ run }) => run.life.end === 'kill');
  if (killed.length >= 1 && combined.growing.length >= 2) return true;
  return killed.some((before) => combined.fits.some((after) => climbsAgain(before, after)));
}

function climbsAgain(before: LifeFit, after: LifeFit): boolean {
  const { run, rises, trendZ, slope } = after;
  const isLater = run.life.pod === before.run.life.pod && run.life.fromMs >= before.run.life.toMs;
  if (!isLater || run.version !== before.run.version || !rises || trendZ < AGAIN_Z) return false;
  // A leak that began late has a gentle mean slope in its first life, and a steep one ever after.
  const ratio = slope.bytesPerHour / Math.max(before.slope.bytesPerHour, 1);
  return ratio > AGAIN_LEAST_RATIO;
}

function isOldEnough({ combined }: MemoryCase): boolean {
  if (combined.longestHours >= CONFIRMED_AGE_HOURS) return true;
  return combined.growing.some(({ run, spanHours, bins }) => {
    const { limitBytes } = run.life;
    const level = bins.mean.at(-1) ?? 0;
    return spanHours >= NEAR_LIMIT_AGE_HOURS && limitBytes !== undefined && level > NEAR_LIMIT * limitBytes;
  });
}

/** Filling slows down and begins with the start: growth that gathers pace, or that began with a change, is none. */
function noCacheGrowsSo(memory: MemoryCase): boolean {
  if (memory.combined.longestHours < NEAR_LIMIT_AGE_HOURS) return false;
  const kind = leakKind(memory);
  return kind === 'accelerating' || kind === 'since-change';
}

/** A heap below the maximum that its runtime was given may grow up to there. */
function fitsIntoHeap({ combined, question }: MemoryCase): boolean {
  const { heapMaxBytes } = question;
  if (heapMaxBytes === undefined) return false;
  return combined.growing.every(
    ({ bins, judged }) => (bins.mean.at(-1) ?? 0) - (judged[0] ?? 0) < heapMaxBytes,
  );
}

/** How many looks before now, without a break, saw the same growth. */
function looksInARow(memory: MemoryCase, most: number): number {
  const { runs, question } = memory;
  let looks = 0;
  while (looks < most) {
    const untilMs = question.nowMs - (looks + 1) * LOOK_EVERY_MS;
    const earlier: Combined = combine(runs, { changes: question.changes, untilMs });
    if (!earlier.grows) break;
    looks += 1;
  }
  return looks;
}
