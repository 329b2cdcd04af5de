/** The working set moves with page cache that the kernel takes back by itself: no demand. */
import { formatBytes } from '../../text/amounts.ts';
import { median } from '../../math/median.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit, spreadOf } from '../case.ts';
import { meansAt } from '../prepare.ts';
import { context, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const LIMIT_SHARE = 0.05;

export const pageCache: Shape = {
  id: 'page-cache',
  assess: (memory) => {
    if (memory.combined.grows || memory.kills.length > 0) return undefined;
    const parts = memory.combined.fits.flatMap((fit) => partsOf(memory, fit) ?? []);
    const cache = median(Float64Array.from(parts, ({ cacheBytes }) => cacheBytes));
    const own = median(Float64Array.from(parts, ({ ownBytes }) => ownBytes));
    if (cache === undefined || own === undefined) return undefined;
    if (cache <= shareOfLimit(memory, LIMIT_SHARE) || cache < 1.2 * own) return undefined;
    return {
      confidence: 'likely',
      summary: `Its working set moves by ${formatBytes(Math.round(cache))} of page cache, which the kernel takes back when it is short.`,
      statements: [
        pro(
          `Working set less anonymous memory spans ${formatBytes(Math.round(cache))}, anonymous memory itself ${formatBytes(Math.round(own))}.`,
          'metrics',
        ),
        context(
          'Page cache in the working set is no demand: it is given back before the limit kills.',
          'metrics',
        ),
        ...roomStatement(memory),
      ],
      wouldChange: 'Growth of anonymous memory, or an OOM kill.',
    };
  },
};

/** Spread of reclaimable cache and of what is not, 5th to 95th percentile. */
function partsOf(
  _memory: MemoryCase,
  fit: MemoryCase['combined']['fits'][number],
): { readonly cacheBytes: number; readonly ownBytes: number } | undefined {
  if (fit.run.signal !== 'rss' || fit.run.level === fit.run.memory) return undefined;
  const level = meansAt(fit.run.level, fit.bins);
  if (level === undefined) return undefined;
  const shmem = meansAt(fit.run.shmem, fit.bins);
  const gap = level.map((value, index) => value - (fit.bins.mean[index] as number) - (shmem?.[index] ?? 0));
  return { cacheBytes: spreadOf(gap), ownBytes: Math.min(spreadOf(fit.bins.mean), spreadOf(fit.judged)) };
}
