/** L4 to L6: liveness, startup, postStart. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  container,
  died,
  event,
  execProbe,
  httpProbe,
  killing,
  node,
  pod,
  running,
  sample,
  unhealthy,
} from '../kit.ts';

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

const unready = pod({
  name: 'tariff-6d8c7b9f5-b4x8n',
  replicaSet: 'tariff-6d8c7b9f5',
  containers: [
    container('tariff', {
      liveness: httpProbe(),
      readiness: httpProbe(),
      requestMiB: 256,
      limitMiB: 512,
      now: running('14:31:02'),
      last: died(137, 'Error', '07:11:32', '14:31:00'),
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

export const probeCases: readonly GoldenCase[] = [
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
      notCandidates: ['L4', 'L7'],
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
    name: 'trap-killing-event-left-out',
    about: `The pod has been restarting for fifty minutes. The kubelet had 22 times decided to kill for the liveness probe, the last written at 14:24:00; its events are rationed (25 at once, then one every five minutes), so the life of 14:30:50 has no Killing event of its own. Seen on Kubernetes 1.34.4. The missing event proves nothing; one more liveness kill is the best explanation, possible and no more.`,
    expected: {
      select: { namespace: 'shop', pod: 'billing-6d8c7b9f5-k5w2m' },
      kind: ['identified', 'insufficient-evidence'],
      code: ['L4', 'insufficient'],
      confidence: 'possible',
      mustNotSay: noMemory,
    },
    bundle: (() => {
      const target = pod({
        name: 'billing-6d8c7b9f5-k5w2m',
        replicaSet: 'billing-6d8c7b9f5',
        containers: [
          container('billing', {
            liveness: httpProbe(),
            requestMiB: 256,
            limitMiB: 512,
            restarts: 23,
            now: running('14:36:00'),
            last: died(137, 'Error', '14:30:10', '14:30:50'),
          }),
        ],
      });
      return bundle({
        pods: [target],
        events: [
          unhealthy(target, 'billing', { message: TIMEOUT, from: '13:45:40', at: '14:24:00', count: 66 }),
          event(target, {
            reason: 'Killing',
            message: 'Container billing failed liveness probe, will be restarted',
            container: 'billing',
            from: '13:46:00',
            at: '14:24:00',
            count: 22,
          }),
        ],
      });
    })(),
  },
  {
    name: 'trap-readiness-failures-do-not-kill',
    about: `137 with Error, and nine readiness failures just before. A failed readiness probe takes the pod out of its Service and never kills; no Killing event although events are retained: not L4, nothing can be named.`,
    expected: {
      select: { namespace: 'shop', pod: 'tariff-6d8c7b9f5-b4x8n' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      mustNotSay: ['(liveness|readiness) probe (killed|failed and)', ...noMemory],
      notCandidates: ['L4', 'L7'],
    },
    bundle: bundle({
      pods: [unready],
      events: [
        unhealthy(unready, 'tariff', {
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
          from: '14:29:20',
          at: '14:30:50',
          count: 9,
        }),
      ],
    }),
  },
  {
    name: 'trap-errored-probe-does-not-count',
    about: `137 with Error, and a liveness probe that ERRORED (the runtime could not run it): such a result does not count towards the failure threshold and kills nobody. No Killing event, events retained: not L4.`,
    expected: {
      select: { namespace: 'shop', pod: 'tariff-6d8c7b9f5-b4x8n' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      mustNotSay: noMemory,
      notCandidates: ['L4', 'L7'],
    },
    bundle: bundle({
      pods: [unready],
      events: [
        unhealthy(unready, 'tariff', {
          message:
            'Liveness probe errored and resulted in unknown state: rpc error: code = DeadlineExceeded desc = context deadline exceeded',
          from: '14:30:20',
          at: '14:30:50',
          count: 4,
        }),
      ],
    }),
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
