import { describe, expect, it } from 'vitest';
import type { ContainerState, EventEvidence } from '../model/kubernetes.ts';
import { evictionOf } from './pod-level.ts';
import { makeContainer, makePod } from './testing.ts';

const ENDED: ContainerState = { kind: 'terminated', termination: { exitCode: 137, reason: 'Error' } };

function evicted(message: string): EventEvidence {
  return {
    id: 'e',
    source: 'events',
    type: 'Warning',
    reason: 'Evicted',
    message,
    reportedBy: 'kubelet',
    regarding: { kind: 'Pod', name: 'p' },
    count: 1,
  };
}

function podWith(state?: ContainerState) {
  const status = state === undefined ? {} : { status: { restartCount: 0, state } };
  return makePod({ containers: [makeContainer(status)] });
}

// The texts of kubelet 1.34.4, started on a node under pressure.
describe('a refusal that ends what runs', () => {
  it.each([
    ['disk', 'The node had condition: [DiskPressure]. ', podWith(ENDED), 'ephemeral-storage'],
    ['memory', 'The node had condition: [MemoryPressure]. ', podWith(ENDED), 'memory'],
    ['several', 'The node had condition: [DiskPressure PIDPressure]. ', podWith(ENDED), 'ephemeral-storage'],
    ['a pod that never ran', 'The node had condition: [DiskPressure]. ', podWith(), undefined],
    ['another condition', 'The node had condition: [NetworkUnavailable]. ', podWith(ENDED), undefined],
  ])('%s', (_name, message, pod, resource) => {
    expect(evictionOf(pod, [evicted(message)]).eviction?.resource).toBe(resource);
  });

  it('is in the status of the pod later', () => {
    const pod = {
      ...podWith(ENDED),
      statusReason: 'Evicted',
      statusMessage: 'Pod was rejected: The node had condition: [DiskPressure]. ',
    };
    expect(evictionOf(pod, []).eviction).toEqual({ resource: 'ephemeral-storage', consumers: [] });
  });
});
