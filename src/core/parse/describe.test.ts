import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { looksLikeDescribe, parseDescribe } from './describe.ts';

const START = Date.UTC(2025, 1, 27, 6, 30, 28);
const MIB = 1024 * 1024;

const POD = `Name:                 web-0
Namespace:            shop
Priority:             2000
Priority Class Name:  high
Runtime Class Name:   gvisor
Service Account:      default
Node:                 node-1/172.18.0.2
Start Time:           Thu, 27 Feb 2025 07:30:28 +0100
Labels:               app=web
                      tier=front
Annotations:          kubernetes.io/config.hash: f00d
                      note: Status: Failed
Status:               Running
IP:                   10.244.0.63
IPs:
  IP:           10.244.0.63
Controlled By:  StatefulSet/web
Init Containers:
  setup:
    Image:         busybox
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Thu, 27 Feb 2025 07:30:29 +0100
      Finished:     Thu, 27 Feb 2025 07:30:29 +0100
    Ready:          True
    Restart Count:  0
Containers:
  app:
    Container ID:  containerd://abc123
    Image:         shop/app:1
    Image ID:      shop/app@sha256:ffff
    Port:          <none>
    Command:
      java
    Args:
      -jar
      app.jar
      --password
      hunter2
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       Error
      Message:      Traceback (most recent call last):
  File "main.py", line 3
Status: 500
Ready: True
      Exit Code:    137
      Started:      Thu, 27 Feb 2025 07:36:21 +0100
      Finished:     Thu, 27 Feb 2025 07:36:52 +0100
    Ready:          False
    Restart Count:  6
    Limits:
      cpu:                500m
      ephemeral-storage:  1Gi
      memory:             100Mi
    Requests:
      memory:   64Mi
    Liveness:   exec [cat /tmp/healthy] delay=5s timeout=1s period=5s #success=1 #failure=3
    Startup:    http-get http://:8080/up delay=0s timeout=1s period=10s #success=1 #failure=30
    Environment Variables from:
      config      ConfigMap  Optional: false
    Environment:
      JAVA_TOOL_OPTIONS:  -Xmx64m -Dtoken=abc
      DB_PASSWORD:        <set to the key 'p' in secret 's'>  Optional: false
      PLAIN:              visible
      GOMEMLIMIT:         94371840 (limits.memory)
    Mounts:
      /cache from cache (rw)
      /var/run/secrets/kubernetes.io/serviceaccount from kube-api-access-x (ro)
Conditions:
  Type              Status
  Initialized       True
  Ready             False
Volumes:
  cache:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  64Mi
  scratch:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:
    SizeLimit:  <unset>
QoS Class:                   Burstable
Node-Selectors:              kubernetes.io/os=linux
Tolerations:                 node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
Events:
  Type     Reason     Age                    From               Message
  ----     ------     ----                   ----               -------
  Normal   Scheduled  6m40s                  default-scheduler  Successfully assigned shop/web-0 to node-1
  Warning  Unhealthy  87s (x3 over 97s)      kubelet            Liveness probe failed: cat: can't open
second line
  Normal   Killing    57s                    kubelet            Container app failed liveness probe, will be restarted
  Warning  BackOff    7s (x23 over 6m33s)    kubelet            Back-off restarting failed container app in pod web-0_shop(a954616f-1e09-4496-be7b-9d5322d99875)
`;

