/**
 * Every shape on curves drawn by hand: where it holds, and a near neighbour where it must be silent. The truth of each
 * row is in the formula that draws it.
 */
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MIB, MINUTE_MS } from '../../units.ts';
import type { KillMark } from '../../model/series.ts';
import { analyseMemory } from '../analyse.ts';
import { readCase } from '../case.ts';
import type { KillContext } from '../kills.ts';
import { ageAt, asks, dayWave, draw, noise, START_MS } from '../testing.ts';
import type { MemoryQuestion, MemoryShape, SubShape } from '../types.ts';

interface Row {
  readonly name: string;
  readonly ask: () => MemoryQuestion;
  readonly shape: MemoryShape;
  readonly subShape?: SubShape;
}

const WEEK = 168;

/** 200 MiB and 8 MiB/h: from 200 to 492 MiB (and 20 beyond) in 36 h 30 min, then killed at 512. */
const KILLED = [36.5, 73, 109.5, 146] as const;
const STARTS = [0, ...KILLED.map((hour) => hour + 1 / 60)];

function killedAndRestarted(mib: (ageHours: number) => number, seed = 1): MemoryQuestion {
  const random = noise(seed);
  const rssMib = (hour: number): number => Math.min(492, mib(ageAt(hour, STARTS)) + 2 * random());
  return asks([draw({ hours: WEEK, rssMib, startsAtHours: STARTS })], { killsAtHours: KILLED });
}

function one(
  rssMib: (hour: number) => number,
  more: Partial<Parameters<typeof draw>[0]> = {},
): MemoryQuestion {
  const random = noise(7);
  return asks([draw({ hours: WEEK, rssMib: (hour) => rssMib(hour) + 2 * random(), ...more })]);
}

const requests = (hour: number): number => 100 * dayWave(hour);
/** The integral of `dayWave` from 0: what a leak with each request has kept. */
const requestsSoFar = (hour: number): number =>
  hour - ((0.6 * 12) / Math.PI) * Math.sin((hour * Math.PI) / 12);

const ROWS: readonly Row[] = [
  {
    name: 'a line in five lives, four of them killed',
    ask: () => killedAndRestarted((age) => 200 + 8 * age),
    shape: 'leak',
    subShape: 'linear',
  },
  {
    name: 'a slow line in one life of a week',
    ask: () => one((hour) => 150 + 1.2 * hour),
    shape: 'leak',
    subShape: 'linear',
  },
  {
    name: 'growth with each request, none at night',
    ask: () => one((hour) => 150 + 1.2 * requestsSoFar(hour), { trafficPerSecond: requests }),
    shape: 'leak',
    subShape: 'per-request',
  },
  {
    name: 'growth that speeds up',
    ask: () => one((hour) => 150 + 12 * Math.expm1(hour / 55), { limitMib: 1024 }),
    shape: 'leak',
    subShape: 'accelerating',
  },
  {
    name: 'flat for three days, then a line since a change of the configuration',
    ask: () => ({
      ...one((hour) => 150 + 2 * Math.max(0, hour - 80)),
      changes: [{ atMs: START_MS + 80 * HOUR_MS, kind: 'config', label: 'ConfigMap changed' }],
    }),
    shape: 'leak',
    subShape: 'since-change',
  },
  {
    name: 'teeth of a collector above a floor that climbs',
    ask: () => one((hour) => 120 + 0.8 * hour + 80 * ((hour / 3) % 1), { limitMib: 1024 }),
    shape: 'leak',
    subShape: 'gc-floor',
  },
  {
    name: '40 MiB every 20 hours',
    ask: () => one((hour) => 150 + 40 * Math.floor(hour / 20)),
    shape: 'leak',
    subShape: 'chunked',
  },
  {
    name: 'teeth of a collector above a level floor: no leak',
    ask: () => one((hour) => 120 + 80 * ((hour * 1.7) % 1), { limitMib: 1024 }),
    shape: 'healthy',
  },
  {
    name: 'a line that is a day old: too young to tell',
    ask: () => asks([draw({ hours: 24, rssMib: (hour) => 150 + 4 * hour + Math.sin(hour * 7) })]),
    shape: 'growing',
  },
  {
    name: 'a climb with a time constant of 15 hours',
    ask: () => one((hour) => 150 + 200 * -Math.expm1(-hour / 15)),
    shape: 'plateau',
    subShape: 'warm-up',
  },
  {
    name: 'a cache that fills for 60 hours and is full',
    ask: () => one((hour) => 150 + 3 * Math.min(hour, 60)),
    shape: 'plateau',
    subShape: 'cache',
  },
  {
    name: 'a heap that goes up to its maximum of 360 MiB',
    ask: () => ({ ...one((hour) => 150 + 3 * Math.min(hour, 70)), heapMaxBytes: 360 * MIB }),
    shape: 'plateau',
    subShape: 'heap-to-maximum',
  },
  { name: 'flat with noise', ask: () => one(() => 200), shape: 'healthy' },
  {
    name: 'memory in step with requests',
    ask: () => one((hour) => 100 + 120 * dayWave(hour), { trafficPerSecond: requests }),
    shape: 'load-driven',
  },
  {
    name: 'requests that go up and down while memory does not',
    ask: () => one(() => 200, { trafficPerSecond: requests }),
    shape: 'healthy',
  },
  {
    name: 'traffic that grows all week and memory with it: no leak',
    ask: () =>
      one((hour) => 100 + 60 * dayWave(hour) * (1 + hour / 150), {
        trafficPerSecond: (hour) => requests(hour) * (1 + hour / 150),
      }),
    shape: 'load-driven',
  },
  {
    name: 'one step with a rollout of the configuration',
    ask: () => ({
      ...one((hour) => (hour < 90 ? 150 : 220)),
      changes: [{ atMs: START_MS + 90 * HOUR_MS, kind: 'config', label: 'ConfigMap changed' }],
    }),
    shape: 'step',
  },
  {
    name: 'an hour of work every 12 hours',
    ask: () => one((hour) => 120 + (hour % 12 < 1 ? 180 : 0)),
    shape: 'periodic',
  },
  {
    name: 'working set that moves while anonymous memory does not',
    ask: () => one(() => 120, { beyondMib: (hour) => 20 + 1.5 * (hour % 100) }),
    shape: 'page-cache',
  },
  {
    name: 'files in tmpfs that pile up',
    ask: () => one(() => 120, { shmemMib: (hour) => 1.5 * hour }),
    shape: 'tmpfs',
  },
  {
    name: 'dead within twelve minutes at 97 % of the limit, again and again',
    ask: () => loop({ levelMib: 476, liveMinutes: 12 }),
    shape: 'limit-too-low',
  },
  {
    name: 'far below the limit, then dead, five times in a week',
    ask: () => bursts(),
    shape: 'spike',
  },
  { name: 'five times the traffic, and dead', ask: () => surge(), shape: 'traffic-surge' },
  { name: 'killed while it starts, later at a third of the limit', ask: () => starts(), shape: 'start-up' },
  {
    name: 'twenty samples',
    ask: () => asks([draw({ hours: 20 / 12, rssMib: () => 200 })]),
    shape: 'no-data',
  },
];

