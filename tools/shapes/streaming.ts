/** The same workloads as they unfold: a look every six hours, each seeing only what was there by then. */
import type { GrowthState, MemoryQuestion } from '../../src/core/memory/types.ts';
import type { EpochMs } from '../../src/core/units.ts';
import type { RangeSet, Workload } from '../../src/sim/workloads/index.ts';
import { familiesOf, generateWorkload } from '../../src/sim/workloads/index.ts';
import { questionAt } from './cut.ts';
import type { Detector } from './detector.ts';
import { ratio } from './score.ts';

const LOOK_EVERY_MS = 6 * 3_600_000;
const STATES = ['growing', 'suspected', 'confirmed'] as const satisfies readonly GrowthState[];
export type Alarm = (typeof STATES)[number];

/** How one workload went by. A workload is counted as one container, however many replicas it has. */
export interface Watched {
  readonly family: string;
  /** Which workload of the family. */
  readonly index: number;
  readonly isLeak: boolean;
  readonly days: number;
  /** From where `firstHours` counts to the window's end. */
  readonly countedHours: number;
  /** Hours from the leak's beginning (of clean ones: from the window's) to the first look with that state or a stronger one. */
  readonly firstHours: Readonly<Partial<Record<Alarm, number>>>;
  /** Times that CONFIRMED was entered. */
  readonly confirmedEpisodes: number;
  readonly firstKillHours?: number;
  /** Highest working set over limit at the first CONFIRMED. */
  readonly headroomUsed?: number;
}

function watch(detector: Detector, workload: Workload, index: number): Watched {
  const { question, truth } = workload;
  const fromMs = firstOf(question);
  // A leak that began later cannot be late before it began.
  const beginMs = truth.leakFromMs ?? fromMs;
  const first: Partial<Record<Alarm, number>> = {};
  let episodes = 0;
  let before: GrowthState = 'none';
  let headroomUsed: number | undefined;
  for (let nowMs = fromMs + LOOK_EVERY_MS; nowMs <= question.nowMs; nowMs += LOOK_EVERY_MS) {
    const seen = questionAt(question, nowMs);
    const { state } = detector.answer(seen);
    if (truth.isLeak === true && nowMs <= beginMs) continue;
    const hours = (nowMs - beginMs) / 3_600_000;
    for (const alarm of STATES.slice(0, STATES.indexOf(state as Alarm) + 1)) first[alarm] ??= hours;
    if (state === 'confirmed') {
      if (before !== 'confirmed') episodes += 1;
      headroomUsed ??= usedOfLimit(seen);
    }
    before = state;
  }
  const firstKillMs = question.kills[0]?.atMs;
  return {
    family: workload.family,
    index,
    isLeak: truth.isLeak === true,
    days: (question.nowMs - fromMs) / 86_400_000,
    countedHours: (question.nowMs - beginMs) / 3_600_000,
    firstHours: first,
    confirmedEpisodes: episodes,
    ...(firstKillMs === undefined ? {} : { firstKillHours: (firstKillMs - beginMs) / 3_600_000 }),
    ...(headroomUsed === undefined ? {} : { headroomUsed }),
  };
}

function firstOf({ histories, nowMs }: MemoryQuestion): EpochMs {
  return histories.reduce((least, { fromMs }) => Math.min(least, fromMs), nowMs);
}

function usedOfLimit({ histories }: MemoryQuestion): number {
  const shares = histories.map(({ workingSet, limit }) => {
    const value = limit?.at(-1)?.value;
    return typeof value === 'number' ? (workingSet?.values.at(-1) ?? 0) / value : 0;
  });
  return Math.max(0, ...shares);
}

export function watchAll(
  detectors: readonly Detector[],
  set: RangeSet,
  seedsPerFamily: number,
): readonly { readonly detector: string; readonly watched: readonly Watched[] }[] {
  const out = detectors.map(({ name }) => ({ detector: name, watched: [] as Watched[] }));
  for (const family of familiesOf(set))
    for (let index = 0; index < seedsPerFamily; index += 1) {
      const workload = generateWorkload(family, index, set);
      if (workload.truth.isLeak === undefined) continue;
      for (const [position, detector] of detectors.entries())
        out[position]?.watched.push(watch(detector, workload, index));
    }
  return out;
}

export interface AlarmScore {
  readonly alarm: Alarm;
  /** Of the leaking containers, those that ever had the alarm. */
  readonly recall: number;
  readonly medianDelayHours?: number;
  /** Of the leaking containers that were killed, those with the alarm before the first kill. */
  readonly beforeFirstKill: number;
  readonly falseContainers: number;
  readonly falsePer1000Days: number;
}

export function alarmScore(watched: readonly Watched[], alarm: Alarm): AlarmScore {
  const leaks = watched.filter(({ isLeak }) => isLeak);
  const clean = watched.filter(({ isLeak }) => !isLeak);
  const delays = leaks
    .map(({ firstHours }) => firstHours[alarm])
    .filter((hours) => hours !== undefined)
    .toSorted((a, b) => a - b);
  const killed = leaks.filter(({ firstKillHours }) => firstKillHours !== undefined);
  const falseContainers = clean.filter(({ firstHours }) => firstHours[alarm] !== undefined).length;
  const middle = delays[Math.floor(delays.length / 2)];
  return {
    alarm,
    recall: ratio(delays.length, leaks.length),
    ...(middle === undefined ? {} : { medianDelayHours: middle }),
    beforeFirstKill: ratio(
      killed.filter(({ firstHours, firstKillHours }) => isBefore(firstHours[alarm], firstKillHours)).length,
      killed.length,
    ),
    falseContainers,
    falsePer1000Days: 1000 * ratio(falseContainers, daysOf(clean)),
  };
}

/** Leaks that were killed, or that were there for five days: the others give CONFIRMED nothing to stand on. */
export function confirmable(watched: readonly Watched[]): readonly Watched[] {
  return watched.filter(
    ({ isLeak, firstKillHours, countedHours }) =>
      isLeak && (firstKillHours !== undefined || countedHours >= 120),
  );
}

function isBefore(alarmHours: number | undefined, killHours: number | undefined): boolean {
  return alarmHours !== undefined && killHours !== undefined && alarmHours < killHours;
}

export function daysOf(watched: readonly Watched[]): number {
  return watched.reduce((sum, { days }) => sum + days, 0);
}