describe('parseDescribe on a whole pod', () => {
  const part = parseDescribe(POD, { source: 'pod.txt' });
  const pod = part.pods?.[0];
  const app = pod?.containers[1];

  it('reads the head, and the UID from a back-off', () => {
    expect(part.pods).toHaveLength(1);
    expect(part.gaps).toBeUndefined();
    expect(pod).toMatchObject({
      id: 'pod:describe/shop/web-0',
      origin: 'describe',
      namespace: 'shop',
      name: 'web-0',
      uid: 'a954616f-1e09-4496-be7b-9d5322d99875',
      startedAtMs: START,
      nodeName: 'node-1',
      owner: { kind: 'StatefulSet', name: 'web', namespace: 'shop' },
      labels: { app: 'web', tier: 'front' },
      phase: 'Running',
      priority: 2000,
      priorityClassName: 'high',
      runtimeClassName: 'gvisor',
      qosClass: 'Burstable',
      os: 'linux',
      configHash: 'f00d',
      conditions: [
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: 'False' },
      ],
      memoryVolumes: [{ name: 'cache', sizeLimitBytes: 64 * MIB }],
      diskVolumes: [{ name: 'scratch' }],
    });
  });

  it('reads the container, its message with line breaks, and no credential', () => {
    expect(app).toEqual({
      name: 'app',
      role: 'main',
      image: 'shop/app:1',
      imageId: 'shop/app@sha256:ffff',
      command: ['java'],
      args: ['-jar', 'app.jar', '--password', '[redacted]'],
      environment: [
        { name: 'JAVA_TOOL_OPTIONS', value: '-Xmx64m' },
        { name: 'DB_PASSWORD' },
        { name: 'PLAIN' },
        { name: 'GOMEMLIMIT', value: '94371840' },
      ],
      requests: { memoryBytes: 64 * MIB },
      limits: { memoryBytes: 100 * MIB, ephemeralStorageBytes: 1024 * MIB },
      livenessProbe: {
        handler: 'exec',
        command: ['cat', '/tmp/healthy'],
        initialDelaySeconds: 5,
        periodSeconds: 5,
        timeoutSeconds: 1,
        failureThreshold: 3,
      },
      startupProbe: {
        handler: 'http',
        initialDelaySeconds: 0,
        periodSeconds: 10,
        timeoutSeconds: 1,
        failureThreshold: 30,
      },
      memoryVolumeMounts: ['cache'],
      status: {
        containerId: 'abc123',
        restartCount: 6,
        ready: false,
        state: { kind: 'waiting', reason: 'CrashLoopBackOff' },
        lastState: {
          kind: 'terminated',
          termination: {
            exitCode: 137,
            reason: 'Error',
            message: 'Traceback (most recent call last):\n  File "main.py", line 3\nStatus: 500\nReady: True',
            startedAtMs: Date.UTC(2025, 1, 27, 6, 36, 21),
            finishedAtMs: Date.UTC(2025, 1, 27, 6, 36, 52),
          },
        },
      },
    });
    expect(pod?.containers[0]).toMatchObject({ name: 'setup', role: 'init' });
  });

  it('turns ages into instants by the start of the pod', () => {
    // Printed 6m40s = 400 s after 06:30:28, the instant at which it was scheduled.
    const printedAtMs = START + 400_000;
    expect(part.collectedAtMs).toBe(printedAtMs);
    expect(part.events?.map((event) => [event.reason, event.count, event.container, event.lastAtMs])).toEqual(
      [
        ['Scheduled', 1, undefined, START],
        ['Unhealthy', 3, undefined, printedAtMs - 87_000],
        ['Killing', 1, 'app', printedAtMs - 57_000],
        ['BackOff', 23, 'app', printedAtMs - 7000],
      ],
    );
    expect(part.events?.[1]).toMatchObject({
      firstAtMs: printedAtMs - 97_000,
      precisionMs: 1000,
      message: "Liveness probe failed: cat: can't open second line",
      regarding: { kind: 'Pod', name: 'web-0', namespace: 'shop' },
    });
    expect(part.eventCoverage).toEqual([
      {
        source: 'pod.txt',
        namespace: 'shop',
        regarding: { kind: 'Pod', name: 'web-0' },
        oldestAtMs: START,
        readAtMs: printedAtMs,
      },
    ]);
  });

  it('prefers the instant of reading that is given', () => {
    const read = parseDescribe(POD, { source: 'pod.txt', readAtMs: START + 400_500 });
    expect(read.events?.[2]?.lastAtMs).toBe(START + 400_500 - 57_000);
  });

  it('reads the same from indented text with Windows line ends', () => {
    const indented = POD.split('\n')
      .map((line) => (line === '' ? '' : `    ${line}`))
      .join('\r\n');
    expect(parseDescribe(indented, { source: 'pod.txt' })).toEqual(part);
  });

  it('reads several pods of one text', () => {
    const two = parseDescribe(`${POD}\n\n${POD.replaceAll('web-0', 'web-1')}`, { source: 'pod.txt' });
    expect(two.pods?.map((one) => one.name)).toEqual(['web-0', 'web-1']);
    expect(two.events).toHaveLength(8);
  });
});

