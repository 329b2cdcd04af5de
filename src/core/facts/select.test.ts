import { describe, expect, it } from 'vitest';
import { emptyBundle } from '../model/merge.ts';
import type { ContainerEvidence, ContainerTermination, PodEvidence } from '../model/kubernetes.ts';
import { findDeaths } from './deaths.ts';
import { indexBundle } from './index-bundle.ts';
import { matchDeaths } from './select.ts';
import type { DeathSelection } from './select.ts';
import { DIED_AT_MS, makeContainer, makePod } from './testing.ts';

function ended(partial: Partial<ContainerTermination>): ContainerTermination {
  return { exitCode: 137, reason: 'Error', finishedAtMs: DIED_AT_MS, ...partial };
}

interface Lives {
  readonly now?: ContainerTermination;
  readonly before?: ContainerTermination;
}

function lived(
  name: string,
  { now, before }: Lives,
  more: Partial<ContainerEvidence> = {},
): ContainerEvidence {
  return makeContainer({
    name,
    status: {
      restartCount: before === undefined ? 0 : 1,
      state: now === undefined ? { kind: 'running' } : { kind: 'terminated', termination: now },
      ...(before === undefined ? {} : { lastState: { kind: 'terminated', termination: before } }),
    },
    ...more,
  });
}

function selected(pods: readonly PodEvidence[], selection: DeathSelection) {
  const index = indexBundle({ ...emptyBundle(DIED_AT_MS), pods });
  return matchDeaths(index, findDeaths(index), selection).deaths.map(
    ({ pod, container, subject }) =>
      `${pod?.name ?? ''}/${container?.name ?? ''}/${subject.kind === 'container' ? subject.termination.exitCode : subject.kind}`,
  );
}

const one = (containers: readonly ContainerEvidence[], name = 'a') =>
  makePod({ id: name, name, uid: name, restartPolicy: 'Always', containers });

describe('matchDeaths', () => {
  it('the newest instance of each container', () => {
    const containers = [
      lived('x', { now: ended({ exitCode: 1 }), before: ended({ finishedAtMs: DIED_AT_MS - 60_000 }) }),
    ];
    expect(selected([one(containers)], { kind: 'newest' })).toEqual(['a/x/1']);
  });

  it('a placeholder without a time ended after the instance before it', () => {
    const lost = { exitCode: 137, reason: 'ContainerStatusUnknown' };
    const containers = [lived('x', { now: lost, before: ended({ exitCode: 1 }) })];
    expect(selected([one(containers)], { kind: 'object', objectKind: 'Pod', name: 'a' })).toEqual([
      'a/x/137',
    ]);
  });

  it('one that died beside one that is fine', () => {
    const containers = [lived('x', {}), lived('y', { before: ended({}) })];
    expect(selected([one(containers)], { kind: 'newest' })).toEqual(['a/y/137']);
    expect(selected([one(containers)], { kind: 'object', name: 'a', container: 'x' })).toEqual([]);
  });

  it('a clean exit does not hide a death', () => {
    const pods = [
      one([lived('x', { before: ended({ exitCode: 0, finishedAtMs: DIED_AT_MS + 60_000 }) })], 'a'),
      one([lived('x', { before: ended({}) })], 'b'),
    ];
    expect(selected(pods, { kind: 'newest' })).toEqual(['b/x/137']);
    expect(selected(pods, { kind: 'all' })).toEqual(['b/x/137']);
  });

  it('a success that was OOM-killed is told', () => {
    const containers = [lived('x', { now: ended({ exitCode: 0, reason: 'OOMKilled' }) })];
    expect(selected([one(containers)], { kind: 'all' })).toEqual(['a/x/0']);
  });

  it('a finished init container and a finished Job are quiet', () => {
    const done = ended({ exitCode: 0, reason: 'Completed' });
    expect(
      selected([one([lived('i', { now: done }, { role: 'init' }), lived('x', {})])], { kind: 'all' }),
    ).toEqual([]);
    const job = makePod({
      restartPolicy: 'Never',
      phase: 'Succeeded',
      containers: [lived('x', { now: done })],
    });
    expect(selected([job], { kind: 'all' })).toEqual([]);
  });

  it('a workload by its name: the pod that died last', () => {
    const owner = { kind: 'ReplicaSet', name: 'web-6d5c7b9f8' };
    const pods = ['a', 'b'].map((name, index) => ({
      ...one([lived('x', { before: ended({ finishedAtMs: DIED_AT_MS + index * 1000 }) })], name),
      owner,
    }));
    expect(selected(pods, { kind: 'object', objectKind: 'Deployment', name: 'web' })).toEqual(['b/x/137']);
  });
});
