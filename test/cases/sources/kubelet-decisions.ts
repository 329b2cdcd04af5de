/** L9 to L13: what else the kubelet decides and writes into the pod's status. */
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
  saying,
} from '../kit.ts';

const preempted = pod({
  name: 'mailer-6c8b7d9f5-t4gxs',
  replicaSet: 'mailer-6c8b7d9f5',
  phase: 'Failed',
  statusReason: 'Preempting',
  statusMessage: 'Preempted in order to admit critical pod',
  conditions: [
    disruption(
      'TerminationByKubelet',
      'Pod was preempted by Kubelet to accommodate a critical pod.',
      '14:15:10',
    ),
  ],
  containers: [
    container('mailer', { requestMiB: 512, limitMiB: 512, now: died(137, 'Error', '06:12:50', '14:15:40') }),
  ],
});

const shutDown = pod({
  name: 'mailer-6c8b7d9f5-9kd2v',
  replicaSet: 'mailer-6c8b7d9f5',
  phase: 'Failed',
  statusReason: 'Terminated',
  statusMessage: 'Pod was terminated in response to imminent node shutdown.',
  conditions: [
    disruption(
      'TerminationByKubelet',
      'Pod was terminated in response to imminent node shutdown.',
      '14:20:02',
    ),
  ],
  containers: [
    container('mailer', { requestMiB: 512, limitMiB: 512, now: died(143, 'Error', '06:12:50', '14:20:04') }),
  ],
});

const overdue = pod({
  name: 'reindex-4kz8p',
  phase: 'Failed',
  restartPolicy: 'Never',
  activeDeadlineSeconds: 3600,
  startedAtMs: Date.parse('2026-10-02T13:10:00Z'),
  statusReason: 'DeadlineExceeded',
  statusMessage: 'Pod was active on the node longer than the specified deadline',
  containers: [
    container('reindex', {
      requestMiB: 512,
      limitMiB: 1024,
      now: died(137, 'Error', '13:10:02', '14:10:31'),
    }),
  ],
});

const redefined = pod({
  name: 'proxy-58d7c6b9f-8sx3r',
  replicaSet: 'proxy-58d7c6b9f',
  containers: [
    container('proxy', {
      requestMiB: 64,
      limitMiB: 128,
      now: running('14:18:34'),
      last: died(137, 'Error', '06:12:50', '14:18:32'),
    }),
  ],
});

const inPlace = pod({
  name: 'trainer-0',
  conditions: [condition('AllContainersRestarting', 'True', { at: '14:25:10' })],
  containers: [
    container('coordinator', {
      requestMiB: 256,
      limitMiB: 512,
      restartsAllContainers: true,
      now: running('14:25:16'),
      last: died(42, 'Error', '09:00:00', '14:25:09'),
    }),
    container('worker', {
      requestMiB: 2048,
      limitMiB: 4096,
      now: running('14:25:17'),
      last: saying(
        died(137, 'RestartingAllContainers', '09:00:01', '14:25:12'),
        'The container is removed because RestartAllContainers in place',
        true,
      ),
    }),
  ],
});

const noLimitAdvice = [
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
  '\\bOOMKilled by',
];

export const kubeletDecisionCases: readonly GoldenCase[] = [
  {
    name: 'l9-preempted-by-the-kubelet',
    about: `The kubelet preempted the pod to admit a critical pod; it kept its own grace of 30 s and ignored SIGTERM. status.reason Preempting is the record: L9, certain.`,
    expected: {
      select: { namespace: 'shop', pod: preempted.name },
      kind: 'identified',
      code: 'L9',
      confidence: 'certain',
      mustNotSay: noLimitAdvice,
    },
    bundle: bundle({
      pods: [preempted],
      events: [
        event(preempted, {
          type: 'Warning',
          reason: 'Preempting',
          message: 'Preempted in order to admit critical pod',
          at: '14:15:10',
        }),
        killing(preempted, 'mailer', '14:15:10'),
      ],
    }),
  },
  {
    name: 'l10-graceful-node-shutdown',
    about: `The node shut down gracefully and the kubelet terminated the pod; the app obeyed SIGTERM. status.reason Terminated with the shutdown text: L10, certain. Nothing is wrong with the app.`,
    expected: {
      select: { namespace: 'shop', pod: shutDown.name },
      kind: 'identified',
      code: 'L10',
      confidence: 'certain',
      mustNotSay: ['crash', ...noLimitAdvice],
    },
    bundle: bundle({
      pods: [shutDown],
      events: [
        event(node(), {
          reason: 'Shutdown',
          message: 'Shutdown manager detected shutdown event',
          at: '14:20:01',
        }),
      ],
    }),
  },
  {
    name: 'l11-pod-deadline',
    about: `activeDeadlineSeconds of the pod (3600 s) ran out at 14:10:00; the kubelet stopped it, and SIGTERM was ignored for the 30 s of grace. L11, certain. This is the pod's deadline, not a Job's.`,
    expected: {
      select: { namespace: 'shop', pod: overdue.name },
      kind: 'identified',
      code: 'L11',
      confidence: 'certain',
      mustSay: ['deadline'],
    },
    bundle: bundle({
      pods: [overdue],
      events: [
        event(overdue, {
          reason: 'DeadlineExceeded',
          message: 'Pod was active on the node longer than the specified deadline',
          at: '14:10:00',
        }),
        killing(overdue, 'reindex', '14:10:00'),
      ],
    }),
  },
  {
    name: 'l12-definition-changed',
    about: `Somebody changed the container's image in the living pod: the kubelet says "definition changed, will be restarted", and 30 s later it was killed. L12, certain.`,
    expected: {
      select: { namespace: 'shop', pod: redefined.name },
      kind: 'identified',
      code: 'L12',
      confidence: ['certain', 'likely'],
    },
    bundle: bundle({
      pods: [redefined],
      events: [
        killing(redefined, 'proxy', '14:18:02', 'Container proxy definition changed, will be restarted'),
      ],
    }),
  },
  {
    name: 'l12-resize-requires-restart',
    about: `A resize whose policy is RestartContainer: "resize requires restart". The container obeyed SIGTERM. L12, not a crash and not an OOM.`,
    expected: {
      select: { namespace: 'shop', pod: redefined.name },
      kind: 'identified',
      code: 'L12',
      confidence: ['certain', 'likely'],
    },
    bundle: bundle({
      pods: [
        {
          ...redefined,
          containers: redefined.containers.map((one) => ({ ...one, memoryResizeRestarts: true })),
        },
      ],
      events: [killing(redefined, 'proxy', '14:18:02', 'Container proxy resize requires restart')],
    }),
  },
  {
    name: 'l13-restart-all-containers',
    about: `A sibling ended with 42 and its rule restarts all containers in place; the healthy worker was removed and the kubelet wrote 137 with RestartingAllContainers. That code is written by the kubelet, no signal is recorded: L13, certain.`,
    expected: {
      select: { namespace: 'shop', pod: inPlace.name, container: 'worker' },
      kind: 'identified',
      code: 'L13',
      confidence: 'certain',
      mustSay: ['coordinator'],
      mustNotSay: noLimitAdvice,
    },
    bundle: bundle({ pods: [inPlace], nodes: [node({ kubeletVersion: 'v1.36.2' })] }),
  },
];
