/** P2 to P5: preemption, drains, taints, garbage collection. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  condition,
  container,
  died,
  disruption,
  event,
  killing,
  node,
  pod,
  running,
  t,
} from '../kit.ts';

const preempted = pod({
  name: 'thumbs-6d9c8b7f5-2h8qx',
  replicaSet: 'thumbs-6d9c8b7f5',
  deletionAtMs: t('14:24:31'),
  deletionGraceSeconds: 30,
  conditions: [
    disruption(
      'PreemptionByScheduler',
      'default-scheduler: preempting to accommodate a higher priority pod',
      '14:24:01',
    ),
  ],
  containers: [
    container('thumbs', { requestMiB: 512, limitMiB: 512, now: died(137, 'Error', '06:12:50', '14:24:31') }),
  ],
});

const drained = pod({
  name: 'ledger-2',
  deletionAtMs: t('14:10:30'),
  deletionGraceSeconds: 30,
  conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:10:00')],
  containers: [
    container('ledger', { requestMiB: 512, limitMiB: 1024, now: died(137, 'Error', '06:12:50', '14:10:30') }),
  ],
});

const falseFlag = pod({
  name: 'render-6c5d8b7f9-8n4wl',
  replicaSet: 'render-6c5d8b7f9',
  deletionAtMs: t('14:10:30'),
  deletionGraceSeconds: 30,
  conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:10:00')],
  containers: [
    container('render', {
      requestMiB: 512,
      limitMiB: 1024,
      now: died(143, 'OOMKilled', '06:12:50', '14:10:02'),
    }),
  ],
});

const spot = pod({
  name: 'crawl-5f7d6c8b9-v9j3m',
  replicaSet: 'crawl-5f7d6c8b9',
  terminationGraceSeconds: 300,
  deletionAtMs: t('14:21:40'),
  deletionGraceSeconds: 300,
  conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:16:40')],
  containers: [container('crawl', { requestMiB: 512, limitMiB: 1024, now: running('06:12:50') })],
});

const tainted = pod({
  name: 'mapper-7d8b9c6f5-6xk2v',
  replicaSet: 'mapper-7d8b9c6f5',
  deletionAtMs: t('14:18:30'),
  deletionGraceSeconds: 30,
  conditions: [
    disruption('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint', '14:18:00'),
  ],
  containers: [container('mapper', { requestMiB: 256, limitMiB: 512, now: running('06:12:50') })],
});

const orphan = pod({
  name: 'mapper-7d8b9c6f5-zt5lc',
  replicaSet: 'mapper-7d8b9c6f5',
  nodeName: 'worker-3',
  phase: 'Failed',
  deletionAtMs: t('14:28:10'),
  deletionGraceSeconds: 0,
  conditions: [disruption('DeletionByPodGC', 'PodGC: node no longer exists', '14:28:10')],
  containers: [container('mapper', { requestMiB: 256, limitMiB: 512, now: running('06:12:50') })],
});

const vpa = pod({
  name: 'facets-58d9c7b6f-n7q2j',
  replicaSet: 'facets-58d9c7b6f',
  deletionAtMs: t('14:12:35'),
  deletionGraceSeconds: 30,
  conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:12:05')],
  containers: [
    container('facets', { requestMiB: 256, limitMiB: 512, now: died(143, 'Error', '06:12:50', '14:12:07') }),
  ],
});

const notAFault = ['crash', 'raise (the|its) (memory )?limit', 'increase (the|its) (memory )?limit'];

export const disruptionCases: readonly GoldenCase[] = [
  {
    name: 'p2-scheduler-preemption',
    about: `The scheduler deleted the pod to make room for one of higher priority (DisruptionTarget PreemptionByScheduler, event Preempted). P2, certain; 137 because SIGTERM was ignored for 30 s.`,
    expected: {
      select: { namespace: 'shop', pod: preempted.name },
      kind: 'identified',
      code: 'P2',
      confidence: 'certain',
      mustSay: ['priority'],
      mustNotSay: notAFault,
    },
    bundle: bundle({
      pods: [preempted],
      events: [
        event(preempted, {
          reason: 'Preempted',
          message: 'Preempted by pod 0b9f6b1c-5d2e-4a51-8c77-2f4c7f1f9a10 on node worker-7',
          at: '14:24:01',
          by: 'default-scheduler',
        }),
        killing(preempted, 'thumbs', '14:24:01'),
      ],
    }),
  },
  {
    name: 'p3-drain',
    about: `A drain through the eviction API: DisruptionTarget EvictionByEvictionAPI, the node is cordoned; the app ignored SIGTERM. status.reason is not Evicted here, and the node was not short of anything: P3, not L1.`,
    expected: {
      select: { namespace: 'shop', pod: drained.name },
      kind: 'identified',
      code: 'P3',
      confidence: 'certain',
      mustNotSay: ['low on (memory|resource)', ...notAFault],
    },
    bundle: bundle({
      pods: [drained],
      nodes: [
        node({
          unschedulable: true,
          taints: [
            { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', addedAtMs: t('14:09:40') },
          ],
        }),
      ],
      events: [
        killing(drained, 'ledger', '14:10:00'),
        event(node(), {
          reason: 'NodeNotSchedulable',
          message: 'Node worker-7 status is now: NodeNotSchedulable',
          at: '14:09:40',
        }),
      ],
    }),
  },
  {
    name: 'trap-false-oomkilled-143-in-a-drain',
    about: `The API says OOMKilled, but the exit code is 143 and the pod was drained two seconds before: SIGTERM was obeyed. The flag stems from a child killed earlier in this life and is sticky. P3; the OOM is a finding beside it, and raising the limit would not have helped this exit.`,
    expected: {
      select: { namespace: 'shop', pod: falseFlag.name },
      kind: 'identified',
      code: 'P3',
      confidence: 'certain',
      mustSay: ['OOM'],
      mustNotSay: notAFault,
    },
    bundle: bundle({
      pods: [falseFlag],
      nodes: [node({ unschedulable: true, kubeletConfig: { singleProcessOomKill: true } })],
      events: [killing(falseFlag, 'render', '14:10:00')],
    }),
  },
  {
    name: 'trap-karpenter-evicted-is-a-drain',
    about: `Karpenter writes a Normal event Evicted ("Evicted pod: Underutilized") when it drains a node; the kubelet's Evicted is a Warning. No pressure anywhere: P3, not L1.`,
    expected: {
      select: { namespace: 'shop', pod: drained.name },
      kind: 'identified',
      code: 'P3',
      confidence: ['certain', 'likely'],
      mustNotSay: ['low on (memory|resource)', 'node.pressure eviction', ...notAFault],
      summarySays: ['karpenter'],
    },
    bundle: bundle({
      pods: [drained],
      nodes: [
        node({ taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule', addedAtMs: t('14:09:50') }] }),
      ],
      events: [
        event(drained, {
          reason: 'Evicted',
          message: 'Evicted pod: Underutilized',
          at: '14:10:00',
          by: 'karpenter',
        }),
        event(node(), {
          reason: 'DisruptionTerminating',
          message: 'Disrupting Node: Underutilized/Delete',
          at: '14:09:50',
          by: 'karpenter',
        }),
        killing(drained, 'ledger', '14:10:00'),
      ],
    }),
  },
  {
    name: 'trap-spot-reclaim',
    about: `A spot interruption gives 120 s; the pod's grace is 300 s, so the machine was gone before the container could end and no end was ever reported (the API still shows it running on a node that is not ready). The eviction through the API on the interruption decided: P3.`,
    expected: {
      select: { namespace: 'shop', pod: spot.name },
      kind: 'identified',
      code: 'P3',
      confidence: ['certain', 'likely'],
      mustNotSay: notAFault,
    },
    bundle: bundle({
      pods: [spot],
      nodes: [
        node({
          taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule', addedAtMs: t('14:16:38') }],
          conditions: [
            condition('Ready', 'Unknown', {
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
              at: '14:19:30',
            }),
          ],
        }),
      ],
      events: [
        event(node(), {
          type: 'Warning',
          reason: 'SpotInterrupted',
          message: 'Spot interruption warning was triggered',
          at: '14:16:38',
          by: 'karpenter',
        }),
        event(spot, {
          reason: 'Evicted',
          message: 'Evicted pod: SpotInterrupted',
          at: '14:16:40',
          by: 'karpenter',
        }),
        killing(spot, 'crawl', '14:16:41'),
      ],
    }),
  },
  {
    name: 'p3-vpa-updater',
    about: `The VPA updater evicted the pod to apply new requests; it obeyed SIGTERM (143). P3, informational.`,
    expected: {
      select: { namespace: 'shop', pod: vpa.name },
      kind: 'identified',
      code: 'P3',
      confidence: ['certain', 'likely'],
      mustSay: ['VPA|vertical'],
      mustNotSay: notAFault,
      summarySays: ['VPA|vertical'],
    },
    bundle: bundle({
      pods: [vpa],
      events: [
        event(vpa, {
          reason: 'EvictedByVPA',
          message: 'Pod was evicted by VPA Updater to apply resource recommendation.',
          at: '14:12:05',
          by: 'vpa-updater',
        }),
        killing(vpa, 'facets', '14:12:05'),
      ],
    }),
  },
  {
    name: 'p4-no-execute-taint',
    about: `The node became unreachable and after the default toleration of 300 s the taint manager deleted the pod. The kubelet cannot report, so the container may in fact still run: P4, and "it was killed at 14:18:30" would be an invention.`,
    expected: {
      select: { namespace: 'shop', pod: tainted.name },
      kind: 'identified',
      code: 'P4',
      confidence: ['certain', 'likely'],
      mustSay: ['still (be )?run|may run|unreachable'],
      mustNotSay: notAFault,
    },
    bundle: bundle({
      pods: [tainted],
      nodes: [
        node({
          taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', addedAtMs: t('14:13:00') }],
          conditions: [
            condition('Ready', 'Unknown', {
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
              at: '14:12:58',
            }),
          ],
        }),
      ],
      events: [
        event(tainted, {
          reason: 'TaintManagerEviction',
          message: `Marking for deletion Pod shop/${tainted.name}`,
          at: '14:18:00',
          by: 'taint-eviction-controller',
        }),
      ],
    }),
  },
  {
    name: 'p5-pod-gc-orphan',
    about: `The node object is gone and PodGC removed the orphaned pod. What happened to the container is unknown: P5; no exit code exists and none may be claimed.`,
    expected: {
      select: { namespace: 'shop', pod: orphan.name },
      kind: 'identified',
      code: 'P5',
      confidence: ['certain', 'likely'],
      mustNotSay: ['exit code 137', 'SIGKILL', ...notAFault],
    },
    bundle: bundle({ pods: [orphan], nodes: [] }),
  },
];