/** A crash loop: it lives, dies at the limit, waits five minutes. */
function loop({
  levelMib,
  liveMinutes,
}: {
  readonly levelMib: number;
  readonly liveMinutes: number;
}): MemoryQuestion {
  const random = noise(3);
  const cycle = (liveMinutes + 5) / 60;
  const cycles = Math.floor(48 / cycle);
  const startsAtHours = Array.from({ length: cycles }, (_, index) => index * cycle);
  const rssMib = (hour: number): number | undefined =>
    ageAt(hour, startsAtHours) * 60 < liveMinutes ? levelMib - 20 + 4 * random() : undefined;
  const killsAtHours = startsAtHours.map((start) => start + liveMinutes / 60);
  return asks([draw({ hours: 48, rssMib, startsAtHours, stepMinutes: 1 })], { killsAtHours });
}

function bursts(): MemoryQuestion {
  const killsAtHours = [20.03, 51.51, 77.77, 110.4, 140.9];
  return asks(
    [
      draw({
        hours: WEEK,
        rssMib: () => 150,
        startsAtHours: [0, ...killsAtHours.map((hour) => hour + 0.01)],
      }),
    ],
    { killsAtHours },
  );
}

const surgingRate = (hour: number): number =>
  requests(hour) * (hour >= 82 && hour < 84 ? 1 + 4 * Math.min(1, (hour - 82) * 2) : 1);

/** 2 MiB for each request per second: 200 at noon, 500 at the limit in the surge of day four, from hour 82 to 84. */
function surge(): MemoryQuestion {
  const killsAtHours = [82.25];
  const random = noise(5);
  const rssMib = (hour: number): number | undefined =>
    hour > 82.25 && hour < 84 ? undefined : Math.min(490, 60 + 1.5 * surgingRate(hour) + 3 * random());
  return asks([draw({ hours: WEEK, rssMib, trafficPerSecond: surgingRate, startsAtHours: [0, 84] })], {
    killsAtHours,
  });
}

/** Three planned restarts; each time the first two attempts die after three minutes. */
function starts(): MemoryQuestion {
  const restarts = [40, 80, 120];
  const attempts = restarts.flatMap((hour) => [hour, hour + 0.1, hour + 0.2]);
  const killsAtHours = restarts.flatMap((hour) => [hour + 0.05, hour + 0.15]);
  const random = noise(9);
  const rssMib = (): number => 150 + 2 * random();
  return asks([draw({ hours: WEEK, rssMib, startsAtHours: [0, ...attempts] })], { killsAtHours });
}

