import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeMark, ContainerHistory, KillMark, Series } from '../model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../units.ts';
import { analyseMemory } from './analyse.ts';
import { readCase } from './case.ts';
import { dayProfile } from './day-profile.ts';
import { forecastCrossing } from './forecast.ts';
import { FORECAST_CALIBRATION } from './forecast-calibration.ts';
import { factorsOf, intervalOf } from './forecast-interval.ts';
import { needOf, tmpfsMatters } from './need.ts';
import type { Run } from './fit-types.ts';
import type { MemoryQuestion } from './types.ts';

/** A Monday, midnight. */
const START_MS = Date.UTC(2026, 5, 1);
const STEP_MS = 5 * MINUTE_MS;

interface Plan {
  /** MiB at an age in hours; deterministic noise of 1 MiB is added. */
  readonly mib: (ageHours: number, atHours: number) => number;
  readonly hours: number;
  readonly limitMib?: number;
  readonly limitSteps?: readonly (readonly [fromHours: number, mib: number])[];
  /** Hours at which it was killed at its limit and started again. */
  readonly killedAt?: readonly number[];
  readonly perSecond?: (atHours: number) => number;
  readonly changes?: readonly ChangeMark[];
  readonly cacheMib?: number;
  readonly shmemMib?: (atHours: number) => number;
  readonly heapMaxMib?: number;
}

function noise(index: number): number {
  return (Math.imul(index + 1, 2_654_435_761) >>> 8) / 2 ** 24 - 0.5;
}

function ask(plan: Plan): MemoryQuestion {
  const killedAt = plan.killedAt ?? [];
  const count = Math.floor((plan.hours * HOUR_MS) / STEP_MS);
  const hours = Array.from({ length: count }, (_, index) => (index * STEP_MS) / HOUR_MS);
  const startOf = (hour: number): number => killedAt.findLast((at) => at <= hour) ?? 0;
  const series = (value: (hour: number, index: number) => number): Series => ({
    timesMs: hours.map((hour) => START_MS + hour * HOUR_MS),
    values: hours.map(value),
  });
  const rss = (hour: number, index: number): number =>
    Math.round((plan.mib(hour - startOf(hour), hour) + noise(index)) * MIB);
  const shmem = (hour: number): number => Math.round((plan.shmemMib?.(hour) ?? 0) * MIB);
  const limits = plan.limitSteps ?? (plan.limitMib === undefined ? [] : [[0, plan.limitMib] as const]);
  const history: ContainerHistory = {
    namespace: 'shop',
    pod: 'app-0',
    container: 'app',
    source: 'test',
    stepMs: STEP_MS,
    fromMs: START_MS,
    toMs: START_MS + plan.hours * HOUR_MS,
    rss: series(rss),
    workingSet: series((hour, index) => rss(hour, index) + shmem(hour) + (plan.cacheMib ?? 0) * MIB),
    ...(plan.shmemMib && { shmem: series(shmem) }),
    startedAt: series((hour) => START_MS + startOf(hour) * HOUR_MS),
    limit: limits.map(([fromHours, mib]) => ({ fromMs: START_MS + fromHours * HOUR_MS, value: mib * MIB })),
    ...(plan.perSecond && {
      traffic: {
        kind: 'requests',
        metric: 'requests_total',
        perSecond: series(plan.perSecond),
        scope: 'pod',
      },
    }),
  };
  const kills = killedAt.map(
    (at): KillMark => ({
      pod: 'app-0',
      atMs: START_MS + at * HOUR_MS - 1000,
      kind: 'limit',
      ...(plan.limitMib !== undefined && { limitBytes: plan.limitMib * MIB }),
    }),
  );
  return {
    histories: [history],
    kills,
    changes: plan.changes ?? [],
    ...(plan.heapMaxMib !== undefined && { heapMaxBytes: plan.heapMaxMib * MIB }),
    nowMs: START_MS + plan.hours * HOUR_MS,
  };
}

function hoursToLimit(plan: Plan): number | undefined {
  const question = ask(plan);
  const { atMs } = analyseMemory(question).forecast;
  return atMs === undefined ? undefined : (atMs - question.nowMs) / HOUR_MS;
}

const line = (ageHours: number): number => 100 + 2 * ageHours;
/** 100 requests a second on average, 150 at noon, 50 at midnight. */
const daily = (hour: number): number => 100 * (1 - 0.5 * Math.cos((2 * Math.PI * hour) / 24));
/** Requests until an hour, by integrating `daily`. */
const requests = (hour: number): number =>
  360_000 * (hour - (12 / (2 * Math.PI)) * Math.sin((2 * Math.PI * hour) / 24));

