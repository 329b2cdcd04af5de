/** K1: the container's own limit. */
import type { GoldenCase } from '../golden.ts';
import { bundle, container, covers, died, journal, node, pod, running, sample, waiting } from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const leaked = pod({
  name: 'cart-5d8f7b9c4-hx2lk',
  replicaSet: 'cart-5d8f7b9c4',
  qosClass: 'Guaranteed',
  containers: [
    container('cart', {
      limitMiB: 512,
      now: running('14:31:04'),
      last: died(137, 'OOMKilled', '09:02:11', '14:31:02'),
    }),
  ],
});

const startUp = pod({
  name: 'search-6b7d9f8c5-2tq9w',
  replicaSet: 'search-6b7d9f8c5',
  containers: [
    container('search', {
      image: 'registry.example/shop/search:2.0.0',
      command: ['java', '-Xms1g', '-jar', '/app/search.jar'],
      requestMiB: 256,
      limitMiB: 512,
      restarts: 9,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 5m0s restarting failed container=search pod=search-6b7d9f8c5-2tq9w_shop(e2c5a4b0-6d7b-4f0e-a8a3-9a3f0b1c2d3e)',
      ),
      last: died(137, 'OOMKilled', '14:38:20', '14:38:23'),
    }),
  ],
});

const onCrio = pod({
  name: 'ledger-7c9f5d6b8-vv8s2',
  replicaSet: 'ledger-7c9f5d6b8',
  containers: [
    container('ledger', {
      requestMiB: 256,
      limitMiB: 768,
      now: running('14:22:40'),
      last: died(137, 'OOMKilled', '11:40:02', '14:22:38'),
    }),
  ],
});

const lostFlag = pod({
  name: 'quote-58c7d9f6b-k4mzt',
  replicaSet: 'quote-58c7d9f6b',
  containers: [
    container('quote', {
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:27:20'),
      last: died(137, 'Error', '08:00:12', '14:27:18'),
    }),
  ],
});

export const kernelLimitCases: readonly GoldenCase[] = [
  {
    name: 'k1-own-limit-kernel-log',
    about: `The container's only process grew to its limit of 512 MiB; the kernel's report names the container's own cgroup as the one that was full
and this container's id as the victim's. That record is the proof itself: certain. "Just raise the limit" would be wrong as the only advice.`,
    expected: {
      select: { namespace: 'shop', pod: leaked.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
      mustSay: ['512 ?MiB'],
      mustNotSay: ['liveness', 'evict'],
    },
    bundle: bundle({
      pods: [leaked],
      kernelKills: [
        kernelKill({
          pod: leaked,
          container: 'cart',
          at: '14:31:01',
          level: 'container',
          comm: 'cart',
          anonMiB: 498,
          limitMiB: 512,
          oomScoreAdj: -997,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k1-group-kill',
    about: `On cgroup v2 since Kubernetes 1.28 one child over the limit kills the whole container: memory.oom.group is set, the kernel prints a kill line per process.
Several killed processes are one death of one container at its own limit: K1, certain, not K3 and not several incidents.`,
    expected: {
      select: { namespace: 'shop', pod: leaked.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [leaked],
      kernelKills: [
        kernelKill({
          pod: leaked,
          container: 'cart',
          at: '14:31:01',
          level: 'container',
          comm: 'cart-worker',
          anonMiB: 300,
          limitMiB: 512,
          group: [
            ['cart', 120],
            ['cart-worker', 70],
          ],
          tasks: [
            ['cart-worker', 308],
            ['cart', 128],
            ['cart-worker', 74],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k1-api-only',
    about: `OOMKilled with 137, a limit of 512 MiB, no kernel log, no metrics, nothing else in the window. An OOM kill hit this container for sure,
but the level was not read: on cgroup v2 a pod, kubepods or node OOM sets the same reason. So its own limit is likely, not certain.`,
    expected: {
      select: { namespace: 'shop', pod: leaked.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({ pods: [leaked] }),
  },
  {
    name: 'k1-usage-near-limit',
    about: `OOMKilled with 137 and a working set of 497 of 512 MiB ten seconds before: usage at 97 % of the limit supports the container's own limit (likely).
Without the kernel's report it does not become certain.`,
    expected: {
      select: { namespace: 'shop', pod: leaked.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({
      pods: [leaked],
      samples: [sample(leaked, 'cart', '14:30:52', { workingSetMiB: 497, usageMiB: 505, peakMiB: 511 })],
    }),
  },
  {
    name: 'k1-start-up-need',
    about: `OOMKilled three seconds after each start, nine times: the limit lies below what the process needs to start (-Xms1g in 512 MiB). The image's own process
did run, so it is not K7 (creation), and three seconds are no leak. No kernel log: likely.`,
    expected: {
      select: { namespace: 'shop', pod: startUp.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
      mustNotSay: ['\\bleak'],
    },
    bundle: bundle({ pods: [startUp] }),
  },
  {
    name: 'k1-crio-kernel-log',
    about: `The same death on CRI-O: the victim's leaf is crio-<id>.scope and the cgroup that was full is the container's own. Certain.`,
    expected: {
      select: { namespace: 'shop', pod: onCrio.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [onCrio],
      nodes: [
        node({ containerRuntimeVersion: 'cri-o://1.34.1', osImage: 'Red Hat Enterprise Linux CoreOS 9.6' }),
      ],
      kernelKills: [
        kernelKill({
          pod: onCrio,
          container: 'ledger',
          at: '14:22:37',
          level: 'container',
          comm: 'ledger',
          anonMiB: 751,
          limitMiB: 768,
          runtime: 'crio',
        }),
      ],
      logCoverage: [covers('kernel', '11:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-error-137-with-kernel-log',
    about: `The API says 137 with reason Error, because the runtime lost the OOM event (containerd before 2.3), yet the kernel's report names this very container id
and its own limit. "Error" does not rule an OOM out: K1, certain.`,
    expected: {
      select: { namespace: 'shop', pod: lostFlag.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [lostFlag],
      nodes: [node({ containerRuntimeVersion: 'containerd://1.7.28' })],
      kernelKills: [
        kernelKill({
          pod: lostFlag,
          container: 'quote',
          at: '14:27:17',
          level: 'container',
          comm: 'quote',
          anonMiB: 499,
          limitMiB: 512,
        }),
      ],
      logCoverage: [covers('kernel', '07:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-error-137-with-task-oom',
    about: `The API says 137 with reason Error, but systemd's journal has "A process of this unit has been killed by the OOM killer" for this container's scope and containerd
a TaskOOM event with its id. That is the second source a 137 with Error needs. The level was not read: its own limit is likely.`,
    expected: {
      select: { namespace: 'shop', pod: lostFlag.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({
      pods: [lostFlag],
      nodes: [node({ containerRuntimeVersion: 'containerd://1.7.28' })],
      nodeLog: [
        journal('14:27:17', {
          kind: 'scope-oom',
          containerId: idOf(lostFlag, 'quote'),
          line: `systemd[1]: cri-containerd-${idOf(lostFlag, 'quote')}.scope: A process of this unit has been killed by the OOM killer.`,
        }),
        journal('14:27:18', {
          kind: 'task-oom',
          containerId: idOf(lostFlag, 'quote'),
          line: `containerd[1021]: time="2026-10-02T14:27:18.204Z" level=info msg="TaskOOM event container_id:\\"${idOf(lostFlag, 'quote')}\\""`,
        }),
      ],
      logCoverage: [covers('runtime', '12:00:00', '14:44:50'), covers('system', '12:00:00', '14:44:50')],
    }),
  },
];
