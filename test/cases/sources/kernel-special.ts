/** K7 to K10: creation, resize, exec'd processes, memory.high. */
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  cgroupFiles,
  condition,
  container,
  covers,
  died,
  event,
  execProbe,
  httpProbe,
  killing,
  mib,
  node,
  pod,
  running,
  sample,
  saying,
  unhealthy,
  waiting,
} from '../kit.ts';
import { idOf, kernelKill } from '../kernel-kit.ts';

const tiny = pod({
  name: 'probe-5b9d8c7f6-jx4vn',
  replicaSet: 'probe-5b9d8c7f6',
  containers: [
    container('probe', {
      requestMiB: 4,
      limitMiB: 4,
      restarts: 5,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 2m40s restarting failed container=probe pod=probe-5b9d8c7f6-jx4vn_shop(8a1c2d3e-4f50-4617-a829-3a4b5c6d7e8f)',
      ),
      last: saying(
        died(128, 'StartError', 'epoch', '14:41:07'),
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown',
      ),
    }),
  ],
});

const unsettable = pod({
  name: 'ping-6d8c9b7f5-k2vwx',
  replicaSet: 'ping-6d8c9b7f5',
  containers: [
    container('ping', {
      requestMiB: 1,
      limitMiB: 1,
      restarts: 2,
      now: waiting('CrashLoopBackOff', 'back-off 20s restarting failed container=ping pod=ping-6d8c9b7f5-k2vwx_shop'),
      last: saying(
        died(128, 'StartError', 'epoch', '14:41:07'),
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error setting cgroup config for procHooks process: unable to set memory limit to 1048576 (current usage: 1978368, peak usage: 1978368): unknown',
      ),
    }),
  ],
});

const resized = pod({
  name: 'ranker-69d8c7b5f-b6k9z',
  replicaSet: 'ranker-69d8c7b5f',
  conditions: [condition('PodResizeInProgress', 'True', { at: '14:32:10' })],
  containers: [
    container('ranker', {
      requestMiB: 256,
      limitMiB: 384,
      actualLimitMiB: 384,
      now: running('14:32:14'),
      last: died(137, 'OOMKilled', '07:30:00', '14:32:12'),
    }),
  ],
});

const execd = pod({
  name: 'web-5f4d6c8b7-q2lvz',
  replicaSet: 'web-5f4d6c8b7',
  containers: [
    container('web', {
      image: 'nginx:1.29.1',
      liveness: execProbe('python3', '/opt/check/deep_check.py'),
      requestMiB: 128,
      limitMiB: 256,
      now: running('14:35:33'),
      last: died(137, 'OOMKilled', '06:12:50', '14:35:31'),
    }),
  ],
});

const throttled = pod({
  name: 'index-6d5f8c7b9-5gk2m',
  replicaSet: 'index-6d5f8c7b9',
  containers: [
    container('index', {
      liveness: httpProbe(),
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:33:02'),
      last: died(137, 'Error', '13:20:00', '14:33:00'),
    }),
  ],
});

