/** Insufficient and ambiguous evidence, and what decides the level at the pod's cgroup. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  container,
  covers,
  died,
  event,
  execProbe,
  httpProbe,
  node,
  pod,
  running,
  sample,
} from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const mystery = pod({
  name: 'notify-5d7c9b8f6-j8w3k',
  replicaSet: 'notify-5d7c9b8f6',
  containers: [
    container('notify', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      now: running('12:03:12'),
      last: died(137, 'Error', '07:44:00', '12:03:10'),
    }),
  ],
});

const recent = pod({
  name: 'notify-5d7c9b8f6-n2v9x',
  replicaSet: 'notify-5d7c9b8f6',
  containers: [
    container('notify', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:28:12'),
      last: died(137, 'Error', '07:44:00', '14:28:10'),
    }),
  ],
});

const execProbed = pod({
  name: 'notify-5d7c9b8f6-w6t4d',
  replicaSet: 'notify-5d7c9b8f6',
  containers: [
    container('notify', {
      command: ['gunicorn', '-w', '4', 'notify.wsgi'],
      liveness: execProbe('python3', '/check.py'),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:28:12'),
      last: died(137, 'Error', '07:44:00', '14:28:10'),
    }),
  ],
});

const twins = pod({
  name: 'media-7b8d6c9f5-q5x2v',
  replicaSet: 'media-7b8d6c9f5',
  containers: [
    container('encoder', {
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:33:02'),
      last: died(137, 'OOMKilled', '06:12:50', '14:33:00'),
    }),
    container('uploader', { requestMiB: 256, limitMiB: 512, now: running('06:12:51') }),
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

export const undecidedCases: readonly GoldenCase[] = [
  {
    name: 'insufficient-137-error-events-expired',
    about: `137 with Error at 12:03; the events reach back to 13:47 only (one hour of retention), no kernel log, no journal, no metrics. A liveness kill, an OOM whose flag was lost, an outside SIGKILL and node trouble all fit; none reaches the level at which a single cause may be named. OOM must not be claimed.`,
    expected: {
      select: { namespace: 'shop', pod: mystery.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['L4', 'K1', 'X4'],
      mustSay: ['expired|retention|reach back|about an hour'],
      mustNotSay: claimsOom,
    },
    bundle: bundle({ pods: [mystery] }),
  },
  {
    name: 'trap-137-error-events-retained-no-killing',
    about: `137 with Error; events of that time are retained and show no Killing, so the kubelet did not kill it (L4 and L7 are contradicted). Without kernel log or journal an OOM whose flag was lost, an outside SIGKILL and a user-space OOM daemon remain, none above 0.5: insufficient.`,
    expected: {
      select: { namespace: 'shop', pod: recent.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4', 'K1'],
      notCandidates: ['L4', 'L7'],
      mustNotSay: claimsOom,
    },
    bundle: bundle({
      pods: [recent],
      events: [
        event(recent, {
          reason: 'Started',
          message: 'Started container notify',
          at: '14:28:12',
          container: 'notify',
        }),
      ],
    }),
  },
  {
    name: 'trap-137-error-usage-near-limit',
    about: `The same with a working set at 97 % of the limit four seconds before: an OOM kill whose event was lost (containerd before 2.3) is probable, but the record itself was not read: K1, only possible.`,
    expected: {
      select: { namespace: 'shop', pod: recent.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'possible',
    },
    bundle: bundle({
      pods: [recent],
      nodes: [node({ containerRuntimeVersion: 'containerd://1.7.28' })],
      samples: [sample(recent, 'notify', '14:28:06', { workingSetMiB: 497, usageMiB: 509 })],
      events: [
        event(recent, {
          reason: 'Started',
          message: 'Started container notify',
          at: '14:28:12',
          container: 'notify',
        }),
      ],
    }),
  },
  {
    name: 'trap-silent-kernel-log-speaks-against-oom',
    about: `137 with Error, usage at 97 % of the limit, but the node's kernel log covers the whole day and has no OOM report. The kernel always prints a kill: an OOM is ruled out, however full it was. Not K1; X4 or nothing.`,
    expected: {
      select: { namespace: 'shop', pod: recent.name },
      kind: ['insufficient-evidence', 'identified'],
      code: ['insufficient', 'X4'],
      confidence: 'possible',
      candidates: ['X4'],
      notCandidates: ['K6', 'K5'],
      mustNotSay: claimsOom,
    },
    bundle: bundle({
      pods: [recent],
      samples: [sample(recent, 'notify', '14:28:06', { workingSetMiB: 497, usageMiB: 509 })],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-137-error-several-processes',
    about: `137 with Error, events retained, no metrics, an exec probe and a multi-process image: a child's OOM (K2, K9) is possible at 0.5, as is an outside kill. Nothing reaches 0.6: insufficient.`,
    expected: {
      select: { namespace: 'shop', pod: execProbed.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['K9|K2|K1'],
      mustNotSay: claimsOom,
    },
    bundle: bundle({ pods: [execProbed] }),
  },
  {
    name: 'ambiguous-pod-slice-two-containers',
    about: `The kernel names the pod slice, the report is cut before the kill line and has no process table; the pod has two limited containers, no memory-backed volume, no samples. The pod's limit is the sum of both and decides nothing: the container's own limit and the pod's are both open. Ambiguous K1/K4.`,
    expected: {
      select: { namespace: 'shop', pod: twins.name, container: 'encoder' },
      kind: 'ambiguous',
      code: 'ambiguous',
      candidates: ['K1', 'K4'],
    },
    bundle: bundle({
      pods: [twins],
      kernelKills: [
        kernelKill({
          pod: twins,
          container: 'encoder',
          at: '14:32:59',
          level: 'pod',
          comm: 'ffmpeg',
          cut: true,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-pod-slice-one-container',
    about: `The kernel names the pod slice for an ordinary pod of one container with a limit: the pod's cgroup has the same number and holds the pause process, so it is reached first. That is normal accounting and means the container's own limit: K1, certain. K4 would accuse nobody in particular.`,
    expected: {
      select: { namespace: 'shop', pod: 'cart-5d8f7b9c4-8xk2w' },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
      mustSay: ['512 ?MiB'],
    },
    bundle: (() => {
      const target = pod({
        name: 'cart-5d8f7b9c4-8xk2w',
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
        kernelKills: [
          kernelKill({
            pod: target,
            container: 'cart',
            at: '14:31:01',
            level: 'pod',
            comm: 'cart',
            anonMiB: 497,
            limitMiB: 512,
          }),
        ],
        logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
      });
    })(),
  },
  {
    name: 'trap-pod-slice-victim-at-its-own-limit',
    about: `Two limited containers, the kernel names the pod slice, and the victim's tasks held 1004 of its own 1024 MiB: its own charge is at its own limit, so K1 although the pod has siblings.`,
    expected: {
      select: { namespace: 'shop', pod: twins.name, container: 'encoder' },
      kind: 'identified',
      code: 'K1',
      confidence: ['certain', 'likely'],
      mustNotSay: ['limit of 1536'],
      mustSay: ['1024 ?MiB|1 ?GiB'],
    },
    bundle: bundle({
      pods: [twins],
      kernelKills: [
        kernelKill({
          pod: twins,
          container: 'encoder',
          at: '14:32:59',
          level: 'pod',
          comm: 'ffmpeg',
          anonMiB: 996,
          limitMiB: 1536,
          tasks: [
            ['ffmpeg', 1004],
            ['uploader', 502],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-only-one-of-two-containers-died',
    about: `Of two containers only the sidecar-like uploader died; asked about the pod as a whole, the answer is about the one that died, and its sibling's memory says nothing. OOMKilled with its own limit, API only: K1, likely.`,
    expected: {
      select: { namespace: 'shop', pod: 'media-7b8d6c9f5-2fw6z' },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
      mustSay: ['uploader'],
    },
    bundle: (() => {
      const target = pod({
        name: 'media-7b8d6c9f5-2fw6z',
        replicaSet: 'media-7b8d6c9f5',
        containers: [
          container('encoder', { requestMiB: 512, limitMiB: 1024, now: running('06:12:50') }),
          container('uploader', {
            requestMiB: 256,
            limitMiB: 512,
            now: running('14:33:02'),
            last: died(137, 'OOMKilled', '06:12:51', '14:33:00'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        samples: [sample(target, 'encoder', '14:44:00', { workingSetMiB: 300 })],
      });
    })(),
  },
  {
    name: 'trap-victim-of-a-neighbours-request',
    about: `The other side of the same report: geo was killed although mapper asked. K6, certain, for geo; the invoker is not the culprit by being named first.`,
    expected: {
      select: { namespace: 'shop', pod: victimPod.name },
      kind: 'identified',
      code: 'K6',
      confidence: 'certain',
      mustNotSay: ['raise (the|its) (memory )?limit'],
    },
    bundle: bundle({
      pods: [invokerPod, victimPod],
      kernelKills: [invokedByNeighbour],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
];
