/** Deaths of which only a part is in the evidence: text of describe, journals without events, pods that are gone. */
import type { ContainerState, PodEvidence } from '../../../src/core/model/kubernetes.ts';
import type { GoldenCase } from '../golden.ts';
import {
  bundle,
  condition,
  container,
  covers,
  died,
  event,
  httpProbe,
  journal,
  killing,
  lifeId,
  node,
  pod,
  running,
  t,
  unhealthy,
} from '../kit.ts';
import { kernelKill } from '../kernel-kit.ts';

function withoutId(state: ContainerState): ContainerState {
  if (state.kind !== 'terminated') return state;
  const { containerId: _, ...termination } = state.termination;
  return { kind: 'terminated', termination };
}

/** What `kubectl describe pod` prints of it: no UID, no ID of a dead instance, no reasons of conditions. */
function described(full: PodEvidence): PodEvidence {
  const { uid: _, ...rest } = full;
  return {
    ...rest,
    origin: 'describe',
    source: 'describe.txt',
    conditions: full.conditions.map(({ type, status }) => ({ type, status })),
    containers: full.containers.map((one) => {
      if (one.status === undefined) return one;
      const { state, lastState, ...status } = one.status;
      return {
        ...one,
        status: {
          ...status,
          ...(state === undefined ? {} : { state: withoutId(state) }),
          ...(lastState === undefined ? {} : { lastState: withoutId(lastState) }),
        },
      };
    }),
  };
}

const kernelLog = [covers('kernel', '06:00:00', '14:50:00')];
const allLogs = [...kernelLog, covers('kubelet', '06:00:00', '14:50:00'), covers('runtime', '06:00:00', '14:50:00')];

const GONE = 'mailer-6d5c7b9f8-tq2xn';
const goneId = lifeId(GONE, 'mailer', 0);
const stopped = (at: string, killed: string, who: { readonly containerId: string; readonly pod?: string }) => [
  journal(at, {
    kind: 'kubelet-kill',
    graceSeconds: 30,
    namespace: 'shop',
    pod: who.pod ?? GONE,
    container: 'mailer',
    containerId: who.containerId,
    line: 'Killing container with a grace period',
  }),
  journal(at, {
    kind: 'stop-requested',
    timeoutSeconds: 30,
    containerId: who.containerId,
    line: 'StopContainer for … with timeout 30 (s)',
  }),
  journal(killed, { kind: 'sigkill-sent', containerId: who.containerId, line: 'Kill container …' }),
  journal(killed, { kind: 'task-exit', containerId: who.containerId, exitCode: 137, line: 'TaskExit event …' }),
];

const probed = (more: { readonly both?: boolean } = {}) =>
  pod({
    name: 'mailer-6d5c7b9f8-9xk4p',
    replicaSet: 'mailer-6d5c7b9f8',
    containers: [
      container('mailer', {
        requestMiB: 128,
        limitMiB: 256,
        liveness: httpProbe(),
        ...(more.both === true ? { startup: httpProbe({ failureThreshold: 30 }) } : {}),
        now: running('14:10:32'),
        last: died(137, 'Error', '09:00:00', '14:10:30'),
      }),
    ],
  });
const one = probed();
const two = probed({ both: true });
const probedId = lifeId('mailer-6d5c7b9f8-9xk4p', 'mailer', 0);

const pair = described(
  pod({
    name: 'web-5f6d7c8b9-4kd8w',
    containers: [
      container('web', {
        limitMiB: 512,
        liveness: httpProbe(),
        now: running('14:20:33'),
        last: died(137, 'Error', '09:00:00', '14:20:30'),
      }),
      container('shipper', {
        limitMiB: 64,
        now: running('14:20:29'),
        last: died(137, 'OOMKilled', '09:00:00', '14:20:27'),
      }),
    ],
  }),
);
const pairWhole = pod({
  name: 'web-5f6d7c8b9-4kd8w',
  containers: [container('shipper', { limitMiB: 64, now: running('14:20:29'), last: died(137, 'OOMKilled', '09:00:00', '14:20:27') })],
});

const lone = described(
  pod({
    name: 'geo-79c8b7d6f-4s9dl',
    containers: [
      container('geo', { limitMiB: 512, now: running('14:20:33'), last: died(137, 'Error', '09:00:00', '14:20:30') }),
    ],
  }),
);
const neighbour = pod({
  name: 'cart-5d8f7b9c4-hx2lk',
  containers: [container('cart', { limitMiB: 128, now: running('14:19:32'), last: died(137, 'OOMKilled', '09:00:00', '14:19:30') })],
});

