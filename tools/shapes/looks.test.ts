import { describe, expect, it } from 'vitest';
import type { MemoryQuestion } from '../../src/core/memory/types.ts';
import { HOUR_MS, MIB } from '../../src/core/units.ts';
import { generateWorkload } from '../../src/sim/workloads/index.ts';
import { BASELINES, longestRun } from './baselines.ts';
import { questionAt } from './cut.ts';
import { exceptions } from './report.ts';
import type { Watched } from './streaming.ts';
import { alarmScore, confirmable } from './streaming.ts';

const START_MS = Date.UTC(2026, 2, 2);

/** Hourly samples of one pod, limit 1000 MiB. */
function hourly(mib: readonly number[], restarts = mib.map(() => 0)): MemoryQuestion {
  const timesMs = mib.map((_, index) => START_MS + index * HOUR_MS);
  return {
    histories: [
      {
        namespace: 'shop',
        pod: 'app-0',
        container: 'app',
        source: 'test',
        stepMs: HOUR_MS,
        fromMs: START_MS,
        toMs: timesMs.at(-1) ?? START_MS,
        workingSet: { timesMs, values: mib.map((value) => value * MIB) },
        restarts: { timesMs, values: restarts },
        limit: [{ fromMs: START_MS, value: 1000 * MIB }],
      },
    ],
    kills: [],
    changes: [],
    nowMs: timesMs.at(-1) ?? START_MS,
  };
}

const ramp = (length: number, from: number, by: number): readonly number[] =>
  Array.from({ length }, (_, index) => from + index * by);
const flat = (length: number, level: number): readonly number[] =>
  Array.from({ length }, (_, index) => level + (index % 2));

const says = (name: string, question: MemoryQuestion): boolean =>
  BASELINES.find((baseline) => baseline.name === name)?.answer(question).shape === 'leak';

describe('baselines', () => {
  // 100 MiB + 4 MiB/h over 168 h ends at 768 MiB: 24 h ahead 864, below the limit; 6 MiB/h ends at 1096, cut at 140 h.
  it.each([
    ['max > 90 % of limit', ramp(168, 100, 4), false],
    ['max > 90 % of limit', ramp(140, 100, 6), true],
    ['predict_linear 6h->24h', ramp(168, 100, 4), false],
    ['predict_linear 6h->24h', ramp(140, 100, 6), true],
    ['predict_linear 6h->24h', flat(168, 500), false],
    ['OLS R2 > 0.8', ramp(168, 100, 4), true],
    ['OLS R2 > 0.8', ramp(168, 900, -4), false],
    ['OLS R2 > 0.8', flat(168, 500), false],
    ['Mann-Kendall p < 0.05', ramp(168, 100, 4), true],
    ['Mann-Kendall p < 0.05', flat(168, 500), false],
    ['MK with AR(1) factor', ramp(168, 100, 4), true],
    ['MK with AR(1) factor', ramp(168, 900, -4), false],
    ['Precog-like', ramp(168, 100, 4), true],
    // At 1 MiB/h the limit is 732 h away, more than a week.
    ['Precog-like', ramp(168, 100, 1), false],
    ['always healthy', ramp(140, 100, 6), false],
  ] as const)('%s', (name, mib, expected) => {
    expect(says(name, hourly(mib))).toBe(expected);
  });

  it('take the longest run between restarts', () => {
    const mib = [...flat(20, 100), ...ramp(60, 100, 2), ...flat(10, 100)];
    const restarts = mib.map((_, index) => (index < 20 ? 0 : index < 80 ? 1 : 2));
    const run = longestRun(hourly(mib, restarts));
    expect(run?.bytes.length).toBe(60);
    expect(run?.bytes.at(-1)).toBe(218 * MIB);
    expect(run?.limitBytes).toBe(1000 * MIB);
  });

  it('answer an empty question with healthy', () => {
    const empty: MemoryQuestion = { histories: [], kills: [], changes: [], nowMs: START_MS };
    for (const { answer } of BASELINES) expect(answer(empty).shape).toBe('healthy');
  });
});

