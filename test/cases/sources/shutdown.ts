/** L7, L8, L14, L15: shutdown, hooks, sidecars, lost statuses. */
import type { GoldenCase } from '../golden.ts';
import { bundle, container, died, event, journal, killing, node, pod, saying, t } from '../kit.ts';
import { idOf } from '../kernel-kit.ts';

const deleted = pod({
  name: 'queue-2',
  deletionAtMs: t('14:40:30'),
  deletionGraceSeconds: 30,
  containers: [
    container('queue', {
      command: ['sh', '-c', 'java -jar /app/queue.jar'],
      requestMiB: 512,
      limitMiB: 1024,
      now: died(137, 'Error', '06:12:50', '14:40:30'),
    }),
  ],
});

const overrun = pod({
  name: 'gateway-3',
  deletionAtMs: t('14:40:30'),
  deletionGraceSeconds: 30,
  containers: [
    container('gateway', {
      preStop: { handler: 'exec', command: ['sleep', '60'], sleepSeconds: 60 },
      requestMiB: 128,
      limitMiB: 256,
      now: died(137, 'Error', '06:12:50', '14:40:32'),
    }),
  ],
});

const withSidecar = pod({
  name: 'nightly-29311-w8d6k',
  job: 'nightly-29311',
  phase: 'Succeeded',
  containers: [
    container('tunnel', {
      role: 'sidecar',
      image: 'registry.example/shop/tunnel:2.2.0',
      requestMiB: 32,
      limitMiB: 64,
      now: died(137, 'Error', '13:58:03', '14:22:42'),
    }),
    container('nightly', {
      requestMiB: 512,
      limitMiB: 1024,
      now: died(0, 'Completed', '13:58:05', '14:22:10'),
    }),
  ],
});

const lost = pod({
  name: 'stats-7d8c9b6f5-h5j2q',
  replicaSet: 'stats-7d8c9b6f5',
  phase: 'Failed',
  containers: [
    container('stats', {
      requestMiB: 256,
      limitMiB: 512,
      now: saying(
        died(137, 'ContainerStatusUnknown'),
        'The container could not be located when the pod was terminated',
        true,
      ),
    }),
  ],
});

const noMemory = [
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
  'OOM.?kill(ed)? (it|the container|this container)',
];

