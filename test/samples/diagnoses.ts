/** Hand-made diagnoses for tests of everything that shows them. Names, times and numbers are invented. */
import type { Diagnosis, DiagnosisReport } from '../../src/core/model/diagnosis.ts';

export const NOW_MS = Date.UTC(2025, 10, 20, 3, 20, 41);
const MIB = 1024 * 1024;

/** K1: the kernel killed the container at its own limit, 13 minutes before `NOW_MS`. */
export const CONTAINER_LIMIT: Diagnosis = {
  id: '0d2a-api-1763608061000',
  target: {
    namespace: 'shop',
    pod: 'checkout-api-6c9f7d5b8-x2kqp',
    podUid: '0d2a4f0e-1111-2222-3333-444455556666',
    node: 'ip-10-3-41-7',
    workload: { kind: 'Deployment', name: 'checkout-api' },
  },
  container: 'api',
  atMs: Date.UTC(2025, 10, 20, 3, 7, 41),
  startedAtMs: Date.UTC(2025, 10, 19, 17, 26, 41),
  exitCode: 137,
  reason: 'OOMKilled',
  signal: 9,
  containerId: 'c44d0000',
  limitBytes: 512 * MIB,
  requestBytes: 384 * MIB,
  peakBytes: 511 * MIB,
  verdict: {
    kind: 'identified',
    code: 'K1',
    cause: 'container-memory-limit',
    confidence: 'certain',
    sender: 'kernel.memcg',
    memory: 'container',
    summary: 'The kernel killed container api when it reached its own memory limit of 512 MiB.',
    candidates: [],
  },
  evidence: [
    {
      id: 'e1',
      text: "The kernel's report names the container's own cgroup at 524288 kB of 524288 kB.",
      source: 'kernel log',
      weighs: 'for',
      codes: ['K1'],
      atMs: Date.UTC(2025, 10, 20, 3, 7, 40),
      records: ['kernel/1'],
      quote: 'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c44d0000,task=api,pid=4242,uid=0',
    },
    {
      id: 'e2',
      text: 'The last state is OOMKilled with exit code 137.',
      source: 'pod status',
      weighs: 'for',
      codes: ['K1', 'K4'],
      records: ['pod/1'],
    },
    {
      id: 'e3',
      text: 'The node reported no memory pressure.',
      source: 'events',
      weighs: 'context',
      codes: [],
      records: ['event/9'],
    },
  ],
  ruledOut: [
    {
      code: 'K6',
      cause: 'node-out-of-memory',
      title: 'Node out of memory',
      standing: 'contradicted',
      reason: 'the kernel log says CONSTRAINT_MEMCG',
    },
    {
      code: 'L4',
      cause: 'liveness-probe',
      title: 'Failed liveness probe',
      standing: 'contradicted',
      reason: 'no Killing event although events of that time were read',
    },
  ],
  beside: ['The heap limit of the JVM (-Xmx1g) is above the container limit of 512 MiB.'],
  unseen: [
    {
      id: 'g1',
      what: 'metrics of the last hours',
      cost: 'a leak cannot be told from a spike',
      kind: 'usage',
      permission: { verb: 'list', resource: 'pods.metrics.k8s.io', namespace: 'shop' },
      fix: 'Grant list on pods.metrics.k8s.io.',
    },
  ],
  nextEvidence: [
    {
      text: 'Read the previous log.',
      command: 'kubectl -n shop logs checkout-api-6c9f7d5b8-x2kqp -c api --previous',
      decides: 'Its last lines show what the process was doing.',
    },
  ],
  actions: [
    {
      kind: 'rollback',
      text: 'Roll back: the limit was 1 GiB before.',
      command: 'kubectl -n shop rollout undo deploy/checkout-api --to-revision=87',
      caution: 'restarts all pods; Helm will undo it at the next upgrade',
    },
    {
      kind: 'stop-gap',
      text: 'Or raise the limit to 768 MiB.',
      command: 'kubectl -n shop set resources deploy/checkout-api -c api --limits=memory=768Mi',
    },
  ],
  impact: {
    downMs: 17_000,
    restartCount: 26,
    desiredReplicas: 3,
    readyReplicas: 2,
    risks: ['Requests in flight were lost.'],
  },
  changed: {
    fromRevision: 87,
    toRevision: 88,
    fromName: 'checkout-api-5f4d8c7b6',
    toName: 'checkout-api-6c9f7d5b8',
    atMs: Date.UTC(2025, 10, 17, 12, 32),
    changes: [
      {
        container: 'api',
        field: 'image',
        before: 'registry.example/api:v2.40.3',
        after: 'registry.example/api:v2.41.0',
      },
      { container: 'api', field: 'memory limit', before: '1 GiB', after: '512 MiB' },
    ],
    rollbackCommand: 'kubectl -n shop rollout undo deploy/checkout-api --to-revision=87',
  },
  logTail: { previous: true, lines: ['loading catalogue', '\tcached 812003 entries'], truncated: false },
  kernel: {
    scope: 'memcg',
    constraint: 'CONSTRAINT_MEMCG',
    oomCgroup: '/kubepods/burstable/pod0d2a/c44d0000',
    taskCgroup: '/kubepods/burstable/pod0d2a/c44d0000',
    victimPid: 4242,
    victimComm: 'api',
    victimAnonRssBytes: 500 * MIB,
    usageBytes: 512 * MIB,
    limitBytes: 512 * MIB,
    groupKill: false,
    killedPids: [4242],
  },
  details: [
    { kind: 'facts', title: 'Kernel', facts: [{ name: 'victim', value: 'api (pid 4242)' }] },
    {
      kind: 'table',
      title: 'Processes',
      columns: ['pid', 'name', 'rss'],
      rows: [['4242', 'api', '500 MiB']],
    },
  ],
};

