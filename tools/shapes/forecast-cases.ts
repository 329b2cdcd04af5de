/** Growing lives stopped on their way to the limit, with the instant at which each of them really met it. */
import type { MemoryCase } from '../../src/core/memory/case.ts';
import { readCase } from '../../src/core/memory/case.ts';
import { shapeOf } from '../../src/core/memory/analyse.ts';
import type { PodForecast } from '../../src/core/memory/forecast.ts';
import { podForecasts } from '../../src/core/memory/forecast.ts';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import type { ContainerHistory } from '../../src/core/model/series.ts';
import type { EpochMs } from '../../src/core/units.ts';
import type { FamilyName, RangeSet, Workload } from '../../src/sim/workloads/index.ts';
import { familiesOf, generateWorkload, limitCrossings } from '../../src/sim/workloads/index.ts';
import { questionAt } from './cut.ts';

export interface ForecastCase {
  readonly family: FamilyName;
  readonly memory: MemoryCase;
  readonly pod: string;
  readonly nowMs: EpochMs;
  /** From now to the real crossing. */
  readonly trueHours: number;
  /** Lives of this pod before this one. */
  readonly livesBefore: number;
  /** Absent = none was made. */
  readonly forecast?: PodForecast;
}

export interface CasePlan {
  readonly set: RangeSet;
  /** Workloads of each family. */
  readonly perFamily: number;
  /** Shares of the life at which it is stopped. */
  readonly stops: readonly number[];
  /** Lives of a pod that are stopped: the first, and one later one. */
  readonly lives: 'first' | 'first-and-later';
}

const HOUR_MS = 3_600_000;

/** Families whose memory grows without an end, by what the generator says of them. */
export function growingFamilies(set: RangeSet): readonly FamilyName[] {
  return familiesOf(set).filter((family) =>
    [0, 1, 2, 3].some((index) => {
      const { truth } = generateWorkload(family, index, set);
      return truth.isLeak === true || family === 'shmem-leak';
    }),
  );
}

export function* forecastCases(plan: CasePlan): Generator<ForecastCase> {
  const { set, perFamily } = plan;
  for (const family of growingFamilies(set)) {
    for (let index = 0; index < perFamily; index += 1) {
      const workload = generateWorkload(family, index, set);
      if (workload.truth.isLeak === false) continue;
      yield* casesOf(workload, { plan, family, crossings: limitCrossings(family, index, set) });
    }
  }
}

interface CrossingOf {
  readonly pod: string;
  readonly startedMs: EpochMs;
  readonly atMs: EpochMs;
}

function* casesOf(
  workload: Workload,
  { plan, family, crossings }: { plan: CasePlan; family: FamilyName; crossings: readonly CrossingOf[] },
): Generator<ForecastCase> {
  const { question } = workload;
  const pods = [...new Set(crossings.map(({ pod }) => pod))];
  for (const pod of pods) {
    const mine = crossings.filter((one) => one.pod === pod).toSorted((a, b) => a.startedMs - b.startedMs);
    const wanted = plan.lives === 'first' ? [0] : [0, mine.length - 1].filter((at, i) => i === 0 || at > 0);
    for (const lifeIndex of wanted) {
      const life = mine[lifeIndex];
      if (life === undefined) continue;
      for (const stop of plan.stops) {
        const nowMs = Math.round(life.startedMs + stop * (life.atMs - life.startedMs));
        const asked =
          nowMs > question.nowMs || resized(question, nowMs, life) ? undefined : questionAt(question, nowMs);
        if (
          asked !== undefined &&
          asked.histories.some((history) => isOf(history.pod, pod) && hasSamples(history))
        ) {
          yield {
            family,
            pod,
            nowMs,
            trueHours: (life.atMs - nowMs) / HOUR_MS,
            livesBefore: lifeIndex,
            ...judged(asked, pod),
          };
        }
      }
    }
  }
}

/** What happens to the limit after now, no forecast can know. */
function resized(question: MemoryQuestion, nowMs: EpochMs, life: CrossingOf): boolean {
  return question.histories
    .filter(({ pod }) => isOf(pod, life.pod))
    .some(({ limit }) => limit?.some(({ fromMs }) => fromMs > nowMs && fromMs <= life.atMs));
}

function judged(question: MemoryQuestion, pod: string): Pick<ForecastCase, 'memory' | 'forecast'> {
  const memory = readCase(question);
  const { forecasts } = podForecasts({ memory, shape: shapeOf(memory).shape });
  const forecast = forecasts.findLast((one) => isOf(one.pod, pod));
  return { memory, ...(forecast !== undefined && { forecast }) };
}

/** One family renames its pods in the metrics. */
function isOf(name: string, pod: string): boolean {
  return name === pod || name === `${pod}-renamed`;
}

function hasSamples({ workingSet }: ContainerHistory): boolean {
  return (workingSet?.timesMs.length ?? 0) > 0;
}