export const kernelSpecialCases: readonly GoldenCase[] = [
  {
    name: 'k7-killed-while-being-created',
    about: `StartError with exit code 128 and runc's "container init was OOM-killed (memory limit too low?)": the limit of 4 MiB is too small even for the runtime's init. The image's own process never ran: K7, certain.`,
    expected: {
      select: { namespace: 'shop', pod: tiny.name },
      kind: 'identified',
      code: 'K7',
      confidence: 'certain',
    },
    bundle: bundle({ pods: [tiny] }),
  },
  {
    name: 'k7-limit-below-the-start-itself',
    about: `On cgroup v1 runc cannot set a limit below what its own start uses: StartError 128 with "unable to set memory limit" (seen with runc 1.1.5). Nothing was killed, but the limit is too small to start: K7, and no claim of an OOM kill.`,
    expected: {
      select: { namespace: 'shop', pod: unsettable.name },
      kind: 'identified',
      code: 'K7',
      confidence: 'certain',
      mustNotSay: ['kernel killed'],
    },
    bundle: bundle({ pods: [unsettable] }),
  },
  {
    name: 'k8-resized-below-usage',
    about: `The memory limit was lowered in place from 768 to 384 MiB at 14:32:10; usage (612 MiB) was above it, and two seconds later the kernel killed the container. The resize decided: K8 before K1.`,
    expected: {
      select: { namespace: 'shop', pod: resized.name },
      kind: 'identified',
      code: 'K8',
      confidence: ['certain', 'likely'],
      mustSay: ['resiz'],
    },
    bundle: bundle({
      pods: [resized],
      nodes: [node({ kubeletVersion: 'v1.35.1' })],
      events: [
        event(resized, {
          reason: 'ResizeStarted',
          message:
            'Pod resize started: {"containers":[{"name":"ranker","resources":{"limits":{"memory":"384Mi"},"requests":{"memory":"256Mi"}}}],"generation":2}',
          at: '14:32:10',
        }),
      ],
      samples: [sample(resized, 'ranker', '14:32:02', { workingSetMiB: 612, usageMiB: 640 })],
      kernelKills: [
        kernelKill({
          pod: resized,
          container: 'ranker',
          at: '14:32:11',
          level: 'container',
          comm: 'ranker',
          anonMiB: 371,
          limitMiB: 384,
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k8-resized-api-only',
    about: `The same without a kernel log: ResizeStarted two seconds before an OOMKilled. A resize inside the window points to K8; likely.`,
    expected: {
      select: { namespace: 'shop', pod: resized.name },
      kind: 'identified',
      code: 'K8',
      confidence: ['likely', 'possible'],
    },
    bundle: bundle({
      pods: [resized],
      nodes: [node({ kubeletVersion: 'v1.35.1' })],
      events: [
        event(resized, {
          reason: 'ResizeStarted',
          message:
            'Pod resize started: {"containers":[{"name":"ranker","resources":{"limits":{"memory":"384Mi"},"requests":{"memory":"256Mi"}}}],"generation":2}',
          at: '14:32:10',
        }),
      ],
      samples: [sample(resized, 'ranker', '14:32:02', { workingSetMiB: 612, usageMiB: 640 })],
    }),
  },
  {
    name: 'k9-exec-probe-is-the-victim',
    about: `nginx needs 30 MiB; its exec liveness probe starts a python3 that grew to 214 MiB inside the container's cgroup of 256 MiB. The kernel chose python3, and with group kill everything in the container died. K9: the exec'd process, not nginx, and not a leak of nginx.`,
    expected: {
      select: { namespace: 'shop', pod: execd.name },
      kind: 'identified',
      code: 'K9',
      confidence: ['certain', 'likely'],
      mustSay: ['python3'],
    },
    bundle: bundle({
      pods: [execd],
      kernelKills: [
        kernelKill({
          pod: execd,
          container: 'web',
          at: '14:35:30',
          level: 'container',
          comm: 'python3',
          anonMiB: 214,
          limitMiB: 256,
          tasks: [
            ['python3', 222],
            ['nginx', 16],
            ['nginx', 9],
            ['nginx', 9],
          ],
          group: [
            ['nginx', 12],
            ['nginx', 5],
            ['nginx', 5],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k10-throttled-at-memory-high',
    about: `memory.high throttles the container (counter at 88210 and rising, stalled 71 % of the last minute, no OOM kill); the starved liveness probe fails and the kubelet restarts it. The kubelet decided (L4), the reason is the throttling (K10);
either may name it, but the throttling must be said.`,
    expected: {
      select: { namespace: 'shop', pod: throttled.name },
      kind: 'identified',
      code: ['L4', 'K10'],
      confidence: ['certain', 'likely'],
      mustSay: ['memory\\.high|throttl'],
    },
    bundle: bundle({
      pods: [throttled],
      nodes: [node({ kubeletVersion: 'v1.37.1' })],
      events: [
        unhealthy(throttled, 'index', {
          message:
            'Liveness probe failed: Get "http://10.42.3.17:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
          from: '14:32:10',
          at: '14:32:30',
        }),
        killing(throttled, 'index', '14:32:30', 'Container index failed liveness probe, will be restarted'),
      ],
      cgroups: [
        cgroupFiles(throttled, 'index', '14:32:25', {
          events: { low: 0, high: 88_210, max: 0, oom: 0, oomKill: 0 },
          currentBytes: mib(974),
          highBytes: mib(972),
          limitBytes: mib(1024),
          pressure: { someAvg60Percent: 93.4, fullAvg60Percent: 71.2 },
          containerId: idOf(throttled, 'index'),
        }),
      ],
    }),
  },
];
