/** When lives count as growing together: what tells a slow leak from a random walk. */
import { endsAtLimit } from './fit-life.ts';
import type { LifeFit } from './fit-types.ts';

const GROWING_SHARE = 0.5;
const OLD_HOURS = 60;
const UNKILLED_EVIDENCE = 8;
/** Where what is left wanders slowly, a dozen values are all there is. */
const FEW_INDEPENDENT = 10;
const WANDERING_EVIDENCE = 14;
const DEAFENING_EVIDENCE = 30;
/** Of the limit: less is within what a random walk does in days, more is beyond it. */
const LEAST_SHARE = 0.06;
const LARGE_SHARE = 0.15;
const LARGE_EVIDENCE = 3;
/** Effective values, and Z, of a trend that no random walk has. */
const INDEPENDENT = 20;
const CLEAR_Z = 4;
const TOGETHER_EVIDENCE = 6;
const TOGETHER_Z = 3;

/**
 * Half of the lives that ended at their limit may be too short or too noisy to say it. Where nothing was killed, more
 * than half must grow, and over days more is asked for: a random walk climbs as well for a while.
 */
export function agree(heard: readonly LifeFit[], growing: readonly LifeFit[], evidence: number): boolean {
  if (growing.length === 0) return false;
  if (growing.some(({ run }) => endsAtLimit(run))) return growing.length >= GROWING_SHARE * heard.length;
  if (growing.length <= GROWING_SHARE * heard.length) return false;
  const isOld = growing.some(({ spanHours }) => spanHours > OLD_HOURS);
  return !isOld || isNoWalk(growing, evidence);
}

/** Loud forms, a rise beyond what wandering does in days, or many independent values along a clear trend. */
function isNoWalk(growing: readonly LifeFit[], evidence: number): boolean {
  if (evidence > DEAFENING_EVIDENCE) return true;
  if (!growing.every((fit) => risesBy(fit, LEAST_SHARE))) return false;
  const wanders = growing.some(({ growth }) => growth.effectiveSize < FEW_INDEPENDENT);
  if (evidence > (wanders ? WANDERING_EVIDENCE : UNKILLED_EVIDENCE)) return true;
  if (evidence > LARGE_EVIDENCE && growing.every((fit) => risesBy(fit, LARGE_SHARE))) return true;
  return growing.every(({ growth, trendZ }) => growth.effectiveSize > INDEPENDENT && trendZ > CLEAR_Z);
}

function risesBy({ run, riseBytes, medianBytes }: LifeFit, share: number): boolean {
  return riseBytes > share * (run.life.limitBytes ?? 2 * medianBytes);
}

/**
 * Lives that each say it faintly: one form for all must be the better account by far, the trends together must be
 * significant (Stouffer), and two thirds must rise.
 */
export function growTogether(heard: readonly LifeFit[], evidence: number): boolean {
  if (heard.length < 2 || evidence < TOGETHER_EVIDENCE) return false;
  const z = heard.reduce((sum, { trendZ }) => sum + trendZ, 0) / Math.sqrt(heard.length);
  return z > TOGETHER_Z && heard.filter(({ rises }) => rises).length >= (2 / 3) * heard.length;
}
