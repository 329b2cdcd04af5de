import { describe, expect, it } from 'vitest';
import { emptyBundle } from '../model/merge.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerTermination } from '../model/kubernetes.ts';
import { MIB } from '../units.ts';
import { adoptedKills } from './adoption.ts';
import { indexBundle } from './index-bundle.ts';
import { DIED_AT_MS, makeContainer, makeKernelKill, makePod } from './testing.ts';

function ofPod(podUid: string, more: Partial<KernelOomKill> = {}): KernelOomKill {
  const containerId = podUid.repeat(64);
  return makeKernelKill({
    id: `k/${podUid}`,
    atMs: DIED_AT_MS,
    limitBytes: 256 * MIB,
    oomCgroup: { path: `/${podUid}`, level: 'pod', podUid },
    taskCgroup: { path: `/${podUid}/c`, level: 'container', podUid, containerId },
    ...more,
  });
}

function undated(podUid: string): KernelOomKill {
  const { atMs: _, ...rest } = ofPod(podUid);
  return rest;
}

const error: ContainerTermination = {
  exitCode: 137,
  reason: 'Error',
  startedAtMs: DIED_AT_MS - 600_000,
  finishedAtMs: DIED_AT_MS,
};
const flagged = { ...error, reason: 'OOMKilled' };

function adopted(kernelKills: readonly KernelOomKill[], termination: ContainerTermination, limitMib = 256) {
  const container = makeContainer({
    limits: { memoryBytes: limitMib * MIB },
    status: { restartCount: 1, lastState: { kind: 'terminated', termination } },
  });
  const { uid: _, ...rest } = makePod({ origin: 'describe', qosClass: 'Burstable', containers: [container] });
  const index = indexBundle({ ...emptyBundle(DIED_AT_MS), pods: [rest], kernelKills });
  return adoptedKills(index, { pod: rest, container, termination }).map(({ id }) => id);
}

// describe prints no ID of a dead instance: time, flag and limit must speak for the report.
describe('adoptedKills', () => {
  it.each<{
    name: string;
    kill: KernelOomKill;
    ended: ContainerTermination;
    limitMib?: number;
    own: boolean;
  }>([
    { name: 'at the exit, flagged', kill: ofPod('a'), ended: flagged, own: true },
    { name: 'at the exit, not flagged, its limit', kill: ofPod('a'), ended: error, own: true },
    {
      name: 'at the exit, not flagged, another limit',
      kill: ofPod('a'),
      ended: error,
      limitMib: 512,
      own: false,
    },
    {
      name: 'a minute before, flagged, its limit: a child',
      kill: ofPod('a', { atMs: DIED_AT_MS - 60_000 }),
      ended: flagged,
      own: true,
    },
    {
      name: 'a minute before, flagged, another limit',
      kill: ofPod('a', { atMs: DIED_AT_MS - 60_000 }),
      ended: flagged,
      limitMib: 512,
      own: false,
    },
    {
      name: 'a minute before, not flagged',
      kill: ofPod('a', { atMs: DIED_AT_MS - 60_000 }),
      ended: error,
      own: false,
    },
    {
      name: 'before its start',
      kill: ofPod('a', { atMs: DIED_AT_MS - 700_000 }),
      ended: flagged,
      own: false,
    },
    {
      name: 'at the exit, the own limit of another container',
      kill: ofPod('a', { limitBytes: 64 * MIB, oomCgroup: { path: '/a/c', level: 'container' } }),
      ended: flagged,
      own: false,
    },
  ])('$name: $own', ({ kill, ended, limitMib, own }) => {
    expect(adopted([kill], ended, limitMib)).toEqual(own ? [kill.id] : []);
  });

  it('of two pods that died together the one with its limit', () => {
    expect(adopted([ofPod('a'), ofPod('b', { limitBytes: 64 * MIB })], flagged)).toEqual(['k/a']);
  });

  it('two reports without a time cannot be told apart; one can', () => {
    expect(adopted([undated('a'), undated('b')], flagged)).toEqual([]);
    expect(adopted([undated('a')], flagged)).toEqual(['k/a']);
  });

  it('an instance with an ID adopts nothing', () => {
    expect(adopted([ofPod('a')], { ...flagged, containerId: 'c'.repeat(64) })).toEqual([]);
  });
});
