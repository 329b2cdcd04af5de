import { describe, expect, it } from 'vitest';
import { CONTAINER_LIMIT, NOW_MS } from '../../test/samples/diagnoses.ts';
import { calmHistory, LEAKING_POD, leakHistory } from '../../test/samples/histories.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { PodEvidence, WorkloadEvidence } from '../core/model/kubernetes.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../core/units.ts';
import { groupHistories, type MemoryEvidence, questionOf, subjectOf } from './memory-question.ts';

const NOTHING: MemoryEvidence = { deaths: [], pods: [], workloads: [], nowMs: NOW_MS };

function bare(over: Partial<ContainerHistory>): ContainerHistory {
  const { workload: _none, ...history } = leakHistory();
  return { ...history, ...over };
}

function pod(over: Partial<PodEvidence>): PodEvidence {
  return {
    id: 'p',
    origin: 'api',
    source: 'pods',
    namespace: 'shop',
    name: LEAKING_POD,
    conditions: [],
    memoryVolumes: [],
    containers: [],
    ...over,
  };
}

function workload(over: Partial<WorkloadEvidence>): WorkloadEvidence {
  return {
    id: 'w',
    source: 'workloads',
    kind: 'ReplicaSet',
    namespace: 'shop',
    name: 'checkout-api-6c9f7d5b8',
    conditions: [],
    containers: [],
    ...over,
  };
}

describe('groupHistories', () => {
  it.each<[string, ContainerHistory, Partial<MemoryEvidence>, string | undefined]>([
    ['what the source says', leakHistory(), {}, 'Deployment/checkout-api'],
    ['the name, where nobody says anything', bare({}), {}, 'Deployment/checkout-api'],
    ['no owner by a name that people chose', bare({ pod: 'nightly-backup-monday' }), {}, undefined],
    [
      'owners of the evidence',
      bare({ pod: 'cache-0' }),
      { pods: [pod({ name: 'cache-0', owner: { kind: 'StatefulSet', name: 'cache' } })] },
      'StatefulSet/cache',
    ],
    [
      'the top of a chain of owners',
      bare({ pod: 'report-28-x' }),
      {
        pods: [pod({ name: 'report-28-x', owner: { kind: 'Job', name: 'report-28' } })],
        workloads: [workload({ kind: 'Job', name: 'report-28', owner: { kind: 'CronJob', name: 'report' } })],
      },
      'CronJob/report',
    ],
    ['what was judged', bare({}), { deaths: [CONTAINER_LIMIT] }, 'Deployment/checkout-api'],
  ])('%s', (_name, history, evidence, owner) => {
    const [group] = groupHistories([history], { ...NOTHING, ...evidence });
    expect(group?.workload === undefined ? undefined : `${group.workload.kind}/${group.workload.name}`).toBe(
      owner,
    );
  });

  it('puts replicas of one container together, and nothing else', () => {
    const groups = groupHistories(
      [
        leakHistory(),
        leakHistory({ pod: 'checkout-api-6c9f7d5b8-m8wzt' }),
        leakHistory({ container: 'proxy' }),
        leakHistory({ namespace: 'other' }),
        calmHistory(),
      ],
      NOTHING,
    );
    expect(groups.map(({ histories }) => histories.length)).toEqual([2, 1, 1, 1]);
  });
});

describe('subjectOf', () => {
  it('is the workload that died with its replicas, without the neighbours of the node', () => {
    const labels = { 'pod-template-hash': '6c9f7d5b8' };
    const owner = { kind: 'ReplicaSet', name: 'checkout-api-6c9f7d5b8' };
    const pods = [
      pod({ labels, owner }),
      pod({ name: 'checkout-api-6c9f7d5b8-m8wzt', labels, owner }),
      pod({ name: 'neighbour-0', owner: { kind: 'StatefulSet', name: 'neighbour' } }),
      pod({ name: 'bare' }),
    ];
    expect(subjectOf({ ...NOTHING, pods, deaths: [CONTAINER_LIMIT] })).toEqual({
      workload: { kind: 'Deployment', name: 'checkout-api' },
      pods: [LEAKING_POD, 'checkout-api-6c9f7d5b8-m8wzt'],
    });
  });

  it('is nothing where the evidence names nothing', () => {
    expect(subjectOf({ ...NOTHING, pods: [pod({})] })).toBeUndefined();
  });
});

function group(history: ContainerHistory) {
  const [one] = groupHistories([history], NOTHING);
  if (one === undefined) throw new Error('no group');
  return one;
}

function death(over: Partial<Diagnosis>): Diagnosis {
  return { ...CONTAINER_LIMIT, ...over };
}

/** Hours before now. */
function at(hours: number): number {
  return NOW_MS - hours * HOUR_MS;
}

