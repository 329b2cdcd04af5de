/** It comes and goes with the clock: batches, nightly work. */
import { formatBytes } from '../../text/amounts.ts';
import { HOUR_MS } from '../../units.ts';
import { autocorrelations } from '../../math/autocorrelation.ts';
import type { MemoryCase } from '../case.ts';
import { shareOfLimit, spreadOf } from '../case.ts';
import type { CleanSeries, LoadFit } from '../fit-types.ts';
import { formatHours, pro, roomStatement, trafficStatement } from '../say.ts';
import type { Shape } from './shape.ts';

const ACF_FROM = 0.35;
const HEIGHT = 0.1;
/** Faster rhythms belong to garbage collectors; of a short window at least a twentieth. */
const SHORTEST_HOURS = 1;
const MOST_CYCLES = 20;
const FEWEST_HOURS = 0.25;
const GRID = 512;

export const periodic: Shape = {
  id: 'periodic',
  assess: (memory) => {
    const { level, load } = memory;
    if (level.p99Bytes - level.medianBytes < shareOfLimit(memory, HEIGHT)) return undefined;
    const found = strongestPeriod(memory, load?.removed === true ? load : undefined);
    if (found === undefined || found.correlation < ACF_FROM) return undefined;
    const height = found.heightBytes;
    if (height < shareOfLimit(memory, HEIGHT)) return undefined;
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

interface Period {
  readonly hours: number;
  readonly correlation: number;
  /** 99th percentile over the median, once traffic is taken out. */
  readonly heightBytes: number;
}

/** The highest peak of the autocorrelation between one hour and a third of the window, over all pods. */
function strongestPeriod(memory: MemoryCase, load: LoadFit | undefined): Period | undefined {
  let best: Period | undefined;
  for (const { level, traffic } of memory.records) {
    const spanMs = (level.timesMs.at(-1) ?? 0) - (level.timesMs[0] ?? 0);
    if (level.timesMs.length < 60 || spanMs < FEWEST_HOURS * HOUR_MS) continue;
    const stepHours = spanMs / GRID / HOUR_MS;
    const grid = { firstMs: level.timesMs[0] as number, spanMs };
    const values = onGrid(level, grid);
    if (load !== undefined && traffic !== undefined) {
      const rates = onGrid(traffic, grid);
      for (let cell = 0; cell < GRID; cell += 1) {
        values[cell] = (values[cell] as number) - load.bytesPerUnit * (rates[cell] as number);
      }
    }
    const heightBytes = spreadOf(values, 0.5, 0.99);
    const correlations = autocorrelations(values, Math.floor(GRID / 3));
    for (
      let lag = Math.max(3, Math.ceil(Math.min(SHORTEST_HOURS, spanMs / HOUR_MS / MOST_CYCLES) / stepHours));
      lag < correlations.length - 1;
      lag += 1
    ) {
      const here = correlations[lag] as number;
      const isPeak = here >= (correlations[lag - 1] as number) && here > (correlations[lag + 1] as number);
      if (isPeak && dips(correlations, lag, here) && (best === undefined || here > best.correlation + 0.05)) {
        best = { hours: lag * stepHours, correlation: here, heightBytes };
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

/** Means over equal cells; a cell without a sample keeps the one before it. */
function onGrid(
  { timesMs, values }: CleanSeries,
  { firstMs, spanMs }: { readonly firstMs: number; readonly spanMs: number },
): Float64Array {
  const sums = new Float64Array(GRID);
  const counts = new Float64Array(GRID);
  for (let index = 0; index < values.length; index += 1) {
    const at = Math.floor((((timesMs[index] as number) - firstMs) / spanMs) * GRID);
    const cell = Math.max(0, Math.min(GRID - 1, at));
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