const windows = pod({
  name: 'legacy-0',
  os: 'windows',
  containers: [container('legacy', { limitMiB: 2048, now: running('14:20:33'), last: died(-1_073_741_801, 'Error', '09:00:00', '14:20:30') })],
});

const sandboxed = pod({
  name: 'runner-6b8c7d9f5-k5w2r',
  runtimeClassName: 'gvisor',
  containers: [container('runner', { limitMiB: 512, now: running('14:20:33'), last: died(128, 'Error', '09:00:00', '14:20:30') })],
});

const backup = pod({
  name: 'db-backup-29311-c4x7n',
  containers: [container('backup', { limitMiB: 512, now: died(137, 'OOMKilled', '14:00:00', '14:20:30') })],
});

const overtaken = pod({
  name: 'render-6c5d8b7f9-5gk2w',
  deletionAtMs: t('14:31:00'),
  deletionGraceSeconds: 60,
  terminationGraceSeconds: 60,
  containers: [container('render', { limitMiB: 1024, now: died(137, 'OOMKilled', '06:12:50', '14:30:12') })],
});

const drained = described(
  pod({
    name: 'search-7f8d9c6b5-lk2pw',
    replicaSet: 'search-7f8d9c6b5',
    deletionAtMs: t('14:40:30'),
    deletionGraceSeconds: 30,
    conditions: [condition('DisruptionTarget', 'True', { reason: 'EvictionByEvictionAPI', at: '14:40:00' })],
    containers: [container('search', { limitMiB: 512, now: died(137, 'Error', '06:12:50', '14:40:30') })],
  }),
);

const flagged = described(
  pod({
    name: 'feed-6c7d8f9b5-w2x4k',
    containers: [
      container('feed', {
        limitMiB: 256,
        liveness: httpProbe(),
        now: running('14:20:33'),
        last: died(137, 'OOMKilled', '09:00:00', '14:20:30'),
        restarts: 4,
      }),
    ],
  }),
);
const undated = <T extends { readonly firstAtMs?: number; readonly lastAtMs?: number }>(full: T) => {
  const { firstAtMs: _first, lastAtMs: _last, ...rest } = full;
  return rest;
};

const obeyed = pod({
  name: 'quote-7d9f8c6b5-2hx9s',
  containers: [
    container('quote', {
      limitMiB: 256,
      liveness: httpProbe(),
      now: running('08:20:33'),
      last: died(143, 'Error', '02:00:00', '08:20:30'),
    }),
  ],
});

const tmpfs = pod({
  name: 'thumbs-5c7d9f8b6-x8k2w',
  memoryVolumes: [{ name: 'scratch' }],
  containers: [
    container('thumbs', {
      limitMiB: 512,
      mounts: ['scratch'],
      now: running('08:20:33'),
      last: died(137, 'OOMKilled', '02:00:00', '08:20:30'),
    }),
  ],
});

const gonePod = pod({ name: GONE, containers: [container('mailer', { limitMiB: 256, now: running('09:00:00') })] });

