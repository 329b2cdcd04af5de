/** Samples as they should not be: a reason or a repair, never an exception, never a confident shape out of rubbish. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ContainerHistory, Series } from '../model/series.ts';
import { HOUR_MS, MIB } from '../units.ts';
import { analyseMemory } from './analyse.ts';
import { asks, draw, noise, START_MS } from './testing.ts';
import type { MemoryQuestion } from './types.ts';

const WEEK = 168;
const random = noise(11);
const leaking = draw({ hours: WEEK, rssMib: (hour) => 150 + 1.5 * hour + 2 * random() });

function withMemory(change: (series: Series) => Series): MemoryQuestion {
  const { rss, workingSet, ...rest } = leaking;
  return asks([
    {
      ...rest,
      ...(rss !== undefined && { rss: change(rss) }),
      ...(workingSet !== undefined && { workingSet: change(workingSet) }),
    },
  ]);
}

describe('what cannot be judged', () => {
  const { rss: _rss, workingSet: _ws, ...without } = leaking;
  it.each<readonly [string, MemoryQuestion, RegExp]>([
    ['no history', { histories: [], kills: [], changes: [], nowMs: START_MS }, /No sample/],
    ['a history without memory', asks([without]), /No sample/],
    [
      'three samples',
      withMemory(({ timesMs, values }) => ({ timesMs: timesMs.slice(0, 3), values: values.slice(0, 3) })),
      /3 samples/,
    ],
    [
      'percent for bytes',
      withMemory(({ timesMs, values }) => ({ timesMs, values: values.map((value) => value / (5.12 * MIB)) })),
      /percentage/,
    ],
    [
      'a ratio for bytes',
      withMemory(({ timesMs, values }) => ({ timesMs, values: values.map((value) => value / (512 * MIB)) })),
      /percentage/,
    ],
    [
      'MiB for bytes',
      withMemory(({ timesMs, values }) => ({ timesMs, values: values.map((value) => value / MIB) })),
      /another unit/,
    ],
    ['zero throughout', withMemory(({ timesMs }) => ({ timesMs, values: timesMs.map(() => 0) })), /0/],
    [
      'NaN throughout',
      withMemory(({ timesMs }) => ({ timesMs, values: timesMs.map(() => Number.NaN) })),
      /No sample/,
    ],
    [
      'negative throughout',
      withMemory(({ timesMs, values }) => ({ timesMs, values: values.map((value) => -value) })),
      /No sample/,
    ],
    ['all in the future', { ...withMemory((series) => series), nowMs: START_MS - HOUR_MS }, /No sample/],
    ['no values', withMemory(({ timesMs }) => ({ timesMs, values: [] })), /No sample/],
  ])('%s: no data, and why', (_name, question, reason) => {
    const analysis = analyseMemory(question);
    expect(analysis.shape).toBe('no-data');
    expect(analysis.state).toBe('none');
    expect(analysis.forecast.atMs).toBeUndefined();
    expect(`${analysis.summary} ${analysis.statements.map(({ text }) => text).join(' ')}`).toMatch(reason);
  });
});

const shuffled = ({ timesMs, values }: Series): Series => {
  const order = timesMs.map((_, index) => index).sort((a, b) => ((a * 7919) % 2003) - ((b * 7919) % 2003));
  return {
    timesMs: order.map((index) => timesMs[index] ?? 0),
    values: order.map((index) => values[index] ?? 0),
  };
};

describe('what can be repaired', () => {
  it('every sample twice is the same leak, and is said', () => {
    const analysis = analyseMemory(
      withMemory(({ timesMs, values }) => ({
        timesMs: timesMs.flatMap((atMs) => [atMs, atMs]),
        values: values.flatMap((value) => [value, value * 0.5]),
      })),
    );
    expect(analysis.shape).toBe('leak');
    expect(analysis.statements.some(({ text }) => text.includes('duplicates'))).toBe(true);
  });

  it('samples out of order are sorted, and nothing is certain any more', () => {
    const analysis = analyseMemory(withMemory(shuffled));
    expect(analysis.shape).toBe('leak');
    expect(analysis.confidence).toBe('possible');
  });

  it('a few NaN and stale markers are left out', () => {
    const analysis = analyseMemory(
      withMemory(({ timesMs, values }) => ({
        timesMs,
        values: values.map((value, index) => (index % 40 === 0 ? Number.NaN : value)),
      })),
    );
    expect(analysis.shape).toBe('leak');
  });

  it('a kill whose clock is a minute ahead of the scraper is still one life each', () => {
    const history = draw({
      hours: 100,
      rssMib: (hour) => 150 + 6 * (hour < 50 ? hour : hour - 50),
      startsAtHours: [0, 50],
    });
    const question = asks([history], { killsAtHours: [50 + 1 / 60] });
    expect(analyseMemory({ ...question, nowMs: START_MS + 100 * HOUR_MS }).lives).toHaveLength(2);
  });

  it('a limit that changed in place is one life with the new limit', () => {
    const history: ContainerHistory = {
      ...leaking,
      limit: [
        { fromMs: START_MS, value: 400 * MIB },
        { fromMs: START_MS + 90 * HOUR_MS, value: 800 * MIB },
      ],
    };
    const analysis = analyseMemory(asks([history]));
    expect(analysis.shape).toBe('leak');
    expect(analysis.lives).toHaveLength(1);
    expect(analysis.lives[0]?.limitBytes).toBe(800 * MIB);
  });

  it('a limit that is no limit is none', () => {
    const history: ContainerHistory = {
      ...leaking,
      limit: [
        { fromMs: START_MS, value: 'unlimited' },
        { fromMs: START_MS + HOUR_MS, value: 2 ** 63 },
        { fromMs: START_MS + 2 * HOUR_MS, value: 12 },
      ],
    };
    const analysis = analyseMemory(asks([history]));
    expect(analysis.lives[0]?.limitBytes).toBeUndefined();
    expect(analysis.forecast.atMs).toBeUndefined();
  });
});

describe('anything at all', () => {
  const number = fc.oneof(
    fc.double(),
    fc.constantFrom(
      Number.NaN,
      Infinity,
      -Infinity,
      -1,
      0,
      1,
      2 ** 53,
      2 ** 63,
      1e308,
      MIB,
      512 * MIB,
      START_MS,
    ),
    fc.integer({ min: 0, max: 2 ** 31 }),
  );
  const series = fc.record({
    timesMs: fc.oneof(
      fc.array(number, { maxLength: 80 }),
      fc
        .integer({ min: 0, max: 200 })
        .map((count) => Array.from({ length: count }, (_, index) => START_MS + index * 60_000)),
    ),
    values: fc.array(number, { maxLength: 200 }),
  });
  const history = fc.record(
    {
      namespace: fc.constant('shop'),
      pod: fc.constantFrom('a', 'b', ''),
      container: fc.constant('api'),
      source: fc.constant('file'),
      stepMs: number,
      fromMs: number,
      toMs: number,
      workingSet: series,
      rss: series,
      shmem: series,
      peak: series,
      restarts: series,
      startedAt: series,
      oomEvents: series,
      cpuSeconds: series,
      limit: fc.array(
        fc.record({ fromMs: number, value: fc.oneof(number, fc.constant('unlimited' as const)) }),
        { maxLength: 4 },
      ),
      version: fc.array(fc.record({ fromMs: number, value: fc.string({ maxLength: 3 }) }), { maxLength: 4 }),
      traffic: fc.record({
        kind: fc.constant('requests' as const),
        metric: fc.constant('x'),
        perSecond: series,
        scope: fc.constant('pod' as const),
      }),
    },
    { requiredKeys: ['namespace', 'pod', 'container', 'source', 'stepMs', 'fromMs', 'toMs'] },
  );
  const question = fc.record({
    histories: fc.array(history, { maxLength: 3 }),
    kills: fc.array(
      fc.record(
        {
          pod: fc.constantFrom('a', 'b'),
          atMs: number,
          kind: fc.constantFrom(
            'limit' as const,
            'memory' as const,
            'evicted' as const,
            'not-memory' as const,
            'unknown' as const,
          ),
          limitBytes: number,
          peakBytes: number,
        },
        { requiredKeys: ['pod', 'atMs', 'kind'] },
      ),
      { maxLength: 6 },
    ),
    changes: fc.array(
      fc.record({
        atMs: number,
        kind: fc.constantFrom('rollout' as const, 'config' as const, 'scale' as const),
        label: fc.string(),
      }),
      { maxLength: 4 },
    ),
    nowMs: fc.oneof(fc.constant(START_MS + 10 * HOUR_MS), number),
  });

  it('never throws and always says something', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const analysis = analyseMemory(asked);
        expect(analysis.summary.length).toBeGreaterThan(0);
        expect(analysis.summary).not.toMatch(/NaN|Infinity|undefined/);
        expect(JSON.parse(JSON.stringify(analysis))).toEqual(analysis);
      }),
      { numRuns: 300 },
    );
  });
});
