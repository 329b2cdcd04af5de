/** L1 to L3: evictions. */
import type { PodEvidence } from '../../../src/core/model/kubernetes.ts';
import type { GoldenCase } from '../golden.ts';
import { bundle, condition, container, died, disruption, event, node, pod, saying } from '../kit.ts';

const MEMORY_TEXT =
  'The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki. Container app was using 912Mi, request is 256Mi, has larger consumption of memory. ';

const pressed = node({
  conditions: [
    condition('MemoryPressure', 'True', {
      reason: 'KubeletHasInsufficientMemory',
      message: 'kubelet has insufficient memory available',
      at: '14:12:01',
    }),
    condition('Ready', 'True', { reason: 'KubeletReady', at: '00:04:31' }),
  ],
});

const thresholdMet = event(pressed, {
  type: 'Warning',
  reason: 'EvictionThresholdMet',
  message: 'Attempting to reclaim memory',
  at: '14:12:01',
});

function evictedEvent(target: PodEvidence, message: string, resource: string, at = '14:12:03') {
  return event(target, {
    type: 'Warning',
    reason: 'Evicted',
    message,
    at,
    annotations: {
      offending_containers: 'app',
      offending_containers_usage: '912Mi',
      starved_resource: resource,
    },
  });
}

const evicted = pod({
  name: 'offers-7f8d9c6b5-lk2pw',
  replicaSet: 'offers-7f8d9c6b5',
  phase: 'Failed',
  statusReason: 'Evicted',
  statusMessage: MEMORY_TEXT,
  conditions: [disruption('TerminationByKubelet', MEMORY_TEXT, '14:12:03')],
  containers: [
    container('app', { requestMiB: 256, limitMiB: 2048, now: died(137, 'Error', '06:12:50', '14:12:06') }),
  ],
});

const emptyReason = pod({
  name: 'offers-7f8d9c6b5-xz8rt',
  replicaSet: 'offers-7f8d9c6b5',
  phase: 'Failed',
  conditions: [disruption('TerminationByKubelet', MEMORY_TEXT, '14:12:03')],
  containers: [
    container('app', { requestMiB: 256, limitMiB: 2048, now: died(137, 'Error', '06:12:50', '14:12:06') }),
  ],
});

const evictedSucceeded = pod({
  name: 'batch-29311-7h2kd',
  job: 'batch-29311',
  phase: 'Succeeded',
  conditions: [disruption('TerminationByKubelet', MEMORY_TEXT, '14:12:03')],
  containers: [
    container('app', { requestMiB: 256, limitMiB: 2048, now: died(0, 'Completed', '13:58:50', '14:12:04') }),
  ],
});

const evictedUnknown = pod({
  name: 'offers-7f8d9c6b5-5nq9c',
  replicaSet: 'offers-7f8d9c6b5',
  phase: 'Failed',
  statusReason: 'Evicted',
  statusMessage: MEMORY_TEXT,
  conditions: [disruption('TerminationByKubelet', MEMORY_TEXT, '14:12:03')],
  containers: [
    container('app', {
      requestMiB: 256,
      limitMiB: 2048,
      now: saying(
        died(137, 'ContainerStatusUnknown'),
        'The container could not be located when the pod was terminated',
        true,
      ),
    }),
  ],
});

const wiped = pod({
  name: 'offers-6c5d4b7f9-9rw4m',
  replicaSet: 'offers-6c5d4b7f9',
  phase: 'Failed',
  statusReason: 'Evicted',
  statusMessage:
    'The node was low on resource: memory. Container app was using 1893124Ki, which exceeds its request of 256Mi. ',
  containers: [container('app', { requestMiB: 256, noStatus: true })],
});

const DISK_TEXT =
  'The node was low on resource: ephemeral-storage. Threshold quantity: 10733408Ki, available: 10512296Ki. Container app was using 38112Mi, request is 0, has larger consumption of ephemeral-storage. ';

const diskEvicted = pod({
  name: 'logs-7b6d5f8c9-2jv7n',
  replicaSet: 'logs-7b6d5f8c9',
  phase: 'Failed',
  statusReason: 'Evicted',
  statusMessage: DISK_TEXT,
  conditions: [disruption('TerminationByKubelet', DISK_TEXT, '14:12:03')],
  containers: [
    container('app', { requestMiB: 128, limitMiB: 256, now: died(137, 'Error', '06:12:50', '14:12:06') }),
  ],
});

const STORAGE_TEXT = 'Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ';

const ownStorage = pod({
  name: 'resizer-5d7c9f8b6-6mz4p',
  replicaSet: 'resizer-5d7c9f8b6',
  phase: 'Failed',
  statusReason: 'Evicted',
  statusMessage: STORAGE_TEXT,
  containers: [
    container('app', { requestMiB: 128, limitMiB: 512, now: died(137, 'Error', '06:12:50', '14:12:06') }),
  ],
});

