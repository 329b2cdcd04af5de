/** It comes and goes with the clock: batches, nightly work. */
import { formatBytes } from '../../text/amounts.ts';
import { HOUR_MS } from '../../units.ts';
import { autocorrelations } from '../../math/autocorrelation.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit } from '../case.ts';
import type { CleanSeries } from '../fit-types.ts';
import { formatHours, pro, roomStatement, trafficStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const ACF_FROM = 0.35;
const HEIGHT = 0.1;
const TRAFFIC_BELOW = 0.25;
const GRID = 512;

export const periodic: Shape = {
  id: 'periodic',
  assess: (memory) => {
    const { level, load } = memory;
    const height = level.p99Bytes - level.medianBytes;
    if (height < shareOfLimit(memory, HEIGHT) || (load?.partialR2 ?? 0) > TRAFFIC_BELOW) return undefined;
    const found = strongestPeriod(memory);
    if (found === undefined || found.correlation < ACF_FROM) return undefined;
    return {
      confidence: found.correlation > 0.6 ? 'likely' : 'possible',
      summary: `Every ${formatHours(found.hours)} it needs ${formatBytes(Math.round(height))} more for a while.`,
      statements: [
        pro(
          `The same again after ${formatHours(found.hours)}: correlation ${found.correlation.toFixed(2)}.`,
          'metrics',
        ),
        trafficStatement(memory, 'against'),
        ...roomStatement(memory),
      ],
      wouldChange: 'Peaks that come without a rhythm, or with traffic.',
      needsBytes: Math.round(level.highestBytes),
    };
  },
};

/** The highest peak of the autocorrelation between one hour and a third of the window, over all pods. */
function strongestPeriod(
  memory: MemoryCase,
): { readonly hours: number; readonly correlation: number } | undefined {
  let best: { hours: number; correlation: number } | undefined;
  for (const { level } of memory.records) {
    const spanMs = (level.timesMs.at(-1) ?? 0) - (level.timesMs[0] ?? 0);
    if (level.timesMs.length < 60 || spanMs < 6 * HOUR_MS) continue;
    const stepHours = spanMs / GRID / HOUR_MS;
    const correlations = autocorrelations(onGrid(level, spanMs), Math.floor(GRID / 3));
    for (let lag = Math.max(2, Math.ceil(1 / stepHours)); lag < correlations.length - 1; lag += 1) {
      const here = correlations[lag] as number;
      const isPeak = here >= (correlations[lag - 1] as number) && here > (correlations[lag + 1] as number);
      if (isPeak && dips(correlations, lag, here) && (best === undefined || here > best.correlation + 0.05)) {
        best = { hours: lag * stepHours, correlation: here };
      }
    }
  }
  return best;
}

/** Between no lag and the peak it must have fallen: a slow drift correlates with itself at every lag. */
function dips(correlations: Float64Array, lag: number, peak: number): boolean {
  let least = 1;
  for (let index = 1; index < lag; index += 1) least = Math.min(least, correlations[index] as number);
  return least < peak - 0.2;
}

function onGrid({ timesMs, values }: CleanSeries, spanMs: number): Float64Array {
  const first = timesMs[0] as number;
  const sums = new Float64Array(GRID);
  const counts = new Float64Array(GRID);
  for (let index = 0; index < values.length; index += 1) {
    const cell = Math.min(GRID - 1, Math.floor((((timesMs[index] as number) - first) / spanMs) * GRID));
    sums[cell] = (sums[cell] as number) + (values[index] as number);
    counts[cell] = (counts[cell] as number) + 1;
  }
  let last = values[0] as number;
  return sums.map((sum, cell) => {
    const count = counts[cell] as number;
    if (count > 0) last = sum / count;
    return last;
  });
}
