import { describe, expect, it } from 'vitest';
import { leakHistory } from '../../test/samples/histories.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import type { HistoryRequest, HistorySource } from './history-ports.ts';
import { SourceError } from './ports.ts';
import { firstSampleMs, readClosely } from './read-closer.ts';

const TO_MS = 1_795_000_000_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const WISH = { fromMs: TO_MS - WEEK_MS, toMs: TO_MS, stepMs: 5 * MINUTE_MS, depth: 'analysis' as const };
const signal = new AbortController().signal;

/** Of a container that began that long ago, on the steps that are asked for. */
function youngSince(ageMs: number) {
  const asked: HistoryRequest[] = [];
  const source: HistorySource = {
    name: 'young',
    async *read(request) {
      asked.push(request);
      const { stepMs, toMs } = request;
      const firstMs = Math.ceil(Math.max(request.fromMs, TO_MS - ageMs) / stepMs) * stepMs;
      const timesMs: number[] = [];
      for (let atMs = firstMs; atMs <= toMs; atMs += stepMs) timesMs.push(atMs);
      const workingSet = { timesMs, values: timesMs.map(() => 1) };
      const histories: ContainerHistory[] = timesMs.length === 0 ? [] : [{ ...bare(), stepMs, workingSet }];
      yield { histories, gaps: [] };
    },
  };
  return { source, asked };
}

function bare(): ContainerHistory {
  const { workingSet: _workingSet, rss: _rss, usage: _usage, ...rest } = leakHistory();
  return rest;
}

describe('readClosely', () => {
  it.each<[string, number, number[]]>([
    // 40 minutes hold 8 samples at 5 minutes, and 160 at 15 seconds.
    ['forty minutes: asked again every 15 s', 40 * MINUTE_MS, [5 * MINUTE_MS, 15 * SECOND_MS]],
    // 2016 samples at 15 s are 8.4 hours, at 30 s 16.8.
    ['ten hours: asked again every 30 s', 10 * HOUR_MS, [5 * MINUTE_MS, 30 * SECOND_MS]],
    ['twenty hours: 240 samples are enough', 20 * HOUR_MS, [5 * MINUTE_MS]],
    ['a week: once', WEEK_MS, [5 * MINUTE_MS]],
  ])('%s', async (_name, ageMs, steps) => {
    const { source, asked } = youngSince(ageMs);
    const { histories, sources } = await readClosely([source], WISH, { signal });
    expect(asked.map(({ stepMs }) => stepMs)).toEqual(steps);
    expect(histories[0]?.stepMs).toBe(steps.at(-1));
    expect(sources).toHaveLength(1);
  });

  it('finds what no step of a week met', async () => {
    const { source } = youngSince((TO_MS % (5 * MINUTE_MS)) - SECOND_MS);
    const { histories } = await readClosely([source], WISH, { signal });
    expect(histories).toHaveLength(1);
  });

  it('does not ask a source again that failed', async () => {
    let asked = 0;
    const dead: HistorySource = {
      name: 'dead',
      async *read() {
        asked += 1;
        if (asked > 0) throw new SourceError('unreachable', 'connection refused');
        yield { histories: [], gaps: [] };
      },
    };
    await readClosely([dead], WISH, { signal });
    expect(asked).toBe(1);
  });

  it('keeps the first answer where the second has less', async () => {
    const { source } = youngSince(HOUR_MS);
    let asked = 0;
    const flaky: HistorySource = {
      name: 'flaky',
      async *read(request) {
        asked += 1;
        if (asked > 1) throw new SourceError('timeout', 'too slow');
        yield* source.read(request);
      },
    };
    const { histories, gaps } = await readClosely([flaky], WISH, { signal });
    expect([asked, histories.length, gaps.length]).toEqual([2, 1, 0]);
  });
});

const series = (...timesMs: number[]) => ({ timesMs, values: timesMs });

describe('firstSampleMs', () => {
  it('is of any memory series', () => {
    expect(firstSampleMs([{ ...bare(), workingSet: series(7, 9), rss: series(5) }])).toBe(5);
    expect(firstSampleMs([bare()])).toBeUndefined();
  });
});