const noLimitAdvice = [
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
  '\\bOOMKilled by',
];

export const evictionCases: readonly GoldenCase[] = [
  {
    name: 'l1-memory-eviction',
    about: `The kubelet evicted the pod because the node was low on memory; the container used 912 MiB of a request of 256 MiB. Hard eviction leaves one second (floored at two), so it ended 137 with Error. The
status message is the record itself: L1, certain. Not an OOM kill, and its limit was never reached.`,
    expected: {
      select: { namespace: 'shop', pod: evicted.name },
      kind: 'identified',
      code: 'L1',
      confidence: 'certain',
      mustSay: ['request'],
      mustNotSay: noLimitAdvice,
    },
    bundle: bundle({
      pods: [evicted],
      nodes: [pressed],
      events: [thresholdMet, evictedEvent(evicted, MEMORY_TEXT, 'memory')],
    }),
  },
  {
    name: 'trap-eviction-with-empty-reason',
    about: `The pod's status.reason is empty (a later status update wiped it), but its DisruptionTarget condition says TerminationByKubelet with the eviction text. L1 all the same, certain.`,
    expected: {
      select: { namespace: 'shop', pod: emptyReason.name },
      kind: 'identified',
      code: 'L1',
      confidence: 'certain',
      mustNotSay: noLimitAdvice,
    },
    bundle: bundle({ pods: [emptyReason], nodes: [pressed] }),
  },
  {
    name: 'trap-evicted-pod-ended-succeeded',
    about: `The evicted Job pod obeyed SIGTERM with exit 0, so its phase is Succeeded and its reason Completed. The DisruptionTarget condition shows that the kubelet evicted it: L1, and the Job counts as done although it was cut short.`,
    expected: {
      select: { namespace: 'shop', pod: evictedSucceeded.name },
      kind: 'identified',
      code: 'L1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [evictedSucceeded],
      nodes: [pressed],
      events: [thresholdMet, evictedEvent(evictedSucceeded, MEMORY_TEXT, 'memory')],
    }),
  },
  {
    name: 'trap-evicted-and-status-unknown',
    about: `Evicted, and the kubelet could no longer find the container: 137 with ContainerStatusUnknown is a placeholder, no signal is recorded. Who decided is known from the pod's status: L1, certain, before L15.`,
    expected: {
      select: { namespace: 'shop', pod: evictedUnknown.name },
      kind: 'identified',
      code: 'L1',
      confidence: 'certain',
      mustNotSay: ['SIGKILL (ended|killed|hit)'],
    },
    bundle: bundle({ pods: [evictedUnknown], nodes: [pressed] }),
  },
  {
    name: 'trap-old-kubelet-wiped-statuses',
    about: `A kubelet of 1.21 removed the container statuses on a real eviction. Missing statuses alone do not make it a rejected pod: the message is an eviction message (older wording, without threshold). L1, certain.`,
    expected: {
      select: { namespace: 'shop', pod: wiped.name },
      kind: 'identified',
      code: 'L1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [wiped],
      nodes: [
        node({
          kubeletVersion: 'v1.21.14',
          cgroupVersion: 1,
          kernelVersion: '4.19.0-24-amd64',
          containerRuntimeVersion: 'docker://20.10.17',
        }),
      ],
    }),
  },
  {
    name: 'l2-disk-eviction',
    about: `Evicted because the node was low on ephemeral-storage. The exit code is the same 137 as with memory; the resource is disk: L2, certain. Memory advice would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: diskEvicted.name },
      kind: 'identified',
      code: 'L2',
      confidence: 'certain',
      mustNotSay: ['memory limit', ...noLimitAdvice],
    },
    bundle: bundle({
      pods: [diskEvicted],
      nodes: [
        node({
          conditions: [
            condition('DiskPressure', 'True', { reason: 'KubeletHasDiskPressure', at: '14:12:01' }),
            condition('Ready', 'True', { reason: 'KubeletReady' }),
          ],
        }),
      ],
      events: [evictedEvent(diskEvicted, DISK_TEXT, 'ephemeral-storage')],
    }),
  },
  {
    name: 'l3-own-storage-limit',
    about: `The pod wrote more than its own ephemeral-storage limit; the node was fine and there is no DisruptionTarget condition for this kind. L3, certain.`,
    expected: {
      select: { namespace: 'shop', pod: ownStorage.name },
      kind: 'identified',
      code: 'L3',
      confidence: 'certain',
      mustNotSay: ['memory limit'],
    },
    bundle: bundle({
      pods: [ownStorage],
      events: [
        event(ownStorage, { type: 'Warning', reason: 'Evicted', message: STORAGE_TEXT, at: '14:12:03' }),
      ],
    }),
  },
];