const evicted = `Name:             web-0
Namespace:        shop
Node:             node-1/
Status:           Failed
Reason:           Evicted
Message:          The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi.
Controlled By:    Node/node-1
Containers:
  app:
    State:  Running
Events:  <none>
`;

describe('parseDescribe on parts and other forms', () => {
  it('reads an evicted pod', () => {
    const part = parseDescribe(evicted, { source: 's' });
    expect(part.pods?.[0]).toMatchObject({
      phase: 'Failed',
      statusReason: 'Evicted',
      statusMessage: 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi.',
      owner: { kind: 'Node', name: 'node-1' },
    });
    // An empty list is a statement too.
    expect(part.eventCoverage).toEqual([
      { source: 's', namespace: 'shop', regarding: { kind: 'Pod', name: 'web-0' } },
    ]);
  });

  it('reads a pod that is being deleted', () => {
    const text = evicted.replace('Failed', 'Terminating (lasts 5m)\nTermination Grace Period:  30s');
    const at = 10_000_000;
    const pod = parseDescribe(text, { source: 's', readAtMs: at }).pods?.[0];
    expect(pod).toMatchObject({ deletionAtMs: at - 300_000, deletionGraceSeconds: 30 });
    expect(pod?.phase).toBeUndefined();
    expect(parseDescribe(text, { source: 's' }).pods?.[0]?.deletionAtMs).toBeUndefined();
  });

  it('reads a fragment that names no pod, and two of them as two', () => {
    const fragment = POD.slice(POD.indexOf('Containers:\n  app:'), POD.indexOf('Conditions:'));
    const one = parseDescribe(fragment, { source: 's' });
    expect(one.pods).toMatchObject([{ name: '', namespace: '', containers: [{ name: 'app' }] }]);
    expect(one.eventCoverage).toBeUndefined();
    expect(parseDescribe(`${fragment}${fragment}`, { source: 's' }).pods).toHaveLength(2);
  });

  it('leaves ages alone where they are too coarse to be turned into instants', () => {
    const old = POD.replace('6m40s ', '48m   ');
    const part = parseDescribe(old, { source: 's' });
    expect(part.events?.every((event) => event.lastAtMs === undefined)).toBe(true);
    // Unknown ages say nothing on how far back the list reaches.
    expect(part.eventCoverage).toBeUndefined();
    const read = parseDescribe(old, { source: 's', readAtMs: START + 48 * 60_000 });
    expect(read.events?.[0]).toMatchObject({ lastAtMs: START, precisionMs: 60_000 });
  });

  it('reads the events of old releases', () => {
    const events = `Events:
  FirstSeen  LastSeen  Count  From             SubObjectPath          Type     Reason   Message
  ---------  --------  -----  ----             -------------          -------- ------   -------
  5m         2m        7      kubelet, node-1  spec.containers{app}   Warning  BackOff  Back-off restarting failed container
`;
    const text = evicted.replace('Events:  <none>\n', events);
    const at = 10_000_000;
    expect(parseDescribe(text, { source: 's', readAtMs: at }).events).toMatchObject([
      {
        reason: 'BackOff',
        container: 'app',
        reportedBy: 'kubelet',
        host: 'node-1',
        count: 7,
        firstAtMs: at - 300_000,
        lastAtMs: at - 120_000,
      },
    ]);
  });

  it('passes over other objects', () => {
    const text =
      'Name:  web\nNamespace:  shop\nSelector:  app=web\nPod Template:\n  Containers:\n   app:\n    Image: x\n';
    expect(parseDescribe(text, { source: 's' })).toMatchObject({ gaps: [{ kind: 'input', file: 's' }] });
  });

  it.each([
    ['a whole pod', POD, true],
    ['a fragment', 'Containers:\n  app:\n    State:  Running\n', true],
    ['a manifest', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n', false],
    ['a log', 'Name: x\nfailed\n', false],
  ])('recognises %s', (_name, text, expected) => {
    expect(looksLikeDescribe(text)).toBe(expected);
  });
});

describe('parseDescribe on a node', () => {
  const text = `Name:               node-1
Roles:              <none>
Labels:             kubernetes.io/os=linux
CreationTimestamp:  Thu, 27 Feb 2025 07:30:28 +0100
Taints:             node.kubernetes.io/memory-pressure:NoSchedule
                    dedicated=gpu:NoExecute
Unschedulable:      true
Conditions:
  Type             Status  LastHeartbeatTime                 LastTransitionTime                Reason                        Message
  ----             ------  -----------------                 ------------------                ------                        -------
  MemoryPressure   True    Thu, 27 Feb 2025 07:40:28 +0100   Thu, 27 Feb 2025 07:30:28 +0100   KubeletHasInsufficientMemory  kubelet has insufficient memory available
Capacity:
  memory:             4Gi
  pods:               17
Allocatable:
  memory:             3Gi
System Info:
  Boot ID:                    490eb300
  Kernel Version:             6.8.0
  OS Image:                   Amazon Linux 2
  Operating System:           linux
  Container Runtime Version:  containerd://1.7.11
  Kubelet Version:            v1.30.4
Non-terminated Pods:          (17 in total)
  Namespace  Name  CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------  ----  ------------  ----------  ---------------  -------------  ---
  default    web   0 (0%)        0 (0%)      0 (0%)           0 (0%)         63m
ALLOCATED
Events:
  Type     Reason     Age  From     Message
  ----     ------     ---- ----     -------
  Warning  SystemOOM  5s   kubelet  System OOM encountered, victim process: java, pid: 42
`;
  const modern = `Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests      Limits
  --------           --------      ------
  cpu                1139m (59%)   800m (41%)
  memory             2174Mi (65%)  5418Mi (163%)`;
  const old = `Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  CPU Requests  CPU Limits  Memory Requests  Memory Limits
  ------------  ----------  ---------------  -------------
  1139m (59%)   800m (41%)  2174Mi (65%)     5418Mi (163%)`;

  it.each([
    ['of today', modern],
    ['up to 1.10', old],
  ])('reads all of it in the form %s', (_name, allocated) => {
    const part = parseDescribe(text.replace('ALLOCATED', allocated), { source: 's', readAtMs: START });
    expect(part.nodes).toEqual([
      {
        id: 'node:node-1',
        source: 's',
        name: 'node-1',
        createdAtMs: START,
        capacityMemoryBytes: 4096 * MIB,
        allocatableMemoryBytes: 3072 * MIB,
        capacityPods: 17,
        conditions: [
          {
            type: 'MemoryPressure',
            status: 'True',
            reason: 'KubeletHasInsufficientMemory',
            message: 'kubelet has insufficient memory available',
            lastTransitionAtMs: START,
          },
        ],
        taints: [
          { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' },
          { key: 'dedicated', value: 'gpu', effect: 'NoExecute' },
        ],
        unschedulable: true,
        kubeletVersion: 'v1.30.4',
        kernelVersion: '6.8.0',
        containerRuntimeVersion: 'containerd://1.7.11',
        osImage: 'Amazon Linux 2',
        operatingSystem: 'linux',
        bootId: '490eb300',
        allocated: { memoryRequestsBytes: 2174 * MIB, memoryLimitsBytes: 5418 * MIB, pods: 17 },
      },
    ]);
    expect(part.events).toMatchObject([
      { reason: 'SystemOOM', regarding: { kind: 'Node', name: 'node-1' }, lastAtMs: START - 5000 },
    ]);
  });
});

describe('hostile describe text', () => {
  it('never throws, whatever is cut or shuffled', () => {
    const lines = POD.split('\n');
    const shuffled = fc.array(fc.oneof(fc.constantFrom(...lines), fc.string()), { maxLength: 120 });
    fc.assert(
      fc.property(shuffled, (some) => {
        const part = parseDescribe(some.join('\n'), { source: 's' });
        return (part.pods?.length ?? 0) <= 120;
      }),
      { numRuns: 150 },
    );
    for (let length = 0; length < POD.length; length += 97) {
      expect(() => parseDescribe(POD.slice(0, length), { source: 's' })).not.toThrow();
    }
  });

  it.each([
    ['spaces', ' '.repeat(1_000_000)],
    ['keys', 'Containers:\n'.repeat(50_000)],
    ['one long line', `Name: x\nNamespace: y\nContainers:\n  a:\n    State: ${'x'.repeat(1_000_000)}`],
    [
      'a long table',
      `${evicted.replace('  <none>', '')}  Type Reason Age From Message\n${'  Normal  x\n'.repeat(50_000)}`,
    ],
  ])('takes no time on %s', (_name, text) => {
    const started = performance.now();
    parseDescribe(text, { source: 's' });
    looksLikeDescribe(text);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