export const halfSeenCases: readonly GoldenCase[] = [
  {
    name: 'trap-runtime-kill-in-a-living-pod',
    about: `Events have expired; the runtime's journal shows a stop and its SIGKILL. The pod lives on, so nobody deleted it: in place the kubelet stops a container for a probe, a hook or a changed definition, and this one has a liveness probe only. L4, likely; L7 ("deleted and too slow") would be wrong although SIGKILL after the grace period is proven.`,
    expected: {
      select: { namespace: 'shop', pod: one.name },
      kind: 'identified',
      code: 'L4',
      confidence: 'likely',
      mustNotSay: ['raise (the|its) (memory )?limit'],
    },
    bundle: bundle({
      at: '18:45:00',
      eventsFrom: '17:50:00',
      pods: [one],
      nodeLog: stopped('14:10:00', '14:10:30', { containerId: probedId, pod: one.name }),
      logCoverage: allLogs,
    }),
  },
  {
    name: 'trap-runtime-kill-with-two-probes',
    about: `The same with a startup probe beside the liveness probe: which of the two asked for the stop is in no record. Nothing is named; both remain.`,
    expected: {
      select: { namespace: 'shop', pod: two.name },
      kind: ['ambiguous', 'insufficient-evidence'],
      code: ['ambiguous', 'insufficient'],
      candidates: ['L4', 'L5'],
    },
    bundle: bundle({
      at: '18:45:00',
      eventsFrom: '17:50:00',
      pods: [two],
      nodeLog: stopped('14:10:00', '14:10:30', { containerId: probedId, pod: two.name }),
      logCoverage: allLogs,
    }),
  },
  {
    name: 'trap-described-sibling-oom',
    about: `describe names neither UID nor the IDs of dead instances. The kernel's report is three seconds from this death and shows the sibling's limit; the sibling says OOMKilled and this container does not. The report is the sibling's: no K1 here.`,
    expected: {
      select: { namespace: 'shop', pod: pair.name, container: 'web' },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['L4'],
      notCandidates: ['K1'],
    },
    bundle: bundle({
      eventsFrom: 'none',
      pods: [pair],
      nodes: [],
      kernelKills: [
        kernelKill({ pod: pairWhole, container: 'shipper', at: '14:20:27', level: 'container', comm: 'fluent-bit', limitMiB: 64, anonMiB: 60 }),
      ],
      logCoverage: kernelLog,
    }),
  },
  {
    name: 'trap-described-and-a-neighbours-report',
    about: `describe text of one pod beside the kernel log of its node, which holds a report of another pod a minute earlier, in the same life. This container does not say OOMKilled and the report shows another limit: it is not its own, and no memory kill may be claimed.`,
    expected: {
      select: { namespace: 'shop', pod: lone.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['X4'],
      notCandidates: ['K1'],
    },
    bundle: bundle({
      eventsFrom: 'none',
      pods: [lone],
      nodes: [],
      kernelKills: [kernelKill({ pod: neighbour, container: 'cart', at: '14:19:30', level: 'pod', comm: 'cart', limitMiB: 128, anonMiB: 120 })],
      logCoverage: kernelLog,
    }),
  },
  {
    name: 'w1-allocation-failed',
    about: `-1073741801 is STATUS_NO_MEMORY (0xC0000017): an allocation failed on Windows, which has no OOM killer. It is not an ordinary exit whose meaning is the program's own, and no kernel kill.`,
    expected: {
      select: { namespace: 'shop', pod: windows.name },
      kind: 'identified',
      code: 'W1',
      confidence: ['likely', 'possible'],
      mustNotSay: ['kernel killed'],
    },
    bundle: bundle({ pods: [windows], nodes: [node({ operatingSystem: 'windows' })] }),
  },
  {
    name: 'x5-gvisor-reports-128',
    about: `gVisor on cgroup v2 reported 128 for an OOM of its sandbox (google/gvisor#9723). 128 with Error is no start failure, and in a sandbox it does not count as the program's ordinary exit.`,
    expected: {
      select: { namespace: 'shop', pod: sandboxed.name },
      kind: ['identified', 'insufficient-evidence'],
      code: ['X5', 'insufficient'],
      confidence: 'possible',
      candidates: ['X5'],
    },
    bundle: bundle({ pods: [sandboxed] }),
  },
  {
    name: 'trap-tool-is-the-victim-of-a-vanished-pod',
    about: `The kernel killed pg_dump and with it the whole container. The pod is gone, so nobody can say whether pg_dump was the container's own program (K1) or was run into it (K9). Both, and neither for certain.`,
    expected: { kind: ['ambiguous', 'identified'], code: ['ambiguous', 'K9'], confidence: 'possible', candidates: ['K1', 'K9'] },
    bundle: bundle({
      eventsFrom: 'none',
      kernelKills: [
        kernelKill({
          pod: backup,
          container: 'backup',
          at: '14:20:30',
          level: 'container',
          comm: 'pg_dump',
          anonMiB: 200,
          limitMiB: 512,
          group: [['postgres', 280]],
        }),
      ],
      logCoverage: kernelLog,
    }),
  },
  {
    name: 'trap-oom-within-the-grace-period',
    about: `Deleted at 14:30:00 with 60 s of grace, dead at 14:30:12 with 137 and OOMKilled. The stop had 48 s left and sends SIGKILL only at the end, so it did not end this instance; the kernel did, while it was shutting down. K1, without the kernel's report likely at most.`,
    expected: {
      select: { namespace: 'shop', pod: overtaken.name },
      kind: 'identified',
      code: 'K1',
      confidence: ['likely', 'possible'],
    },
    bundle: bundle({ pods: [overtaken], events: [killing(overtaken, 'render', '14:30:00')] }),
  },
  {
    name: 'p3-described-drain',
    about: `describe prints DisruptionTarget True without its reason. Preemption, taints and the kubelet leave an event or a status of their own beside it; here only the stop's event is there, and it would not have outlived theirs. An eviction through the API, likely; P1 (a plain delete) sets no such condition.`,
    expected: {
      select: { namespace: 'shop', pod: drained.name },
      kind: 'identified',
      code: 'P3',
      confidence: ['likely', 'possible'],
      via: 'L7',
    },
    bundle: bundle({ pods: [drained], nodes: [], workloads: [], events: [killing(drained, 'search', '14:40:00')] }),
  },
  {
    name: 'trap-undated-killing-beside-the-flag',
    about: `describe of an old pod gives ages and no instants: a liveness kill happened some time in the last hour, and the last death says OOMKilled. The flag sticks and the event may be another life's; the two cannot be told apart, so neither is named.`,
    expected: {
      select: { namespace: 'shop', pod: flagged.name },
      kind: 'ambiguous',
      code: 'ambiguous',
      candidates: ['K1', 'L4'],
    },
    bundle: bundle({
      eventsFrom: 'none',
      pods: [flagged],
      nodes: [],
      events: [
        undated(unhealthy(flagged, 'feed', { message: 'Liveness probe failed: HTTP probe failed with statuscode: 500', at: '14:20:00' })),
        undated(killing(flagged, 'feed', '14:20:00', 'Container feed failed liveness probe, will be restarted')),
      ],
    }),
  },
  {
    name: 'trap-143-and-events-expired',
    about: `A container of a living pod ended with 143 six hours ago. A failed liveness probe, obeyed, looks just so, and so does a program that stopped itself; the events that would tell have expired.`,
    expected: {
      select: { namespace: 'shop', pod: obeyed.name },
      kind: 'insufficient-evidence',
      code: 'insufficient',
      candidates: ['L4', 'exit-143'],
    },
    bundle: bundle({ pods: [obeyed] }),
  },
  {
    name: 'trap-flag-in-a-pod-with-tmpfs',
    about: `OOMKilled with a limit, and nothing but the API. The pod has a memory-backed volume, whose content is charged to the pod and outlives restarts (K4). The container's own limit is the best single explanation and no more.`,
    expected: {
      select: { namespace: 'shop', pod: tmpfs.name },
      kind: ['identified', 'ambiguous'],
      code: ['K1', 'ambiguous'],
      confidence: 'possible',
      candidates: ['K1', 'K4'],
    },
    bundle: bundle({ pods: [tmpfs], nodes: [] }),
  },
  {
    name: 'trap-vanished-pod-told-twice',
    about: `The pod is gone. Its event says that the liveness probe failed; the journal of the node shows the stop of the same container and names it. One death, and the event says why: L4. Told from the runtime's lines alone it would be a stop that took too long (L7).`,
    expected: {
      select: { pod: GONE, container: 'mailer' },
      kind: 'identified',
      code: 'L4',
      confidence: ['certain', 'likely'],
    },
    bundle: bundle({
      events: [killing(gonePod, 'mailer', '14:10:00', 'Container mailer failed liveness probe, will be restarted')],
      nodeLog: stopped('14:10:00', '14:10:30', { containerId: goneId }),
      logCoverage: allLogs,
    }),
  },
  {
    name: 'l10-vanished-pod',
    about: `The pod is gone; it was told to stop while the kubelet's shutdown manager was stopping every pod of the node. L10 by the node's event; without the pod's status likely at most.`,
    expected: { select: { pod: GONE, container: 'mailer' }, kind: 'identified', code: 'L10', confidence: ['likely', 'possible'] },
    bundle: bundle({
      events: [
        killing(gonePod, 'mailer', '14:10:00'),
        event(node(), { reason: 'Shutdown', message: 'Shutdown manager detected shutdown event', at: '14:09:59' }),
      ],
    }),
  },
  {
    name: 'k3-vanished-pod-outlives-its-child',
    about: `The kernel killed one process of a container whose pod is gone; the runtime saw that container end four minutes later. A child was killed and the container outlived it: K3, not K1.`,
    expected: { kind: 'identified', code: 'K3', confidence: ['likely', 'possible'] },
    bundle: bundle({
      eventsFrom: 'none',
      kernelKills: [
        kernelKill({ pod: gonePod, container: 'mailer', life: 'now', at: '14:10:00', level: 'container', comm: 'worker', limitMiB: 256, anonMiB: 90, older: [['mailer', 140]] }),
      ],
      nodeLog: [journal('14:14:05', { kind: 'task-exit', containerId: goneId, exitCode: 1, line: 'TaskExit event …' })],
      logCoverage: allLogs,
    }),
  },
  {
    name: 'l13-vanished-pod',
    about: `The kubelet's message of a kill by a RestartAllContainers rule is the one word "killing"; no other decision is told so. The pod is gone, so the rule itself is not seen: likely.`,
    expected: { select: { pod: GONE, container: 'mailer' }, kind: 'identified', code: 'L13', confidence: ['likely', 'possible'] },
    bundle: bundle({ events: [killing(gonePod, 'mailer', '14:10:00', 'killing')] }),
  },
];
