/** What the fuzzer starts from: the golden deaths, the examples, and hand-written samples in the documented shapes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { caseFolders } from '../../test/cases/build.ts';

const root = join(import.meta.dirname, '..', '..');

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The bundles of test/cases. */
export const bundles = lazily(() =>
  caseFolders().map((name): unknown =>
    JSON.parse(readFileSync(join(root, 'test', 'cases', name, 'bundle.json'), 'utf8')),
  ),
);

/** Every text in the bundles, once: messages, quotes, times, names. */
export const words = lazily(() => {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') found.add(value);
    else if (typeof value === 'object' && value !== null)
      for (const inner of Object.values(value)) look(inner);
  };
  for (const bundle of bundles()) look(bundle);
  return [...found];
});

/** The files of the examples, by name. */
export const exampleFiles = lazily(() =>
  readdirSync(join(root, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /evidence.*\.(?:json|log|txt)$/.test(name))
    .map((name) => ({ name, bytes: readFileSync(join(root, 'examples', name)) })),
);

export function examples(extension: string): readonly string[] {
  return exampleFiles()
    .filter(({ name }) => name.endsWith(extension))
    .map(({ bytes }) => bytes.toString('utf8'));
}

export const QUANTITIES = [
  '128Mi',
  '1.5Gi',
  '1e3',
  '100m',
  '-1',
  '0.5',
  '12E',
  '9223372036854775807',
  '1Ki',
  '+5M',
  '1E6',
];

export const TIMES = [
  '2026-03-01T10:00:00Z',
  '2026-03-01T10:00:00.123456789+05:30',
  'Sun, 01 Mar 2026 10:00:00 +0000',
  '1h2m3.5s',
  '1d',
  '90',
];

export const CGROUP_PATHS = [
  '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod94eb36cd_29e1_4a3c_9d8f_1c2b3a4d5e6f.slice/cri-containerd-46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c.scope',
  '/kubepods/besteffort/pod94eb36cd-29e1-4a3c-9d8f-1c2b3a4d5e6f/46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c',
  '/system.slice/docker-46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c46b3aa0c.scope',
  'kubepods-pod1.slice:cri-containerd:46b3aa0c',
];

export const CGROUP_TEXTS = [
  '==> /sys/fs/cgroup/memory.events <==\nlow 0\nhigh 3\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n\n==> /sys/fs/cgroup/memory.max <==\n67108864\n==> /sys/fs/cgroup/memory.stat <==\nanon 1234\nfile 5678\nshmem 0\n',
  'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n',
  '==> memory.usage_in_bytes <==\n67108864\n==> memory.limit_in_bytes <==\n9223372036854771712\n==> memory.failcnt <==\n77\n',
];

export const LOG_LINES = [
  '[  100.000001] python invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999',
  'Mar  1 10:00:00 n1 kernel: [12345.678901] Memory cgroup out of memory: Killed process 77 (a b, c) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:999',
  '2026-03-01T10:00:00.123456+00:00 n1 kernel: oom_reaper: reaped process 77 (python), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
  '[Sun Mar  1 10:00:00 2026] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/kubepods/pod1,task_memcg=/kubepods/pod1/c,task=py,pid=77,uid=0',
  '6,1234,987654321,-;Out of memory: Killed process 5 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
  '{"__REALTIME_TIMESTAMP":"1772359200000000","_HOSTNAME":"n1","SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"kernel","MESSAGE":"Killed process 77 (python) total-vm:1kB, anon-rss:1kB, file-rss:0kB"}',
  '{"__REALTIME_TIMESTAMP":"1772359200000000","MESSAGE":[75,105,108,108,101,100],"_SYSTEMD_UNIT":"kubelet.service"}',
  'Mar 01 10:00:00 n1 kubelet[1234]: I0301 10:00:00.123456    1234 kuberuntime_container.go:808] "Killing container with a grace period" pod="shop/a" podUID="94eb36cd-29e1-4a3c-9d8f-1c2b3a4d5e6f" containerName="app" containerID="containerd://46b3aa0c" gracePeriod=30',
  'Mar 01 10:00:00 n1 containerd[99]: time="2026-03-01T10:00:00Z" level=info msg="TaskOOM event container_id:\\"46b3aa0c\\""',
  'Mar 01 10:00:00 n1 systemd-oomd[3]: Killed /kubepods.slice/x due to memory pressure for / being 61.22% > 50.00% for > 20s with reclaim activity',
  'Mar 01 10:00:00 n1 earlyoom[3]: sending SIGKILL to process 77 uid 0 "python": badness 999, VmRSS 100 MiB',
];

export const MESSAGES = [
  'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. Container app was using 500Mi, request is 100Mi, has larger consumption of memory. ',
  'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.',
  'Usage of EmptyDir volume "cache" exceeds the limit "64Mi". ',
  "Pod was rejected: Node didn't have enough resource: memory, requested: 1073741824, used: 536870912, capacity: 1073741824",
  'The node had condition: [MemoryPressure]. ',
  '0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }, 2 Insufficient memory. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
  'Liveness probe failed: Get "http://10.0.0.1:8080/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
  'Stopping container app',
];

export const ARGUMENTS = [
  '--db-password=hunter2hunter2 --token abcdefgh12345678 -c "PGPASSWORD=x psql"',
  'Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
  'postgres://user:secret@db:5432/x?sslmode=off',
  '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----',
  'AKIAABCDEFGHIJKLMNOP ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  '/bin/sh -c exec java -Xmx512m -jar app.jar',
];

export const APP_LOGS = [
  'java.lang.OutOfMemoryError: Java heap space\n\tat x.Y.z(Y.java:1)\nTerminating due to java.lang.OutOfMemoryError',
  '<--- Last few GCs --->\n[1:0x1] 1 ms: Mark-sweep\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  '[2026-03-01 10:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:8)\n[ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?',
  'runtime: out of memory: cannot allocate 4194304-byte block',
  'LOG:  server process (PID 77) was terminated by signal 9: Killed',
];

export const CADVISOR = [
  '# HELP container_memory_working_set_bytes x\n# TYPE container_memory_working_set_bytes gauge\ncontainer_memory_working_set_bytes{container="app",id="/kubepods/x",image="i",name="n",namespace="shop",pod="a"} 1.234e+08 1772359200000\ncontainer_oom_events_total{container="app",namespace="shop",pod="a"} 2\ncontainer_memory_max_usage_bytes{container="app",namespace="shop",pod="a"} 5\n',
];

const EVENT = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'a.1', namespace: 'shop', uid: 'e1' },
  involvedObject: { kind: 'Pod', namespace: 'shop', name: 'a', uid: 'u1', fieldPath: 'spec.containers{app}' },
  reason: 'Killing',
  message: 'Container app failed liveness probe, will be restarted',
  type: 'Normal',
  count: 3,
  firstTimestamp: '2026-03-01T09:59:00Z',
  lastTimestamp: '2026-03-01T10:00:00Z',
  source: { component: 'kubelet', host: 'n1' },
};

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'a',
    namespace: 'shop',
    uid: 'u1',
    creationTimestamp: '2026-03-01T08:00:00Z',
    labels: { app: 'a', 'pod-template-hash': '6d65456dc7' },
    ownerReferences: [{ kind: 'ReplicaSet', name: 'a-6d65456dc7', uid: 'r1', controller: true }],
    managedFields: [{ manager: 'kubelet', fieldsV1: { 'f:status': {} } }],
  },
  spec: {
    nodeName: 'n1',
    terminationGracePeriodSeconds: 30,
    volumes: [{ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } }],
    containers: [
      {
        name: 'app',
        image: 'registry.example/a:1',
        command: ['java'],
        args: ['-Xmx512m', '--password=hunter2'],
        env: [
          { name: 'JAVA_TOOL_OPTIONS', value: '-Xmx1g' },
          { name: 'SECRET', value: 'x' },
        ],
        resources: { limits: { memory: '64Mi' }, requests: { memory: '32Mi' } },
        livenessProbe: { httpGet: { path: '/', port: 80 }, timeoutSeconds: 1 },
        lifecycle: { preStop: { exec: { command: ['sleep', '20'] } } },
      },
    ],
  },
  status: {
    phase: 'Running',
    qosClass: 'Burstable',
    conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-03-01T10:00:00Z' }],
    containerStatuses: [
      {
        name: 'app',
        restartCount: 1,
        containerID: 'containerd://46b3aa0c',
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
        lastState: {
          terminated: {
            exitCode: 137,
            reason: 'Error',
            startedAt: '2026-03-01T09:00:00Z',
            finishedAt: '2026-03-01T10:00:00Z',
            containerID: 'containerd://46b3aa0c',
          },
        },
      },
    ],
  },
};

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { taints: [{ key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' }] },
  status: {
    capacity: { memory: '32Gi' },
    allocatable: { memory: '30Gi' },
    conditions: [{ type: 'MemoryPressure', status: 'True', lastTransitionTime: '2026-03-01T09:59:00Z' }],
    nodeInfo: {
      kubeletVersion: 'v1.34.1',
      kernelVersion: '6.8.0',
      containerRuntimeVersion: 'containerd://2.0.1',
    },
  },
};

const REPLICA_SET = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    name: 'a-6d65456dc7',
    namespace: 'shop',
    annotations: { 'deployment.kubernetes.io/revision': '2' },
    ownerReferences: [{ kind: 'Deployment', name: 'a', controller: true }],
  },
  spec: { replicas: 1, template: { spec: POD.spec } },
  status: { replicas: 1, readyReplicas: 0 },
};

