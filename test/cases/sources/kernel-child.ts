/** K2 and K3: children killed while the image's own process lives. */
import type { GoldenCase } from '../golden.ts';
import { bundle, cgroupFiles, container, covers, died, logTail, node, pod, running, sample } from '../kit.ts';
import { kernelKill } from '../kernel-kit.ts';
import { mib } from '../kit.ts';

const gunicorn = pod({
  name: 'render-5f6c8d7b9-zl4cd',
  replicaSet: 'render-5f6c8d7b9',
  containers: [
    container('render', {
      image: 'registry.example/shop/render:3.1.0',
      command: ['gunicorn', '-w', '4', 'render.wsgi'],
      requestMiB: 512,
      limitMiB: 1024,
      now: running('06:12:50'),
    }),
  ],
});

const job = pod({
  name: 'export-29311040-q8x7v',
  job: 'export-29311040',
  phase: 'Succeeded',
  containers: [
    container('export', {
      image: 'registry.example/shop/export:1.4.0',
      command: ['sh', '-c', './split.sh | xargs -P4 ./convert'],
      requestMiB: 512,
      limitMiB: 1024,
      now: died(0, 'OOMKilled', '14:05:02', '14:21:40'),
    }),
  ],
});

const relayed = pod({
  name: 'worker-84d9c7f65-rp2nj',
  replicaSet: 'worker-84d9c7f65',
  containers: [
    container('worker', {
      command: ['sh', '-c', 'python3 /app/worker.py'],
      requestMiB: 512,
      limitMiB: 1024,
      now: running('14:24:12'),
      last: died(1, 'OOMKilled', '13:02:00', '14:24:10'),
    }),
  ],
});

const initOom = pod({
  name: 'catalog-6f5d7c8b9-m2wqs',
  replicaSet: 'catalog-6f5d7c8b9',
  containers: [
    container('warm-cache', {
      role: 'init',
      command: ['sh', '-c', '/warm.sh; true'],
      requestMiB: 64,
      limitMiB: 64,
      now: died(0, 'OOMKilled', '14:20:04', '14:20:31'),
    }),
    container('catalog', { requestMiB: 256, limitMiB: 512, now: running('14:20:33') }),
  ],
});

const singleProcess = node({ kubeletConfig: { singleProcessOomKill: true } });

export const kernelChildCases: readonly GoldenCase[] = [
  {
    name: 'k2-child-killed-memory-events',
    about: `The container runs since morning with no restart, but its own memory.events shows three OOM kills: workers died at the limit while PID 1 lives. This happens only where
memory.oom.group is off (here the kubelet's singleProcessOOMKill). The counter was read while it runs. "The container is healthy" would be wrong.`,
    expected: {
      select: { namespace: 'shop', pod: gunicorn.name },
      kind: 'identified',
      code: 'K2',
      confidence: ['certain', 'likely'],
      mustNotSay: ['is healthy'],
    },
    bundle: bundle({
      pods: [gunicorn],
      nodes: [singleProcess],
      cgroups: [
        cgroupFiles(gunicorn, 'render', '14:44:30', {
          events: { low: 0, high: 0, max: 4120, oom: 3, oomKill: 3, oomGroupKill: 0 },
          currentBytes: mib(802),
          peakBytes: mib(1024),
          limitBytes: mib(1024),
          oomGroup: false,
        }),
      ],
      logTails: [
        logTail(
          gunicorn,
          'render',
          [
            '[2026-10-02 14:12:09 +0000] [1] [ERROR] Worker (pid:42) was sent SIGKILL! Perhaps out of memory?',
            '[2026-10-02 14:12:09 +0000] [57] [INFO] Booting worker with pid: 57',
          ],
          false,
        ),
      ],
    }),
  },
  {
    name: 'k2-child-killed-kernel-log',
    about: `The kernel's report names a process of a container that still runs and was not restarted: a child was killed at the container's limit while PID 1 lives. The kernel's line is the proof: K2, certain.`,
    expected: {
      select: { namespace: 'shop', pod: gunicorn.name },
      kind: 'identified',
      code: 'K2',
      confidence: 'certain',
      mustNotSay: ['is healthy'],
    },
    bundle: bundle({
      pods: [gunicorn],
      nodes: [singleProcess],
      kernelKills: [
        kernelKill({
          pod: gunicorn,
          container: 'render',
          life: 'now',
          at: '14:12:08',
          level: 'container',
          comm: 'gunicorn',
          anonMiB: 388,
          limitMiB: 1024,
          tasks: [
            ['gunicorn', 396],
            ['gunicorn', 250],
            ['gunicorn', 220],
            ['gunicorn', 90],
            ['gunicorn', 34],
          ],
        }),
      ],
      logCoverage: [covers('kernel', '06:00:00', '14:44:50')],
    }),
  },
  {
    name: 'k2-oom-counter-metric',
    about: `container_oom_events_total of the running container reads 2 and restartCount is 0: processes of this container were OOM-killed and it lives on. The counter is good for exactly this; likely.`,
    expected: {
      select: { namespace: 'shop', pod: gunicorn.name },
      kind: 'identified',
      code: 'K2',
      confidence: ['certain', 'likely'],
    },
    bundle: bundle({
      pods: [gunicorn],
      nodes: [singleProcess],
      samples: [sample(gunicorn, 'render', '14:44:40', { workingSetMiB: 760, oomEvents: 2 })],
    }),
  },
  {
    name: 'k3-job-succeeded-after-child-kill',
    about: `A Job's container shows reason OOMKilled with exit code 0 and the pod Succeeded: the kernel killed one of xargs' children, PID 1 went on and ended well. The reason is sticky and says only that
some process was killed. The Job counts as succeeded although its output may be truncated; that must be said. No kernel log: likely.`,
    expected: {
      select: { namespace: 'shop', pod: job.name },
      kind: 'identified',
      code: 'K3',
      confidence: ['likely', 'certain'],
      mustSay: ['succe|complet|truncat|missing'],
    },
    bundle: bundle({ pods: [job], nodes: [singleProcess] }),
  },
  {
    name: 'k3-parent-exits-by-itself',
    about: `Reason OOMKilled with exit code 1: not the image's own process was killed but its child; sh then ended with its own code. No Killing event, no deletion. K3, not K1 with SIGKILL.`,
    expected: {
      select: { namespace: 'shop', pod: relayed.name },
      kind: 'identified',
      code: 'K3',
      confidence: ['likely', 'certain'],
    },
    bundle: bundle({ pods: [relayed], nodes: [singleProcess] }),
  },
  {
    name: 'trap-init-container-oom-exit-0',
    about: `An init container lost a child to the OOM killer and still exited 0, so it counts as succeeded and the pod started. The death of interest is the init container's child: K3. The main container is not concerned.`,
    expected: {
      select: { namespace: 'shop', pod: initOom.name, container: 'warm-cache' },
      kind: 'identified',
      code: 'K3',
      confidence: ['likely', 'certain'],
    },
    bundle: bundle({ pods: [initOom], nodes: [singleProcess] }),
  },
];
