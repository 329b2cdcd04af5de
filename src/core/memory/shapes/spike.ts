/** A burst between two samples: far below the limit, then dead. */
import { formatBytes } from '../../text/amounts.ts';
import { median } from '../../math/median.ts';
import { count } from '../../text/numbers.ts';
import { context, formatPercent, pro, roomStatement, trafficStatement } from '../say.ts';
import type { Shape } from './shape.ts';
import { isSurge } from './traffic-surge.ts';

const JUMP = 0.15;

export const spike: Shape = {
  id: 'spike',
  assess: (memory) => {
    const kills = memory.kills.filter(({ opens }) => opens);
    const jumps = kills.filter((kill) => (kill.jumpRatio ?? 0) > JUMP && !kill.isRunUp && !isSurge(kill));
    if (jumps.length === 0 || jumps.length <= kills.length / 2) return undefined;
    const before = median(Float64Array.from(jumps, ({ beforeBytes }) => beforeBytes ?? 0)) ?? 0;
    const free = median(Float64Array.from(jumps, ({ jumpRatio }) => jumpRatio ?? 0)) ?? 0;
    return {
      confidence: jumps.length >= 2 ? 'likely' : 'possible',
      summary: `Bursts kill it: shortly before a kill it stood at ${formatBytes(Math.round(before))}, ${formatPercent(free)} below its limit.`,
      statements: [
        pro(
          `${count(jumps.length, 'kill')} of ${kills.length} came out of a level far below the limit, between two samples.`,
          'kills',
        ),
        context('How high the burst went was not sampled: at least the limit.', 'kills'),
        trafficStatement(memory, 'against'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Closer samples that show a climb before the kill, or traffic that rises with it.',
    };
  },
};
