/** One jump to another level that stays, with or without a rollout. */
import { formatBytes, formatInstant } from '../../text/amounts.ts';
import { HOUR_MS } from '../../units.ts';
import type { GrowthFit } from '../../math/growth-models.ts';
import { median } from '../../math/median.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit } from '../case.ts';
import type { LifeFit } from '../fit-types.ts';
import { context, contra, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';
import { isEarlyStep } from './plateau.ts';
import { changeNear } from './since.ts';

const SIGMAS = 4;
const LIMIT_SHARE = 0.04;
const EVIDENCE = 6;
const STAYS = 0.04;

interface Jump {
  readonly atMs: number;
  readonly bytes: number;
  readonly toBytes: number;
  readonly across: 'lives' | 'one life';
}

export const step: Shape = {
  id: 'step',
  assess: (memory) => {
    const jump = withinLives(memory) ?? acrossLives(memory);
    if (jump === undefined) return undefined;
    const since = changeNear(memory, jump.atMs);
    const by = `${formatBytes(Math.round(Math.abs(jump.bytes)))} ${jump.bytes < 0 ? 'lower' : 'higher'}`;
    return {
      confidence: since === undefined ? 'possible' : 'likely',
      summary: `Since ${formatInstant(jump.atMs)} its level is ${by}, and stays there.`,
      statements: [
        pro(`One step explains the change (seen within ${jump.across}).`, 'metrics'),
        since === undefined
          ? contra('No rollout or change of the configuration is known near it.', 'changes')
          : pro(`It came with ${since.label}.`, 'changes'),
        context(`The level is now ${formatBytes(Math.round(jump.toBytes))}.`, 'metrics'),
        ...roomStatement(memory),
      ],
      wouldChange: 'A level that goes on rising.',
      ...(since !== undefined && { since }),
    };
  },
};

function withinLives({ combined, ...memory }: MemoryCase): Jump | undefined {
  // Lives laid over each other by age know no instant: what jumps there is a part of each start.
  if (combined.byAge !== undefined) return undefined;
  const jumps = combined.heard.flatMap((fit) => {
    const form = stepOf(fit);
    if (form === undefined || isEarlyStep(fit) || !stays(fit, form)) return [];
    const matters =
      Math.abs(form.growth) >
      Math.max(SIGMAS * fit.sigmaBytes, shareOfLimit({ ...memory, combined }, LIMIT_SHARE));
    return matters ? [{ fit, form }] : [];
  });
  const newest = jumps.at(-1);
  if (newest === undefined || jumps.length < combined.heard.length / 2) return undefined;
  return {
    atMs: newest.fit.bins.originMs + (newest.form.parameter ?? 0) * HOUR_MS,
    bytes: newest.form.growth,
    toBytes: newest.form.intercept + newest.form.growth,
    across: 'one life',
  };
}

/** A last bin or two at another level is no level yet. */
function stays({ bins, spanHours }: LifeFit, form: GrowthFit): boolean {
  return (bins.hours.at(-1) ?? 0) - (form.parameter ?? 0) > STAYS * spanHours;
}

/** The step where it beats every other form clearly. */
function stepOf({ growth }: LifeFit): GrowthFit | undefined {
  const found = growth.fits.find(({ model }) => model === 'step');
  if (found === undefined) return undefined;
  const others = growth.fits.filter(({ model }) => model !== 'step').map(({ bic }) => bic);
  return Math.min(...others) - found.bic > EVIDENCE ? found : undefined;
}

/** Levels of lives before a cut by a change, and after it. */
function acrossLives(memory: MemoryCase): Jump | undefined {
  const { fits } = memory.combined;
  const edges = memory.question.changes.filter(({ kind }) => kind !== 'scale').map(({ atMs }) => atMs);
  let best: Jump | undefined;
  for (const atMs of edges) {
    const before = fits.filter(({ run }) => run.life.toMs <= atMs + HOUR_MS);
    const after = fits.filter(({ run }) => run.life.fromMs >= atMs - HOUR_MS);
    const low = levelOf(before);
    const high = levelOf(after);
    if (low === undefined || high === undefined) continue;
    const bytes = high.level - low.level;
    const noise = Math.max(low.sigma, high.sigma);
    const matters = Math.abs(bytes) > Math.max(SIGMAS * noise, shareOfLimit(memory, LIMIT_SHARE));
    if (matters && (best === undefined || Math.abs(bytes) > Math.abs(best.bytes))) {
      best = { atMs, bytes, toBytes: high.level, across: 'lives' };
    }
  }
  return best;
}

function levelOf(fits: readonly LifeFit[]): { readonly level: number; readonly sigma: number } | undefined {
  const levels = fits.map(({ judged }) => median(judged) ?? 0);
  const level = median(Float64Array.from(levels));
  const sigma = median(Float64Array.from(fits, ({ sigmaBytes }) => sigmaBytes));
  return level === undefined || sigma === undefined ? undefined : { level, sigma };
}