export const shutdownCases: readonly GoldenCase[] = [
  {
    name: 'l7-deleted-by-nobody-known',
    about: `The pod was deleted (deletionTimestamp, "Stopping container") and ended 137 exactly when its grace ran out: PID 1 is a shell that does not pass SIGTERM on. Nothing says who deleted it, so the mechanism names the death: L7. Not a crash, and memory has no part.`,
    expected: {
      select: { namespace: 'shop', pod: deleted.name },
      kind: 'identified',
      code: 'L7',
      confidence: ['certain', 'likely'],
      mustSay: ['SIGTERM'],
      mustNotSay: ['crash', ...noMemory],
    },
    bundle: bundle({ pods: [deleted], events: [killing(deleted, 'queue', '14:40:00')] }),
  },
  {
    name: 'trap-ended-before-the-grace',
    about: `"Stopping container" at 14:40:00 with 30 s of grace, yet 137 already at 14:40:06: too early for the kubelet's own SIGKILL. Somebody or something else sent a second kill; the deletion is only a possible explanation.`,
    expected: {
      select: { namespace: 'shop', pod: deleted.name },
      kind: ['identified', 'insufficient-evidence'],
      code: ['L7', 'insufficient'],
      confidence: 'possible',
      candidates: ['L7'],
      mustNotSay: ['did not (stop|end) within its grace'],
    },
    bundle: (() => {
      const early = {
        ...deleted,
        containers: [
          container('queue', {
            requestMiB: 512,
            limitMiB: 1024,
            now: died(137, 'Error', '06:12:50', '14:40:06'),
          })(deleted.name),
        ],
      };
      return bundle({ pods: [early], events: [killing(early, 'queue', '14:40:00')] });
    })(),
  },
  {
    name: 'l8-pre-stop-overrun',
    about: `Deleted with a preStop hook of 60 s in a grace of 30 s: the kubelet logged that the hook did not complete, the app got two seconds and was killed. Nobody is named as the deleter: L8.`,
    expected: {
      select: { namespace: 'shop', pod: overrun.name },
      kind: 'identified',
      code: 'L8',
      confidence: ['certain', 'likely'],
      mustSay: ['preStop'],
      mustNotSay: ['crash'],
    },
    bundle: bundle({
      pods: [overrun],
      events: [killing(overrun, 'gateway', '14:40:00')],
      nodeLog: [
        journal('14:40:30', {
          kind: 'prestop-overrun',
          namespace: 'shop',
          pod: overrun.name,
          podUid: overrun.uid ?? '',
          container: 'gateway',
          containerId: idOf(overrun, 'gateway'),
          line: `I1002 14:40:30.114   1203 kuberuntime_container.go:692] "PreStop hook not completed in grace period" pod="shop/${overrun.name}" podUID="${overrun.uid ?? ''}" containerName="gateway" containerID="containerd://${idOf(overrun, 'gateway')}" gracePeriod=30`,
        }),
      ],
    }),
  },
  {
    name: 'l14-sidecar-at-pod-end',
    about: `The Job's container completed; its sidecar (restartable init container) is stopped afterwards, ignored SIGTERM and was killed after the grace. 137 on a sidecar at the pod's end is ordinary noise: L14. The Job succeeded.`,
    expected: {
      select: { namespace: 'shop', pod: withSidecar.name, container: 'tunnel' },
      kind: 'identified',
      code: 'L14',
      confidence: ['certain', 'likely'],
      mustNotSay: noMemory,
    },
    bundle: bundle({
      pods: [withSidecar],
      nodes: [node({ kubeletVersion: 'v1.34.2' })],
      events: [killing(withSidecar, 'tunnel', '14:22:12')],
    }),
  },
  {
    name: 'l15-status-lost',
    about: `137 with ContainerStatusUnknown: the kubelet wrote a placeholder because it could not find the container. No signal is recorded and no code of the process is known. L15, certain about exactly that; "SIGKILL" or "OOM" would be inventions.`,
    expected: {
      select: { namespace: 'shop', pod: lost.name },
      kind: 'identified',
      code: 'L15',
      confidence: 'certain',
      mustNotSay: ['(was|by) (a )?SIGKILL', ...noMemory],
    },
    bundle: bundle({ pods: [lost] }),
  },
  {
    name: 'trap-status-lost-over-a-reboot',
    about: `ContainerStatusUnknown, and the node rebooted at the time. The code is still a placeholder (L15); the reboot explains why the status was lost and must be told.`,
    expected: {
      select: { namespace: 'shop', pod: lost.name },
      kind: 'identified',
      code: ['L15', 'X3'],
      confidence: ['certain', 'likely'],
      mustSay: ['reboot'],
    },
    bundle: bundle({
      pods: [lost],
      events: [
        event(node(), {
          type: 'Warning',
          reason: 'Rebooted',
          message: `Node worker-7 has been rebooted, boot id: 5c1f0f6e-2b7a-4f55-9d0a-6f0a4c1f7d21`,
          at: '14:29:40',
        }),
        event(node(), { reason: 'Starting', message: 'Starting kubelet.', at: '14:29:38' }),
      ],
    }),
  },
  {
    name: 'trap-pre-stop-overrun-only-suspected',
    about: `Deleted with a preStop hook of 60 s in a grace of 30 s, the end two seconds after the grace, but the kubelet's journal was not read: the overrun is inferred from the spec and the timing, not read. L8 (or plain L7) is likely; certain it is not.`,
    expected: {
      select: { namespace: 'shop', pod: overrun.name },
      kind: 'identified',
      code: ['L8', 'L7'],
      confidence: ['likely', 'possible'],
      mustSay: ['preStop'],
      mustNotSay: ['crash'],
    },
    bundle: bundle({ pods: [overrun], events: [killing(overrun, 'gateway', '14:40:00')] }),
  },
];
