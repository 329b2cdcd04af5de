import { describe, expect, it } from 'vitest';
import type { MemorySample } from '../model/usage.ts';
import { MIB, SECOND_MS } from '../units.ts';
import {
  containerLimit,
  containerRequest,
  limitOrUnlimited,
  peakOf,
  podLimit,
  readingsOfLife,
  samplesOfLife,
} from './memory.ts';
import { DIED_AT_MS, makeContainer, makeKernelKill, makePod } from './testing.ts';

const limited = (name: string, mib: number, more = {}) =>
  makeContainer({ name, limits: { memoryBytes: mib * MIB }, ...more });

// k8s pkg/kubelet/cm/helpers_linux.go: Σ limits only if every container has one; init containers by the maximum.
describe('podLimit', () => {
  it.each([
    { name: 'sum of all', containers: [limited('a', 100), limited('b', 28)], mib: 128 },
    {
      name: 'sidecars count',
      containers: [limited('a', 100), limited('s', 28, { role: 'sidecar' })],
      mib: 128,
    },
    {
      name: 'one without: none',
      containers: [limited('a', 100), makeContainer({ name: 'b' })],
      mib: undefined,
    },
    {
      name: 'a larger init container',
      containers: [limited('a', 100), limited('i', 256, { role: 'init' })],
      mib: 256,
    },
    {
      name: 'a smaller init container',
      containers: [limited('a', 100), limited('i', 64, { role: 'init' })],
      mib: 100,
    },
    {
      name: 'debug containers do not count',
      containers: [limited('a', 100), makeContainer({ name: 'd', role: 'ephemeral' })],
      mib: 100,
    },
  ])('$name', ({ containers, mib }) => {
    expect(podLimit(makePod({ containers }))).toBe(mib === undefined ? undefined : mib * MIB);
  });

  it('a pod-level limit comes first', () => {
    const containers = [limited('a', 100)];
    expect(podLimit(makePod({ containers, podLimits: { memoryBytes: 300 * MIB } }))).toBe(300 * MIB);
  });
});

describe('limits of a container', () => {
  it('what the kubelet actuated comes before the spec', () => {
    const container = limited('a', 512, {
      status: { restartCount: 0, actualLimits: { memoryBytes: 256 * MIB } },
    });
    expect(containerLimit(makePod({ containers: [container] }), container)).toBe(256 * MIB);
  });

  it('a container without a limit has the pod-level one', () => {
    const pod = makePod({ podLimits: { memoryBytes: 300 * MIB } });
    expect(containerLimit(pod, makeContainer())).toBe(300 * MIB);
  });

  it('a limit without a request is the request', () => {
    expect(containerRequest(limited('a', 100))).toBe(100 * MIB);
  });

  it.each([
    { name: 'the API shows the whole spec', pod: makePod({ qosClass: 'BestEffort' }), limit: 'unlimited' },
    {
      name: 'a fragment of describe may lack the lines',
      pod: makePod({ origin: 'describe' }),
      limit: undefined,
    },
  ])('no limit: $name', ({ pod, limit }) => {
    expect(limitOrUnlimited(pod, makeContainer())).toBe(limit);
  });
});

function sample(atMs: number | undefined, mib: number): MemorySample {
  const at = atMs === undefined ? {} : { atMs };
  return {
    id: 's',
    source: 't',
    namespace: 'n',
    pod: 'p',
    container: 'c',
    workingSetBytes: mib * MIB,
    ...at,
  };
}

describe('readings of a life', () => {
  const dead = { startedAtMs: DIED_AT_MS - 60_000, diedAtMs: DIED_AT_MS, alive: false };
  it.each([
    { name: 'during it', atMs: DIED_AT_MS - 15_000, kept: true },
    { name: 'within the second of the death', atMs: DIED_AT_MS + SECOND_MS, kept: true },
    { name: 'of its successor', atMs: DIED_AT_MS + 5_000, kept: false },
    { name: 'of its predecessor', atMs: DIED_AT_MS - 90_000, kept: false },
    { name: 'of unknown time', atMs: undefined, kept: false },
  ])('a sample $name: $kept', ({ atMs, kept }) => {
    expect(samplesOfLife([sample(atMs, 10)], dead)).toHaveLength(kept ? 1 : 0);
  });

  it('a living instance has every sample since its start', () => {
    const living = { startedAtMs: DIED_AT_MS, diedAtMs: undefined, alive: true };
    expect(
      samplesOfLife([sample(DIED_AT_MS + 1, 1), sample(undefined, 1), sample(DIED_AT_MS - 1, 1)], living),
    ).toHaveLength(2);
  });

  it("counters read after the death are the successor's", () => {
    const reading = { id: 'r', source: 't', version: 2 as const };
    expect(readingsOfLife([{ ...reading, atMs: DIED_AT_MS + 5_000 }, reading], dead)).toEqual([]);
  });
});

describe('peakOf', () => {
  it("takes the largest, and of the kernel only the usage of the container's own cgroup", () => {
    const own = makeKernelKill({ usageBytes: 90 * MIB, oomCgroup: { path: '/c', level: 'container' } });
    const ofPod = makeKernelKill({ usageBytes: 900 * MIB, oomCgroup: { path: '/p', level: 'pod' } });
    const parts = { samples: [sample(1, 60)], readings: [] };
    expect(peakOf({ ...parts, kills: [own, ofPod] })).toBe(90 * MIB);
    expect(peakOf({ ...parts, kills: [ofPod] })).toBe(60 * MIB);
    expect(peakOf({ samples: [], readings: [], kills: [ofPod] })).toBeUndefined();
  });
});