describe('shapes on hand-drawn curves', () => {
  it('a climb that would have met the limit anyway is told from a burst', () => {
    // The second life takes 60 MiB each 15 s from 100 MiB on: its sixth sample stands at 400 + 20 of 512 MiB, and the
    // kernel kills it 5 s later; 112 MiB are left to take, less than what the last minute took.
    const starts = [0, 0.5, 0.5235];
    const climb = (hour: number): number =>
      100 + (hour >= 0.5 && hour < 0.5235 ? 60 * Math.round(ageAt(hour, starts) * 240) : 0);
    const kills = (rssMib: (hour: number) => number): readonly KillContext[] =>
      readCase(
        asks([draw({ hours: 0.8, stepMinutes: 0.25, rssMib, startsAtHours: starts })], {
          killsAtHours: [0.5222],
        }),
      ).kills;
    expect(kills(climb).map(({ isRunUp }) => isRunUp)).toEqual([true]);
    expect(kills(() => 100).map(({ isRunUp }) => isRunUp)).toEqual([false]);
  });

  for (const { name, ask, shape, subShape } of ROWS) {
    it(`${name}: ${shape}${subShape === undefined ? '' : `, ${subShape}`}`, () => {
      const analysis = analyseMemory(ask());
      expect(analysis.shape).toBe(shape);
      if (subShape !== undefined) expect(analysis.subShape).toBe(subShape);
      expect(analysis.summary).toMatch(/\.$/);
      expect(analysis.statements.length).toBeGreaterThan(0);
      expect(analysis.wouldChange).toMatch(/\.$/);
    });
  }
});

describe('numbers of a leak', () => {
  const analysis = analyseMemory(killedAndRestarted((age) => 200 + 8 * age));

  it('finds the 8 MiB/h that were drawn', () => {
    expect((analysis.growthBytesPerHour ?? 0) / MIB).toBeCloseTo(8, 0);
    expect((analysis.growthLowBytesPerHour ?? 0) / MIB).toBeLessThan(8.1);
    expect((analysis.growthHighBytesPerHour ?? 0) / MIB).toBeGreaterThan(7.9);
  });

  it('knows the life of 36 h 30 min', () => {
    expect((analysis.typicalLifeMs ?? 0) / HOUR_MS).toBeCloseTo(36.5, 0);
    expect(analysis.lives).toHaveLength(5);
    expect(analysis.lives.map(({ end }) => end)).toEqual(['kill', 'kill', 'kill', 'kill', 'still-running']);
  });

  it('says it with the numbers', () => {
    const said = analysis.statements.map(({ text }) => text).join(' ');
    expect(said).toMatch(/\+(?:7\.9|8|8\.1) MiB\/h/);
    expect(said).toContain('4 times');
    expect(said).toContain('No traffic metric was seen');
  });

  it('finds the bytes of a request: 1.2 MiB an hour at 100 a second are 3.5 bytes', () => {
    const perRequest = analyseMemory(
      one((hour) => 150 + 1.2 * requestsSoFar(hour), { trafficPerSecond: requests }),
    ).growthBytesPerRequest;
    // 1.2 MiB / (100 * 3600) = 3.495 bytes.
    expect(perRequest).toBeGreaterThan(3.3);
    expect(perRequest).toBeLessThan(3.7);
  });
});

describe('versions', () => {
  /** Old version flat, new version 6 MiB/h, killed every 50 h. */
  const startsAtHours = [0, 60, 110.02];
  const question = (after: (age: number) => number): MemoryQuestion =>
    asks(
      [
        draw({
          hours: WEEK,
          rssMib: (hour) => (hour < 60 ? 180 : after(ageAt(hour, startsAtHours))) + Math.sin(hour * 9),
          startsAtHours,
          version: [
            { fromHour: 0, value: 'api:87' },
            { fromHour: 60, value: 'api:88' },
          ],
        }),
      ],
      { killsAtHours: [110], changes: [{ atHour: 60, label: 'revision 88' }] },
    );

  it('a leak of the new version only is a leak', () => {
    expect(analyseMemory(question((age) => 180 + 6 * age)).shape).toBe('leak');
  });

  it('a leak of the old version only is none', () => {
    const random = noise(2);
    const fixed = asks(
      [
        draw({
          hours: WEEK,
          rssMib: (hour) => (hour < 100 ? 180 + 3 * hour : 180) + random(),
          startsAtHours: [0, 100],
          version: [
            { fromHour: 0, value: 'api:87' },
            { fromHour: 100, value: 'api:88' },
          ],
        }),
      ],
      { changes: [{ atHour: 100, label: 'revision 88' }] },
    );
    expect(analyseMemory(fixed).shape).not.toBe('leak');
  });
});

describe('kills that are not for memory', () => {
  it('say nothing about a limit', () => {
    const kills: readonly KillMark[] = [20, 40, 60, 80, 100].map((hour) => ({
      pod: 'api-1',
      atMs: START_MS + hour * HOUR_MS,
      kind: 'not-memory',
    }));
    const question = { ...one(() => 150), kills };
    const analysis = analyseMemory(question);
    expect(analysis.shape).toBe('healthy');
    expect(analysis.lives).toHaveLength(6);
  });

  it('and a life is counted from its own start', () => {
    expect(START_MS % MINUTE_MS).toBe(0);
  });
});
