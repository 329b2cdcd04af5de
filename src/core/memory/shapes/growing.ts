/** Real growth that cannot yet be told from a plateau to come. */
import { formatHours, formatRate } from '../say.ts';
import { growthStatements } from './leak.ts';
import type { Shape } from './shape.ts';

export const growing: Shape = {
  id: 'growing',
  assess: (memory) => {
    const { combined } = memory;
    if (!combined.grows) return undefined;
    const rate = combined.slope === undefined ? '' : ` by ${formatRate(combined.slope.bytesPerHour)}`;
    return {
      confidence: 'likely',
      summary: `Its memory grows${rate}; after ${formatHours(combined.longestHours)} a leak cannot be told from a cache that fills.`,
      statements: growthStatements(memory),
      wouldChange: 'More time, a restart after which it grows again, or a comparison of two heap profiles.',
      tellsGrowth: true,
    };
  },
};
