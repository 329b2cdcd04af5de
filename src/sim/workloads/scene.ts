/** What all families share: the window, the base, the noise, the traffic, the replicas and the limit. */
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import { HOUR_MS } from '../../core/units.ts';
import type { Random } from '../random.ts';
import { pick, seededRandom } from '../random.ts';
import { between, chance } from './noise.ts';
import type { Ranges } from './ranges.ts';
import type { Grid, TrafficPlan } from './traffic.ts';
import type { Moment } from './types.ts';

export const DAY_MS: Milliseconds = 24 * HOUR_MS;
/** A Monday. Workloads begin on one of the 28 days after it. */
const EPOCH_MS: EpochMs = Date.UTC(2026, 2, 2);

/** What is drawn before a family is asked. Families may change a copy. */
export interface Scene {
  readonly random: Random;
  readonly ranges: Ranges;
  readonly grid: Grid;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly days: number;
  /** Need without load and growth, MiB. */
  readonly base: number;
  /** Memory that follows the mean traffic, MiB. 0 = none. */
  readonly loadMib: number;
  readonly phi: number;
  readonly noiseSd: number;
  readonly warmUpHours: number;
  readonly replicas: number;
  readonly limitMib: number;
  traffic: TrafficPlan;
}

/** Draws of a size never move the draws of what follows: each concern has its own stream. */
export function streamOf(seed: number, concern: number): Random {
  return seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(concern + 1, 0x85ebca6b));
}

export function drawScene(seed: number, ranges: Ranges): Scene {
  const random = streamOf(seed, 1);
  const { stepMs, days: daysRange } = pick(random, ranges.steps);
  const days = between(random, daysRange);
  const fromMs = EPOCH_MS + Math.floor(random() * 28) * DAY_MS + Math.floor(random() * 24) * HOUR_MS;
  const points = Math.floor((days * DAY_MS) / stepMs);
  const base = between(random, ranges.baseMib);
  const loadMib = chance(random, 1 / 3) ? 0 : base * between(random, ranges.load);
  const traffic = drawTraffic(random, ranges);
  const drawnLimit = (base + loadMib) * between(random, ranges.limitFactor);
  return {
    random,
    ranges,
    grid: { fromMs, stepMs, points },
    fromMs,
    toMs: fromMs + points * stepMs,
    days,
    base,
    loadMib,
    phi: pick(random, ranges.phi),
    noiseSd: between(random, ranges.noise),
    warmUpHours: between(random, ranges.warmUpMinutes) / 60,
    replicas: pick(random, ranges.replicas),
    // Wide enough for the ordinary peak; families that die of their load set a narrower one.
    limitMib: Math.max(drawnLimit, 1.3 * (base + loadMib * ordinaryPeak(traffic))),
    traffic,
  };
}

function drawTraffic(random: Random, ranges: Ranges): TrafficPlan {
  const diurnal = between(random, ranges.diurnal);
  return {
    diurnal,
    secondHarmonic: diurnal * between(random, [0, 0.4]),
    phaseHours: between(random, [0, 24]),
    weekend: between(random, ranges.weekend),
    noise: between(random, [0.03, 0.15]),
    growthPerWeek: 0,
    surges: [],
  };
}

/** The level without growth: start-up, noise, load. */
export function levelOf(scene: Scene, moment: Moment): number {
  const warm = 1 - 0.5 * Math.exp(-moment.ageHours / (scene.warmUpHours / 3));
  return scene.base * (warm + moment.noise) + scene.loadMib * moment.load;
}

/** An instant at a share of the window. */
export function instantAt(scene: Scene, share: number): EpochMs {
  return Math.round(scene.fromMs + share * (scene.toMs - scene.fromMs));
}

/** Traffic at the peak of an ordinary day, over the mean. */
export function ordinaryPeak({ diurnal, secondHarmonic, weekend, noise }: TrafficPlan): number {
  return (1 + diurnal + 0.7 * secondHarmonic) * Math.max(1, weekend) * Math.exp(noise);
}

/** Room between the level at the ordinary peak and the limit, MiB. */
export function headroomOf(scene: Scene): number {
  return scene.limitMib - scene.base - scene.loadMib * ordinaryPeak(scene.traffic);
}
