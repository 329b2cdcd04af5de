/** Traffic over its mean: a day's wave with a second harmonic, weekends, slow lognormal noise, surges, growth. */
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { Random } from '../random.ts';
import { autoregressive } from './noise.ts';

export interface TrafficPlan {
  readonly diurnal: number;
  readonly secondHarmonic: number;
  readonly phaseHours: number;
  readonly weekend: number;
  readonly noise: number;
  /** Growth per week, of the level at the window's start. */
  readonly growthPerWeek: number;
  readonly surges: readonly {
    readonly fromMs: EpochMs;
    readonly lastsMs: Milliseconds;
    readonly factor: number;
  }[];
}

export interface Grid {
  readonly fromMs: EpochMs;
  readonly stepMs: Milliseconds;
  readonly points: number;
}

/** Minutes that the noise of traffic remembers, whatever the step. */
const NOISE_MEMORY_MS = 20 * 60_000;
/** 1970-01-01 was a Thursday: days 2 and 3 of each seven are the weekend. */
const isWeekend = (day: number): boolean => day % 7 === 2 || day % 7 === 3;

/** A longer grid with the same random stream begins with the shorter one's values. */
export function trafficOver(plan: TrafficPlan, grid: Grid, random: Random): Float64Array {
  const values = new Float64Array(grid.points);
  const noise = autoregressive(random, Math.exp(-grid.stepMs / NOISE_MEMORY_MS), plan.noise);
  for (let index = 0; index < grid.points; index += 1) {
    const atMs = grid.fromMs + index * grid.stepMs;
    const angle = ((atMs / HOUR_MS - plan.phaseHours) * Math.PI) / 12;
    const wave = 1 + plan.diurnal * Math.sin(angle) + plan.secondHarmonic * Math.sin(2 * angle);
    const week = isWeekend(Math.floor(atMs / (24 * HOUR_MS))) ? plan.weekend : 1;
    const growth = 1 + (plan.growthPerWeek * (atMs - grid.fromMs)) / (168 * HOUR_MS);
    let level = Math.max(0.02, wave) * week * growth * Math.exp(noise());
    for (const surge of plan.surges) level *= surgeAt(surge, atMs);
    values[index] = level;
  }
  return values;
}

/** Rises and falls over a tenth of its length. */
function surgeAt(surge: TrafficPlan['surges'][number], atMs: EpochMs): number {
  const share = (atMs - surge.fromMs) / surge.lastsMs;
  if (share <= 0 || share >= 1) return 1;
  return 1 + (surge.factor - 1) * Math.min(1, share / 0.1, (1 - share) / 0.1);
}