// The real crossing follows from the plan: the noise's half MiB is the tolerance, or the row says otherwise.
const CROSSINGS: readonly (readonly [name: string, plan: Plan, hours: number, tolerance: number])[] = [
  // 100 + 2 h = 500 at 200 h; 100 h are over.
  ['a line', { mib: line, hours: 100, limitMib: 500 }, 100, 2],
  ['a line below 200 MiB of page cache', { mib: line, hours: 100, limitMib: 900, cacheMib: 200 }, 300, 110],
  [
    'a limit that was raised',
    {
      mib: line,
      hours: 100,
      limitSteps: [
        [0, 400],
        [60, 700],
      ],
    },
    // 100 + 2 h = 700 at 300 h.
    200,
    4,
  ],
  [
    'a leak with each request',
    // 2 MiB/h on average; 84 h are three and a half days, so that 100 MiB + 2 * 84 are there.
    { mib: (_, at) => 100 + requests(at) / 180_000, hours: 84, limitMib: 500, perSecond: daily },
    116,
    6,
  ],
  // 100 + 10 (e^(h/30) - 1) = 600 at 30 ln 51 = 118 h; 80 are over.
  [
    'growth that speeds up',
    { mib: (age) => 100 + 10 * Math.expm1(age / 30), hours: 80, limitMib: 600 },
    38,
    8,
  ],
  // Since hour 50, 4 MiB/h: 100 + 4 (h - 50) = 600 at 175 h.
  [
    'growth that began late',
    { mib: (age) => 100 + 4 * Math.max(age - 50, 0), hours: 100, limitMib: 600 },
    75,
    8,
  ],
  [
    'tmpfs that fills',
    // 100 + 100 + 3 h = 800 at 200 h.
    { mib: () => 100, shmemMib: (at) => 100 + 3 * at, hours: 100, limitMib: 800 },
    100,
    10,
  ],
];

