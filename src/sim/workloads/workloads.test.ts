import { describe, expect, it } from 'vitest';
import type { ContainerHistory, Series } from '../../core/model/series.ts';
import { MIB } from '../../core/units.ts';
import type { FamilyName, Workload } from './index.ts';
import { familiesOf, generateWorkload, limitCrossings } from './index.ts';

const EVERY = familiesOf('held-out').flatMap((family) =>
  (['development', 'held-out'] as const)
    .filter((set) => familiesOf(set).includes(family))
    .map((set) => [set, family] as const),
);
const DEVELOPMENT = familiesOf('development');

const first = (workload: Workload): ContainerHistory => {
  const history = workload.question.histories[0];
  if (history === undefined) throw new Error('a workload has at least one pod');
  return history;
};

/** Mean of the values between two shares of the series' span, MiB. */
function meanMib(series: Series | undefined, from: number, to: number): number {
  const values = (series?.values ?? []).slice(
    Math.floor(from * (series?.values.length ?? 0)),
    Math.ceil(to * (series?.values.length ?? 0)),
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length / MIB;
}

function seriesOf(history: ContainerHistory): readonly Series[] {
  return [
    history.workingSet,
    history.rss,
    history.cache,
    history.shmem,
    history.peak,
    history.restarts,
    history.startedAt,
    history.traffic?.perSecond,
  ].filter((series) => series !== undefined);
}

function limitAt(history: ContainerHistory, atMs: number): number {
  const step = (history.limit ?? []).findLast((entry) => entry.fromMs <= atMs) ?? history.limit?.[0];
  return typeof step?.value === 'number' ? step.value : Number.POSITIVE_INFINITY;
}

const seeds = [0, 1, 2];

describe.each(EVERY)('%s %s', (set, family) => {
  const workloads = [1, 2].map((index) => generateWorkload(family, index, set));

  it('is the same to the bit every time', () => {
    // One string to compare: a deep comparison of so many numbers takes seconds.
    expect(JSON.stringify(generateWorkload(family, 1, set))).toBe(JSON.stringify(workloads[0]));
    expect(workloads[0]?.question.nowMs).not.toBe(workloads[1]?.question.nowMs);
  });

  it('keeps the contract of a series: strictly ascending, parallel, finite, within the window', () => {
    for (const workload of workloads)
      for (const history of workload.question.histories)
        for (const { timesMs, values } of seriesOf(history)) {
          expect(values.length).toBe(timesMs.length);
          expect(values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
          expect(timesMs.every((at, index) => index === 0 || at > (timesMs[index - 1] ?? at))).toBe(true);
          expect(timesMs.every((at) => at >= history.fromMs && at < history.toMs)).toBe(true);
        }
  });

  it('never shows a sample above the limit: the kernel does not let it happen', () => {
    for (const { question } of workloads)
      for (const history of question.histories) {
        const { timesMs = [], values = [] } = history.workingSet ?? {};
        expect(values.every((value, index) => value <= limitAt(history, timesMs[index] ?? 0))).toBe(true);
      }
  });

  it('shows as working set no less than rss and shmem together', () => {
    for (const { question } of workloads)
      for (const { workingSet, rss, shmem } of question.histories)
        expect(
          (rss?.values ?? []).every(
            (value, index) => (workingSet?.values[index] ?? 0) >= value + (shmem?.values[index] ?? 0) - 1,
          ),
        ).toBe(true);
  });

  it('ends exactly one true life per kill', () => {
    for (const { question, truth } of workloads) {
      const ends = truth.lives.filter((life) => life.end === 'kill').length;
      expect(question.kills.length).toBe(ends);
      expect(truth.lives.every((life) => life.endedMs > life.startedMs)).toBe(true);
    }
  });

  it('allows other answers only beside the first, and says of each leak that it is one', () => {
    for (const { truth } of workloads) {
      expect(truth.alsoRight).not.toContain(truth.shape);
      if (truth.shape === 'leak') expect(truth.isLeak).toBe(true);
      else expect(truth.isLeak).not.toBe(true);
    }
  });
});

describe('kills, restarts and lives', () => {
  it('raises the restart count by the kills', () => {
    const workload = generateWorkload('leak-linear', 0, 'development');
    for (const { pod, restarts } of workload.question.histories) {
      const kills = workload.question.kills.filter((kill) => kill.pod === pod).length;
      const last = restarts?.values.at(-1) ?? 0;
      // A kill after the last kept sample is not counted yet.
      expect(kills - last).toBeLessThanOrEqual(1);
      expect(kills - last).toBeGreaterThanOrEqual(0);
    }
  });

  it('runs lives on beyond the window without changing what happened inside', () => {
    for (const family of ['leak-linear', 'leak-per-request', 'leak-gc-floor'] as const)
      for (const index of seeds) {
        const { question, truth } = generateWorkload(family, index, 'development');
        const crossings = limitCrossings(family, index, 'development');
        const inside = crossings.filter((crossing) => crossing.atMs < question.nowMs);
        expect(inside.map(({ pod, atMs }) => `${pod} ${atMs}`).toSorted()).toEqual(
          question.kills.map(({ pod, atMs }) => `${pod} ${atMs}`).toSorted(),
        );
        const living = truth.lives.filter((life) => life.end === 'still-running');
        for (const life of living) {
          const crossing = crossings.find(
            ({ pod, startedMs }) => pod === life.pod && startedMs === life.startedMs,
          );
          // Every leak meets its limit in the end: at most 25 days from the start here.
          expect(crossing?.atMs).toBeGreaterThanOrEqual(question.nowMs);
        }
      }
  });

  it('lets a spike come from far below the limit', () => {
    const { question } = generateWorkload('spike', 0, 'development');
    const kill = question.kills[0];
    const history = question.histories.find(({ pod }) => pod === kill?.pod);
    const before = history?.workingSet?.timesMs.findLastIndex((at) => at < (kill?.atMs ?? 0)) ?? -1;
    expect(history?.workingSet?.values[before]).toBeLessThan(0.75 * (kill?.limitBytes ?? 0));
  });
});

describe('families look as they are named', () => {
  it.each(['leak-linear', 'leak-accelerating', 'leak-gc-floor', 'leak-chunked'] as const)(
    '%s: every true life that lasted a day ends higher than it began',
    (family) => {
      for (const index of seeds) {
        const { question, truth } = generateWorkload(family, index, 'development');
        for (const life of truth.lives.filter((one) => one.endedMs - one.startedMs > 86_400_000)) {
          const history = question.histories.find(({ pod }) => pod === life.pod);
          const values = (history?.workingSet?.values ?? []).filter((_, at) => {
            const time = history?.workingSet?.timesMs[at] ?? 0;
            return time > life.startedMs + 7_200_000 && time < life.endedMs;
          });
          const quarter = Math.floor(values.length / 4);
          if (quarter < 20) continue;
          // The floor: the lowest of each end.
          expect(Math.min(...values.slice(-quarter))).toBeGreaterThan(Math.min(...values.slice(0, quarter)));
        }
      }
    },
  );

  it('page-cache: the working set rises, rss does not, and nothing is killed', () => {
    for (const index of seeds) {
      const workload = generateWorkload('page-cache', index, 'development');
      const { workingSet, rss } = first(workload);
      expect(meanMib(workingSet, 0.2, 1)).toBeGreaterThan(1.1 * meanMib(workingSet, 0, 0.01));
      expect(meanMib(rss, 0.75, 1) / meanMib(rss, 0.25, 0.5)).toBeLessThan(1.5);
      expect(workload.question.kills).toEqual([]);
    }
  });

  it.each(['warm-up', 'lru-cache', 'heap-to-maximum'] as const)('%s: rises and stays', (family) => {
    for (const index of seeds) {
      const workload = generateWorkload(family, index, 'development');
      const { workingSet } = first(workload);
      expect(meanMib(workingSet, 0.7, 1)).toBeGreaterThan(1.1 * meanMib(workingSet, 0, 0.02));
      expect(workload.question.kills).toEqual([]);
    }
  });

  it.each(['deploy-step', 'config-step'] as const)('%s: the end is higher than the beginning', (family) => {
    for (const index of seeds) {
      const { histories } = generateWorkload(family, index, 'development').question;
      expect(meanMib(histories.at(-1)?.workingSet, 0.5, 1)).toBeGreaterThan(
        1.05 * meanMib(histories[0]?.workingSet, 0.05, 0.15),
      );
    }
  });

  it('tmpfs-fill: shmem is what grows', () => {
    const { rss, shmem } = first(generateWorkload('tmpfs-fill', 1, 'development'));
    const shmemRise = meanMib(shmem, 0.8, 1) - meanMib(shmem, 0, 0.1);
    expect(shmemRise).toBeGreaterThan(3 * Math.abs(meanMib(rss, 0.8, 1) - meanMib(rss, 0.1, 0.3)));
  });

  it('undersized: killed again and again, near the limit in between', () => {
    const workload = generateWorkload('undersized', 1, 'development');
    expect(workload.question.kills.length).toBeGreaterThan(100);
  });

  it('start-up-need: every kill comes within ten minutes of a start', () => {
    for (const index of seeds) {
      const { truth } = generateWorkload('start-up-need', index, 'development');
      for (const life of truth.lives.filter((one) => one.end === 'kill'))
        expect(life.endedMs - life.startedMs).toBeLessThanOrEqual(600_000);
    }
  });

  it('healthy families never die', () => {
    const calm: readonly FamilyName[] = ['healthy', 'random-walk', 'gc-sawtooth', 'batch', 'young-growth'];
    for (const family of calm)
      for (const index of seeds)
        expect(generateWorkload(family, index, 'development').question.kills).toEqual([]);
  });

  it('few-samples: at most 18 samples, the bound of no data being 30', () => {
    for (const index of seeds) {
      const { workingSet } = first(generateWorkload('few-samples', index, 'development'));
      expect(workingSet?.values.length).toBeLessThanOrEqual(18);
    }
  });
});

const seedsOf = (set: 'development' | 'held-out'): readonly number[] =>
  familiesOf(set).flatMap((family) => [0, 19_999].map((index) => generateWorkload(family, index, set).seed));

describe('the two sets', () => {
  it('share no seed, and development has none of the held-out families', () => {
    expect(Math.max(...seedsOf('development'))).toBeLessThan(Math.min(...seedsOf('held-out')));
    expect(DEVELOPMENT).not.toContain('shmem-leak');
    expect(familiesOf('held-out').length).toBe(DEVELOPMENT.length + 13);
  });
});
