/** K4 to K6: the pod's cgroup, the node's allocatable memory, the whole node. */
import type { GoldenCase } from '../golden.ts';
import { bundle, container, covers, died, event, mib, node, pod, running, sample } from '../kit.ts';
import { kernelKill } from '../kernel-kit.ts';

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
];
