/** L4 to L8, L14, L15: probes, hooks, shutdown, sidecars, lost statuses. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  container,
  died,
  event,
  execProbe,
  httpProbe,
  journal,
  killing,
  node,
  pod,
  running,
  sample,
  saying,
  t,
  unhealthy,
} from '../kit.ts';
import { idOf } from '../kernel-kit.ts';

const TIMEOUT =
  'Liveness probe failed: Get "http://10.42.3.17:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)';

const probed = pod({
  name: 'checkout-6f9b7c8d5-p7wz4',
  replicaSet: 'checkout-6f9b7c8d5',
  containers: [
    container('checkout', {
      liveness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      restarts: 4,
      now: running('14:31:02'),
      last: died(137, 'Error', '11:02:10', '14:31:00'),
    }),
  ],
});

const obedient = (code: number, reason: string) =>
  pod({
    name: 'checkout-6f9b7c8d5-q2m8t',
    replicaSet: 'checkout-6f9b7c8d5',
    containers: [
      container('checkout', {
        liveness: httpProbe(),
        requestMiB: 256,
        limitMiB: 512,
        restarts: 2,
        now: running('14:30:34'),
        last: died(code, reason, '11:02:10', '14:30:33'),
      }),
    ],
  });

const shortGrace = pod({
  name: 'session-7c8d6b9f5-z4kn8',
  replicaSet: 'session-7c8d6b9f5',
  terminationGraceSeconds: 3600,
  containers: [
    container('session', {
      liveness: httpProbe({ terminationGraceSeconds: 10 }),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:30:42'),
      last: died(137, 'Error', '07:12:50', '14:30:40'),
    }),
  ],
});

const starting = pod({
  name: 'legacy-5b7c9d8f6-c6r2x',
  replicaSet: 'legacy-5b7c9d8f6',
  containers: [
    container('legacy', {
      startup: httpProbe({ failureThreshold: 12 }),
      liveness: httpProbe(),
      requestMiB: 512,
      limitMiB: 1024,
      restarts: 3,
      now: running('14:26:33'),
      last: died(137, 'Error', '14:24:00', '14:26:31'),
    }),
  ],
});

const hooked = pod({
  name: 'agent-0',
  containers: [
    container('agent', {
      postStart: { handler: 'exec', command: ['/bin/register.sh'] },
      requestMiB: 64,
      limitMiB: 128,
      restarts: 2,
      now: running('14:33:40'),
      last: died(137, 'Error', '14:32:50', '14:33:24'),
    }),
  ],
});

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

const failing = unhealthy(probed, 'checkout', { message: TIMEOUT, from: '14:30:10', at: '14:30:30' });
const willRestart = killing(
  probed,
  'checkout',
  '14:30:30',
  'Container checkout failed liveness probe, will be restarted',
);
const noMemory = [
  'raise (the|its) (memory )?limit',
  'increase (the|its) (memory )?limit',
  'OOM.?kill(ed)? (it|the container|this container)',
];

export const kubeletKillCases: readonly GoldenCase[] = [
  {
    name: 'l4-liveness-kill-after-grace',
    about: `Three failed liveness probes, "failed liveness probe, will be restarted" at 14:30:30 and the end exactly 30 s (the grace) later with 137 and Error: the kubelet's SIGKILL after an ignored SIGTERM. Both events and the timing: certain. It looks like an OOM and is none.`,
    expected: {
      select: { namespace: 'shop', pod: probed.name },
      kind: 'identified',
      code: 'L4',
      confidence: 'certain',
      mustSay: ['liveness'],
      mustNotSay: noMemory,
    },
    bundle: bundle({ pods: [probed], events: [failing, willRestart] }),
  },
  {
    name: 'trap-liveness-kill-obeyed-143',
    about: `The probe killed it, and the app obeyed SIGTERM: exit 143 three seconds after the Killing event. Still a death by liveness probe, not an ordinary 143.`,
    expected: {
      select: { namespace: 'shop', pod: obedient(143, 'Error').name },
      kind: 'identified',
      code: 'L4',
      confidence: ['certain', 'likely'],
      mustSay: ['liveness'],
    },
    bundle: bundle({
      pods: [obedient(143, 'Error')],
      events: [
        unhealthy(obedient(143, 'Error'), 'checkout', { message: TIMEOUT, from: '14:30:10', at: '14:30:30' }),
        killing(
          obedient(143, 'Error'),
          'checkout',
          '14:30:30',
          'Container checkout failed liveness probe, will be restarted',
        ),
      ],
    }),
  },
  {
    name: 'trap-liveness-kill-obeyed-0',
    about: `The same with exit 0 (Completed): the app shut down cleanly because the kubelet's probe told it to. The exit was not meant by the app: L4.`,
    expected: {
      select: { namespace: 'shop', pod: obedient(0, 'Completed').name },
      kind: 'identified',
      code: 'L4',
      confidence: ['certain', 'likely'],
      mustSay: ['liveness'],
    },
    bundle: bundle({
      pods: [obedient(0, 'Completed')],
      events: [
        unhealthy(obedient(0, 'Completed'), 'checkout', {
          message: TIMEOUT,
          from: '14:30:10',
          at: '14:30:30',
        }),
        killing(
          obedient(0, 'Completed'),
          'checkout',
          '14:30:30',
          'Container checkout failed liveness probe, will be restarted',
        ),
      ],
    }),
  },
  {
    name: 'l4-probe-level-grace',
    about: `The pod's grace is one hour, the probe's own terminationGracePeriodSeconds is 10: the end comes 10 s after Killing. With the right grace the timing fits: L4, certain. Judging by the pod's 3600 s would call it early.`,
    expected: {
      select: { namespace: 'shop', pod: shortGrace.name },
      kind: 'identified',
      code: 'L4',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [shortGrace],
      events: [
        unhealthy(shortGrace, 'session', {
          message: 'Liveness probe failed: HTTP probe failed with statuscode: 503',
          from: '14:30:10',
          at: '14:30:30',
        }),
        killing(
          shortGrace,
          'session',
          '14:30:30',
          'Container session failed liveness probe, will be restarted',
        ),
      ],
    }),
  },
  {
    name: 'trap-aggregated-liveness-events',
    about: `The correlator folded repeats into one event each: Unhealthy 15 times and Killing 5 times since 10:02, last at 14:30:30. The last occurrence not after the end counts: L4, certain.`,
    expected: {
      select: { namespace: 'shop', pod: probed.name },
      kind: 'identified',
      code: 'L4',
      confidence: 'certain',
    },
    bundle: bundle({
      pods: [probed],
      events: [
        unhealthy(probed, 'checkout', {
          message: TIMEOUT,
          from: '10:02:10',
          at: '14:30:30',
          count: 15,
          combined: true,
        }),
        event(probed, {
          reason: 'Killing',
          message: 'Container checkout failed liveness probe, will be restarted',
          from: '10:02:30',
          at: '14:30:30',
          count: 5,
          container: 'checkout',
        }),
      ],
    }),
  },
  {
    name: 'trap-liveness-kill-under-memory-pressure',
    about: `A liveness kill with proof in events and timing, and beside it a container that lives near its limit and stalls for memory (PSI). The kubelet's probe killed it: L4. The starvation is a finding beside the cause and must be mentioned, not made the cause.`,
    expected: {
      select: { namespace: 'shop', pod: probed.name },
      kind: 'identified',
      code: 'L4',
      confidence: ['certain', 'likely'],
      mustSay: ['stall|pressure|starv|near its limit|of its limit'],
    },
    bundle: bundle({
      pods: [probed],
      events: [failing, willRestart],
      samples: [
        sample(probed, 'checkout', '14:30:25', { workingSetMiB: 498, usageMiB: 511, psiFullSeconds: 812 }),
        sample(probed, 'checkout', '14:29:25', { workingSetMiB: 497, usageMiB: 511, psiFullSeconds: 774 }),
      ],
    }),
  },
  {
    name: 'trap-killing-event-of-an-earlier-life',
    about: `The only Killing event is of 14:28:00 and ended the life before (finished 14:28:30); the life that died at 14:31:00 started at 14:28:32. An event from before its start says nothing about it. No other trace, events retained: not L4, nothing can be named.`,
    expected: {
      select: { namespace: 'shop', pod: 'payment-6d8c7b9f5-x3v7m' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      mustNotSay: noMemory,
    },
    bundle: (() => {
      const target = pod({
        name: 'payment-6d8c7b9f5-x3v7m',
        replicaSet: 'payment-6d8c7b9f5',
        containers: [
          container('payment', {
            liveness: httpProbe(),
            requestMiB: 256,
            limitMiB: 512,
            restarts: 6,
            now: running('14:31:02'),
            last: died(137, 'Error', '14:28:32', '14:31:00'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        events: [
          unhealthy(target, 'payment', { message: TIMEOUT, from: '14:27:40', at: '14:28:00' }),
          killing(
            target,
            'payment',
            '14:28:00',
            'Container payment failed liveness probe, will be restarted',
          ),
        ],
      });
    })(),
  },
  {
    name: 'l5-startup-probe',
    about: `A startup probe failed 12 times in two minutes and the kubelet killed the container; 30 s later it was gone. L5, not L4: it never became ready to be probed for liveness.`,
    expected: {
      select: { namespace: 'shop', pod: starting.name },
      kind: 'identified',
      code: 'L5',
      confidence: 'certain',
      mustSay: ['startup'],
      mustNotSay: noMemory,
    },
    bundle: bundle({
      pods: [starting],
      events: [
        unhealthy(starting, 'legacy', {
          message:
            'Startup probe failed: Get "http://10.42.3.30:8080/healthz": dial tcp 10.42.3.30:8080: connect: connection refused',
          from: '14:24:11',
          at: '14:26:01',
          count: 12,
        }),
        killing(starting, 'legacy', '14:26:01', 'Container legacy failed startup probe, will be restarted'),
      ],
    }),
  },
  {
    name: 'l6-post-start-hook',
    about: `The postStart hook failed, so the kubelet killed the container that had just started: FailedPostStartHook and Killing with the same word, end after the grace. L6.`,
    expected: {
      select: { namespace: 'shop', pod: hooked.name },
      kind: 'identified',
      code: 'L6',
      confidence: ['certain', 'likely'],
      mustSay: ['postStart'],
    },
    bundle: bundle({
      pods: [hooked],
      events: [
        event(hooked, {
          type: 'Warning',
          reason: 'FailedPostStartHook',
          message: "PostStart hook failed: rpc error: command '/bin/register.sh' exited with 1",
          at: '14:32:54',
          container: 'agent',
        }),
        killing(hooked, 'agent', '14:32:54', 'FailedPostStartHook'),
      ],
    }),
  },
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
    name: 'trap-oom-counter-then-liveness-kill',
    about: `Hours ago a child was OOM-killed while PID 1 lived on; the flag is sticky. Now the liveness probe killed the container and the API shows OOMKilled 137 for this exit. Killing event, failures and timing explain this exit: L4, with the earlier OOM as a finding beside it. Advice to raise the limit for this death would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: 'studio-5c9d8b7f6-r4t8k' },
      kind: 'identified',
      code: 'L4',
      confidence: ['certain', 'likely'],
      mustSay: ['liveness', 'OOM'],
    },
    bundle: (() => {
      const target = pod({
        name: 'studio-5c9d8b7f6-r4t8k',
        replicaSet: 'studio-5c9d8b7f6',
        containers: [
          container('studio', {
            liveness: execProbe('/bin/check'),
            requestMiB: 512,
            limitMiB: 1024,
            now: running('14:31:02'),
            last: died(137, 'OOMKilled', '06:12:50', '14:31:00'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        nodes: [node({ kubeletConfig: { singleProcessOomKill: true } })],
        events: [
          unhealthy(target, 'studio', {
            message: 'Liveness probe failed: check: upstream not answering',
            from: '14:30:10',
            at: '14:30:30',
          }),
          killing(target, 'studio', '14:30:30', 'Container studio failed liveness probe, will be restarted'),
        ],
        samples: [sample(target, 'studio', '14:30:50', { workingSetMiB: 412 })],
      });
    })(),
  },
];
