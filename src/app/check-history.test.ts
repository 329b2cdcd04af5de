import { describe, expect, it } from 'vitest';
import { NOW_MS } from '../../test/samples/diagnoses.ts';
import { calmHistory } from '../../test/samples/histories.ts';
import { checkHistory } from './check-history.ts';
import type { HistoryPage, HistorySource } from './history-ports.ts';
import { SourceError } from './ports.ts';

const AT = { namespace: 'shop', nowMs: NOW_MS, signal: new AbortController().signal };

function source(...pages: readonly (HistoryPage | SourceError)[]): HistorySource {
  return {
    name: 'Prometheus at prom:9090',
    async *read() {
      for (const page of pages) {
        if (page instanceof SourceError) throw page;
        yield page;
      }
    },
  };
}

describe('checkHistory', () => {
  const full: HistoryPage = { histories: [calmHistory()], gaps: [] };
  const refused = new SourceError('unreachable', 'connection refused');
  it.each<[string, readonly HistorySource[], object]>([
    ['nothing is named', [], { state: 'missing' }],
    ['a source answers', [source(full)], { state: 'ok', source: 'prometheus' }],
    ['the second one answers', [source(refused), source(full)], { state: 'ok' }],
    [
      'a source fails',
      [source(refused)],
      { state: 'failed', detail: 'memory over time from Prometheus at prom:9090 (connection refused)' },
    ],
    [
      'a source holds nothing',
      [source({ histories: [], gaps: [] })],
      {
        state: 'failed',
        detail: expect.stringMatching(/^Prometheus at prom:9090 answers, but holds nothing of/),
      },
    ],
  ])('%s', async (_name, sources, expected) => {
    expect(await checkHistory(sources, AT)).toMatchObject({
      ...expected,
      cost: expect.stringMatching(/leak/),
    });
  });
});