const DOCKER = {
  Id: '46b3aa0c'.repeat(8),
  Name: '/app',
  State: {
    Status: 'exited',
    OOMKilled: true,
    ExitCode: 137,
    FinishedAt: '2026-03-01T10:00:00Z',
    StartedAt: '2026-03-01T09:00:00Z',
  },
  HostConfig: { Memory: 67_108_864 },
  Config: {
    Env: ['JAVA_TOOL_OPTIONS=-Xmx1g', 'SECRET=x'],
    Cmd: ['java'],
    Labels: { 'io.kubernetes.pod.name': 'a' },
  },
};

const CRICTL = {
  status: {
    id: '46b3aa0c',
    metadata: { attempt: 1, name: 'app' },
    state: 'CONTAINER_EXITED',
    exitCode: 137,
    reason: 'OOMKilled',
    finishedAt: '2026-03-01T10:00:00.123456789Z',
    labels: {
      'io.kubernetes.pod.name': 'a',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': 'u1',
    },
  },
  info: { pid: 0, runtimeSpec: { process: { args: ['java'], env: ['A=b'] } } },
};

const METRICS = {
  kind: 'PodMetrics',
  apiVersion: 'metrics.k8s.io/v1beta1',
  metadata: { name: 'a', namespace: 'shop' },
  timestamp: '2026-03-01T10:00:00Z',
  containers: [{ name: 'app', usage: { memory: '65536Ki', cpu: '1m' } }],
};

