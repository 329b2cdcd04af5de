import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../core/units.ts';
import type { PodEntry } from './catalog.ts';
import { selector } from './expressions.ts';
import { ownerOf } from '../../core/parse/history/owner.ts';
import { planPages, shardsOf } from './plan.ts';
import { halves, pointsOf, slicesOf, windowOf } from './window.ts';

const DAY_MS = 24 * HOUR_MS;

describe('windowOf', () => {
  it('aligns to the step and asks for nothing finer than the samples', () => {
    const window = windowOf({ fromMs: 1000, toMs: 12 * DAY_MS + 1000, stepMs: 10_000 }, 30_000);
    expect(window).toEqual({
      fromMs: 30_000,
      toMs: 12 * DAY_MS,
      stepMs: 30_000,
      coarseMs: HOUR_MS,
      scrapeMs: 30_000,
    });
  });

  it('keeps a window shorter than a step inside of itself', () => {
    const window = windowOf({ fromMs: 100_000, toMs: 130_000, stepMs: HOUR_MS }, undefined);
    expect(slicesOf(window, window.stepMs)).toEqual([{ fromMs: 130_000, toMs: 130_000, stepMs: HOUR_MS }]);
    expect(pointsOf(window)).toBe(1);
  });
});

describe('slicesOf', () => {
  it('covers every step once, at most 10,000 in a slice', () => {
    const window = windowOf({ fromMs: 0, toMs: 30 * DAY_MS, stepMs: 2 * MINUTE_MS }, undefined);
    const slices = slicesOf(window, window.stepMs);
    const points = slices.map(({ fromMs, toMs, stepMs }) => (toMs - fromMs) / stepMs + 1);
    // 30 days of 2 minutes are 21,601 steps with both ends.
    expect(points).toEqual([10_000, 10_000, 1601]);
    expect(slices[1]?.fromMs).toBe((slices[0]?.toMs ?? 0) + window.stepMs);
  });

  it('is halved without losing or doubling a step', () => {
    const slice = { fromMs: 0, toMs: 4000, stepMs: 1000 };
    expect(halves(slice)).toEqual([
      { fromMs: 0, toMs: 2000, stepMs: 1000 },
      { fromMs: 3000, toMs: 4000, stepMs: 1000 },
    ]);
    expect(halves({ ...slice, toMs: 500 })).toBeUndefined();
  });
});

function pods(workload: string, count: number): readonly PodEntry[] {
  return Array.from({ length: count }, (_, at) => ({
    pod: `${workload}-${at}`,
    workload: { kind: 'StatefulSet', name: workload },
  }));
}

describe('planPages', () => {
  it('asks for a small namespace as a whole', () => {
    const [page, ...rest] = planPages({
      namespace: 'n',
      pods: pods('a', 3),
      running: 3,
      pointsPerSeries: 100,
      request: {},
    });
    expect(rest).toEqual([]);
    expect(page?.shards).toEqual([{ namespace: 'n' }]);
  });

  it('keeps the replicas of a workload together, however small the pages', () => {
    const pages = planPages({
      namespace: 'n',
      pods: [...pods('a', 3), ...pods('b', 7), ...pods('c', 2)],
      running: 12,
      pointsPerSeries: 100,
      request: {},
      pagePoints: 500,
    });
    expect(pages.map((page) => page.pods.map(({ pod }) => pod[0]).join(''))).toEqual([
      'aaa',
      'bbbbbbb',
      'cc',
    ]);
    // Five pods a question.
    expect(pages[1]?.shards.map((shard) => shard.pods?.length)).toEqual([5, 2]);
  });

  it('counts pods that come and go by what runs at once', () => {
    const pages = planPages({
      namespace: 'n',
      pods: Array.from({ length: 5000 }, (_, at) => ({ pod: `run-${at}` })),
      running: 2,
      pointsPerSeries: 4032,
      request: {},
    });
    expect(pages).toHaveLength(1);
  });
});

describe('shardsOf', () => {
  it('keeps addresses short', () => {
    const names = Array.from({ length: 500 }, (_, at) => ({ pod: `${'p'.repeat(60)}.${at}` }));
    for (const shard of shardsOf(names, 500)) {
      const query = selector('m', { namespace: 'n', pods: shard });
      expect(encodeURIComponent(query).length).toBeLessThan(6000);
    }
  });
});

describe('selector', () => {
  it.each([
    ['a quote', { namespace: 'a"b' }, 'm{namespace="a\\"b"}'],
    [
      'a regular expression',
      { namespace: 'n', pods: ['a.b', 'c+'] },
      'm{namespace="n",pod=~"a\\\\.b|c\\\\+"}',
    ],
    ['one pod', { namespace: 'n', pods: ['a.b'] }, 'm{namespace="n",pod="a.b"}'],
    ['a backslash and a line break', { namespace: 'a\\b\nc' }, 'm{namespace="a\\\\b\\nc"}'],
  ])('escapes %s', (_, shard, expected) => {
    expect(selector('m', shard)).toBe(expected);
  });
});

describe('ownerOf', () => {
  it.each([
    ['web-7d4b9c6f5x-bbbbb', 'ReplicaSet', 'web-7d4b9c6f5x', { kind: 'Deployment', name: 'web' }],
    ['rs-bbbbb', 'ReplicaSet', 'rs', { kind: 'ReplicaSet', name: 'rs' }],
    ['backup-28391020-bbbbb', 'Job', 'backup-28391020', { kind: 'CronJob', name: 'backup' }],
    ['once-bbbbb', 'Job', 'once', { kind: 'Job', name: 'once' }],
    ['db-0', 'StatefulSet', 'db', { kind: 'StatefulSet', name: 'db' }],
    ['etcd-master', 'Node', 'master', undefined],
    ['bare', '<none>', '<none>', undefined],
    ['web-7d4b9c6f5x-bbbbb', undefined, undefined, { kind: 'Deployment', name: 'web' }],
    ['backup-28391020-bbbbb', undefined, undefined, { kind: 'CronJob', name: 'backup' }],
    ['db-12', undefined, undefined, { kind: 'StatefulSet', name: 'db' }],
    ['bare', undefined, undefined, undefined],
  ])('of %s (%s %s)', (pod, kind, name, expected) => {
    expect(ownerOf(pod, { kind, name })).toEqual(expected);
  });
});
