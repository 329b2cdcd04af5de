/** What monitoring kept of a pod's run: bytes, gaps, and only the series that this cluster has. */
import type { ContainerHistory, Series, Step, TrafficHistory } from '../../core/model/series.ts';
import type { EpochMs } from '../../core/units.ts';
import { MIB } from '../../core/units.ts';
import type { Random } from '../random.ts';
import { between, chance } from './noise.ts';
import type { Ranges } from './ranges.ts';
import type { Scene } from './scene.ts';
import type { PodRun } from './simulate.ts';
import { KERNEL_MIB } from './simulate.ts';
import type { Plan } from './types.ts';

/** Drawn once per workload: one cluster scrapes all replicas alike. */
export interface ScrapeHabits {
  readonly missing: number;
  readonly gapFromMs: EpochMs;
  readonly gapToMs: EpochMs;
  readonly hasRss: boolean;
  readonly hasShmem: boolean;
  readonly hasStartedAt: boolean;
  readonly hasPeak: boolean;
  readonly hasOomEvents: boolean;
  readonly hasTraffic: boolean;
  readonly knowsPeakOfKills: boolean;
  readonly trafficKind: TrafficHistory['kind'];
  readonly meanPerSecond: number;
  readonly requestShare: number;
}

export function drawHabits(scene: Scene, plan: Plan, random: Random): ScrapeHabits {
  const { ranges } = scene;
  const needs = plan.needs ?? [];
  const hasGap = chance(random, ranges.gapShare);
  const gapFromMs = Math.round(between(random, [scene.fromMs, scene.toMs]));
  const gapMs = hasGap ? gapMsOf(random, ranges) : 0;
  const hasRss = chance(random, 0.9) || needs.includes('rss');
  return {
    missing: between(random, ranges.missing),
    gapFromMs,
    gapToMs: gapFromMs + gapMs,
    hasRss,
    hasShmem: (chance(random, 0.7) || needs.includes('shmem')) && hasRss,
    hasStartedAt: chance(random, 0.7),
    hasPeak: chance(random, 0.4),
    hasOomEvents: chance(random, 0.5),
    hasTraffic: chance(random, 0.85) || needs.includes('traffic'),
    knowsPeakOfKills: chance(random, 0.3),
    trafficKind: chance(random, 0.85) ? 'requests' : 'network-bytes',
    meanPerSecond: between(random, [2, 400]),
    requestShare: between(random, [0.3, 1]),
  };
}

function gapMsOf(random: Random, ranges: Ranges): number {
  return between(random, ranges.gapHours) * 3_600_000;
}

/** Which samples reached the store. */
function kept(run: PodRun, habits: ScrapeHabits, random: Random): readonly number[] {
  const indexes: number[] = [];
  for (let index = 0; index < run.timesMs.length; index += 1) {
    const at = run.timesMs[index] ?? 0;
    const isMissed = random() < habits.missing;
    if (isMissed || (at >= habits.gapFromMs && at < habits.gapToMs)) continue;
    indexes.push(index);
  }
  return indexes;
}

export function scrape(run: PodRun, scene: Scene, habits: ScrapeHabits, random: Random): ContainerHistory {
  const indexes = kept(run, habits, random);
  const timesMs = indexes.map((index) => run.timesMs[index] ?? 0);
  const series = (value: (index: number) => number): Series => ({ timesMs, values: indexes.map(value) });
  const bytes = (value: (index: number) => number): Series =>
    series((index) => Math.max(0, Math.round(value(index) * MIB)));
  const rss = (index: number): number => run.rss[index] ?? 0;
  const shmem = (index: number): number => run.shmem[index] ?? 0;
  const active = (index: number): number => run.activeFile[index] ?? 0;
  return {
    namespace: 'shop',
    pod: run.plan.name,
    container: 'app',
    workload: { kind: 'Deployment', name: 'app' },
    source: 'prometheus',
    stepMs: scene.grid.stepMs,
    fromMs: scene.fromMs,
    toMs: scene.toMs,
    workingSet: bytes((index) => rss(index) + shmem(index) + active(index) + KERNEL_MIB),
    ...(habits.hasRss ? { rss: bytes(rss), cache: bytes((index) => shmem(index) + active(index)) } : {}),
    ...(habits.hasShmem ? { shmem: bytes(shmem) } : {}),
    ...(habits.hasPeak ? { peak: bytes((index) => run.peak[index] ?? 0) } : {}),
    ...(habits.hasOomEvents ? { oomEvents: series(() => 0) } : {}),
    restarts: series((index) => run.restarts[index] ?? 0),
    ...(habits.hasStartedAt ? { startedAt: series((index) => run.startedAtMs[index] ?? 0) } : {}),
    limit: limitSteps(run, scene),
    request: [{ fromMs: scene.fromMs, value: Math.round(habits.requestShare * scene.base * MIB) }],
    ...(run.plan.version === undefined ? {} : { version: run.plan.version }),
    ...(habits.hasTraffic
      ? {
          traffic: {
            kind: habits.trafficKind,
            metric:
              habits.trafficKind === 'requests'
                ? 'istio_requests_total'
                : 'container_network_receive_bytes_total',
            perSecond: series((index) => trafficValue(run, habits, index)),
            scope: 'pod',
          },
        }
      : {}),
  };
}

/** Some 2 KiB arrive with a request. */
function trafficValue(run: PodRun, habits: ScrapeHabits, index: number): number {
  const perSecond = (run.load[index] ?? 0) * habits.meanPerSecond;
  return habits.trafficKind === 'requests' ? perSecond : perSecond * 2048 + 500;
}

function limitSteps(run: PodRun, scene: Scene): readonly Step<number>[] {
  const limits = run.plan.limits ?? [{ fromMs: run.plan.bornMs, mib: scene.limitMib }];
  return limits.map(({ fromMs, mib }) => ({
    fromMs: Math.max(fromMs, scene.fromMs),
    value: Math.round(mib * MIB),
  }));
}
