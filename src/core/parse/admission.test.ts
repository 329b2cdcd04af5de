import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAdmissionReject, parseFailedScheduling } from './admission.ts';

describe('parseAdmissionReject', () => {
  it.each([
    [
      'a node under pressure',
      'Pod was rejected: The node had condition: [MemoryPressure]. ',
      'Evicted',
      { kind: 'node-condition', reason: 'Evicted', conditions: ['MemoryPressure'] },
    ],
    [
      'the same before 1.25',
      'Pod The node had condition: [DiskPressure MemoryPressure]. ',
      'Evicted',
      { kind: 'node-condition', reason: 'Evicted', conditions: ['DiskPressure', 'MemoryPressure'] },
    ],
    [
      'no memory left',
      "Pod was rejected: Node didn't have enough resource: memory, requested: 1073741824, used: 3221225472, capacity: 3500000000",
      'OutOfmemory',
      {
        kind: 'insufficient-resource',
        reason: 'OutOfmemory',
        resource: 'memory',
        requested: 1_073_741_824,
        used: 3_221_225_472,
        capacity: 3_500_000_000,
      },
    ],
    [
      'a bare reason',
      '',
      'OutOfpods',
      { kind: 'insufficient-resource', reason: 'OutOfpods', resource: 'pods' },
    ],
    [
      'a node that shuts down',
      'Pod was rejected: Pod was rejected as the node is shutting down.',
      'NodeShutdown',
      { kind: 'node-shutdown', reason: 'NodeShutdown' },
    ],
    [
      'affinity',
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      'NodeAffinity',
      { kind: 'node-affinity', reason: 'NodeAffinity' },
    ],
    [
      'a device',
      'Pod was rejected: Allocate failed due to requested number of devices unavailable for nvidia.com/gpu. Requested: 1, Available: 0, which is unexpected',
      'UnexpectedAdmissionError',
      { kind: 'device', reason: 'UnexpectedAdmissionError' },
    ],
  ])('reads %s', (_name, text, reason, expected) => {
    expect(parseAdmissionReject(text, reason)).toEqual(expected);
  });

  it.each([
    ['an eviction', 'The node was low on resource: memory. ', 'Evicted'],
    ['a deadline', 'Pod was active on the node longer than the specified deadline', 'DeadlineExceeded'],
    ['nothing', '', undefined],
  ])('does not take %s for one', (_name, text, reason) => {
    expect(parseAdmissionReject(text, reason)).toBeUndefined();
  });
});

describe('parseFailedScheduling', () => {
  it('reads counts, resources, taints and the word on preemption', () => {
    const text =
      '0/5 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }, 3 Insufficient memory, 1 Too many pods. preemption: 0/5 nodes are available: 5 No preemption victims found for incoming pod.';
    expect(parseFailedScheduling(text)).toEqual({
      totalNodes: 5,
      availableNodes: 0,
      reasons: [
        {
          nodes: 1,
          text: 'node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }',
          taint: 'node.kubernetes.io/memory-pressure',
        },
        { nodes: 3, text: 'Insufficient memory', insufficient: 'memory' },
        { nodes: 1, text: 'Too many pods', insufficient: 'pods' },
      ],
      preemption: '0/5 nodes are available: 5 No preemption victims found for incoming pod.',
    });
  });

  it.each([
    [
      'a taint with a value',
      "0/1 nodes are available: 1 node(s) had taint {dedicated: gpu, x}, that the pod didn't tolerate.",
      [
        {
          nodes: 1,
          text: "node(s) had taint {dedicated: gpu, x}, that the pod didn't tolerate",
          taint: 'dedicated',
        },
      ],
    ],
    [
      'the form of 1.7',
      'No nodes are available that match all of the following predicates:: Insufficient memory (3), PodToleratesNodeTaints (1).',
      [
        { nodes: 3, text: 'Insufficient memory', insufficient: 'memory' },
        { nodes: 1, text: 'PodToleratesNodeTaints' },
      ],
    ],
  ])('reads %s', (_name, text, reasons) => {
    expect(parseFailedScheduling(text)?.reasons).toEqual(reasons);
  });

  it('is absent for other texts', () => {
    expect(parseFailedScheduling('persistentvolumeclaim "x" not found')).toBeUndefined();
  });

  it('is total', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('0/5 nodes are available: ', '3 Insufficient ', ', 2 ', '(3)'),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        parseAdmissionReject(text, 'OutOfmemory');
        return (parseFailedScheduling(text)?.reasons.length ?? 0) <= 64;
      }),
    );
  });
});