/** Every number that is an instant of 2026, wherever it stands. */
function instantsIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return value > Date.UTC(2026, 0) && value < Date.UTC(2027, 0) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(instantsIn);
}

describe('a look at an earlier instant', () => {
  it('sees nothing of later', () => {
    const { question } = generateWorkload('leak-late', 1, 'development');
    const nowMs = question.nowMs - 3 * 24 * HOUR_MS;
    const seen = questionAt(question, nowMs);
    // Series, steps and startedAt values: whatever holds an instant.
    const instants = seen.histories.flatMap(({ toMs, ...rest }) => [toMs, ...instantsIn(rest)]);
    const marks = [...seen.kills, ...seen.changes].map(({ atMs }) => atMs);
    const latest = [...instants, ...marks].reduce((most, at) => Math.max(most, at), 0);
    expect(latest).toBeLessThanOrEqual(nowMs);
    expect(latest).toBeGreaterThan(nowMs - HOUR_MS);
    expect(seen.nowMs).toBe(nowMs);
  });

  it('is the whole question at its end', () => {
    const { question } = generateWorkload('leak-linear', 2, 'development');
    expect(questionAt(question, question.nowMs)).toEqual(question);
  });
});

const watched = (more: Partial<Watched>): Watched => ({
  family: 'f',
  index: 0,
  isLeak: false,
  days: 10,
  countedHours: 240,
  firstHours: {},
  confirmedEpisodes: 0,
  ...more,
});

describe('alarms over time', () => {
  it('counts recall, delay, what came before the first kill, and false containers per 1,000 days', () => {
    const all = [
      watched({ isLeak: true, firstHours: { confirmed: 80 }, firstKillHours: 100 }),
      watched({ isLeak: true, firstHours: { confirmed: 120 }, firstKillHours: 100 }),
      watched({ isLeak: true, firstHours: { confirmed: 90 } }),
      watched({ isLeak: true, firstHours: { growing: 6 } }),
      watched({ firstHours: { confirmed: 200 } }),
      ...Array.from({ length: 49 }, () => watched({})),
    ];
    // 3 of 4 leaks; one of two killed ones before its kill; one false container in 50 x 10 days.
    expect(alarmScore(all, 'confirmed')).toEqual({
      alarm: 'confirmed',
      recall: 0.75,
      medianDelayHours: 90,
      beforeFirstKill: 0.5,
      falseContainers: 1,
      falsePer1000Days: 2,
    });
  });
});

const scored = (family: string, isLeak: boolean, saysLeak: boolean) => ({
  family,
  index: 0,
  truth: { shape: isLeak ? 'leak' : 'healthy', alsoRight: [], subShapes: [], isLeak } as const,
  answer: { shape: saysLeak ? 'leak' : 'healthy', state: 'none' } as const,
  isEnough: true,
});

it('takes for confirmable what was killed or leaked for five days', () => {
  const all = [
    watched({ isLeak: true, countedHours: 119 }),
    watched({ isLeak: true, countedHours: 120 }),
    watched({ isLeak: true, countedHours: 30, firstKillHours: 20 }),
    watched({ countedHours: 200 }),
  ];
  expect(confirmable(all)).toEqual([all[1], all[2]]);
});

describe('exceptions', () => {
  it('names a family where a baseline is better, and no other', () => {
    const own = {
      detector: 'own',
      tookMs: [],
      records: [scored('a', true, true), scored('b', false, true)],
    };
    const baseline = {
      detector: 'always healthy',
      tookMs: [],
      records: [scored('a', true, false), scored('b', false, false)],
    };
    expect(exceptions([own, baseline])).toEqual([
      { family: 'b', baseline: 'always healthy', own: 0, theirs: 1 },
    ]);
  });
});
