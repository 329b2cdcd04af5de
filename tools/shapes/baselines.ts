/**
 * What people use today, and what methods of the literature come down to. Each says leak or not from the working set
 * alone, as it is used in the field; all are asked the very questions that the product is asked.
 */
import { changePenalty } from '../../src/core/math/change-penalty.ts';
import { correctionFactor } from '../../src/core/math/correction-factor.ts';
import { fitLine } from '../../src/core/math/line.ts';
import { mannKendall } from '../../src/core/math/mann-kendall.ts';
import { meanCost, pelt } from '../../src/core/math/pelt.ts';
import { theilSen } from '../../src/core/math/theil-sen.ts';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory } from '../../src/core/model/series.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import type { Detector } from './detector.ts';

/** Samples between two restarts. Hours since the first, and bytes. */
interface Run {
  readonly hours: Float64Array;
  readonly bytes: Float64Array;
  readonly limitBytes: number;
}

const MOST_BINS = 84;

function limitOf(history: ContainerHistory, atMs: number): number {
  const value = history.limit?.findLast((step) => step.fromMs <= atMs)?.value;
  return typeof value === 'number' ? value : Number.POSITIVE_INFINITY;
}

function runBetween(history: ContainerHistory, from: number, to: number): Run {
  const { timesMs = [], values = [] } = history.workingSet ?? {};
  const startMs = timesMs[from] ?? 0;
  return {
    hours: Float64Array.from(timesMs.slice(from, to), (at) => (at - startMs) / HOUR_MS),
    bytes: Float64Array.from(values.slice(from, to)),
    limitBytes: limitOf(history, timesMs[to - 1] ?? 0),
  };
}

/** The run with the most samples of all pods; cut where a restart is counted or a kill is known. */
export function longestRun(question: MemoryQuestion): Run | undefined {
  let best: { history: ContainerHistory; from: number; to: number } | undefined;
  for (const history of question.histories) {
    const { timesMs = [] } = history.workingSet ?? {};
    const kills = question.kills.filter(({ pod }) => pod === history.pod).map(({ atMs }) => atMs);
    let from = 0;
    let nextKill = 0;
    for (let index = 0; index <= timesMs.length; index += 1) {
      const at = timesMs[index] ?? Number.POSITIVE_INFINITY;
      let isCut = index === timesMs.length;
      while (nextKill < kills.length && (kills[nextKill] ?? 0) <= at) {
        nextKill += 1;
        isCut = true;
      }
      const restarts = history.restarts?.values;
      if (index > 0 && restarts !== undefined && (restarts[index] ?? 0) > (restarts[index - 1] ?? 0))
        isCut = true;
      if (!isCut) continue;
      if (best === undefined || index - from > best.to - best.from) best = { history, from, to: index };
      from = index;
    }
  }
  return best && best.to - best.from >= 2 ? runBetween(best.history, best.from, best.to) : undefined;
}

/** Means of equal times, 12 to `most` of them; empty ones are left out. */
function meanBins(run: Run, most: number): { readonly hours: Float64Array; readonly bytes: Float64Array } {
  const n = run.bytes.length;
  const count = Math.max(Math.min(12, n), Math.min(most, Math.floor(n / 6)));
  const span = (run.hours[n - 1] ?? 0) || 1;
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (let index = 0; index < n; index += 1) {
    const bin = Math.min(count - 1, Math.floor(((run.hours[index] ?? 0) / span) * count));
    sums[bin] = (sums[bin] ?? 0) + (run.bytes[index] ?? 0);
    sizes[bin] = (sizes[bin] ?? 0) + 1;
  }
  const used = [...sizes.keys()].filter((bin) => (sizes[bin] ?? 0) > 0);
  return {
    hours: Float64Array.from(used, (bin) => ((bin + 0.5) * span) / count),
    bytes: Float64Array.from(used, (bin) => (sums[bin] ?? 0) / (sizes[bin] ?? 1)),
  };
}

/** Somewhere in the window the working set stood above 90 % of the limit: the usual alert. */
function nearLimit({ histories }: MemoryQuestion): boolean {
  return histories.some((history) =>
    (history.workingSet?.values ?? []).some(
      (value, index) => value > 0.9 * limitOf(history, history.workingSet?.timesMs[index] ?? 0),
    ),
  );
}

/** `predict_linear(working_set[6h], 24h) > limit` for an hour, evaluated every ten minutes of the window. */
function predictLinearAlert({ histories }: MemoryQuestion): boolean {
  return histories.some(firesFor);
}

const WINDOW_HOURS = 6;
const AHEAD_HOURS = 24;
const EVERY_MS = 10 * MINUTE_MS;
const HOLD_MS = HOUR_MS;

