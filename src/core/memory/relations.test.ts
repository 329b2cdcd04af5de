/** Relations that must hold whatever the numbers are: what an answer may not depend on. */
import { describe, expect, it } from 'vitest';
import type { ContainerHistory, Series } from '../model/series.ts';
import { HOUR_MS, MIB } from '../units.ts';
import { analyseMemory } from './analyse.ts';
import { ageAt, asks, dayWave, draw, noise, START_MS } from './testing.ts';
import type { MemoryQuestion } from './types.ts';

const WEEK = 168;
const KILLS = [36.5, 73, 109.5, 146] as const;
const STARTS = [0, ...KILLS.map((hour) => hour + 1 / 60)];
const wave = (hour: number): number => 100 * dayWave(hour);

function replicas(mib: (hour: number, pod: number) => number): readonly ContainerHistory[] {
  return [0, 1, 2].map((pod) => {
    const random = noise(pod + 1);
    return draw({ pod: `api-${pod + 1}`, hours: WEEK, rssMib: (hour) => mib(hour, pod) + 2 * random() });
  });
}

/** Clear cases: one of each kind that a relation could break. */
const CASES: Readonly<Record<string, () => MemoryQuestion>> = {
  'a leak of three replicas': () => asks(replicas((hour, pod) => 150 + (1 + 0.2 * pod) * hour)),
  'a leak that kills': () => {
    const random = noise(4);
    const rssMib = (hour: number): number => Math.min(492, 200 + 8 * ageAt(hour, STARTS) + 2 * random());
    return asks([draw({ hours: WEEK, rssMib, startsAtHours: STARTS })], { killsAtHours: KILLS });
  },
  'a plateau': () => asks(replicas((hour) => 150 + 200 * -Math.expm1(-hour / 15))),
  'flat memory': () => asks(replicas(() => 200)),
  'memory with load': () => {
    const random = noise(6);
    const rssMib = (hour: number): number => 100 + 120 * dayWave(hour) + 2 * random();
    return asks([draw({ hours: WEEK, rssMib, trafficPerSecond: wave })]);
  },
  'a step': () => asks(replicas((hour) => (hour < 90 ? 150 : 220))),
};

function mapSeries(question: MemoryQuestion, change: (series: Series) => Series): MemoryQuestion {
  return {
    ...question,
    histories: question.histories.map((history) => ({
      ...history,
      ...(history.rss !== undefined && { rss: change(history.rss) }),
      ...(history.workingSet !== undefined && { workingSet: change(history.workingSet) }),
    })),
  };
}

