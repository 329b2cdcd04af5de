import { describe, expect, it } from 'vitest';
import { calmHistory } from '../../test/samples/histories.ts';
import type { NodeEvidence } from '../core/model/kubernetes.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import { MIB, MINUTE_MS } from '../core/units.ts';
import { NodeSums } from './node-history.ts';

const WINDOW = { fromMs: 0, toMs: 5 * MINUTE_MS, stepMs: MINUTE_MS };
const NODE: NodeEvidence = {
  id: 'n1',
  source: 'nodes',
  name: 'n1',
  allocatableMemoryBytes: 1000 * MIB,
  conditions: [],
  taints: [],
};

/** Samples at whole minutes. */
function container(pod: string, minutes: readonly number[], mebibytes: readonly number[]): ContainerHistory {
  return calmHistory({
    pod,
    nodeName: 'n1',
    workingSet: {
      timesMs: minutes.map((minute) => minute * MINUTE_MS),
      values: mebibytes.map((value) => value * MIB),
    },
  });
}

function sumOf(...histories: readonly ContainerHistory[]): readonly (readonly [number, number])[] {
  const sums = new NodeSums(WINDOW);
  for (const history of histories) sums.add(history);
  const series = sums.histories([NODE])[0]?.workingSet;
  return (series?.timesMs ?? []).map((atMs, index) => [atMs / MINUTE_MS, (series?.values[index] ?? 0) / MIB]);
}

describe('NodeSums', () => {
  it('adds up what runs at each moment', () => {
    expect(
      sumOf(
        container('a', [0, 1, 2, 3, 4, 5], [10, 10, 20, 20, 30, 30]),
        // Began later and was gone before the end: it holds nothing outside of its life.
        container('b', [2, 3], [100, 100]),
      ),
    ).toEqual([
      [0, 10],
      [1, 10],
      [2, 120],
      [3, 120],
      [4, 30],
      [5, 30],
    ]);
  });

  it('carries a sample that is missed twice, and leaves out what is unknown for longer', () => {
    expect(sumOf(container('a', [0, 3], [10, 40])).map(([minute]) => minute)).toEqual([0, 1, 2, 3]);
    expect(sumOf(container('a', [0, 5], [10, 40])).map(([minute]) => minute)).toEqual([0, 1, 2, 5]);
  });

  it('stands against what the node may give to pods', () => {
    const sums = new NodeSums(WINDOW);
    sums.add(container('a', [0, 1], [10, 10]));
    expect(sums.histories([NODE])[0]).toMatchObject({
      workload: { kind: 'Node', name: 'n1' },
      limit: [{ fromMs: 0, value: 1000 * MIB }],
    });
    expect(sums.histories([{ ...NODE, name: 'other' }])).toEqual([]);
    const { allocatableMemoryBytes: _unknown, ...unsized } = NODE;
    expect(sums.histories([unsized])).toEqual([]);
  });
});
