/** Memory follows traffic up and down. */
import { formatBytes } from '../../text/amounts.ts';
import { median } from '../../math/median.ts';
import type { MemoryCase } from '../case.ts';
import { allBins, shareOfLimit, spreadOf } from '../case.ts';
import { formatR2, killsStatement, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const R2_FROM = 0.4;
/** What traffic moves must matter: less than this is the ordinary life of a service, unless it dies of it. */
const LIMIT_SHARE = 0.2;
/** Of the usual level, where the limit is generous. */
const LEVEL_SHARE = 0.3;
const TEETH = 3;
/** Busy hours that come this close to the limit matter also where they move less. */
const NEAR_LIMIT = 0.75;
const NEAR_LIMIT_SHARE = 0.1;
const DEADLY_SHARE = 0.05;

export const loadDriven: Shape = {
  id: 'load-driven',
  assess: (memory) => {
    const { load } = memory;
    if (load === undefined || load.bytesPerUnit <= 0 || load.partialR2 < R2_FROM) return undefined;
    const moved = Math.max(
      0,
      ...allBins(memory).map(({ traffic }) =>
        traffic === undefined ? 0 : load.bytesPerUnit * spreadOf(traffic, 0.05, 1),
      ),
    );
    if (!matters(memory, moved)) return undefined;
    return {
      confidence: load.partialR2 > 0.6 ? 'likely' : 'possible',
      summary: `Its memory follows traffic: between quiet and busy hours it moves by ${formatBytes(Math.round(moved))}.`,
      statements: [
        pro(`Traffic explains its variation: R² ${formatR2(load.partialR2)}.`, 'traffic'),
        pro(`Each request per second takes ${formatBytes(Math.round(load.bytesPerUnit))}.`, 'traffic'),
        ...killsStatement(memory, 'context'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Growth that remains once traffic is taken out.',
    };
  },
};

function matters(memory: MemoryCase, moved: number): boolean {
  if (moved >= shareOfLimit(memory, memory.kills.length > 0 ? DEADLY_SHARE : LIMIT_SHARE)) return true;
  if (memory.limitBytes !== undefined && memory.level.p99Bytes > NEAR_LIMIT * memory.limitBytes) {
    return moved >= shareOfLimit(memory, NEAR_LIMIT_SHARE);
  }
  return moved >= LEVEL_SHARE * memory.level.medianBytes && moved > TEETH * toothOf(memory);
}

/** What a garbage collector does within a bin, median over all bins: where that is larger, traffic is not the driver. */
function toothOf(memory: MemoryCase): number {
  const teeth: number[] = [];
  for (const { highest, floor } of allBins(memory)) {
    for (const [index, value] of highest.entries()) teeth.push(value - (floor[index] as number));
  }
  return median(Float64Array.from(teeth)) ?? 0;
}
