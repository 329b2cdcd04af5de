import { describe, expect, it } from 'vitest';
import { calmHistory, leakHistory } from '../../test/samples/histories.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import type { HistoryPage, HistorySource } from './history-ports.ts';
import { SourceError } from './ports.ts';
import { readHistories, stepFor } from './read-histories.ts';

const WISH = { fromMs: 0, toMs: 1, stepMs: MINUTE_MS, depth: 'analysis' as const };

function source(name: string, pages: readonly (HistoryPage | Error | 'hang')[]): HistorySource {
  return {
    name,
    async *read() {
      for (const page of pages) {
        if (page === 'hang') await new Promise(() => {});
        else if (page instanceof Error) throw page;
        else yield page;
      }
    },
  };
}

const page = (...histories: HistoryPage['histories']): HistoryPage => ({ histories, gaps: [] });
const signal = new AbortController().signal;

describe('readHistories', () => {
  it('takes a container from the first source that has it', async () => {
    const { histories, sources } = await readHistories(
      [
        source('one', [page(leakHistory({ source: 'one' }))]),
        source('two', [page(leakHistory({ source: 'two' }), calmHistory())]),
      ],
      WISH,
      { signal },
    );
    expect(histories.map((history) => [history.pod, history.source])).toEqual([
      ['checkout-api-6c9f7d5b8-x2kqp', 'one'],
      ['calm-0', 'prometheus'],
    ]);
    expect(sources.map(({ state }) => state)).toEqual(['read', 'read']);
  });

  it.each<[string, readonly (HistoryPage | Error | 'hang')[], number, string]>([
    ['fails at once', [new SourceError('unreachable', 'connection refused')], 0, 'failed'],
    ['fails half way', [page(calmHistory()), new SourceError('timeout', 'too slow')], 1, 'partial'],
    ['never answers', ['hang'], 0, 'failed'],
    ['hangs half way', [page(calmHistory()), 'hang'], 1, 'partial'],
  ])('a source that %s is a gap, and the next one is asked', async (_name, pages, given, state) => {
    const { histories, sources, gaps } = await readHistories(
      [source('bad', pages), source('good', [page(leakHistory())])],
      WISH,
      { signal, budgetMs: 50 },
    );
    expect(sources[0]).toMatchObject({ name: 'bad', state });
    expect(gaps[0]).toMatchObject({
      kind: 'usage',
      what: expect.stringMatching(/^memory over time from bad \(.+\)$/),
      fix: expect.any(String),
    });
    // With the budget spent by one that hangs, the next has no time left.
    expect(histories.length).toBe(pages.includes('hang') ? given : given + 1);
  });

  it('does not hide our own bugs', async () => {
    const read = readHistories([source('broken', [new TypeError('x is undefined')])], WISH, { signal });
    await expect(read).rejects.toThrow('x is undefined');
  });

  it('stops when the user does', async () => {
    const abort = new AbortController();
    abort.abort();
    const { gaps } = await readHistories([source('slow', ['hang'])], WISH, { signal: abort.signal });
    expect(gaps).toHaveLength(1);
  });
});

describe('stepFor', () => {
  // At most 2016 samples: a week at five minutes.
  it.each([
    [HOUR_MS, 15 * SECOND_MS],
    [24 * HOUR_MS, MINUTE_MS],
    [7 * 24 * HOUR_MS, 5 * MINUTE_MS],
    [14 * 24 * HOUR_MS, 10 * MINUTE_MS],
    [365 * 24 * HOUR_MS, HOUR_MS],
  ])('%d ms', (windowMs, stepMs) => {
    expect(stepFor(windowMs)).toBe(stepMs);
  });
});
