/** Steps and slices of the time that is asked for. */
import type { HistoryRequest } from '../../app/history-ports.ts';
import { HOUR_MS, SECOND_MS, type EpochMs, type Milliseconds } from '../../core/units.ts';

export interface TimeWindow {
  /** First and last step, multiples of `stepMs`: caches of query front ends hit, and two runs see the same samples. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
  /** For what rarely changes. */
  readonly coarseMs: Milliseconds;
  /** Distance of the samples that the server keeps; absent where it could not be told. */
  readonly scrapeMs?: Milliseconds;
}

/** The API refuses more than 11,000 points a series in one answer. */
const POINTS_A_SLICE = 10_000;
/** More than the analysis has bins for many times over. */
const POINTS_A_SERIES = 40_000;
const COARSE_POINTS = 168;

/** The step is never finer than what is asked, than the server's samples, or than the bound of points. */
export function windowOf(
  request: Pick<HistoryRequest, 'fromMs' | 'toMs' | 'stepMs'>,
  scrapeMs: Milliseconds | undefined,
): TimeWindow {
  const spanMs = Math.max(0, request.toMs - request.fromMs);
  const finest = Math.max(request.stepMs, scrapeMs ?? 0, spanMs / POINTS_A_SERIES, SECOND_MS);
  const stepMs = Math.ceil(finest / SECOND_MS) * SECOND_MS;
  const coarse = Math.min(HOUR_MS, spanMs / COARSE_POINTS);
  const coarseMs = stepMs * Math.max(1, Math.round(coarse / stepMs));
  const lastMs = Math.floor(request.toMs / stepMs) * stepMs;
  // A window shorter than one step still has its end.
  const toMs = lastMs >= request.fromMs ? lastMs : Math.floor(request.toMs / SECOND_MS) * SECOND_MS;
  const fromMs = Math.min(toMs, Math.ceil(request.fromMs / stepMs) * stepMs);
  return { fromMs, toMs, stepMs, coarseMs, ...(scrapeMs === undefined ? {} : { scrapeMs }) };
}

export function pointsOf(window: TimeWindow): number {
  return Math.floor((window.toMs - window.fromMs) / window.stepMs) + 1;
}

export interface Slice {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
}

/** The window in answers of at most 10,000 points a series, without overlap. */
export function slicesOf(window: TimeWindow, stepMs: Milliseconds): readonly Slice[] {
  const slices: Slice[] = [];
  const sliceMs = (POINTS_A_SLICE - 1) * stepMs;
  const firstMs = Math.min(window.toMs, Math.ceil(window.fromMs / stepMs) * stepMs);
  const lastMs = firstMs + Math.floor((window.toMs - firstMs) / stepMs) * stepMs;
  for (let fromMs = firstMs; fromMs <= lastMs; fromMs += sliceMs + stepMs) {
    slices.push({ fromMs, toMs: Math.min(lastMs, fromMs + sliceMs), stepMs });
  }
  return slices;
}

/** Both halves of a slice; absent where it is one instant. */
export function halves(slice: Slice): readonly [Slice, Slice] | undefined {
  const steps = Math.floor((slice.toMs - slice.fromMs) / slice.stepMs);
  if (steps < 1) return undefined;
  const middleMs = slice.fromMs + Math.floor(steps / 2) * slice.stepMs;
  return [
    { ...slice, toMs: middleMs },
    { ...slice, fromMs: middleMs + slice.stepMs },
  ];
}
