/** Nothing that grows, nothing that dies. */
import { formatBytes } from '../../text/amounts.ts';
import { pro, roomStatement, trafficStatement } from '../say.ts';
import type { Shape } from './shape.ts';

export const healthy: Shape = {
  id: 'healthy',
  assess: (memory) => ({
    confidence: memory.windowMs >= 72 * 3_600_000 && memory.kills.length === 0 ? 'likely' : 'possible',
    summary: `Its memory stays around ${formatBytes(Math.round(memory.level.medianBytes))}.`,
    statements: [
      pro('Neither growth nor a level that it climbs to was found.', 'metrics'),
      ...roomStatement(memory),
      trafficStatement(memory, 'for'),
    ],
    wouldChange: 'Growth of the floor, a kill at the limit, or peaks between the samples.',
  }),
};
