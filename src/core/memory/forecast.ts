/** Time to limit: which container meets it next, with an interval that was measured and not derived. */
import { median } from '../math/median.ts';
import { formatDuration } from '../text/amounts.ts';
import type { Bytes, EpochMs, Milliseconds, Ratio } from '../units.ts';
import { HOUR_MS, MINUTE_MS } from '../units.ts';
import type { MemoryCase } from './case.ts';
import type { CrossingKind } from './crossing.ts';
import { crossingOf } from './crossing.ts';
import type { LifeFit, Run } from './fit-types.ts';
import { fitLife } from './fit-life.ts';
import { intervalOf } from './forecast-interval.ts';
import { isMemory } from './kills.ts';
import { needOf, tmpfsMatters } from './need.ts';
import { binsOf } from './prepare.ts';
import type { Forecast, MemoryShape } from './types.ts';

/** What a forecast rests on: the growth of this life, or lives before it that ended at the same limit. */
export type ForecastKind = CrossingKind | 'repeated';

/** One running container that is on its way to its limit. */
export interface PodForecast {
  readonly pod: string;
  readonly limitBytes: Bytes;
  readonly kind: ForecastKind;
  /** Of the way to the limit, that is gone. */
  readonly usedRatio: Ratio;
  /** From now, the single best answer. */
  readonly hours: number;
  /** Lives before it that were killed at this limit. */
  readonly livesBefore: number;
}

/** Shapes whose growth has no end that could be seen. */
const FORECAST_SHAPES: ReadonlySet<MemoryShape> = new Set(['leak', 'growing', 'tmpfs']);
/** Start-up is no growth: what a life does first says nothing about where it goes. */
const QUIET_AFTER_START_MS: Milliseconds = 90 * MINUTE_MS;
const QUIET_AFTER_CHANGE_MS: Milliseconds = HOUR_MS;
/** A limit within this ratio is the same limit. */
const SAME_LIMIT = 0.02;
/** Overdue against the lives before: soon, not never. */
const LEAST_REST_SHARE = 0.05;

export interface ForecastQuestion {
  readonly memory: MemoryCase;
  readonly shape: MemoryShape;
  /** ln(predicted / real) of forecasts that this program made here and whose end was seen. From 30 on they set the interval. */
  readonly scores?: readonly number[];
}

/** The next crossing of all running containers, or why none is forecast. */
export function forecastCrossing(question: ForecastQuestion): Forecast {
  const { nowMs } = question.memory.question;
  const { forecasts, why } = podForecasts(question);
  const next = forecasts.toSorted((a, b) => a.hours - b.hours)[0];
  if (next === undefined) return { basis: `no crossing is forecast: ${why ?? NO_GROWTH}` };
  const interval = intervalOf(next, question.scores);
  const at = (hours: number): EpochMs => Math.round(nowMs + hours * HOUR_MS);
  return {
    atMs: at(next.hours),
    ...(interval.lowHours !== undefined && { earliestMs: at(interval.lowHours) }),
    ...(interval.highHours !== undefined && { latestMs: at(interval.highHours) }),
    pod: next.pod,
    limitBytes: next.limitBytes,
    basis: `${WORDS[next.kind](next)}; ${interval.basis}`,
  };
}

const NO_GROWTH = 'no growth without an end was found';

/** Every running container that grows towards its limit within the horizon, or why there is none. */
export function podForecasts({ memory, shape }: ForecastQuestion): {
  readonly forecasts: readonly PodForecast[];
  readonly why?: string;
} {
  if (!FORECAST_SHAPES.has(shape)) return { forecasts: [], why: NO_GROWTH };
  const running = memory.runs.filter(({ life }) => life.end === 'still-running');
  const quiet = reasonForNone(memory, running);
  if (quiet !== undefined) return { forecasts: [], why: quiet };
  const forecasts = running.flatMap((run) => podForecast(memory, run) ?? []);
  if (forecasts.length > 0) return { forecasts };
  return { forecasts, why: 'no running container grows towards its limit within 120 days' };
}

