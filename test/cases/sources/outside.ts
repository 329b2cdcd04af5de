/** X1, X2, X4, X5, W1: user-space OOM daemons, kill -9, sandboxes, Windows. */
import type { GoldenCase } from '../golden.ts';
import { bundle, container, covers, died, journal, logTail, node, pod, running, sample } from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const quiet = pod({
  name: 'pricing-6b8c7d9f5-k5w2r',
  replicaSet: 'pricing-6b8c7d9f5',
  containers: [
    container('pricing', {
      image: 'registry.example/shop/pricing:5.0.1',
      command: ['/app/pricing'],
      requestMiB: 256,
      limitMiB: 1024,
      now: running('14:28:14'),
      last: died(137, 'Error', '07:40:00', '14:28:12'),
    }),
  ],
});

const quietScope = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${(quiet.uid ?? '').replaceAll('-', '_')}.slice/cri-containerd-${idOf(quiet, 'pricing')}.scope`;

const neighbour = pod({
  name: 'video-7d9c6b8f5-w4k9t',
  replicaSet: 'video-7d9c6b8f5',
  containers: [
    container('video', {
      requestMiB: 512,
      limitMiB: 2048,
      now: running('14:28:15'),
      last: died(137, 'OOMKilled', '13:00:00', '14:28:13'),
    }),
  ],
});

const sandboxed = pod({
  name: 'tenant-7f9d8c6b5-b2r7x',
  replicaSet: 'tenant-7f9d8c6b5',
  runtimeClassName: 'gvisor',
  containers: [
    container('tenant', {
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:33:21'),
      last: died(143, 'Error', '12:10:00', '14:33:19'),
    }),
  ],
});

const sandboxedOom = pod({
  name: 'tenant-7f9d8c6b5-q9d4m',
  replicaSet: 'tenant-7f9d8c6b5',
  runtimeClassName: 'gvisor',
  containers: [
    container('tenant', {
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:33:21'),
      last: died(137, 'OOMKilled', '12:10:00', '14:33:19'),
    }),
  ],
});

const windows = pod({
  name: 'billing-6d7c8b9f5-v2n8k',
  replicaSet: 'billing-6d7c8b9f5',
  os: 'windows',
  containers: [
    container('billing', {
      image: 'registry.example/shop/billing:10.2-ltsc2022',
      requestMiB: 1024,
      limitMiB: 2048,
      now: running('14:33:21'),
      last: died(137, 'Error', '12:10:00', '14:33:19'),
    }),
  ],
});

const noOom = [
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
  'ran out of memory',
  '(was|got) OOM.?killed',
];

const allLogs = [
  covers('kernel', '07:00:00', '14:44:50'),
  covers('system', '07:00:00', '14:44:50'),
  covers('runtime', '07:00:00', '14:44:50'),
  covers('kubelet', '07:00:00', '14:44:50'),
];

export const outsideCases: readonly GoldenCase[] = [
  {
    name: 'x1-systemd-oomd',
    about: `The journal says that systemd-oomd killed exactly this container's scope for memory pressure. The kernel's OOM killer had no part (no report, reason Error). X1, certain; "OOMKilled" would be wrong, and so would a higher limit.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: 'identified',
      code: 'X1',
      confidence: 'certain',
      mustSay: ['systemd-oomd'],
      mustNotSay: ['raise (the|its) (memory )?limit'],
    },
    bundle: bundle({
      pods: [quiet],
      nodeLog: [
        journal('14:28:12', {
          kind: 'oomd-kill',
          cgroup: quietScope,
          reason: 'memory pressure for /kubepods.slice being 71.32% > 60.00% for > 20s with reclaim activity',
          containerId: idOf(quiet, 'pricing'),
          podUid: quiet.uid ?? '',
          line: `systemd-oomd[611]: Killed ${quietScope} due to memory pressure for /kubepods.slice being 71.32% > 60.00% for > 20s with reclaim activity`.slice(
            0,
            400,
          ),
        }),
      ],
      logCoverage: allLogs,
    }),
  },
  {
    name: 'x2-earlyoom',
    about: `earlyoom on the node sent SIGKILL to a process named pricing at the second the container died with 137/Error; the kernel log is silent. The line names a host PID and a name, not a container: X2, but not certain.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: 'identified',
      code: 'X2',
      confidence: ['likely', 'possible'],
      mustSay: ['earlyoom'],
      mustNotSay: ['raise (the|its) (memory )?limit'],
    },
    bundle: bundle({
      pods: [quiet],
      nodeLog: [
        journal('14:28:11', {
          kind: 'earlyoom-kill',
          pid: 48_112,
          comm: 'pricing',
          signal: 'SIGKILL',
          line: 'earlyoom[702]: sending SIGKILL to process 48112 uid 1000 "pricing": oom_score 1012, oom_score_adj 984, VmRSS 611 MiB, cmdline "/app/pricing"',
        }),
      ],
      logCoverage: allLogs,
    }),
  },
  {
    name: 'x4-by-exclusion',
    about: `137 with Error. Events are retained and show no Killing; kernel log, journals of systemd, runtime and kubelet cover the time and are silent; usage was 240 of 1024 MiB. What remains is a SIGKILL from inside, from the host, or exit(137) in the app: X4, only by exclusion and only possible.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: 'identified',
      code: 'X4',
      confidence: 'possible',
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [quiet],
      samples: [sample(quiet, 'pricing', '14:28:05', { workingSetMiB: 240, usageMiB: 251, peakMiB: 262 })],
      logCoverage: allLogs,
    }),
  },
  {
    name: 'trap-kernel-log-of-another-container',
    about: `The kernel log of the node shows an OOM kill one second after this death: of a container of ANOTHER pod. It covers the time and has no line for this container, so it speaks against an OOM here. No Killing event. At most X4; K1 or K6 for this pod would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: ['insufficient-evidence', 'identified'],
      code: ['insufficient', 'X4'],
      confidence: 'possible',
      candidates: ['X4'],
      notCandidates: ['K6', 'K5'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [quiet, neighbour],
      kernelKills: [
        kernelKill({
          pod: neighbour,
          container: 'video',
          at: '14:28:13',
          level: 'container',
          comm: 'ffmpeg',
          anonMiB: 2010,
          limitMiB: 2048,
        }),
      ],
      logCoverage: [covers('kernel', '07:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-exit-137-from-the-app',
    about: `The app's log ends with its own watchdog's line "self-check failed, exiting with status 137" and the events show no Killing: exit(137) in code. The API cannot tell it from a signal. X4 at most possible, or nothing; no OOM.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: ['identified', 'insufficient-evidence'],
      code: ['X4', 'insufficient'],
      confidence: ['possible', 'likely'],
      candidates: ['X4'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [quiet],
      samples: [sample(quiet, 'pricing', '14:28:05', { workingSetMiB: 240, usageMiB: 251 })],
      logTails: [
        logTail(quiet, 'pricing', [
          '2026-10-02T14:28:11Z INFO  request served in 12 ms',
          '2026-10-02T14:28:12Z FATAL watchdog: self-check failed, exiting with status 137',
        ]),
      ],
    }),
  },
  {
    name: 'x5-gvisor-hides-the-oom',
    about: `Under gVisor on cgroup v2 an OOM of the sandbox shows as 143 or 128 without OOM event (fixed only later). 143 with nobody stopping it, usage at 98 % of the limit: the sandbox hides the cause. X5 at most; K1 cannot be claimed, and a plain "shut down as asked" neither.`,
    expected: {
      select: { namespace: 'shop', pod: sandboxed.name },
      kind: ['identified', 'insufficient-evidence'],
      code: ['X5', 'insufficient'],
      confidence: ['possible', 'likely'],
      candidates: ['X5'],
      mustSay: ['gVisor|sandbox|RuntimeClass'],
    },
    bundle: bundle({
      pods: [sandboxed],
      samples: [sample(sandboxed, 'tenant', '14:33:12', { workingSetMiB: 502, usageMiB: 511 })],
    }),
  },
  {
    name: 'trap-gvisor-lowers-confidence',
    about: `OOMKilled 137 with a limit, but under gVisor: every confidence drops by 0.2, so what would be likely (0.8) is only possible (0.6).`,
    expected: {
      select: { namespace: 'shop', pod: sandboxedOom.name },
      kind: 'identified',
      code: ['K1', 'X5'],
      confidence: 'possible',
    },
    bundle: bundle({ pods: [sandboxedOom] }),
  },
  {
    name: 'w1-windows-137',
    about: `A Windows container with 137 and Error. Windows has no OOM killer: an allocation fails or pages. OOM must not be claimed from 137, whatever the usage was.`,
    expected: {
      select: { namespace: 'shop', pod: windows.name },
      kind: ['identified', 'insufficient-evidence'],
      code: ['W1', 'insufficient'],
      confidence: ['possible', 'likely'],
      candidates: ['W1|X4|L4'],
      notCandidates: ['K1', 'K4', 'K5', 'K6', 'K2', 'K9'],
      mustSay: ['Windows'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [windows],
      nodes: [
        node({
          operatingSystem: 'windows',
          osImage: 'Windows Server 2022 Datacenter',
          kernelVersion: '10.0.20348.4171',
          containerRuntimeVersion: 'containerd://2.1.4',
        }),
      ],
      samples: [sample(windows, 'billing', '14:33:10', { workingSetMiB: 1990 })],
    }),
  },
];
