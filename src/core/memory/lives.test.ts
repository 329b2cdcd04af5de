/** Where one container ends and the next begins, by each sign alone. */
import { describe, expect, it } from 'vitest';
import type { ChangeMark, ContainerHistory, KillMark, Series } from '../model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../units.ts';
import { knownBy, cutIntoRuns } from './lives.ts';
import { readRecord } from './record.ts';
import { draw, START_MS } from './testing.ts';

const HOURS = 48;
const at = (hour: number): number => START_MS + hour * HOUR_MS;

/** Working set only: no sign of a restart in it. */
function bare(more: Partial<ContainerHistory> = {}): ContainerHistory {
  const { startedAt: _, ...rest } = draw({ hours: HOURS, rssMib: () => 200 });
  return { ...rest, ...more };
}

function counter(value: (hour: number) => number): Series {
  const timesMs = Array.from({ length: HOURS * 12 }, (_, index) => START_MS + index * 5 * MINUTE_MS);
  return { timesMs, values: timesMs.map((atMs) => value((atMs - START_MS) / HOUR_MS)) };
}

function livesOf(
  history: ContainerHistory,
  kills: readonly KillMark[] = [],
  changes: readonly ChangeMark[] = [],
) {
  const { record } = readRecord(history, kills, at(HOURS));
  return record === undefined ? [] : cutIntoRuns(record, changes).map(({ life }) => life);
}

const kill = (hour: number, kind: KillMark['kind'] = 'limit'): KillMark => ({
  pod: 'api-1',
  atMs: at(hour),
  kind,
  limitBytes: 512 * MIB,
});

describe('what ended a life', () => {
  const restarted = bare({ startedAt: counter((hour) => (hour < 20 ? at(19.7) : at(20))) });
  it.each([
    ['a rollout while it ran', 19.9, 'change'],
    ['no rollout from before it started', 19.69, 'restart'],
  ] as const)('%s', (_name, hour, end) => {
    const late = {
      ...restarted,
      fromMs: at(19.7),
      workingSet: since(restarted.workingSet, 19.7),
      rss: since(restarted.rss, 19.7),
    };
    const [first] = livesOf(late, [], [{ atMs: at(hour), kind: 'rollout', label: 'revision 2' }]);
    expect(first?.end).toBe(end);
  });
});

function since(series: Series | undefined, hour: number): Series {
  const from = series?.timesMs.findIndex((atMs) => atMs >= at(hour)) ?? 0;
  return { timesMs: series?.timesMs.slice(from) ?? [], values: series?.values.slice(from) ?? [] };
}

