import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calmHistory, leakHistory } from '../../../test/samples/histories.ts';
import { fullestHistories } from './fullest-histories.ts';
import { emptyBundle, mergeParts } from './merge.ts';
import type { ContainerHistory } from './series.ts';
import { readBundle } from './upgrade.ts';

const BASE = { collectedAtMs: 1_763_608_000_000 };

/** Through JSON, as a bundle on disk. */
function read(histories: unknown) {
  const result = readBundle(JSON.parse(JSON.stringify({ ...emptyBundle(BASE.collectedAtMs), histories })));
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('histories of a bundle', () => {
  it('survive a round trip', () => {
    const bundle = mergeParts([{ histories: [leakHistory(), calmHistory()] }], BASE);
    expect(read(bundle.histories).histories).toEqual([leakHistory(), calmHistory()]);
  });

  it('are absent where none was read', () => {
    expect(mergeParts([{ pods: [] }], BASE)).not.toHaveProperty('histories');
    expect(read(undefined)).not.toHaveProperty('histories');
  });

  it.each<[string, Partial<Record<keyof ContainerHistory, unknown>>]>([
    ['times that do not ascend', { workingSet: { timesMs: [2, 1], values: [1, 2] } }],
    ['a doubled time', { workingSet: { timesMs: [1, 1], values: [1, 2] } }],
    ['a value too few', { workingSet: { timesMs: [1, 2], values: [1] } }],
    ['a text among the values', { workingSet: { timesMs: [1, 2], values: [1, 'many'] } }],
    [
      'more samples than a bundle holds',
      {
        workingSet: {
          timesMs: Array.from({ length: 20_001 }, (_, i) => i),
          values: Array.from({ length: 20_001 }, () => 1),
        },
      },
    ],
  ])('%s: the series is left out, the rest stays, and a gap says so', (_name, bad) => {
    const { histories, gaps } = read([{ ...leakHistory(), ...bad }]);
    expect(histories?.[0]).not.toHaveProperty('workingSet');
    expect(histories?.[0]?.rss).toEqual(leakHistory().rss);
    expect(gaps.map(({ kind }) => kind)).toEqual(['input']);
  });

  it('never throw', () => {
    const anything = fc.anything({ maxDepth: 3 });
    const broken = fc.record({ namespace: anything, pod: anything, workingSet: anything, limit: anything });
    fc.assert(
      fc.property(fc.oneof(anything, fc.array(broken, { maxLength: 3 })), (histories) => {
        const text = JSON.stringify(histories, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
        read(text === undefined ? undefined : (JSON.parse(text) as unknown));
      }),
      { numRuns: 100 },
    );
  });
});

describe('fullestHistories', () => {
  it('keeps the fuller of two for one container, and never mixes them', () => {
    const short = leakHistory({
      source: 'short',
      workingSet: { timesMs: [1], values: [1] },
      rss: { timesMs: [1], values: [1] },
    });
    expect(fullestHistories([short, leakHistory()])).toEqual([leakHistory()]);
    expect(fullestHistories([leakHistory(), short])).toEqual([leakHistory()]);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 250 }, (_, index) => calmHistory({ pod: `calm-${index}` }));
    expect(fullestHistories(many)).toHaveLength(200);
  });
});