describe('forecastCrossing', () => {
  it.each(CROSSINGS)('%s', (_name, plan, hours, tolerance) => {
    const found = hoursToLimit(plan);
    expect(found).toBeDefined();
    expect(Math.abs((found ?? 0) - hours)).toBeLessThan(tolerance);
  });

  it('says which container, which limit, and between when and when', () => {
    const question = ask({ mib: line, hours: 100, limitMib: 500 });
    const {
      atMs = 0,
      earliestMs = 0,
      latestMs = 0,
      pod,
      limitBytes,
      basis,
    } = analyseMemory(question).forecast;
    expect([pod, limitBytes]).toEqual(['app-0', 500 * MIB]);
    expect(question.nowMs < earliestMs && earliestMs < atMs && atMs < latestMs).toBe(true);
    expect(basis).toContain('calibrated on simulated workloads');
  });

  it('knows from the lives before it, in the first minutes of a new one', () => {
    // Each life meets 180 MiB after 40 h.
    const plan: Plan = { mib: line, hours: 121, limitMib: 180, killedAt: [40, 80, 120] };
    expect(Math.abs((hoursToLimit(plan) ?? 0) - 39)).toBeLessThan(2);
    expect(analyseMemory(ask(plan)).forecast.basis).toContain('3 lives before it ended at this limit');
  });

  const rollout = { kind: 'rollout', label: 'revision 88' } as const;
  const quiet: readonly (readonly [name: string, plan: Plan, basis: string])[] = [
    ['what stays', { mib: () => 200, hours: 100, limitMib: 500 }, 'no growth'],
    ['a sawtooth', { mib: (age) => 100 + 20 * (age % 6), hours: 100, limitMib: 500 }, 'no growth'],
    ['no limit', { mib: line, hours: 100 }, 'no memory limit is known'],
    [
      'half an hour after a rollout',
      { mib: line, hours: 100, limitMib: 500, changes: [{ ...rollout, atMs: START_MS + 99.5 * HOUR_MS }] },
      'revision 88',
    ],
    ['the first hour of a life', { mib: line, hours: 1, limitMib: 500 }, 'no growth'],
    ['three samples', { mib: line, hours: 0.25, limitMib: 500 }, 'no growth'],
  ];

  it.each(quiet)('forecasts nothing for %s', (_name, plan, basis) => {
    const { forecast } = analyseMemory(ask(plan));
    expect(forecast.atMs).toBeUndefined();
    expect(forecast.basis).toContain(basis);
  });

  it('never throws and never says what is no instant', () => {
    const value = fc.double({ min: 0, max: 1e13 });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 0, maxLength: 120 }),
        fc.integer({ min: 1, max: 5000 }),
        (values, limit) => {
          const question = ask({
            mib: (_, at) => values[Math.floor(at * 12)] ?? 0,
            hours: values.length / 12,
            limitMib: limit,
          });
          const memory = readCase(question);
          const {
            atMs = question.nowMs,
            earliestMs = atMs,
            latestMs = atMs,
          } = forecastCrossing({ memory, shape: 'growing' });
          expect(question.nowMs <= earliestMs && earliestMs <= atMs && atMs <= latestMs).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the interval', () => {
  it('is that of the kind and of the way that is gone', () => {
    for (const { kind, usedFrom, lateFactor, earlyFactor } of FORECAST_CALIBRATION) {
      const { lowHours = 0, highHours = Infinity } = intervalOf({ kind, usedRatio: usedFrom, hours: 10 });
      expect(lowHours).toBeCloseTo(10 / lateFactor, 9);
      if (10 * earlyFactor < 2880) expect(highHours).toBeCloseTo(10 * earlyFactor, 9);
    }
  });

  it('was counted for every kind from the first step on', () => {
    const kinds = FORECAST_CALIBRATION.filter(({ usedFrom }) => usedFrom === 0).map(({ kind }) => kind);
    expect(kinds).toEqual(['line', 'requests', 'bend', 'repeated']);
  });

  // Of 39 scores the ceil(40 * 0.9) = 36th smallest counts: 0.36 - 0.2 late, and 0.2 - 0.04 early.
  const scores = Array.from({ length: 39 }, (_, i) => (i + 1) / 100 - 0.2);

  it('counts errors on each side', () => {
    const { lateFactor, earlyFactor } = factorsOf(scores);
    expect(Math.log(lateFactor)).toBeCloseTo(0.16, 9);
    expect(Math.log(earlyFactor)).toBeCloseTo(0.16, 9);
  });

  it('rests on own forecasts once there are thirty', () => {
    const forecast = { kind: 'line', usedRatio: 0.5, hours: 10 } as const;
    expect(intervalOf(forecast, scores.slice(0, 29)).basis).toContain('simulated');
    const own = intervalOf(forecast, scores);
    expect(own.basis).toContain('39 own forecasts');
    expect(own.lowHours).toBeCloseTo(10 / Math.exp(0.16), 9);
    expect(own.highHours).toBeCloseTo(10 * Math.exp(0.16), 9);
  });
});

describe('growthState', () => {
  const noCache = { limitMib: 4000 } as const;
  const states: readonly (readonly [name: string, plan: Plan, state: string])[] = [
    ['what stays', { mib: () => 200, hours: 150, ...noCache }, 'none'],
    ['a day of growth', { mib: line, hours: 20, limitMib: 500 }, 'growing'],
    ['two days of growth', { mib: line, hours: 50, limitMib: 500 }, 'suspected'],
    ['four days, far from the limit', { mib: line, hours: 96, ...noCache }, 'suspected'],
    ['six days', { mib: line, hours: 144, limitMib: 2000 }, 'confirmed'],
    ['four days, close to the limit', { mib: line, hours: 96, limitMib: 310 }, 'confirmed'],
    [
      'six days, within the heap it was given',
      { mib: line, hours: 144, limitMib: 2000, heapMaxMib: 1500 },
      'suspected',
    ],
    ['the same again after a kill', { mib: line, hours: 70, limitMib: 180, killedAt: [40] }, 'confirmed'],
  ];

  it.each(states)('%s', (_name, plan, state) => {
    expect(analyseMemory(ask(plan)).state).toBe(state);
  });
});

describe('needOf', () => {
  const run = readCase(ask({ mib: () => 100, cacheMib: 300, shmemMib: (at) => at, hours: 10, limitMib: 900 }))
    .runs[0] as Run;

  it('is anonymous memory, tmpfs and what the level has beyond both at the least', () => {
    const { timesMs, values } = needOf(run);
    const last = timesMs.length - 1;
    // 100 + 9.9 + 300, within the noise of 1 MiB: a cache that never gives way counts.
    expect((values[last] ?? 0) / MIB).toBeCloseTo(410, -0.5);
    expect(tmpfsMatters(run)).toBe(false);
  });

  it('is the level where anonymous memory is unknown', () => {
    expect(needOf({ ...run, signal: 'working-set' })).toBe(run.level);
  });
});

describe('dayProfile', () => {
  it('is the mean of each hour, and the mean of all where an hour is unknown', () => {
    const timesMs = Float64Array.of(START_MS, START_MS + 24 * HOUR_MS, START_MS + HOUR_MS);
    const profile = dayProfile({ timesMs, values: Float64Array.of(10, 30, 50) });
    expect([
      profile.at(START_MS),
      profile.at(START_MS + HOUR_MS),
      profile.at(START_MS + 5 * HOUR_MS),
    ]).toEqual([20, 50, 30]);
    expect([profile.mean, profile.highest]).toEqual([30, 50]);
  });
});
