/** Evidence that is near the death in time or place, and still not about it. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  condition,
  container,
  covers,
  died,
  disruption,
  event,
  httpProbe,
  journal,
  killing,
  node,
  pod,
  running,
  sample,
  t,
  unhealthy,
  workload,
} from '../kit.ts';
import { kernelKill } from '../kernel-kit.ts';

const set = workload({ kind: 'ReplicaSet', name: 'render-6c5d8b7f9', revision: 4, desiredReplicas: 0 });
const deletedBySet = (name: string, at: string) =>
  event(set, {
    reason: 'SuccessfulDelete',
    message: `Deleted pod: ${name}`,
    at,
    by: 'replicaset-controller',
  });

const flaggedRollout = (name: string, code: number, finished: string) =>
  pod({
    name,
    replicaSet: 'render-6c5d8b7f9',
    deletionAtMs: t('14:36:30'),
    deletionGraceSeconds: 30,
    containers: [
      container('render', {
        requestMiB: 512,
        limitMiB: 1024,
        now: died(code, 'OOMKilled', '06:12:50', finished),
      }),
    ],
  });
const late = flaggedRollout('render-6c5d8b7f9-5gk2w', 137, '14:36:30');
const clean = flaggedRollout('render-6c5d8b7f9-v8t4n', 0, '14:36:01');

const cleanedUp = pod({
  name: 'import-29311-m7x2d',
  job: 'import-29311',
  phase: 'Failed',
  deletionAtMs: t('14:40:30'),
  deletionGraceSeconds: 30,
  containers: [
    container('import', {
      requestMiB: 512,
      limitMiB: 1024,
      now: died(137, 'OOMKilled', '13:50:02', '14:10:00'),
    }),
  ],
});

const plain = pod({
  name: 'cart-5d8f7b9c4-t6v9s',
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
const stayed = {
  ...plain,
  conditions: [
    condition('DisruptionTarget', 'False', {
      reason: 'PreemptionByScheduler',
      message: 'default-scheduler: preempting to accommodate a higher priority pod',
      at: '14:20:00',
    }),
  ],
};

const pair = pod({
  name: 'media-7b8d6c9f5-c3z8h',
  replicaSet: 'media-7b8d6c9f5',
  containers: [
    container('encoder', {
      liveness: httpProbe(),
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:33:02'),
      last: died(137, 'OOMKilled', '06:12:50', '14:33:00'),
    }),
    container('uploader', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:33:03'),
      last: died(137, 'Error', '06:12:51', '14:33:01'),
    }),
  ],
});

const probedPair = pod({
  name: 'media-7b8d6c9f5-d5n2k',
  replicaSet: 'media-7b8d6c9f5',
  containers: [
    container('encoder', {
      liveness: httpProbe(),
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:33:02'),
      last: died(137, 'Error', '06:12:50', '14:33:00'),
    }),
    container('uploader', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:33:03'),
      last: died(137, 'Error', '06:12:51', '14:32:40'),
    }),
  ],
});

const quiet = pod({
  name: 'pricing-6b8c7d9f5-z8f3q',
  replicaSet: 'pricing-6b8c7d9f5',
  containers: [
    container('pricing', {
      requestMiB: 256,
      limitMiB: 1024,
      now: running('14:28:14'),
      last: died(137, 'Error', '07:40:00', '14:28:12'),
    }),
  ],
});

const described = pod({
  name: 'notify-5d7c9b8f6-j8w3k',
  origin: 'describe',
  source: 'describe.txt',
  containers: [
    container('notify', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      restarts: 2,
      now: running('12:03:12'),
      last: died(137, 'Error', '07:44:00', '12:03:10'),
    }),
  ],
});

const shuttingDown = pod({
  name: 'mailer-6c8b7d9f5-4px7j',
  replicaSet: 'mailer-6c8b7d9f5',
  phase: 'Failed',
  statusReason: 'NodeShutdown',
  statusMessage: 'Pod was rejected: Pod was rejected as the node is shutting down.',
  containers: [container('mailer', { requestMiB: 512, limitMiB: 512, noStatus: true })],
});

const ownReport = kernelKill({
  pod: plain,
  container: 'cart',
  at: '14:31:01',
  level: 'container',
  comm: 'cart',
  anonMiB: 498,
  limitMiB: 512,
});
const { atMs: _unknown, ...withoutTime } = ownReport;
const reportOf = [covers('kernel', '06:00:00', '14:44:50')];
const notOom = [
  '(was|been|got) (OOM|out of memory)',
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
];

export const timingTrapCases: readonly GoldenCase[] = [
  {
    name: 'trap-oomkilled-137-at-the-end-of-the-grace',
    about: `OOMKilled with 137 in a rollout, and the end came exactly when the grace of 30 s ran out: deletion, Killing event and timing explain this exit; the flag stems from an earlier child. P1 via L7, the OOM is a finding beside it.`,
    expected: {
      select: { namespace: 'shop', pod: late.name },
      kind: 'identified',
      code: 'P1',
      via: 'L7',
      confidence: ['certain', 'likely'],
      mustSay: ['OOM'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      pods: [late],
      workloads: [set],
      nodes: [node({ kubeletConfig: { singleProcessOomKill: true } })],
      events: [deletedBySet(late.name, '14:36:00'), killing(late, 'render', '14:36:00')],
    }),
  },
  {
    name: 'trap-oomkilled-0-in-a-rollout',
    about: `OOMKilled with exit 0 one second after "Stopping container" of a rollout: SIGTERM was obeyed. P1, not K3: the flag is of a child killed earlier in this life.`,
    expected: {
      select: { namespace: 'shop', pod: clean.name },
      kind: 'identified',
      code: 'P1',
      confidence: ['certain', 'likely'],
      mustSay: ['OOM'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      pods: [clean],
      workloads: [set],
      nodes: [node({ kubeletConfig: { singleProcessOomKill: true } })],
      events: [deletedBySet(clean.name, '14:36:00'), killing(clean, 'render', '14:36:00')],
    }),
  },
  {
    name: 'trap-deleted-long-after-the-death',
    about: `The Job's pod was OOMKilled at 14:10:00 and its failed pod cleaned up at 14:40:00 (deletionTimestamp minus grace). A deletion after the death cannot have caused it: K1, likely; not P1.`,
    expected: {
      select: { namespace: 'shop', pod: cleanedUp.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({
      pods: [cleanedUp],
      events: [
        event(workload({ kind: 'Job', name: 'import-29311' }), {
          reason: 'SuccessfulDelete',
          message: `Deleted pod: ${cleanedUp.name}`,
          at: '14:40:00',
          by: 'job-controller',
        }),
      ],
    }),
  },
  {
    name: 'trap-system-oom-of-another-time',
    about: `OOMKilled at 14:31:02, and a SystemOOM of the same node at 14:05:10, 26 minutes before: outside the window of the death. It says nothing about this one: K1, likely.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({
      pods: [plain],
      events: [
        event(node(), {
          type: 'Warning',
          reason: 'SystemOOM',
          message: 'System OOM encountered, victim process: java, pid: 8123',
          at: '14:05:10',
        }),
      ],
    }),
  },
  {
    name: 'trap-disruption-condition-withdrawn',
    about: `The pod carries a DisruptionTarget condition with status False: a preemption that was called off. It decides nothing: K1, likely.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'likely',
    },
    bundle: bundle({ pods: [stayed] }),
  },
  {
    name: 'trap-kernel-clock-drifted',
    about: `dmesg's wall clock is 95 s off (it drifts after suspend and time corrections), but the report names this container's id, which exists once. K1, certain.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [plain],
      kernelKills: [{ ...ownReport, atMs: t('14:32:37') }],
      logCoverage: reportOf,
    }),
  },
  {
    name: 'trap-kernel-report-without-a-date',
    about: `The kernel log carries only seconds since boot. The report names this container's id: K1, certain.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [plain],
      kernelKills: [{ ...withoutTime, uptimeSeconds: 611_523.318 }],
      logCoverage: [{ source: 'kernel.log', log: 'kernel', nodeName: 'worker-7' }],
    }),
  },
  {
    name: 'trap-constraint-none-on-a-cgroup-oom',
    about: `A kernel of the 5.2 series printed constraint=CONSTRAINT_NONE for a cgroup's OOM, too. oom_memcg and "Memory cgroup out of memory" tell: the container's own limit, K1, certain. K6 would be read from one wrong word.`,
    expected: {
      select: { namespace: 'shop', pod: plain.name },
      kind: 'identified',
      code: 'K1',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [plain],
      kernelKills: [
        {
          ...ownReport,
          constraint: 'CONSTRAINT_NONE',
          excerpt: ownReport.excerpt.map((line) => line.replace('CONSTRAINT_MEMCG', 'CONSTRAINT_NONE')),
        },
      ],
      logCoverage: reportOf,
    }),
  },
  {
    name: 'trap-kernel-report-of-the-sibling',
    about: `encoder was OOM-killed at 14:32:59 (its own cgroup, its own id); uploader of the same pod ended 137 with Error two seconds later. The report is not about uploader, and the log has no line for it: no OOM for uploader.`,
    expected: {
      select: { namespace: 'shop', pod: pair.name, container: 'uploader' },
      kind: ['insufficient-evidence', 'identified'],
      code: ['insufficient', 'X4'],
      confidence: 'possible',
      candidates: ['X4'],
      notCandidates: ['K6', 'K5'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      pods: [pair],
      kernelKills: [
        kernelKill({
          pod: pair,
          container: 'encoder',
          at: '14:32:59',
          level: 'container',
          comm: 'ffmpeg',
          anonMiB: 1001,
          limitMiB: 1024,
        }),
      ],
      logCoverage: reportOf,
    }),
  },
  {
    name: 'trap-killing-event-of-the-sibling',
    about: `The liveness probe of uploader failed and the kubelet killed it at 14:32:10; encoder ended 137 with Error at 14:33:00. Events name their container: the Killing event is not encoder's. Nothing can be named for encoder, and not L4.`,
    expected: {
      select: { namespace: 'shop', pod: probedPair.name, container: 'encoder' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      notCandidates: ['L4', 'L7'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      pods: [probedPair],
      events: [
        unhealthy(probedPair, 'uploader', {
          message: 'Liveness probe failed: HTTP probe failed with statuscode: 503',
          from: '14:31:50',
          at: '14:32:10',
        }),
        killing(
          probedPair,
          'uploader',
          '14:32:10',
          'Container uploader failed liveness probe, will be restarted',
        ),
      ],
    }),
  },
  {
    name: 'trap-containerd-restart-kills-nothing',
    about: `containerd was restarted 20 s before a single container ended 137 with Error. Shims survive a restart of containerd, so the restart alone kills nothing, and the code is not 255. X3 may stay among the candidates but is not established.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: ['insufficient-evidence', 'identified'],
      code: ['insufficient', 'X4'],
      confidence: 'possible',
      candidates: ['X4'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      pods: [quiet],
      samples: [sample(quiet, 'pricing', '14:28:05', { workingSetMiB: 240, usageMiB: 251 })],
      nodeLog: [
        journal('14:27:51', {
          kind: 'service-stopped',
          service: 'containerd',
          line: 'systemd[1]: Stopped containerd.service - containerd container runtime.',
        }),
        journal('14:27:52', {
          kind: 'service-started',
          service: 'containerd',
          line: 'systemd[1]: Started containerd.service - containerd container runtime.',
        }),
      ],
      logCoverage: [covers('system', '07:00:00', '14:44:50'), covers('runtime', '07:00:00', '14:44:50')],
    }),
  },
  {
    name: 'reject-node-is-shutting-down',
    about: `The pod was refused because its node was shutting down: it never ran here. Not L10, which ends running pods.`,
    expected: { select: { namespace: 'shop', pod: shuttingDown.name }, kind: 'nothing-died', code: 'reject' },
    bundle: bundle({ pods: [shuttingDown] }),
  },
  {
    name: 'trap-condition-without-event-in-a-drain',
    about: `A drained pod whose events were not readable: the DisruptionTarget condition and the deletionTimestamp remain, and 137 at the end of the grace. P3 all the same, certain by the condition.`,
    expected: {
      select: { namespace: 'shop', pod: 'ledger-4' },
      kind: 'identified',
      code: 'P3',
      confidence: ['certain', 'likely'],
      mustNotSay: notOom,
    },
    bundle: bundle({
      eventsFrom: 'none',
      pods: [
        pod({
          name: 'ledger-4',
          deletionAtMs: t('14:10:30'),
          deletionGraceSeconds: 30,
          conditions: [disruption('EvictionByEvictionAPI', 'Eviction API: evicting', '14:10:00')],
          containers: [
            container('ledger', {
              requestMiB: 512,
              limitMiB: 1024,
              now: died(137, 'Error', '06:12:50', '14:10:30'),
            }),
          ],
        }),
      ],
    }),
  },
  {
    name: 'trap-empty-event-list-proves-nothing',
    about: `Only the text of kubectl describe, which says "Events: <none>" and not when it was printed; the newest instant in it is the restart itself. It may be hours old: an empty list of unknown age shows neither that events were retained nor that the kubelet did not kill. Insufficient, and a liveness kill remains.`,
    expected: {
      select: { namespace: 'shop', pod: described.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['L4', 'K1', 'X4'],
      mustNotClaim: ['events of that time are there', 'show no kill'],
      mustNotSay: notOom,
    },
    bundle: {
      ...bundle({
        pods: [described],
        nodes: [],
        eventsFrom: 'none',
        at: '12:03:12',
        eventCoverage: [
          { source: 'describe.txt', namespace: 'shop', regarding: { kind: 'Pod', name: described.name } },
        ],
      }),
      sources: [{ name: 'describe.txt', state: 'read' }],
    },
  },
];
