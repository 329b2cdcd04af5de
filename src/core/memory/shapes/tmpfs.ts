/** Files in tmpfs and shared memory: they count against the limit and no reclaim frees them. */
import { formatBytes } from '../../text/amounts.ts';
import { median } from '../../math/median.ts';
import { shareOfLimit, spreadOf } from '../case.ts';
import type { LifeFit } from '../fit-types.ts';
import { meansAt } from '../prepare.ts';
import { killsStatement, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const LIMIT_SHARE = 0.05;

export const tmpfs: Shape = {
  id: 'tmpfs',
  assess: (memory) => {
    const parts = memory.combined.fits.flatMap((fit) => partsOf(fit) ?? []);
    const shared = median(Float64Array.from(parts, ({ sharedBytes }) => sharedBytes));
    const own = median(Float64Array.from(parts, ({ ownBytes }) => ownBytes));
    if (shared === undefined || own === undefined) return undefined;
    if (shared <= shareOfLimit(memory, LIMIT_SHARE) || shared < 1.2 * own) return undefined;
    return {
      confidence: 'likely',
      summary: `What grows is memory-backed files: ${formatBytes(Math.round(shared))} of tmpfs or shared memory.`,
      statements: [
        pro(
          `Shared memory spans ${formatBytes(Math.round(shared))}, anonymous memory ${formatBytes(Math.round(own))}.`,
          'metrics',
        ),
        ...killsStatement(memory, 'for'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Growth of anonymous memory instead.',
      needsBytes: Math.round(memory.level.highestBytes),
    };
  },
};

function partsOf(fit: LifeFit): { readonly sharedBytes: number; readonly ownBytes: number } | undefined {
  const shmem = meansAt(fit.run.shmem, fit.bins);
  if (shmem === undefined || fit.run.signal !== 'rss') return undefined;
  // What follows traffic comes and goes: only the rest of anonymous memory competes with what piles up.
  return { sharedBytes: spreadOf(shmem), ownBytes: Math.min(spreadOf(fit.bins.mean), spreadOf(fit.judged)) };
}
