/** One workload from a family, a seed and a set of ranges: always the same to the bit. */
import type { MemoryQuestion } from '../../core/memory/types.ts';
import type { KillMark } from '../../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../../core/units.ts';
import { MIB } from '../../core/units.ts';
import type { FamilyName } from './families.ts';
import { familyNumber, planOf } from './families.ts';
import type { RangeSet } from './ranges.ts';
import { rangesOf } from './ranges.ts';
import type { Scene } from './scene.ts';
import { DAY_MS, drawScene, streamOf } from './scene.ts';
import type { ScrapeHabits } from './scrape.ts';
import { drawHabits, scrape } from './scrape.ts';
import type { PodRun } from './simulate.ts';
import { longerGrid, simulatePod } from './simulate.ts';
import { trafficOver } from './traffic.ts';
import type { Plan, TrueLife, Workload } from './types.ts';

export type { FamilyName } from './families.ts';
export { familiesOf } from './families.ts';
export type { RangeSet } from './ranges.ts';
export type { Truth, Workload } from './types.ts';

interface Run {
  readonly scene: Scene;
  readonly plan: Plan;
  readonly pods: readonly PodRun[];
  readonly seed: number;
}

/** How far a living container is run on to see when it would meet its limit. */
const RUN_ON_MS: Milliseconds = 40 * DAY_MS;

/**
 * @param index 0, 1, 2, … within the set; the sets' seeds never meet.
 */
export function generateWorkload(family: FamilyName, index: number, set: RangeSet): Workload {
  const run = simulate({ family, index, set, extraMs: 0 });
  const { scene, plan, pods, seed } = run;
  const kills = pods.flatMap((pod) => pod.kills).toSorted((a, b) => a.atMs - b.atMs);
  const relabelled = { ...plan, ...plan.relabel?.(kills.length) };
  return {
    family,
    seed,
    set,
    question: questionOf(run, kills),
    truth: {
      shape: relabelled.shape,
      alsoRight: relabelled.alsoRight ?? [],
      subShapes: plan.subShapes ?? [],
      ...(plan.isLeak === undefined ? {} : { isLeak: plan.isLeak }),
      ...(plan.leakFromMs === undefined ? {} : { leakFromMs: plan.leakFromMs }),
      lives: livesOf(pods, scene),
    },
  };
}

/**
 * When each life met its limit, also lives that the window cuts off: they run on for up to 40 days, with the traffic
 * that comes. A life without an entry never met it, or was ended by a rollout.
 */
export function limitCrossings(
  family: FamilyName,
  index: number,
  set: RangeSet,
): readonly { readonly pod: string; readonly startedMs: EpochMs; readonly atMs: EpochMs }[] {
  const { pods, scene } = simulate({ family, index, set, extraMs: RUN_ON_MS });
  return pods.flatMap((pod) =>
    pod.lives
      .filter((life) => life.end === 'kill' && life.startedMs < scene.toMs)
      .map((life) => ({ pod: life.pod, startedMs: life.startedMs, atMs: life.endedMs })),
  );
}

interface Wanted {
  readonly family: FamilyName;
  readonly index: number;
  readonly set: RangeSet;
  readonly extraMs: Milliseconds;
}

function simulate({ family, index, set, extraMs }: Wanted): Run {
  const ranges = rangesOf(set);
  const seed = ranges.firstSeed + familyNumber(family) * 20_000 + index;
  const scene = drawScene(seed, ranges);
  const plan = planOf(family, scene);
  const grid = longerGrid(scene.grid, extraMs);
  const traffic = trafficOver(scene.traffic, grid, streamOf(seed, 2));
  const pods = plan.pods.map((pod, podIndex) =>
    simulatePod(
      pod,
      {
        grid,
        traffic,
        limitMib: scene.limitMib,
        phi: scene.phi,
        noiseSd: scene.noiseSd,
        untilMs: scene.toMs + extraMs,
        enoughMs: scene.toMs,
      },
      streamOf(seed, 100 + podIndex),
    ),
  );
  return { scene, plan, pods, seed };
}

function questionOf({ scene, plan, pods, seed }: Run, kills: readonly KillMark[]): MemoryQuestion {
  const random = streamOf(seed, 3);
  const habits = drawHabits(scene, plan, random);
  const question: MemoryQuestion = {
    histories: pods.map((pod, index) => scrape(pod, scene, habits, streamOf(seed, 200 + index))),
    kills: kills.map((kill) => withoutPeak(kill, habits)),
    changes: plan.changes ?? [],
    ...(plan.heapMaxMib === undefined ? {} : { heapMaxBytes: Math.round(plan.heapMaxMib * MIB) }),
    nowMs: scene.toMs,
  };
  return plan.spoil?.(question, random) ?? question;
}

function withoutPeak(kill: KillMark, { knowsPeakOfKills }: ScrapeHabits): KillMark {
  if (knowsPeakOfKills) return kill;
  const { peakBytes: _, ...rest } = kill;
  return rest;
}

function livesOf(pods: readonly PodRun[], scene: Scene): readonly TrueLife[] {
  return pods.flatMap((pod) => pod.lives).filter((life) => life.startedMs < scene.toMs);
}
