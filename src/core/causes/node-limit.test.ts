import { describe, expect, it } from 'vitest';
import { makeContainer, makeDeath, makePod } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import { GIB } from '../units.ts';
import { containerMemoryLimit } from './container-memory-limit.ts';
import { nodeAllocatableLimit } from './node-allocatable-limit.ts';
import { nodeOutOfMemory } from './node-out-of-memory.ts';

// A staged death: a limit of 2 GiB on a node of 1 GiB, killed by the kernel, nothing read but pod and node.
function flagged(limitGib: number, more: Partial<DeathFacts> = {}): DeathFacts {
  const app = makeContainer({ name: 'app', limits: { memoryBytes: limitGib * GIB } });
  return makeDeath({
    pod: makePod({ containers: [app] }),
    container: app,
    limitBytes: limitGib * GIB,
    podLimitBytes: limitGib * GIB,
    termination: { exitCode: 137, reason: 'OOMKilled' },
    node: { id: 'node:n1', source: 'api', name: 'n1', capacityMemoryBytes: GIB, conditions: [], taints: [] },
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
    ['of a node whose size is unknown', (({ node: _, ...rest }) => rest)(flagged(2))],
    ['with a smaller one of the pod', flagged(2, { podLimitBytes: GIB / 2, hasPodLevelResources: true })],
  ])('%s speaks for neither', (_name, facts) => {
    expect(nodeOutOfMemory.assess(facts)).toBeUndefined();
    expect(nodeAllocatableLimit.assess(facts)).toBeUndefined();
  });
});