const SUMMARY = {
  node: {
    nodeName: 'n1',
    memory: { time: '2026-03-01T10:00:00Z', availableBytes: 1, usageBytes: 2, workingSetBytes: 3 },
  },
  pods: [
    {
      podRef: { name: 'a', namespace: 'shop', uid: 'u1' },
      containers: [
        {
          name: 'app',
          memory: { time: '2026-03-01T10:00:00Z', usageBytes: 1, workingSetBytes: 2, rssBytes: 3 },
        },
      ],
    },
  ],
};

const KUBELET_CONFIG = {
  kubeletconfig: { singleProcessOOMKill: true, evictionHard: { 'memory.available': '100Mi' } },
};

const LIST = {
  apiVersion: 'v1',
  kind: 'List',
  metadata: { resourceVersion: '1' },
  items: [POD, EVENT, NODE, REPLICA_SET, { kind: 'Secret', data: { p: 'eA==' } }],
};

/** JSON documents that this program reads, besides bundles. */
export const documents = lazily((): readonly unknown[] => [
  POD,
  EVENT,
  NODE,
  REPLICA_SET,
  [DOCKER],
  CRICTL,
  METRICS,
  SUMMARY,
  KUBELET_CONFIG,
  LIST,
  ...examples('.json').map((text): unknown => JSON.parse(text)),
]);

export const INSPECTED: readonly unknown[] = [[DOCKER], DOCKER, [CRICTL], CRICTL];
export const PODS_LIST: unknown = { ...LIST, kind: 'PodList', items: [POD, POD] };

export const YAML = `---
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    name: &name a
    namespace: shop
    managedFields:
    - manager: kubelet
      fieldsV1: {f:status: {}}
  spec:
    containers:
    - name: app
      args: ["--x", 'y']
  status:
    containerStatuses:
    - name: app
      lastState: {terminated: {exitCode: 137, reason: Error, finishedAt: "2026-03-01T10:00:00Z"}}
- kind: Event
  involvedObject: {kind: Pod, name: *name, namespace: shop}
  reason: Killing
  message: |
    - text
    kind: Secret
kind: List
---
kind: Node
metadata: {name: n1}
`;

export const DUMP = `${JSON.stringify({ kind: 'PodList', items: [POD] })}
==== START logs for container app of pod shop/a ====
{"level":"info"}
==== END logs for container app of pod shop/a ====
`;
