/** K4 to K10: the pod's cgroup, the node, creation, resize, exec'd processes, memory.high. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  cgroupFiles,
  condition,
  container,
  covers,
  died,
  event,
  execProbe,
  httpProbe,
  killing,
  mib,
  node,
  pod,
  running,
  sample,
  saying,
  unhealthy,
  waiting,
} from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const tmpfs = pod({
  name: 'thumbs-7d6c9b8f5-c9h4x',
  replicaSet: 'thumbs-7d6c9b8f5',
  memoryVolumes: [{ name: 'scratch' }],
  containers: [
    container('thumbs', {
      requestMiB: 512,
      limitMiB: 1024,
      mounts: ['scratch'],
      now: running('14:18:47'),
      last: died(137, 'OOMKilled', '10:11:09', '14:18:45'),
    }),
  ],
});

const podLevel = pod({
  name: 'feed-6c7d8f9b5-w2x4k',
  replicaSet: 'feed-6c7d8f9b5',
  podRequests: { memoryBytes: mib(512) },
  podLimits: { memoryBytes: mib(1024) },
  containers: [
    container('feed', {
      requestMiB: 128,
      limitMiB: 900,
      now: running('14:26:08'),
      last: died(137, 'OOMKilled', '06:12:50', '14:26:06'),
    }),
    container('enricher', {
      image: 'registry.example/shop/enricher:0.8.0',
      requestMiB: 64,
      now: running('06:12:51'),
    }),
  ],
});

const plain = pod({
  name: 'geo-79c8b7d6f-4s9dl',
  replicaSet: 'geo-79c8b7d6f',
  containers: [
    container('geo', {
      requestMiB: 256,
      limitMiB: 2048,
      now: running('14:16:22'),
      last: died(137, 'OOMKilled', '09:40:00', '14:16:20'),
    }),
  ],
});

const onV1 = pod({
  name: 'geo-79c8b7d6f-8n5tp',
  replicaSet: 'geo-79c8b7d6f',
  containers: [
    container('geo', {
      requestMiB: 256,
      limitMiB: 2048,
      now: running('14:16:22'),
      last: died(137, 'Error', '09:40:00', '14:16:20'),
    }),
  ],
});

const bestEffort = pod({
  name: 'adhoc-5c8d7f6b9-t7g2r',
  replicaSet: 'adhoc-5c8d7f6b9',
  qosClass: 'BestEffort',
  containers: [
    container('adhoc', { now: running('14:29:14'), last: died(137, 'OOMKilled', '12:02:30', '14:29:12') }),
  ],
});

const tiny = pod({
  name: 'probe-5b9d8c7f6-jx4vn',
  replicaSet: 'probe-5b9d8c7f6',
  containers: [
    container('probe', {
      requestMiB: 4,
      limitMiB: 4,
      restarts: 5,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 2m40s restarting failed container=probe pod=probe-5b9d8c7f6-jx4vn_shop(8a1c2d3e-4f50-4617-a829-3a4b5c6d7e8f)',
      ),
      last: saying(
        died(128, 'StartError', 'epoch', '14:41:07'),
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown',
      ),
    }),
  ],
});

const resized = pod({
  name: 'ranker-69d8c7b5f-b6k9z',
  replicaSet: 'ranker-69d8c7b5f',
  conditions: [condition('PodResizeInProgress', 'True', { at: '14:32:10' })],
  containers: [
    container('ranker', {
      requestMiB: 256,
      limitMiB: 384,
      actualLimitMiB: 384,
      now: running('14:32:14'),
      last: died(137, 'OOMKilled', '07:30:00', '14:32:12'),
    }),
  ],
});

const execd = pod({
  name: 'web-5f4d6c8b7-q2lvz',
  replicaSet: 'web-5f4d6c8b7',
  containers: [
    container('web', {
      image: 'nginx:1.29.1',
      liveness: execProbe('python3', '/opt/check/deep_check.py'),
      requestMiB: 128,
      limitMiB: 256,
      now: running('14:35:33'),
      last: died(137, 'OOMKilled', '06:12:50', '14:35:31'),
    }),
  ],
});

const throttled = pod({
  name: 'index-6d5f8c7b9-5gk2m',
  replicaSet: 'index-6d5f8c7b9',
  containers: [
    container('index', {
      liveness: httpProbe(),
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:33:02'),
      last: died(137, 'Error', '13:20:00', '14:33:00'),
    }),
  ],
});

const systemOom = event(node(), {
  type: 'Warning',
  reason: 'SystemOOM',
  message: 'System OOM encountered, victim process: geo, pid: 22609',
  at: '14:16:19',
});

export const kernelLevelCases: readonly GoldenCase[] = [
  {
    name: 'k4-tmpfs-fills-the-pod',
    about: `An emptyDir with medium Memory fills the pod's cgroup: 870 MiB of the pod's 1024 MiB are shmem, the victim's own anonymous memory is 120 MiB, far below its limit. The kernel names the
pod slice, and with a memory-backed volume that means the pod's cgroup itself: K4. tmpfs survives the restart, so raising the victim's limit or blaming the victim would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: tmpfs.name },
      kind: 'identified',
      code: 'K4',
      confidence: ['certain', 'likely'],
      mustSay: ['scratch|tmpfs|memory-backed|emptyDir'],
    },
    bundle: bundle({
      pods: [tmpfs],
      kernelKills: [
        {
          ...kernelKill({
            pod: tmpfs,
            container: 'thumbs',
            at: '14:18:44',
            level: 'pod',
            comm: 'thumbs',
            anonMiB: 120,
            limitMiB: 1024,
          }),
          stat: { anonBytes: mib(131), fileBytes: mib(874), shmemBytes: mib(870), kernelBytes: mib(14) },
        },
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k4-pod-level-limit-victim-is-not-culprit',
    about: `Pod-level limit of 1024 MiB. The enricher has no limit of its own and runs six processes of 120 MiB each; the kernel killed feed, the largest single process, at 250 MiB of its own 900 MiB. The victim is not the culprit: K4, and the
enricher must be named.`,
    expected: {
      select: { namespace: 'shop', pod: podLevel.name, container: 'feed' },
      kind: 'identified',
      code: 'K4',
      confidence: ['certain', 'likely'],
      mustSay: ['enricher'],
    },
    bundle: bundle({
      pods: [podLevel],
      kernelKills: [
        kernelKill({
          pod: podLevel,
          container: 'feed',
          at: '14:26:05',
          level: 'pod',
          comm: 'feed',
          anonMiB: 242,
          limitMiB: 1024,
          tasks: [
            ['feed', 250],
            ['enricher', 122],
            ['enricher', 121],
            ['enricher', 121],
            ['enricher', 120],
            ['enricher', 120],
            ['enricher', 119],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
      samples: [
        sample(podLevel, 'feed', '14:25:58', { workingSetMiB: 249 }),
        sample(podLevel, 'enricher', '14:25:58', { workingSetMiB: 731 }),
      ],
    }),
  },
  {
    name: 'k5-node-allocatable-cgroup',
    about: `The cgroup that was full is /kubepods.slice, the sum of what all pods may use on the node. To the API it looks like a plain OOMKilled; the container was far below its own limit. K5, certain; raising the victim's limit would make it worse.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K5',
      confidence: 'certain',
      mustNotSay: ['raise (the|its) (memory )?limit', 'increase (the|its) (memory )?limit'],
    },
    bundle: bundle({
      pods: [plain],
      kernelKills: [
        kernelKill({
          pod: plain,
          container: 'geo',
          at: '14:16:19',
          level: 'kubepods',
          comm: 'geo',
          anonMiB: 610,
          limitMiB: 14_472,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k6-node-out-of-memory',
    about: `A global OOM: the report says global_oom and "Out of memory: Killed process". The container used 610 of its 2048 MiB and was picked by its oom_score_adj. K6, certain; its limit has nothing to do with it.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'certain',
      mustNotSay: ['raise (the|its) (memory )?limit', 'increase (the|its) (memory )?limit'],
    },
    bundle: bundle({
      pods: [plain],
      kernelKills: [
        kernelKill({
          pod: plain,
          container: 'geo',
          at: '14:16:19',
          level: 'global',
          comm: 'geo',
          anonMiB: 610,
          invoker: 'kubelet',
          cpuset: 'kubelet.service',
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
      events: [systemOom],
    }),
  },
  {
    name: 'trap-global-oom-on-v1-without-flag',
    about: `On cgroup v1 with containerd before 2.3 a global OOM does not set OOMKilled: the API shows 137 with Error. The kernel's report for this container id settles it: K6, certain.`,
    expected: {
      select: { namespace: 'shop', pod: onV1.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [onV1],
      nodes: [
        node({
          cgroupVersion: 1,
          kernelVersion: '5.4.0-1103-azure',
          containerRuntimeVersion: 'containerd://1.6.28',
          kubeletVersion: 'v1.30.9',
        }),
      ],
      kernelKills: [
        kernelKill({
          pod: onV1,
          container: 'geo',
          at: '14:16:19',
          level: 'global',
          comm: 'geo',
          anonMiB: 610,
          cgroupfs: true,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
      events: [systemOom],
    }),
  },
  {
    name: 'k6-system-oom-event-only',
    about: `OOMKilled with a limit, and the node's SystemOOM event one second before. The kubelet writes SystemOOM for global OOMs only, so the node is likely to have run out; it names a host PID, not a pod, hence not certain.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'likely',
    },
    bundle: bundle({ pods: [plain], events: [systemOom] }),
  },
  {
    name: 'trap-best-effort-oom-killed',
    about: `OOMKilled, but neither the container nor the pod has a memory limit: it cannot have hit one. What remains is the node or the kubepods cgroup (K6, K5). K1 would be plainly wrong.`,
    expected: {
      select: { namespace: 'shop', pod: bestEffort.name },
      kind: 'identified',
      code: ['K6', 'K5'],
      confidence: 'likely',
      mustNotSay: ['(its|own) (memory )?limit of'],
    },
    bundle: bundle({ pods: [bestEffort] }),
  },
  {
    name: 'k7-killed-while-being-created',
    about: `StartError with exit code 128 and runc's "container init was OOM-killed (memory limit too low?)": the limit of 4 MiB is too small even for the runtime's init. The image's own process never ran: K7, certain.`,
    expected: {
      select: { namespace: 'shop', pod: tiny.name },
      kind: 'identified',
      code: 'K7',
      confidence: 'certain',
    },
    bundle: bundle({ pods: [tiny] }),
  },
  {
    name: 'k8-resized-below-usage',
    about: `The memory limit was lowered in place from 768 to 384 MiB at 14:32:10; usage (612 MiB) was above it, and two seconds later the kernel killed the container. The resize decided: K8 before K1.`,
    expected: {
      select: { namespace: 'shop', pod: resized.name },
      kind: 'identified',
      code: 'K8',
      confidence: ['certain', 'likely'],
      mustSay: ['resiz'],
    },
    bundle: bundle({
      pods: [resized],
      nodes: [node({ kubeletVersion: 'v1.35.1' })],
      events: [
        event(resized, {
          reason: 'ResizeStarted',
          message:
            'Pod resize started: {"containers":[{"name":"ranker","resources":{"limits":{"memory":"384Mi"},"requests":{"memory":"256Mi"}}}],"generation":2}',
          at: '14:32:10',
        }),
      ],
      samples: [sample(resized, 'ranker', '14:32:02', { workingSetMiB: 612, usageMiB: 640 })],
      kernelKills: [
        kernelKill({
          pod: resized,
          container: 'ranker',
          at: '14:32:11',
          level: 'container',
          comm: 'ranker',
          anonMiB: 371,
          limitMiB: 384,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k8-resized-api-only',
    about: `The same without a kernel log: ResizeStarted two seconds before an OOMKilled. A resize inside the window points to K8; likely.`,
    expected: {
      select: { namespace: 'shop', pod: resized.name },
      kind: 'identified',
      code: 'K8',
      confidence: ['likely', 'possible'],
    },
    bundle: bundle({
      pods: [resized],
      nodes: [node({ kubeletVersion: 'v1.35.1' })],
      events: [
        event(resized, {
          reason: 'ResizeStarted',
          message:
            'Pod resize started: {"containers":[{"name":"ranker","resources":{"limits":{"memory":"384Mi"},"requests":{"memory":"256Mi"}}}],"generation":2}',
          at: '14:32:10',
        }),
      ],
      samples: [sample(resized, 'ranker', '14:32:02', { workingSetMiB: 612, usageMiB: 640 })],
    }),
  },
  {
    name: 'k9-exec-probe-is-the-victim',
    about: `nginx needs 30 MiB; its exec liveness probe starts a python3 that grew to 214 MiB inside the container's cgroup of 256 MiB. The kernel chose python3, and with group kill everything in the container died. K9: the exec'd process, not nginx, and not a leak of nginx.`,
    expected: {
      select: { namespace: 'shop', pod: execd.name },
      kind: 'identified',
      code: 'K9',
      confidence: ['certain', 'likely'],
      mustSay: ['python3'],
    },
    bundle: bundle({
      pods: [execd],
      kernelKills: [
        kernelKill({
          pod: execd,
          container: 'web',
          at: '14:35:30',
          level: 'container',
          comm: 'python3',
          anonMiB: 214,
          limitMiB: 256,
          tasks: [
            ['python3', 222],
            ['nginx', 16],
            ['nginx', 9],
            ['nginx', 9],
          ],
          group: [
            ['nginx', 12],
            ['nginx', 5],
            ['nginx', 5],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k10-throttled-at-memory-high',
    about: `memory.high throttles the container (counter at 88210 and rising, stalled 71 % of the last minute, no OOM kill); the starved liveness probe fails and the kubelet restarts it. The kubelet decided (L4), the reason is the throttling (K10);
either may name it, but the throttling must be said.`,
    expected: {
      select: { namespace: 'shop', pod: throttled.name },
      kind: 'identified',
      code: ['L4', 'K10'],
      confidence: ['certain', 'likely'],
      mustSay: ['memory\\.high|throttl'],
    },
    bundle: bundle({
      pods: [throttled],
      nodes: [node({ kubeletVersion: 'v1.37.1' })],
      events: [
        unhealthy(throttled, 'index', {
          message:
            'Liveness probe failed: Get "http://10.42.3.17:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          from: '14:32:10',
          at: '14:32:30',
        }),
        killing(throttled, 'index', '14:32:30', 'Container index failed liveness probe, will be restarted'),
      ],
      cgroups: [
        cgroupFiles(throttled, 'index', '14:32:25', {
          events: { low: 0, high: 88_210, max: 0, oom: 0, oomKill: 0 },
          currentBytes: mib(974),
          highBytes: mib(972),
          limitBytes: mib(1024),
          pressure: { someAvg60Percent: 93.4, fullAvg60Percent: 71.2 },
          containerId: idOf(throttled, 'index'),
        }),
      ],
    }),
  },
];