function firesFor(history: ContainerHistory): boolean {
  const { timesMs = [], values = [] } = history.workingSet ?? {};
  const origin = timesMs[0] ?? 0;
  const sums = new RunningLine();
  let oldest = 0;
  let since: number | undefined;
  let next = origin;
  for (const [index, at] of timesMs.entries()) {
    sums.add((at - origin) / HOUR_MS, values[index] ?? 0, 1);
    while ((timesMs[oldest] ?? at) <= at - WINDOW_HOURS * HOUR_MS) {
      sums.add(((timesMs[oldest] ?? 0) - origin) / HOUR_MS, values[oldest] ?? 0, -1);
      oldest += 1;
    }
    if (at < next) continue;
    next = at + EVERY_MS;
    const predicted = sums.at((at - origin) / HOUR_MS + AHEAD_HOURS);
    if (predicted === undefined || predicted <= limitOf(history, at)) since = undefined;
    else {
      since ??= at;
      if (at - since >= HOLD_MS) return true;
    }
  }
  return false;
}

/** Least squares over a window that moves. */
class RunningLine {
  private n = 0;
  private x = 0;
  private y = 0;
  private xx = 0;
  private xy = 0;

  add(x: number, y: number, sign: 1 | -1): void {
    this.n += sign;
    this.x += sign * x;
    this.y += sign * y;
    this.xx += sign * x * x;
    this.xy += sign * x * y;
  }

  at(x: number): number | undefined {
    const spread = this.xx - (this.x * this.x) / this.n;
    if (this.n < 2 || spread <= 1e-9) return undefined;
    const slope = (this.xy - (this.x * this.y) / this.n) / spread;
    return this.y / this.n + slope * (x - this.x / this.n);
  }
}

function straightLine(question: MemoryQuestion): boolean {
  const run = longestRun(question);
  const line = run && fitLine(run.hours, run.bytes);
  return line !== undefined && line.slope > 0 && line.correlation ** 2 > 0.8;
}

function plainMannKendall(question: MemoryQuestion): boolean {
  const run = longestRun(question);
  if (run === undefined) return false;
  const { z, p } = mannKendall(meanBins(run, MOST_BINS).bytes);
  return z > 0 && p < 0.05;
}

function correctedMannKendall(question: MemoryQuestion): boolean {
  const run = longestRun(question);
  if (run === undefined) return false;
  const { hours, bytes } = meanBins(run, MOST_BINS);
  const slope = theilSen(hours, bytes)?.slope ?? 0;
  const residuals = bytes.map((value, index) => value - slope * (hours[index] ?? 0));
  const { z, p } = mannKendall(bytes, correctionFactor(residuals, bytes.length));
  return z > 0 && p < 0.05;
}

const PRECOG_R2 = 0.75;
const PRECOG_CRITICAL_HOURS = 7 * 24;

/**
 * After Jindal et al. (arXiv 2101.09799): a line through what came after the last change point that fits well and meets
 * the limit within a week. Constants from memory; their training on stored trends is left out.
 */
function precogLike(question: MemoryQuestion): boolean {
  const run = longestRun(question);
  if (run === undefined) return false;
  const { hours, bytes } = meanBins(run, 512);
  const ends = pelt(bytes.length, meanCost(bytes), { penalty: changePenalty(bytes), shortest: 5 });
  const line = lineSince(hours, bytes, ends.at(-2) ?? 0);
  // Level changes cut a steep line to pieces: the whole run is tried as well, as the longest stored trend would be.
  return [line, lineSince(hours, bytes, 0)].some((fit) => {
    if (fit === undefined || fit.slope <= 0 || fit.correlation ** 2 < PRECOG_R2) return false;
    const now = fit.intercept + fit.slope * (hours.at(-1) ?? 0);
    return (run.limitBytes - now) / fit.slope <= PRECOG_CRITICAL_HOURS;
  });
}

function lineSince(hours: Float64Array, bytes: Float64Array, from: number): ReturnType<typeof fitLine> {
  return hours.length - from < 5 ? undefined : fitLine(hours.subarray(from), bytes.subarray(from));
}

function yesNo(name: string, saysLeak: (question: MemoryQuestion) => boolean): Detector {
  return {
    name,
    answer: (question) =>
      saysLeak(question) ? { shape: 'leak', state: 'confirmed' } : { shape: 'healthy', state: 'none' },
  };
}

export const BASELINES: readonly Detector[] = [
  yesNo('max > 90 % of limit', nearLimit),
  yesNo('predict_linear 6h->24h', predictLinearAlert),
  yesNo('OLS R2 > 0.8', straightLine),
  yesNo('Mann-Kendall p < 0.05', plainMannKendall),
  yesNo('MK with AR(1) factor', correctedMannKendall),
  yesNo('Precog-like', precogLike),
  yesNo('always healthy', () => false),
];