describe.each(Object.entries(CASES))('%s', (_name, ask) => {
  const question = ask();
  const before = analyseMemory(question);

  it('is the same shape in a container ten times as large', () => {
    const scaled = mapSeries(question, ({ timesMs, values }) => ({
      timesMs,
      values: values.map((value) => value * 10),
    }));
    const larger: MemoryQuestion = {
      ...scaled,
      histories: scaled.histories.map((history) => ({
        ...history,
        limit: (history.limit ?? []).map(({ fromMs, value }) => ({
          fromMs,
          value: typeof value === 'number' ? value * 10 : value,
        })),
      })),
      kills: scaled.kills.map(({ limitBytes, ...kill }) => ({
        ...kill,
        ...(limitBytes !== undefined && { limitBytes: limitBytes * 10 }),
      })),
    };
    const after = analyseMemory(larger);
    expect([after.shape, after.subShape, after.state]).toEqual([before.shape, before.subShape, before.state]);
    if (before.growthBytesPerHour !== undefined) {
      expect((after.growthBytesPerHour ?? 0) / before.growthBytesPerHour).toBeCloseTo(10, 3);
    }
  });

  it('is the same answer a year later', () => {
    const year = 364 * 24 * HOUR_MS;
    const moved = mapSeries(question, ({ timesMs, values }) => ({
      timesMs: timesMs.map((atMs) => atMs + year),
      values,
    }));
    const later: MemoryQuestion = {
      ...moved,
      histories: moved.histories.map((history) => ({
        ...history,
        fromMs: history.fromMs + year,
        toMs: history.toMs + year,
        ...(history.startedAt !== undefined && {
          startedAt: {
            timesMs: history.startedAt.timesMs.map((atMs) => atMs + year),
            values: history.startedAt.values.map((startMs) => startMs + year),
          },
        }),
        ...(history.traffic !== undefined && {
          traffic: {
            ...history.traffic,
            perSecond: {
              timesMs: history.traffic.perSecond.timesMs.map((atMs) => atMs + year),
              values: history.traffic.perSecond.values,
            },
          },
        }),
        limit: (history.limit ?? []).map(({ fromMs, value }) => ({ fromMs: fromMs + year, value })),
      })),
      kills: moved.kills.map((kill) => ({ ...kill, atMs: kill.atMs + year })),
      nowMs: moved.nowMs + year,
    };
    const after = analyseMemory(later);
    expect([after.shape, after.subShape, after.state]).toEqual([before.shape, before.subShape, before.state]);
  });

  it('does not depend on the order of replicas', () => {
    const after = analyseMemory({ ...question, histories: question.histories.toReversed() });
    expect([after.shape, after.state]).toEqual([before.shape, before.state]);
    expect(after.growthBytesPerHour ?? 0).toBeCloseTo(before.growthBytesPerHour ?? 0, 3);
  });

  it('does not change with traffic that never varies', () => {
    if (question.histories.some(({ traffic }) => traffic !== undefined)) return;
    const constant: MemoryQuestion = {
      ...question,
      histories: question.histories.map((history) => ({
        ...history,
        traffic: {
          kind: 'requests',
          metric: 'requests_total',
          perSecond: {
            timesMs: history.rss?.timesMs ?? [],
            values: (history.rss?.timesMs ?? []).map(() => 50),
          },
          scope: 'pod',
        },
      })),
    };
    const after = analyseMemory(constant);
    expect(after.shape).toBe(before.shape);
    expect(after.growthBytesPerHour ?? 0).toBeCloseTo(before.growthBytesPerHour ?? 0, 3);
  });

  it('keeps its shape without a tenth of the samples', () => {
    const random = noise(8);
    const keep = (question.histories[0]?.rss?.timesMs ?? []).map(() => random() > -0.8);
    const after = analyseMemory(
      mapSeries(question, ({ timesMs, values }) => ({
        timesMs: timesMs.filter((_, index) => keep[index]),
        values: values.filter((_, index) => keep[index]),
      })),
    );
    expect(after.shape).toBe(before.shape);
  });

  it('does not look at anything after now', () => {
    const cut = START_MS + 140 * HOUR_MS;
    const shortened = mapSeries(question, ({ timesMs, values }) => ({
      timesMs: timesMs.filter((atMs) => atMs <= cut),
      values: values.filter((_, index) => (timesMs[index] ?? 0) <= cut),
    }));
    const known: MemoryQuestion = {
      ...shortened,
      kills: question.kills.filter(({ atMs }) => atMs <= cut),
      nowMs: cut,
    };
    expect(analyseMemory({ ...question, nowMs: cut }).shape).toBe(analyseMemory(known).shape);
  });

  it('answers twice the same', () => {
    expect(analyseMemory(ask())).toEqual(before);
  });
});

describe('more evidence', () => {
  it('of the same growth makes a state stronger, never weaker', () => {
    const order = ['none', 'growing', 'suspected', 'confirmed'];
    const random = noise(3);
    const history = draw({ hours: 240, rssMib: (hour) => 100 + 1.2 * hour + 2 * random() });
    const question = asks([history]);
    const states = [12, 24, 48, 72, 120, 168, 239].map((hour) =>
      order.indexOf(analyseMemory({ ...question, nowMs: START_MS + hour * HOUR_MS }).state),
    );
    expect(states).toEqual(states.toSorted((a, b) => a - b));
    expect(states.at(-1)).toBe(3);
  });

  it('of time turns growth that could be a cache into a plateau', () => {
    const random = noise(3);
    const history = draw({ hours: WEEK, rssMib: (hour) => 100 + 3 * Math.min(hour, 60) + 2 * random() });
    const question = asks([history]);
    expect(analyseMemory({ ...question, nowMs: START_MS + 30 * HOUR_MS }).shape).toBe('growing');
    expect(analyseMemory(question).shape).toBe('plateau');
    expect((analyseMemory(question).needsBytes ?? 0) / MIB).toBeCloseTo(280, -1);
  });
});
