/** X3: runtimes restarted, shims dead, nodes rebooted or lost. */
import type { GoldenCase } from '../golden.ts';
import { bundle, container, covers, died, event, httpProbe, journal, node, pod, running } from '../kit.ts';
import { idOf } from '../kernel-kit.ts';

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

function lostInRestart(name: string, code: number, reason: string) {
  return pod({
    name,
    replicaSet: name.slice(0, name.lastIndexOf('-')),
    containers: [
      container('app', {
        requestMiB: 128,
        limitMiB: 256,
        now: running('14:20:41'),
        last: died(code, reason, '06:12:50', '14:20:12'),
      }),
    ],
  });
}

const cohort = [
  'cart-5d8f7b9c4-hx2lk',
  'offers-7f8d9c6b5-lk2pw',
  'geo-79c8b7d6f-4s9dl',
  'feed-6c7d8f9b5-w2x4k',
].map((name) => lostInRestart(name, 255, 'Unknown'));

const [firstOfCohort = lostInRestart('cart-5d8f7b9c4-hx2lk', 255, 'Unknown')] = cohort;

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

export const runtimeLostCases: readonly GoldenCase[] = [
  {
    name: 'x3-node-reboot',
    about: `255 with Unknown: the runtime lost the task because the node was rebooted (event Rebooted with a new boot id). No signal is recorded. X3.`,
    expected: {
      select: { namespace: 'shop', pod: firstOfCohort.name },
      kind: 'identified',
      code: 'X3',
      confidence: ['certain', 'likely'],
      mustSay: ['reboot'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [firstOfCohort],
      events: [
        event(node(), {
          type: 'Warning',
          reason: 'Rebooted',
          message: 'Node worker-7 has been rebooted, boot id: 5c1f0f6e-2b7a-4f55-9d0a-6f0a4c1f7d21',
          at: '14:20:20',
        }),
        event(node(), { reason: 'Starting', message: 'Starting kubelet.', at: '14:20:18' }),
        event(firstOfCohort, {
          reason: 'SandboxChanged',
          message: 'Pod sandbox changed, it will be killed and re-created.',
          at: '14:20:25',
        }),
      ],
    }),
  },
  {
    name: 'trap-cohort-of-255-unknown',
    about: `Four pods of one node ended with 255/Unknown in the same second, and nobody saw a reboot event. One cause for all of them: the runtime lost its tasks. X3, likely; four separate application crashes would be absurd.`,
    expected: {
      select: { namespace: 'shop', pod: firstOfCohort.name },
      kind: 'identified',
      code: 'X3',
      confidence: 'likely',
      mustNotSay: noOom,
    },
    bundle: bundle({ pods: cohort }),
  },
  {
    name: 'trap-shim-death-is-a-synthetic-137',
    about: `containerd logged "failed to get task exit status … ttrpc: closed" for this container: its shim died under it and containerd wrote 137 itself. Reason Error, no Killing event, silent kernel. X3; no SIGKILL to the app is recorded.`,
    expected: {
      select: { namespace: 'shop', pod: quiet.name },
      kind: 'identified',
      code: 'X3',
      confidence: ['certain', 'likely'],
      mustSay: ['shim'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [quiet],
      nodeLog: [
        journal('14:28:12', {
          kind: 'shim-lost',
          containerId: idOf(quiet, 'pricing'),
          line: `containerd[1021]: time="2026-10-02T14:28:12.118Z" level=error msg="failed to get task exit status for \\"${idOf(quiet, 'pricing')}\\"" error="ttrpc: closed: unknown"`,
        }),
      ],
      logCoverage: allLogs,
    }),
  },
  {
    name: 'trap-crio-minus-one',
    about: `CRI-O shows exit code -1: the exit code is absent, for CRI-O itself was restarted at that second. X3; -1 is no signal and no application code.`,
    expected: {
      select: { namespace: 'shop', pod: 'quote-58c7d9f6b-k4mzt' },
      kind: 'identified',
      code: 'X3',
      confidence: ['likely', 'possible', 'certain'],
      mustNotSay: ['255', ...noOom],
    },
    bundle: bundle({
      pods: [lostInRestart('quote-58c7d9f6b-k4mzt', -1, 'Error')],
      nodes: [node({ containerRuntimeVersion: 'cri-o://1.34.1' })],
      nodeLog: [
        journal('14:20:10', {
          kind: 'service-stopped',
          service: 'crio',
          line: 'systemd[1]: crio.service: Main process exited, code=killed, status=9/KILL',
        }),
        journal('14:20:13', {
          kind: 'service-started',
          service: 'crio',
          line: 'systemd[1]: Started crio.service - Container Runtime Interface for OCI (CRI-O).',
        }),
      ],
      logCoverage: [covers('system', '07:00:00', '14:44:50')],
    }),
  },
  {
    name: 'trap-node-lost',
    about: `An old cluster's node controller marked the pod NodeLost: the node is unresponsive, the container may still run. Nobody can read an exit code; the node is what failed.`,
    expected: {
      select: { namespace: 'shop', pod: 'stats-6c8d7b9f5-m4t2z' },
      kind: 'identified',
      code: ['P4', 'X3', 'L15'],
      confidence: ['certain', 'likely'],
      mustSay: ['unresponsive|unreachable|lost'],
      mustNotSay: ['137', ...noOom],
    },
    bundle: (() => {
      const target = pod({
        name: 'stats-6c8d7b9f5-m4t2z',
        replicaSet: 'stats-6c8d7b9f5',
        phase: 'Unknown',
        statusReason: 'NodeLost',
        statusMessage: 'Node worker-7 which was running pod stats-6c8d7b9f5-m4t2z is unresponsive',
        containers: [
          container('stats', {
            liveness: httpProbe(),
            requestMiB: 128,
            limitMiB: 256,
            now: running('06:12:50'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        nodes: [
          node({
            kubeletVersion: 'v1.13.12',
            cgroupVersion: 1,
            conditions: [
              {
                type: 'Ready',
                status: 'Unknown',
                reason: 'NodeStatusUnknown',
                message: 'Kubelet stopped posting node status.',
              },
            ],
          }),
        ],
      });
    })(),
  },
  {
    name: 'trap-crio-minus-one-alone',
    about: `CRI-O shows exit code -1 and nothing else is known. -1 says that the exit code is absent, not that the program ended with -1: X3 is possible, or nothing is established. An ordinary exit would be an invention.`,
    expected: {
      select: { namespace: 'shop', pod: 'quote-58c7d9f6b-k4mzt' },
      kind: ['identified', 'insufficient-evidence'],
      code: ['X3', 'insufficient'],
      confidence: ['possible', 'likely'],
      candidates: ['X3'],
      mustNotSay: noOom,
    },
    bundle: bundle({
      pods: [lostInRestart('quote-58c7d9f6b-k4mzt', -1, 'Error')],
      nodes: [node({ containerRuntimeVersion: 'cri-o://1.34.1' })],
    }),
  },
];
