/** OOMKilled without a kernel log: which level? And the odd shapes: static pods, init containers, docker. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  condition,
  container,
  covers,
  died,
  disruption,
  dockerContainer,
  event,
  killing,
  node,
  pod,
  running,
  sample,
  t,
  uid,
  waiting,
} from '../kit.ts';
import { kernelKill } from '../kernel-kit.ts';

const pressed = node({
  conditions: [
    condition('MemoryPressure', 'True', {
      reason: 'KubeletHasInsufficientMemory',
      message: 'kubelet has insufficient memory available',
      at: '14:29:55',
    }),
    condition('Ready', 'True', { reason: 'KubeletReady' }),
  ],
});
const thresholdMet = event(pressed, {
  type: 'Warning',
  reason: 'EvictionThresholdMet',
  message: 'Attempting to reclaim memory',
  at: '14:29:55',
});
const hasPressure = event(pressed, {
  reason: 'NodeHasInsufficientMemory',
  message: 'Node worker-7 status is now: NodeHasInsufficientMemory',
  at: '14:29:56',
});

function victim(name: string, finished: string) {
  return pod({
    name,
    replicaSet: name.slice(0, name.lastIndexOf('-')),
    containers: [
      container('app', {
        requestMiB: 128,
        limitMiB: 2048,
        now: running('14:30:40'),
        last: died(137, 'OOMKilled', '09:00:00', finished),
      }),
    ],
  });
}
const one = victim('geo-79c8b7d6f-4s9dl', '14:30:02');
const others = [
  victim('feed-6c7d8f9b5-w2x4k', '14:30:05'),
  victim('cart-5d8f7b9c4-hx2lk', '14:30:11'),
  victim('quote-58c7d9f6b-k4mzt', '14:30:20'),
];

const HASH = '3f0c1b5a7d9e2846b1c0d3e5f7a98b6c';
const staticPod = pod({
  name: 'etcd-worker-7',
  namespace: 'kube-system',
  uid: uid('mirror-of-etcd'),
  configHash: HASH,
  owner: { kind: 'Node', name: 'worker-7' },
  containers: [
    container('etcd', {
      image: 'registry.k8s.io/etcd:3.6.5-0',
      requestMiB: 512,
      limitMiB: 2048,
      now: running('14:11:09'),
      last: died(137, 'OOMKilled', '06:12:50', '14:11:07'),
    }),
  ],
});

const initLoop = pod({
  name: 'shop-db-0',
  phase: 'Pending',
  containers: [
    container('restore', {
      role: 'init',
      command: ['/restore.sh'],
      requestMiB: 256,
      limitMiB: 256,
      restarts: 7,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 5m0s restarting failed container=restore pod=shop-db-0_shop(7c1d2e3f-4051-4617-a829-3a4b5c6d7e90)',
      ),
      last: died(137, 'OOMKilled', '14:36:40', '14:38:51'),
    }),
    container('postgres', {
      image: 'postgres:18',
      requestMiB: 1024,
      limitMiB: 2048,
      now: waiting('PodInitializing'),
    }),
  ],
});

const docker = (reason: string) =>
  dockerContainer(
    'compose-api-1',
    container('compose-api-1', { limitMiB: 512, now: died(137, reason, '09:12:03', '14:30:41') }),
  );
const dockerOom = docker('OOMKilled');
const dockerError = docker('Error');

const rolled = pod({
  name: 'studio-5c9d8b7f6-2vk8x',
  replicaSet: 'studio-5c9d8b7f6',
  containers: [
    container('studio', {
      requestMiB: 512,
      limitMiB: 1024,
      restarts: 3,
      now: running('14:31:02'),
      last: died(137, 'OOMKilled', '14:10:00', '14:31:00'),
    }),
  ],
});

const earlier = pod({
  name: 'quote-58c7d9f6b-k4mzt',
  containers: [
    container('quote', {
      requestMiB: 256,
      limitMiB: 512,
      now: running('12:40:02'),
      last: died(1, 'Error', '12:00:00', '12:40:00'),
    }),
  ],
});

const sibling = pod({
  name: 'media-7b8d6c9f5-k9s2r',
  replicaSet: 'media-7b8d6c9f5',
  deletionAtMs: t('14:10:30'),
  deletionGraceSeconds: 30,
  conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:10:00')],
  containers: [
    container('encoder', {
      requestMiB: 512,
      limitMiB: 1024,
      restarts: 1,
      now: died(143, 'Error', '11:02:20', '14:10:03'),
      last: died(137, 'OOMKilled', '06:12:50', '11:02:18'),
    }),
    container('uploader', {
      requestMiB: 256,
      limitMiB: 512,
      now: died(143, 'OOMKilled', '06:12:51', '14:10:02'),
    }),
  ],
});

const noRaise = ['raise (the|its) (memory )?limit', 'increase (the|its) (memory )?limit'];

export const levelTrapCases: readonly GoldenCase[] = [
  {
    name: 'trap-low-peak-and-memory-pressure',
    about: `OOMKilled with 137, but the working set was 410 of 2048 MiB eight seconds before and the node met its eviction threshold at that time. The node is the better explanation, yet a spike of seconds is invisible to samples: K6, only possible. Its own limit would be the wrong claim.`,
    expected: {
      select: { namespace: 'shop', pod: one.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'possible',
      mustNotSay: noRaise,
    },
    bundle: bundle({
      pods: [one],
      nodes: [pressed],
      events: [thresholdMet, hasPressure],
      samples: [sample(one, 'app', '14:29:54', { workingSetMiB: 410, usageMiB: 432, peakMiB: 455 })],
    }),
  },
  {
    name: 'trap-several-oomkilled-in-one-minute',
    about: `Four pods of one node OOMKilled within twenty seconds, the one in question at a fifth of its limit, and the node under MemoryPressure: together likely a node-wide OOM. Four leaks at once would be a strange coincidence.`,
    expected: {
      select: { namespace: 'shop', pod: one.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'likely',
      mustNotSay: noRaise,
    },
    bundle: bundle({
      pods: [one, ...others],
      nodes: [pressed],
      events: [thresholdMet, hasPressure],
      samples: [one, ...others].map((target) =>
        sample(target, 'app', '14:29:54', { workingSetMiB: 410, usageMiB: 432 }),
      ),
    }),
  },
  {
    name: 'trap-static-pod-config-hash',
    about: `A static pod's cgroup is named after its config hash, not after the mirror pod's UID. The kernel's report names that hash and the container's id: it is this pod's death, K1, certain.`,
    expected: {
      select: { namespace: 'kube-system', pod: staticPod.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [staticPod],
      kernelKills: [
        kernelKill({
          pod: staticPod,
          container: 'etcd',
          at: '14:11:06',
          level: 'container',
          comm: 'etcd',
          anonMiB: 2011,
          limitMiB: 2048,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-init-container-restarts',
    about: `The init container is OOMKilled again and again (seven restarts); the main container never started. The death is the init container's, at its own limit: K1, likely (no kernel log).`,
    expected: {
      select: { namespace: 'shop', pod: initLoop.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
      mustSay: ['restore'],
    },
    bundle: bundle({ pods: [initLoop] }),
  },
  {
    name: 'docker-inspect-oomkilled',
    about: `docker inspect of a Compose container: OOMKilled true, exit code 137, a memory limit of 512 MiB. No Kubernetes at all. The flag says an OOM kill hit it; its own limit is likely.`,
    expected: {
      select: { pod: 'compose-api-1' },
      kind: 'identified',
      code: 'K1',
      confidence: ['likely', 'possible'],
    },
    bundle: bundle({ pods: [dockerOom], nodes: [], eventsFrom: 'none' }),
  },
  {
    name: 'trap-docker-137-without-oom',
    about: `docker inspect with OOMKilled false and 137: docker stop after its ten seconds, docker kill, or anything else that sends SIGKILL; docker keeps no events in its inspection. Insufficient, and no OOM.`,
    expected: {
      select: { pod: 'compose-api-1' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      mustNotSay: ['(was|been|got) (OOM|out of memory)', ...noRaise],
    },
    bundle: bundle({ pods: [dockerError], nodes: [], eventsFrom: 'none' }),
  },
  {
    name: 'trap-kernel-report-of-an-earlier-life',
    about: `The kernel log ends at 14:15 and holds an OOM report of the life before (another container id). The newest death at 14:31:00 is a new one: OOMKilled with a limit, its own level unread: K1 likely, not certain by the old report.`,
    expected: {
      select: { namespace: 'shop', pod: rolled.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: (() => {
      const before = pod({
        name: rolled.name,
        containers: [
          container('studio', {
            requestMiB: 512,
            limitMiB: 1024,
            restarts: 2,
            now: running('14:10:00'),
            last: died(137, 'OOMKilled', '13:30:00', '14:09:58'),
          }),
        ],
      });
      return bundle({
        pods: [rolled],
        kernelKills: [
          kernelKill({
            pod: before,
            container: 'studio',
            at: '14:09:57',
            level: 'container',
            comm: 'studio',
            anonMiB: 1001,
            limitMiB: 1024,
          }),
        ],
        logCoverage: [covers('kernel', '06:00:00', '14:15:00')],
      });
    })(),
  },
  {
    name: 'trap-metrics-after-the-restart',
    about: `OOMKilled, and the only sample (120 of 512 MiB) is of the new life, taken after the restart. It must not be compared with the limit: no low-peak argument, K1 stays likely.`,
    expected: {
      select: { namespace: 'shop', pod: 'cart-5d8f7b9c4-6wd3p' },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
      mustNotSay: ['120 ?MiB of'],
    },
    bundle: (() => {
      const target = pod({
        name: 'cart-5d8f7b9c4-6wd3p',
        replicaSet: 'cart-5d8f7b9c4',
        containers: [
          container('cart', {
            requestMiB: 256,
            limitMiB: 512,
            now: running('14:31:04'),
            last: died(137, 'OOMKilled', '09:02:11', '14:31:02'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        samples: [sample(target, 'cart', '14:31:14', { workingSetMiB: 120, usageMiB: 126 })],
      });
    })(),
  },
  {
    name: 'trap-npd-oomkilling-is-not-system-oom',
    about: `node-problem-detector wrote OOMKilling for the node with the kernel's line "Memory cgroup out of memory": a cgroup's limit, not the node's memory. Only the kubelet's SystemOOM speaks of the whole node. K1, likely; K6 would be a misreading.`,
    expected: {
      select: { namespace: 'shop', pod: rolled.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({
      pods: [rolled],
      events: [
        event(node(), {
          type: 'Warning',
          reason: 'OOMKilling',
          message:
            'Memory cgroup out of memory: Killed process 22609 (studio) total-vm:3312000kB, anon-rss:1036288kB, file-rss:8192kB, shmem-rss:0kB, UID:1000 pgtables:2304kB oom_score_adj:968',
          at: '14:31:00',
          by: 'kernel-monitor',
        }),
      ],
    }),
  },
  {
    name: 'trap-newest-death-of-the-bundle',
    about: `Nothing is named: the newest death is asked for. Two containers died; the later death, at 14:31:00, is studio's. Its own limit, API only: likely.`,
    expected: { kind: 'identified', code: 'K1', confidence: 'likely', mustSay: [rolled.name] },
    bundle: bundle({ pods: [earlier, rolled] }),
  },
  {
    name: 'trap-sibling-with-a-false-flag-on-v1',
    about: `On cgroup v1 every container of a pod gets the OOM notice of the pod's cgroup. encoder was killed at 11:02; uploader, never harmed, is drained at 14:10 and shows OOMKilled with 143. It obeyed SIGTERM: P3; calling uploader an OOM victim would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: sibling.name, container: 'uploader' },
      kind: 'identified',
      code: 'P3',
      confidence: ['certain', 'likely'],
      mustNotSay: noRaise,
    },
    bundle: bundle({
      pods: [sibling],
      nodes: [
        node({
          cgroupVersion: 1,
          unschedulable: true,
          kernelVersion: '5.4.0-1103-azure',
          containerRuntimeVersion: 'containerd://1.6.28',
          kubeletVersion: 'v1.30.9',
        }),
      ],
      events: [killing(sibling, 'uploader', '14:10:00'), killing(sibling, 'encoder', '14:10:00')],
    }),
  },
];