describe('cuts', () => {
  it.each([
    ['nothing', bare(), []],
    ['the start time', bare({ startedAt: counter((hour) => (hour < 20 ? at(-1) : at(20))) }), [20]],
    ['the restart count', bare({ restarts: counter((hour) => (hour < 20 ? 3 : 4)) }), [20]],
    [
      'CPU seconds that begin again',
      bare({ cpuSeconds: counter((hour) => (hour < 20 ? hour : hour - 20) * 100) }),
      [20],
    ],
    ['OOM kills that count from 0 again', bare({ oomEvents: counter((hour) => (hour < 20 ? 2 : 0)) }), [20]],
    [
      'another version',
      bare({
        version: [
          { fromMs: at(0), value: 'api:1' },
          { fromMs: at(20), value: 'api:2' },
        ],
      }),
      [20],
    ],
    ['a counter that wavers by a tenth', bare({ cpuSeconds: counter((hour) => 1000 + (hour % 2) * 50) }), []],
    [
      'all signs of one restart at once',
      bare({
        restarts: counter((hour) => (hour < 20 ? 0 : 1)),
        startedAt: counter((hour) => (hour < 20 ? at(-1) : at(20))),
        cpuSeconds: counter((hour) => (hour < 20 ? hour : hour - 20) * 100),
      }),
      [20],
    ],
    [
      'a limit that is changed in place',
      bare({
        limit: [
          { fromMs: at(-1), value: 512 * MIB },
          { fromMs: at(20), value: 1024 * MIB },
        ],
      }),
      [],
    ],
  ])('by %s', (_name, history, hours) => {
    const lives = livesOf(history);
    expect(lives).toHaveLength(hours.length + 1);
    for (const [index, hour] of hours.entries()) {
      expect(Math.abs((lives[index + 1]?.fromMs ?? 0) - at(hour))).toBeLessThanOrEqual(10 * MINUTE_MS);
    }
  });

  it('a kill and the restart that follows it are one cut', () => {
    const history = bare({
      restarts: counter((hour) => (hour < 20.1 ? 0 : 1)),
      startedAt: counter((hour) => (hour < 20.1 ? at(-1) : at(20.1))),
    });
    const lives = livesOf(history, [kill(20)]);
    expect(lives.map(({ end }) => end)).toEqual(['kill', 'still-running']);
    expect(lives[0]?.toMs).toBe(at(20));
    expect(lives[1]?.fromMs).toBe(at(20.1));
  });

  it('two reports of one death a second apart are one kill', () => {
    const twice = [kill(20, 'unknown'), { ...kill(20), atMs: at(20) + 1000 }];
    expect(livesOf(bare(), twice)).toHaveLength(2);
  });

  it('a restart that no kill explains is a life of its own: planned at 20 h, its successor killed before a sample', () => {
    // Counts 0, 1 (planned), 2 (after the kill): two restarts, one kill.
    const history = bare({ restarts: counter((hour) => (hour < 20 ? 0 : hour < 20.05 ? 1 : 2)) });
    const lives = livesOf(history, [kill(20.04)]);
    expect(lives.map(({ end }) => end)).toEqual(['restart', 'kill', 'still-running']);
    expect(lives[1]?.toMs).toBe(at(20.04));
    expect((lives[1]?.toMs ?? 0) - (lives[1]?.fromMs ?? 0)).toBeLessThan(10 * MINUTE_MS);
  });

  it('a death that is not for memory ends a life without being a kill', () => {
    expect(livesOf(bare(), [kill(20, 'not-memory')]).map(({ end }) => end)).toEqual([
      'restart',
      'still-running',
    ]);
  });

  it('a kill of another pod is not its own', () => {
    expect(livesOf(bare(), [{ ...kill(20), pod: 'api-2' }])).toHaveLength(1);
  });

  it('a life is known from its start where that lies in the window', () => {
    const seen = livesOf(bare({ startedAt: counter(() => at(0)) }));
    const older = livesOf(bare({ startedAt: counter(() => at(-100)) }));
    expect(seen[0]?.start).toBe('seen');
    expect(older[0]?.start).toBe('before-window');
    expect(older[0]?.fromMs).toBe(at(-100));
  });

  it('a pod that stops being scraped is gone', () => {
    const { startedAt: _, ...gone } = draw({ hours: HOURS, rssMib: (hour) => (hour < 30 ? 200 : undefined) });
    expect(livesOf(gone)[0]?.end).toBe('gone');
  });

  it('a gap cuts nothing', () => {
    const history = draw({ hours: HOURS, rssMib: (hour) => (hour > 10 && hour < 16 ? undefined : 200) });
    expect(livesOf(history)).toHaveLength(1);
  });

  it('the kernel’s peak counts where it is higher than the samples', () => {
    const [life] = livesOf(bare({ peak: counter(() => 400 * MIB) }));
    // 200 MiB anonymous and 20 beyond.
    expect(life?.highestBytes).toBe(220 * MIB);
    expect(life?.peakBytes).toBe(400 * MIB);
  });

  it('a limit that is changed in place is the new one at the end', () => {
    const history = bare({
      limit: [
        { fromMs: at(-1), value: 512 * MIB },
        { fromMs: at(20), value: 1024 * MIB },
      ],
    });
    expect(livesOf(history)[0]?.limitBytes).toBe(1024 * MIB);
  });

  it('10,000 restarts are cut in bounded time and to a bounded number', () => {
    const timesMs = Array.from({ length: 20_000 }, (_, index) => START_MS + index * MINUTE_MS);
    const history: ContainerHistory = {
      ...bare(),
      workingSet: { timesMs, values: timesMs.map(() => 200 * MIB) },
      restarts: { timesMs, values: timesMs.map((_, index) => Math.floor(index / 2)) },
    };
    const { record } = readRecord(history, [], START_MS + 20_000 * MINUTE_MS);
    expect(record === undefined ? 0 : cutIntoRuns(record, []).length).toBeLessThanOrEqual(2001);
  });
});

describe('a run as it was known earlier', () => {
  const { record } = readRecord(draw({ hours: HOURS, rssMib: () => 200 }), [kill(40)], at(HOURS));
  const [run] = record === undefined ? [] : cutIntoRuns(record, []);

  it('has no kill and no sample of later', () => {
    const earlier = run === undefined ? undefined : knownBy(run, at(24));
    expect(earlier?.kill).toBeUndefined();
    expect(earlier?.life.end).toBe('still-running');
    expect(earlier?.memory.timesMs.at(-1)).toBeLessThanOrEqual(at(24));
  });

  it('was not there before it began', () => {
    expect(run === undefined ? undefined : knownBy(run, at(-10))).toBeUndefined();
  });
});
