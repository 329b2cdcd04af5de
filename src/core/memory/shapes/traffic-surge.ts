/** More requests than usual, and memory that goes with them until it dies. */
import { formatBytes } from '../../text/amounts.ts';
import { median } from '../../math/median.ts';
import { count } from '../../text/numbers.ts';
import type { KillContext } from '../kills.ts';
import { formatR2, pro, roomStatement } from '../say.ts';
import type { Shape } from './shape.ts';

/** Traffic around the kill over a usual day's busiest quarter of an hour. */
const SURGE = 1.25;

export function isSurge({ trafficRatio }: KillContext): boolean {
  return (trafficRatio ?? 0) > SURGE;
}

export const trafficSurge: Shape = {
  id: 'traffic-surge',
  assess: (memory) => {
    const { load } = memory;
    const kills = memory.kills.filter(({ opens }) => opens);
    const surges = kills.filter(isSurge);
    if (surges.length === 0 || surges.length < kills.length / 2) return undefined;
    const ratio = median(Float64Array.from(surges, ({ trafficRatio }) => trafficRatio ?? 0)) ?? 0;
    const each = load === undefined || load.bytesPerUnit <= 0 ? undefined : load;
    return {
      confidence: each === undefined ? 'possible' : 'likely',
      summary: `A surge of traffic kills it: ${ratio.toFixed(1)} times a usual day's busiest quarter of an hour.`,
      statements: [
        pro(`${count(surges.length, 'kill')} of ${kills.length} fell into such a surge.`, 'traffic'),
        ...(each === undefined
          ? []
          : [
              pro(
                `Memory follows traffic (R² ${formatR2(each.partialR2)}): ${formatBytes(Math.round(each.bytesPerUnit))} for each request per second.`,
                'traffic',
              ),
            ]),
        ...roomStatement(memory),
      ],
      wouldChange: 'Kills at ordinary traffic.',
    };
  },
};