const WORDS: Readonly<Record<ForecastKind, (forecast: PodForecast) => string>> = {
  line: () => 'steady growth prolonged to the limit',
  requests: () => 'growth with each request prolonged to the limit, at the traffic of an average day',
  bend: () => 'growth that began late or speeds up, prolonged to the limit',
  repeated: ({ livesBefore }) =>
    livesBefore === 1
      ? 'the life before it ended at this limit'
      : `${livesBefore} lives before it ended at this limit`,
};

function reasonForNone({ question }: MemoryCase, running: readonly Run[]): string | undefined {
  const { nowMs, changes } = question;
  if (running.length === 0) return 'no container runs';
  if (running.every((run) => limitOf(run, nowMs) === undefined)) return 'no memory limit is known';
  const change = changes.findLast(
    ({ atMs, kind }) =>
      kind !== 'resize' && kind !== 'scale' && atMs <= nowMs && nowMs - atMs < QUIET_AFTER_CHANGE_MS,
  );
  if (change === undefined) return undefined;
  return `${change.label} was only ${formatDuration(nowMs - change.atMs)} ago`;
}

function podForecast(memory: MemoryCase, run: Run): PodForecast | undefined {
  const { nowMs } = memory.question;
  const limitBytes = limitOf(run, nowMs);
  if (limitBytes === undefined) return undefined;
  const lengths = memory.combined.grows ? lengthsBefore(memory, { run, limitBytes }) : [];
  const ageHours = (nowMs - run.life.fromMs) / HOUR_MS;
  const typical = median(Float64Array.from(lengths));
  const rest = typical === undefined ? undefined : Math.max(typical - ageHours, LEAST_REST_SHARE * typical);
  const isStarting = run.life.start === 'seen' && nowMs - run.life.fromMs < QUIET_AFTER_START_MS;
  const fit = isStarting ? undefined : growingFit(memory, run);
  const own = fit && crossingOf(fit, { limitBytes, nowMs });
  const common = { pod: run.life.pod, limitBytes, livesBefore: lengths.length };
  if (rest === undefined || typical === undefined) return own && { ...common, ...own };
  if (own === undefined)
    return { ...common, kind: 'repeated', hours: rest, usedRatio: Math.min(ageHours / typical, 1) };
  // The further a life is, the more its own growth says.
  const hours = Math.exp(own.usedRatio * Math.log(own.hours) + (1 - own.usedRatio) * Math.log(rest));
  return { ...common, kind: 'repeated', hours, usedRatio: own.usedRatio };
}

/** Hours that lives with the same version and limit lasted until they were killed. */
function lengthsBefore(
  { kills }: MemoryCase,
  { run, limitBytes }: { readonly run: Run; readonly limitBytes: Bytes },
): readonly number[] {
  return kills
    .filter(
      ({ kill, run: killed, limitBytes: limit }) =>
        isMemory(kill) &&
        killed.life.start === 'seen' &&
        limit !== undefined &&
        Math.abs(limit / limitBytes - 1) < SAME_LIMIT &&
        killed.version === run.version,
    )
    .map(({ ageMs }) => ageMs / HOUR_MS);
}

/** The life's fit if it grows: of demand with tmpfs where that moves. */
function growingFit(memory: MemoryCase, run: Run): LifeFit | undefined {
  const known = memory.combined.fits.find((fit) => fit.run === run);
  // Where neither account of a climb has won, a line is its earliest crossing.
  const isOpen = !memory.combined.grows;
  if (!tmpfsMatters(run))
    return known?.grows === true || (isOpen && known?.rises === true) ? known : undefined;
  const need = needOf(run);
  const whole: Run = { ...run, memory: need, level: need, signal: 'usage' };
  const bins = binsOf(whole);
  const fit = bins && fitLife({ run: whole, bins });
  return fit?.grows === true ? fit : undefined;
}

function limitOf({ limits, life }: Run, nowMs: EpochMs): Bytes | undefined {
  return limits.findLast(({ fromMs }) => fromMs <= nowMs)?.bytes ?? life.limitBytes;
}