describe('questionOf', () => {
  it.each<[string, Partial<Diagnosis>, string | undefined]>([
    ['its own limit', {}, 'limit'],
    ['the node', { verdict: { ...CONTAINER_LIMIT.verdict, memory: 'node' } }, 'memory'],
    ['an eviction', { verdict: { ...CONTAINER_LIMIT.verdict, code: 'L1', memory: 'node' } }, 'evicted'],
    ['a probe', { verdict: { ...CONTAINER_LIMIT.verdict, code: 'L4', memory: 'none' } }, 'not-memory'],
    ['nobody knows', { verdict: { ...CONTAINER_LIMIT.verdict, kind: 'ambiguous' } }, 'unknown'],
    ['nothing died', { verdict: { ...CONTAINER_LIMIT.verdict, kind: 'nothing-died' } }, undefined],
    ['another container', { container: 'proxy' }, undefined],
    ['another namespace', { target: { ...CONTAINER_LIMIT.target, namespace: 'other' } }, undefined],
  ])('a death by %s', (_name, over, kind) => {
    // Without a limit nothing is inferred from the samples: only the judged death counts.
    const { oomEvents: _counted, restarts: _restarts, limit: _limit, ...history } = leakHistory();
    const { kills } = questionOf(group(history), { ...NOTHING, deaths: [death(over)] });
    expect(kills.map((kill) => kill.kind)).toEqual(kind === undefined ? [] : [kind]);
  });

  it('counts kills that only a counter knows, and each once', () => {
    const atMs = CONTAINER_LIMIT.atMs ?? 0;
    // A counter says between which readings; the second of its kills is the judged death.
    const oomEvents = {
      timesMs: [
        atMs - 10 * HOUR_MS - 3 * MINUTE_MS,
        atMs - 10 * HOUR_MS + 3 * MINUTE_MS,
        atMs - MINUTE_MS,
        atMs + 4 * MINUTE_MS,
      ],
      values: [0, 1, 1, 2],
    };
    const { kills } = questionOf(group(leakHistory({ oomEvents })), {
      ...NOTHING,
      deaths: [CONTAINER_LIMIT],
    });
    expect(kills.map((kill) => [kill.atMs, kill.kind])).toEqual([
      [atMs - 10 * HOUR_MS, 'limit'],
      [atMs, 'limit'],
    ]);
  });

  it('reads a counter that began again', () => {
    const oomEvents = { timesMs: [at(9), at(8), at(7), at(6), at(5)], values: [3, 0, 0, 1, 1] };
    const { kills } = questionOf(group(leakHistory({ oomEvents })), NOTHING);
    expect(kills.map(({ atMs }) => atMs)).toEqual([at(6.5)]);
  });

  it('puts a kill before the container that came after it', () => {
    const oomEvents = { timesMs: [at(7), at(6)], values: [0, 1] };
    const startedAt = { timesMs: [at(7), at(6)], values: [at(20), at(6.8)] };
    const { kills } = questionOf(group(leakHistory({ oomEvents, startedAt })), NOTHING);
    expect(kills.map(({ atMs }) => atMs)).toEqual([at(6.9)]);
  });

  it('takes a restart out of a full memory for a kill where nobody counts them, and says so', () => {
    const { oomEvents: _counted, ...uncounted } = leakHistory();
    const full = questionOf(group(uncounted), NOTHING);
    // Four lives end one step of 2.5 MiB below 512 MiB, at 99.5 %.
    expect(full.kills.map(({ kind }) => kind)).toEqual(['limit', 'limit', 'limit', 'limit']);
    expect(full.histories[0]?.notes).toEqual([
      '4 restarts out of a full memory are taken for kills at the limit: no counter of kills was read',
    ]);
    const roomy = { ...uncounted, limit: [{ fromMs: 0, value: 1024 * MIB }] };
    expect(questionOf(group(roomy), NOTHING).kills).toEqual([]);
    const { limit: _limit, ...unlimited } = uncounted;
    expect(questionOf(group(unlimited), NOTHING).kills).toEqual([]);
  });

  it('takes a fall from a full memory for a kill where not even restarts are known, and says so', () => {
    const { oomEvents: _counted, restarts: _restarts, startedAt: _started, ...bare } = leakHistory();
    const fallen = questionOf(group(bare), NOTHING);
    expect(fallen.kills.map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(fallen.histories[0]?.notes).toEqual([
      '4 falls from a full memory are taken for kills at the limit: neither restarts nor kills were read',
    ]);
    const roomy = { ...bare, limit: [{ fromMs: 0, value: 1024 * MIB }] };
    expect(questionOf(group(roomy), NOTHING).kills).toEqual([]);
  });

  it('tells rollouts and resizes, each once', () => {
    const limit = [
      { fromMs: NOW_MS - 9 * HOUR_MS, value: 256 * MIB },
      { fromMs: NOW_MS - 3 * HOUR_MS, value: 512 * MIB },
    ];
    const owner = { kind: 'Deployment', name: 'checkout-api' };
    const { changes } = questionOf(group(leakHistory({ limit })), {
      ...NOTHING,
      workloads: [
        workload({ owner, revision: 88, createdAtMs: NOW_MS - 5 * HOUR_MS }),
        workload({ owner: { kind: 'Deployment', name: 'cart' }, revision: 3, createdAtMs: NOW_MS }),
        workload({ owner, revision: 87 }),
      ],
    });
    expect(changes).toEqual([
      { atMs: NOW_MS - 5 * HOUR_MS, kind: 'rollout', label: 'revision 88' },
      { atMs: NOW_MS - 3 * HOUR_MS, kind: 'resize', label: 'limit 256 MiB to 512 MiB' },
    ]);
  });

  it('knows the heap that a runtime was given', () => {
    const container = {
      name: 'api',
      role: 'main' as const,
      image: 'eclipse-temurin:21',
      command: ['java', '-Xmx300m', '-jar', 'app.jar'],
      environment: [],
      requests: {},
      limits: { memoryBytes: 512 * MIB },
    };
    const { heapMaxBytes } = questionOf(group(leakHistory()), {
      ...NOTHING,
      pods: [pod({ containers: [container] })],
    });
    expect(heapMaxBytes).toBe(300 * MIB);
  });
});
