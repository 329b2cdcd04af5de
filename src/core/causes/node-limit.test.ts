/** What is said of an `OOMKilled` without a kernel log where a limit above the container may have been hit. */
import { describe, expect, it } from 'vitest';
import { makeContainer, makeDeath, makePod } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import { GIB } from '../units.ts';
import { containerMemoryLimit } from './container-memory-limit.ts';
import { nodeAllocatableLimit } from './node-allocatable-limit.ts';
import { nodeOutOfMemory } from './node-out-of-memory.ts';

// A staged death: a limit of 2 GiB on a node of 1 GiB, killed by the kernel, nothing read but pod and node.
function flagged(limitGib: number, more: Partial<DeathFacts> = {}, sized = true): DeathFacts {
  const app = makeContainer({ name: 'app', limits: { memoryBytes: limitGib * GIB } });
  return makeDeath({
    pod: makePod({ containers: [app] }),
    container: app,
    limitBytes: limitGib * GIB,
    podLimitBytes: limitGib * GIB,
    termination: { exitCode: 137, reason: 'OOMKilled' },
    node: {
      id: 'node:n1',
      source: 'api',
      name: 'n1',
      conditions: [],
      taints: [],
      ...(sized ? { capacityMemoryBytes: GIB } : {}),
    },
    ...more,
  });
}

describe('a limit that is larger than the node', () => {
  it('was not hit: the node ran out, or what it sets aside for pods', () => {
    const facts = flagged(2);
    expect(containerMemoryLimit.assess(facts)?.weight).toBe(0);
    expect(nodeOutOfMemory.assess(facts)?.weight).toBeGreaterThan(0.5);
    expect(nodeAllocatableLimit.assess(facts)?.weight).toBeGreaterThan(0.5);
  });

  it.each([
    ['as large as the node', flagged(1)],
    ['of a node whose size is unknown', flagged(2, {}, false)],
    ['with a smaller one of the pod', flagged(2, { podLimitBytes: GIB / 2, hasPodLevelResources: true })],
  ])('%s speaks for neither', (_name, facts) => {
    expect(nodeOutOfMemory.assess(facts)).toBeUndefined();
    expect(nodeAllocatableLimit.assess(facts)).toBeUndefined();
  });
});

function of(oomSeenBeside: number, limitGib = 1 / 2): DeathFacts {
  return makeDeath({ ...flagged(limitGib), oomSeenBeside });
}

// Staged on containerd 1.6.20, cgroup v1: victim and neighbour had one container each, and the runtime wrote four lines
// (two containers, two sandboxes) within 7 ms. A limit of the pod alone gives two.
describe('an OOM that the runtime saw in several containers at once', () => {
  it('of more than one pod is that of all pods', () => {
    expect(nodeAllocatableLimit.assess(of(3))?.weight).toBeGreaterThanOrEqual(0.75);
    expect(containerMemoryLimit.assess(of(3))?.weight).toBeLessThan(0.6);
  });

  it('is not that of the node, which tells no cgroup', () => {
    expect(nodeOutOfMemory.assess(of(3, 2))?.weight).toBeLessThan(0.5);
    expect(nodeAllocatableLimit.assess(of(3, 2))?.weight).toBeGreaterThanOrEqual(0.75);
  });

  it('of one pod says nothing of those above', () => {
    expect(nodeAllocatableLimit.assess(of(1))).toBeUndefined();
    expect(containerMemoryLimit.assess(of(1))?.weight).toBeGreaterThanOrEqual(0.75);
  });

  it('proves nothing on cgroup v2, where no neighbour is told', () => {
    const node = {
      id: 'node:n1',
      source: 'api',
      name: 'n1',
      conditions: [],
      taints: [],
      cgroupVersion: 2 as const,
    };
    expect(nodeAllocatableLimit.assess({ ...of(3), node })).toBeUndefined();
  });
});
