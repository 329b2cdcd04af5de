/** Refused, pending, alive: nothing died. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  cgroupFiles,
  condition,
  container,
  covers,
  died,
  event,
  logTail,
  mib,
  node,
  pod,
  running,
} from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const rejected = pod({
  name: 'adhoc-29311',
  phase: 'Failed',
  statusReason: 'OutOfmemory',
  statusMessage:
    "Pod was rejected: Node didn't have enough resource: memory, requested: 4294967296, used: 12884901888, capacity: 15070003200",
  containers: [container('adhoc', { requestMiB: 4096, limitMiB: 4096, noStatus: true })],
});

const pressureReject = pod({
  name: 'offers-7f8d9c6b5-4vd7s',
  replicaSet: 'offers-7f8d9c6b5',
  phase: 'Failed',
  qosClass: 'BestEffort',
  statusReason: 'Evicted',
  statusMessage: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
  containers: [container('offers', { noStatus: true })],
});

const pending = pod({
  name: 'warehouse-0',
  unscheduled: true,
  phase: 'Pending',
  conditions: [
    condition('PodScheduled', 'False', {
      reason: 'Unschedulable',
      message:
        '0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.',
      at: '14:01:02',
    }),
  ],
  containers: [container('warehouse', { requestMiB: 24_576, limitMiB: 24_576, noStatus: true })],
});

const alive = pod({
  name: 'index-6d5f8c7b9-9rt4n',
  replicaSet: 'index-6d5f8c7b9',
  containers: [container('index', { requestMiB: 512, limitMiB: 1024, now: running('06:12:50') })],
});

const well = pod({
  name: 'front-7c6d9b8f5-s3k8w',
  replicaSet: 'front-7c6d9b8f5',
  containers: [
    container('front', { image: 'nginx:1.29.1', requestMiB: 64, limitMiB: 128, now: running('06:12:50') }),
  ],
});

const done = pod({
  name: 'backup-29311-d6p2k',
  job: 'backup-29311',
  phase: 'Succeeded',
  containers: [
    container('backup', {
      requestMiB: 128,
      limitMiB: 256,
      now: died(0, 'Completed', '14:00:02', '14:04:40'),
    }),
  ],
});

const refused = pod({
  name: 'ranker-69d8c7b5f-h7m2c',
  replicaSet: 'ranker-69d8c7b5f',
  conditions: [
    condition('PodResizeInProgress', 'True', {
      reason: 'Error',
      message:
        'cannot decrease memory limits: attempting to set container "ranker" memory limit (402653184) below current usage (641728512)',
      at: '14:32:10',
    }),
  ],
  containers: [
    container('ranker', { requestMiB: 256, limitMiB: 384, actualLimitMiB: 768, now: running('07:30:00') }),
  ],
});

const workers = pod({
  name: 'render-5f6c8d7b9-m4x8p',
  replicaSet: 'render-5f6c8d7b9',
  containers: [
    container('render', {
      image: 'registry.example/shop/render:3.1.0',
      command: ['gunicorn', '-w', '4', 'render.wsgi'],
      requestMiB: 512,
      limitMiB: 1024,
      now: running('06:12:50'),
    }),
  ],
});

const invokerPod = pod({
  name: 'mapper-7d8b9c6f5-2kd9s',
  replicaSet: 'mapper-7d8b9c6f5',
  containers: [container('mapper', { requestMiB: 256, limitMiB: 512, now: running('06:12:50') })],
});

const victimPod = pod({
  name: 'geo-79c8b7d6f-r5v3q',
  replicaSet: 'geo-79c8b7d6f',
  containers: [
    container('geo', {
      requestMiB: 128,
      limitMiB: 2048,
      now: running('14:16:22'),
      last: died(137, 'OOMKilled', '09:40:00', '14:16:20'),
    }),
  ],
});

const invokedByNeighbour = kernelKill({
  pod: victimPod,
  container: 'geo',
  at: '14:16:19',
  level: 'global',
  comm: 'geo',
  anonMiB: 610,
  invoker: 'mapper',
  cpuset: `cri-containerd-${idOf(invokerPod, 'mapper', 'now')}.scope`,
});

const claimsOom = [
  '(was|been|got) (OOM|out of memory)',
  'OOM.?killed (it|the container|this)',
  'ran out of memory',
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
];

export const nothingDiedCases: readonly GoldenCase[] = [
  {
    name: 'reject-out-of-memory',
    about: `OutOfmemory with "Pod was rejected: ": the kubelet refused the pod at admission because the node had not enough memory left for its request. Nothing ran and nothing was killed.`,
    expected: {
      select: { namespace: 'shop', pod: rejected.name },
      kind: 'nothing-died',
      code: 'reject',
      mustNotSay: claimsOom,
    },
    bundle: bundle({ pods: [rejected] }),
  },
  {
    name: 'trap-evicted-reason-of-a-rejected-pod',
    about: `status.reason says Evicted, but the message is "Pod was rejected: The node had condition: [MemoryPressure]." and no container ever had a status: refused at admission, nothing died. The Warning event Evicted alone is no kill. Not L1.`,
    expected: {
      select: { namespace: 'shop', pod: pressureReject.name },
      kind: 'nothing-died',
      code: 'reject',
      mustNotSay: claimsOom,
    },
    bundle: bundle({
      pods: [pressureReject],
      events: [
        event(pressureReject, {
          type: 'Warning',
          reason: 'Evicted',
          message: 'The node had condition: [MemoryPressure]. ',
          at: '14:12:03',
        }),
      ],
    }),
  },
  {
    name: 'none-pending-insufficient-memory',
    about: `Nothing died: the pod is Pending because no node has 24 GiB of memory left to request (FailedScheduling, Insufficient memory). That is the answer to give.`,
    expected: {
      select: { namespace: 'shop', pod: pending.name },
      kind: 'nothing-died',
      code: 'none',
      mustSay: ['memory', 'schedul|node'],
    },
    bundle: bundle({
      pods: [pending],
      nodes: [],
      events: [
        event(pending, {
          type: 'Warning',
          reason: 'FailedScheduling',
          message:
            '0/6 nodes are available: 6 Insufficient memory. no new claims to deallocate, preemption: 0/6 nodes are available: 6 No preemption victims found for incoming pod.',
          from: '14:01:02',
          at: '14:41:20',
          count: 9,
          by: 'default-scheduler',
        }),
      ],
    }),
  },
  {
    name: 'none-running-well',
    about: `A running container without restarts: nothing died, and nothing is to be invented.`,
    expected: {
      select: { namespace: 'shop', pod: well.name },
      kind: 'nothing-died',
      code: 'none',
      mustNotSay: claimsOom,
    },
    bundle: bundle({ pods: [well] }),
  },
  {
    name: 'none-job-completed',
    about: `A Job's container ended with 0, as meant. Nothing died.`,
    expected: {
      select: { namespace: 'shop', pod: done.name },
      kind: 'nothing-died',
      code: 'none',
      mustNotSay: claimsOom,
    },
    bundle: bundle({ pods: [done] }),
  },
  {
    name: 'none-alive-under-memory-stall',
    about: `Alive, no kill, no restart, but at its limit: memory.events counts 90122 hits of the limit with oom 0, and it stalls 42 % of the time (PSI). Nothing died; that it suffers must be said.`,
    expected: {
      select: { namespace: 'shop', pod: alive.name },
      kind: 'nothing-died',
      code: 'none',
      mustSay: ['stall|pressure|PSI|at its limit|reclaim'],
    },
    bundle: bundle({
      pods: [alive],
      cgroups: [
        cgroupFiles(alive, 'index', '14:44:30', {
          events: { low: 0, high: 0, max: 90_122, oom: 0, oomKill: 0, oomGroupKill: 0 },
          currentBytes: mib(1023),
          peakBytes: mib(1024),
          limitBytes: mib(1024),
          pressure: { someAvg60Percent: 61.2, fullAvg60Percent: 42.5 },
        }),
      ],
    }),
  },
  {
    name: 'trap-refused-resize-is-no-death',
    about: `Lowering the limit in place below the current usage was refused by the kubelet (condition PodResizeInProgress, Error). The container runs on with its old limit: nothing died, no K8.`,
    expected: {
      select: { namespace: 'shop', pod: refused.name },
      kind: 'nothing-died',
      code: 'none',
      mustSay: ['resiz'],
    },
    bundle: bundle({
      pods: [refused],
      nodes: [node({ kubeletVersion: 'v1.35.1' })],
      events: [
        event(refused, {
          type: 'Warning',
          reason: 'ResizeError',
          message:
            'Pod resize error: cannot decrease memory limits: attempting to set container "ranker" memory limit (402653184) below current usage (641728512)',
          at: '14:32:10',
        }),
      ],
    }),
  },
  {
    name: 'trap-worker-timeout-is-not-oom',
    about: `gunicorn's master killed a worker for its timeout; afterwards it prints "was sent SIGKILL! Perhaps out of memory?", the same text as for any SIGKILL. The container lives, memory.events counts no kill: nothing died, no OOM.`,
    expected: {
      select: { namespace: 'shop', pod: workers.name },
      kind: 'nothing-died',
      code: 'none',
      mustNotSay: claimsOom,
    },
    bundle: bundle({
      pods: [workers],
      logTails: [
        logTail(
          workers,
          'render',
          [
            '[2026-10-02 14:40:02 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:31)',
            '[2026-10-02 14:40:03 +0000] [1] [ERROR] Worker (pid:31) was sent SIGKILL! Perhaps out of memory?',
            '[2026-10-02 14:40:03 +0000] [44] [INFO] Booting worker with pid: 44',
          ],
          false,
        ),
      ],
      cgroups: [
        cgroupFiles(workers, 'render', '14:44:30', {
          events: { low: 0, high: 0, max: 0, oom: 0, oomKill: 0, oomGroupKill: 0 },
          currentBytes: mib(410),
          limitBytes: mib(1024),
        }),
      ],
    }),
  },
  {
    name: 'trap-perhaps-out-of-memory-line-alone',
    about: `The same gunicorn line without a timeout before it and without any counter read: a log line alone carries 0.6, so K2 is possible at most; saying that nothing is known to have died is right as well. Never more than possible.`,
    expected: {
      select: { namespace: 'shop', pod: workers.name },
      kind: ['identified', 'nothing-died'],
      code: ['K2', 'none'],
      confidence: 'possible',
      mustSay: ['SIGKILL|worker|child'],
    },
    bundle: bundle({
      pods: [workers],
      logTails: [
        logTail(
          workers,
          'render',
          [
            '[2026-10-02 14:40:03 +0000] [1] [ERROR] Worker (pid:31) was sent SIGKILL! Perhaps out of memory?',
            '[2026-10-02 14:40:03 +0000] [44] [INFO] Booting worker with pid: 44',
          ],
          false,
        ),
      ],
    }),
  },
  {
    name: 'trap-invoker-is-not-victim',
    about: `A global OOM: a process of mapper asked for memory (it "invoked oom-killer" and its id is in cpuset=), the kernel killed a process of geo. mapper lives and was not harmed: nothing died in it.`,
    expected: {
      select: { namespace: 'shop', pod: invokerPod.name },
      kind: 'nothing-died',
      code: 'none',
      mustNotSay: claimsOom,
    },
    bundle: bundle({
      pods: [invokerPod, victimPod],
      kernelKills: [invokedByNeighbour],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
];