/** 137 with `Error` and nothing else: the honest answer names what remains. */
export const UNDECIDED: Diagnosis = {
  id: '77aa-worker-1763600000000',
  target: {
    namespace: 'batch',
    pod: 'report-builder-29101-zx8pl',
    node: 'n2',
    workload: { kind: 'Job', name: 'report-builder-29101' },
  },
  container: 'worker',
  atMs: Date.UTC(2025, 10, 19, 22, 0, 0),
  exitCode: 137,
  reason: 'Error',
  signal: 9,
  limitBytes: 'unlimited',
  verdict: {
    kind: 'insufficient-evidence',
    code: 'insufficient',
    cause: 'insufficient-evidence',
    sender: 'unknown',
    memory: 'unknown',
    summary:
      'Container worker ended with 137 and Error; events of that time have expired and no kernel log was read.',
    candidates: [
      {
        code: 'L4',
        cause: 'liveness-probe',
        title: 'Failed liveness probe or slow shutdown',
        standing: 'possible',
        reason: 'the events that would say so have expired',
      },
      {
        code: 'K1',
        cause: 'container-memory-limit',
        title: 'Memory limit whose flag was lost',
        standing: 'possible',
        reason: 'the kernel log of node n2 would decide',
      },
    ],
  },
  evidence: [
    {
      id: 'e1',
      text: 'The last state is Error with exit code 137.',
      source: 'pod status',
      weighs: 'context',
      codes: [],
      records: ['pod/2'],
    },
  ],
  ruledOut: [],
  beside: [],
  unseen: [
    {
      id: 'g1',
      what: 'kernel log of node n2',
      cost: 'an OOM kill cannot be excluded',
      kind: 'kernel-log',
      nodeName: 'n2',
    },
  ],
  nextEvidence: [
    {
      text: 'Read the kernel log of node n2.',
      command: 'ssh n2 dmesg -T',
      decides: 'A kill line means memory, silence excludes it.',
    },
  ],
  actions: [],
  impact: { risks: [] },
  details: [],
};

/** Alive and well. */
export const ALIVE: Diagnosis = {
  id: 'alive',
  target: { namespace: 'shop', pod: 'web-0' },
  atMs: NOW_MS,
  verdict: {
    kind: 'nothing-died',
    code: 'none',
    cause: 'none',
    sender: 'nobody',
    memory: 'none',
    summary: 'Nothing died: all containers of web-0 run and have not restarted.',
    candidates: [],
  },
  evidence: [],
  ruledOut: [],
  beside: [],
  unseen: [],
  nextEvidence: [],
  actions: [],
  impact: { risks: [] },
  details: [],
};

export function reportOf(...items: readonly Diagnosis[]): DiagnosisReport {
  return {
    generatedAtMs: NOW_MS,
    cluster: 'prod-eu-1',
    sources: [
      { name: 'pods', state: 'read' },
      { name: 'node-logs', state: 'failed', detail: 'not asked for' },
    ],
    gaps: [],
    truncated: false,
    items,
  };
}
