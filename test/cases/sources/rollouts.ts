/** P1: rollouts and Job cleanup, with SIGTERM obeyed, ignored, or held up by a hook. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  condition,
  container,
  died,
  event,
  journal,
  killing,
  pod,
  running,
  t,
  workload,
} from '../kit.ts';
import { idOf } from '../kernel-kit.ts';

const DEAF = { command: ['sh', '-c', 'node server.js'] };

function replaced(name: string, code: number, reason: string, finished: string) {
  return pod({
    name,
    replicaSet: 'checkout-api-7c9d5b8f6',
    deletionAtMs: t('14:36:30'),
    deletionGraceSeconds: 30,
    containers: [
      container('checkout-api', {
        ...DEAF,
        requestMiB: 256,
        limitMiB: 512,
        now: died(code, reason, '06:12:50', finished),
      }),
    ],
  });
}

const oldSet = workload({
  kind: 'ReplicaSet',
  name: 'checkout-api-7c9d5b8f6',
  owner: {
    kind: 'Deployment',
    name: 'checkout-api',
    namespace: 'shop',
    uid: 'd0a7c1de-2f5b-4c0e-9d55-0b6c2f6f7a11',
  },
  revision: 11,
  desiredReplicas: 0,
  createdAtMs: t('06:12:00'),
});

const newSet = workload({
  kind: 'ReplicaSet',
  name: 'checkout-api-58f6d9c7b',
  owner: {
    kind: 'Deployment',
    name: 'checkout-api',
    namespace: 'shop',
    uid: 'd0a7c1de-2f5b-4c0e-9d55-0b6c2f6f7a11',
  },
  revision: 12,
  desiredReplicas: 2,
  readyReplicas: 2,
  createdAtMs: t('14:35:10'),
});

const deployment = workload({
  kind: 'Deployment',
  name: 'checkout-api',
  uid: 'd0a7c1de-2f5b-4c0e-9d55-0b6c2f6f7a11',
  desiredReplicas: 2,
  readyReplicas: 2,
  updatedReplicas: 2,
  revision: 12,
});

const deaf = replaced('checkout-api-7c9d5b8f6-9tq2n', 137, 'Error', '14:36:30');

const polite = replaced('checkout-api-7c9d5b8f6-4mz7k', 143, 'Error', '14:36:02');

const deadline = pod({
  name: 'import-29311-c5v8h',
  job: 'import-29311',
  deletionAtMs: t('14:30:30'),
  deletionGraceSeconds: 30,
  containers: [
    container('import', { requestMiB: 512, limitMiB: 1024, now: died(137, 'Error', '14:00:02', '14:30:30') }),
  ],
});

const notAFault = ['crash', 'raise (the|its) (memory )?limit', 'increase (the|its) (memory )?limit'];

const deletedBy = (set: typeof oldSet, name: string, at: string) =>
  event(set, {
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${name}`,
    at,
    by: 'replicaset-controller',
  });

export const rolloutCases: readonly GoldenCase[] = [
  {
    name: 'p1-rollout-sigterm-ignored',
    about: `A rollout replaced the pod: the ReplicaSet controller deleted it, the kubelet said "Stopping container", and it ended 137 with Error exactly when its grace of 30 s ran out. PID 1 is a shell that does not pass SIGTERM on. Who decided is the rollout (P1), the mechanism an ignored SIGTERM (via L7). Not a crash, not memory.`,
    expected: {
      select: { namespace: 'shop', pod: deaf.name },
      kind: 'identified',
      code: 'P1',
      via: 'L7',
      confidence: ['certain', 'likely'],
      mustSay: ['SIGTERM'],
      mustNotSay: notAFault,
    },
    bundle: bundle({
      pods: [deaf],
      workloads: [deployment, oldSet, newSet],
      events: [
        event(deployment, {
          reason: 'ScalingReplicaSet',
          message: 'Scaled down replica set checkout-api-7c9d5b8f6 from 1 to 0',
          at: '14:36:00',
          by: 'deployment-controller',
        }),
        deletedBy(oldSet, deaf.name, '14:36:00'),
        killing(deaf, 'checkout-api', '14:36:00'),
      ],
    }),
  },
  {
    name: 'p1-rollout-obeyed',
    about: `The same rollout with an app that honours SIGTERM: 143 two seconds later is a normal shutdown. The rollout decided: P1. Nothing to repair.`,
    expected: {
      select: { namespace: 'shop', pod: polite.name },
      kind: 'identified',
      code: 'P1',
      confidence: ['certain', 'likely'],
      mustNotSay: ['ignored SIGTERM', ...notAFault],
    },
    bundle: bundle({
      pods: [polite],
      workloads: [deployment, oldSet, newSet],
      events: [deletedBy(oldSet, polite.name, '14:36:00'), killing(polite, 'checkout-api', '14:36:00')],
    }),
  },
  {
    name: 'p1-rollout-pre-stop-overrun',
    about: `The rollout's pod had a preStop hook that slept longer than the grace; the kubelet logged it. P1 decided, the mechanism is the hook (via L8), not an app that ignores SIGTERM.`,
    expected: {
      select: { namespace: 'shop', pod: 'checkout-api-7c9d5b8f6-l8v3d' },
      kind: 'identified',
      code: 'P1',
      via: 'L8',
      confidence: ['certain', 'likely'],
      mustSay: ['preStop'],
      mustNotSay: notAFault,
    },
    bundle: (() => {
      const target = pod({
        name: 'checkout-api-7c9d5b8f6-l8v3d',
        replicaSet: 'checkout-api-7c9d5b8f6',
        deletionAtMs: t('14:36:30'),
        deletionGraceSeconds: 30,
        containers: [
          container('checkout-api', {
            preStop: { handler: 'sleep', sleepSeconds: 45 },
            requestMiB: 256,
            limitMiB: 512,
            now: died(137, 'Error', '06:12:50', '14:36:32'),
          }),
        ],
      });
      const line = `I1002 14:36:30.114   1203 kuberuntime_container.go:692] "PreStop hook not completed in grace period" pod="shop/${target.name}" containerName="checkout-api" gracePeriod=30`;
      return bundle({
        pods: [target],
        workloads: [deployment, oldSet, newSet],
        events: [deletedBy(oldSet, target.name, '14:36:00'), killing(target, 'checkout-api', '14:36:00')],
        nodeLog: [
          journal('14:36:30', {
            kind: 'prestop-overrun',
            namespace: 'shop',
            pod: target.name,
            container: 'checkout-api',
            containerId: idOf(target, 'checkout-api'),
            line,
          }),
        ],
      });
    })(),
  },
  {
    name: 'trap-job-deadline-is-not-the-pods',
    about: `The Job (not the pod) ran past its activeDeadlineSeconds: the Job failed with DeadlineExceeded and the job controller deleted the pod, which ignored SIGTERM. The pod's own status has no DeadlineExceeded: P1 via L7, not L11.`,
    expected: {
      select: { namespace: 'shop', pod: deadline.name },
      kind: 'identified',
      code: 'P1',
      via: 'L7',
      confidence: ['certain', 'likely'],
      mustSay: ['deadline'],
    },
    bundle: (() => {
      const job = workload({
        kind: 'Job',
        name: 'import-29311',
        activeDeadlineSeconds: 1800,
        conditions: [
          condition('Failed', 'True', {
            reason: 'DeadlineExceeded',
            message: 'Job was active longer than specified deadline',
            at: '14:30:00',
          }),
        ],
      });
      return bundle({
        pods: [deadline],
        workloads: [job],
        events: [
          event(job, {
            type: 'Warning',
            reason: 'DeadlineExceeded',
            message: 'Job was active longer than specified deadline',
            at: '14:30:00',
            by: 'job-controller',
          }),
          event(job, {
            reason: 'SuccessfulDelete',
            message: `Deleted pod: ${deadline.name}`,
            at: '14:30:00',
            by: 'job-controller',
          }),
          killing(deadline, 'import', '14:30:00'),
        ],
      });
    })(),
  },
  {
    name: 'trap-two-pods-one-rollout-one-dies-of-oom',
    about: `During a rollout of the Deployment one pod of the NEW revision was OOM-killed. It carries no deletion and no Killing event; the rollout's deletions concern other pods. K1, likely; P1 would be a mix-up.`,
    expected: {
      select: { namespace: 'shop', pod: 'checkout-api-58f6d9c7b-g2x9w' },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: (() => {
      const fresh = pod({
        name: 'checkout-api-58f6d9c7b-g2x9w',
        replicaSet: 'checkout-api-58f6d9c7b',
        createdAtMs: t('14:35:12'),
        startedAtMs: t('14:35:12'),
        containers: [
          container('checkout-api', {
            requestMiB: 256,
            limitMiB: 512,
            now: running('14:36:05'),
            last: died(137, 'OOMKilled', '14:35:14', '14:36:03'),
          }),
        ],
      });
      return bundle({
        pods: [fresh, polite],
        workloads: [deployment, oldSet, newSet],
        events: [deletedBy(oldSet, polite.name, '14:36:00'), killing(polite, 'checkout-api', '14:36:00')],
      });
    })(),
  },
];
