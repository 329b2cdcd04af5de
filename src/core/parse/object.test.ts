import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseObject } from './object.ts';

const context = { source: 'dump.json' };
const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web-0', namespace: 'shop' } };
const event = (at: string) => ({
  kind: 'Event',
  metadata: { name: `e${at}`, namespace: 'shop' },
  involvedObject: { kind: 'Pod', name: 'web-0', namespace: 'shop' },
  reason: 'Killing',
  lastTimestamp: at,
});

describe('parseObject', () => {
  it.each([
    ['one pod', pod],
    ['a typed list, whose items have no kind', { kind: 'PodList', items: [{ metadata: pod.metadata }] }],
    ['a List', { kind: 'List', apiVersion: 'v1', items: [pod] }],
    ['an array of documents', [null, pod, { kind: 'ConfigMap', metadata: { name: 'c' } }]],
    ['a list in a list', { kind: 'List', items: [{ kind: 'PodList', items: [{ metadata: pod.metadata }] }] }],
    ['a pod without a kind', { metadata: pod.metadata, spec: { containers: [] } }],
  ])('finds the pod in %s', (_name, raw) => {
    const part = parseObject(raw, context);
    expect(part.pods?.map((one) => one.name)).toEqual(['web-0']);
    expect(part.gaps).toBeUndefined();
  });

  it.each([
    ['an unknown kind', { kind: 'ConfigMap', metadata: { name: 'c' } }],
    ['an empty list', { kind: 'PodList', items: null }],
    ['a list too deep', [[[[[[pod]]]]]]],
    ['plain data', { a: 1 }],
    ['text', 'x'],
    ['a configuration of no node', { kubeletconfig: { cgroupDriver: 'systemd' } }],
  ])('finds nothing in %s', (_name, raw) => {
    expect(parseObject(raw, context)).toEqual({});
  });

  it('never looks into a Secret', () => {
    const touched: string[] = [];
    const secret = {
      kind: 'Secret',
      get metadata() {
        touched.push('metadata');
        return {};
      },
      get data() {
        touched.push('data');
        return {};
      },
    };
    expect(parseObject({ kind: 'List', items: [secret, pod] }, context).pods).toHaveLength(1);
    expect(touched).toEqual([]);
  });

  it('names the place of what it cannot read, and reads the rest', () => {
    const part = parseObject({ kind: 'PodList', items: [pod, { metadata: 7 }, pod] }, context);
    expect(part.pods).toHaveLength(2);
    expect(part.gaps).toMatchObject([{ kind: 'input', file: 'dump.json', place: 'items[1]' }]);
  });

  it('counts the rest where nothing can be read', () => {
    const part = parseObject({ kind: 'PodList', items: Array.from({ length: 1000 }, () => ({})) }, context);
    expect(part.gaps).toHaveLength(21);
    expect(part.gaps?.at(-1)?.what).toContain('980 more');
  });

  it('tells how far a list of events reaches', () => {
    const items = [event('2026-10-02T14:14:03Z'), event('2026-10-02T14:10:03Z')];
    expect(parseObject({ kind: 'List', items }, { ...context, readAtMs: 5 }).eventCoverage).toEqual([
      {
        source: 'dump.json',
        namespace: 'shop',
        oldestAtMs: Date.UTC(2026, 9, 2, 14, 10, 3),
        readAtMs: 5,
      },
    ]);
    expect(parseObject(items[0], context).eventCoverage).toBeUndefined();
    const empty = { kind: 'EventList', items: [] };
    expect(parseObject(empty, context).eventCoverage).toBeUndefined();
    expect(parseObject(empty, { ...context, eventScope: { namespace: 'a' } }).eventCoverage).toEqual([
      { source: 'dump.json', namespace: 'a' },
    ]);
  });

  it('reads a node', () => {
    const node = {
      kind: 'Node',
      metadata: { name: 'n1', creationTimestamp: '2026-10-02T14:14:03Z' },
      spec: {
        unschedulable: true,
        taints: [{ key: 'k', value: 'v', effect: 'NoExecute', timeAdded: '2026-10-02T14:14:03Z' }],
      },
      status: {
        capacity: { memory: '4Gi', pods: '17' },
        allocatable: { memory: '3Gi' },
        conditions: [{ type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' }],
        nodeInfo: {
          kubeletVersion: 'v1.33.1',
          kernelVersion: '6.12.0',
          containerRuntimeVersion: 'containerd://2.1.0',
        },
      },
    };
    expect(parseObject(node, context).nodes).toEqual([
      {
        id: 'node:n1',
        source: 'dump.json',
        name: 'n1',
        createdAtMs: Date.UTC(2026, 9, 2, 14, 14, 3),
        capacityMemoryBytes: 4 * 1024 ** 3,
        allocatableMemoryBytes: 3 * 1024 ** 3,
        capacityPods: 17,
        conditions: [{ type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' }],
        taints: [{ key: 'k', value: 'v', effect: 'NoExecute', addedAtMs: Date.UTC(2026, 9, 2, 14, 14, 3) }],
        unschedulable: true,
        kubeletVersion: 'v1.33.1',
        kernelVersion: '6.12.0',
        containerRuntimeVersion: 'containerd://2.1.0',
      },
    ]);
  });

  it('reads metrics and the kubelet', () => {
    const part = parseObject(
      [
        {
          kind: 'PodMetricsList',
          items: [
            {
              metadata: { name: 'web-0', namespace: 'shop' },
              timestamp: '2026-10-02T14:14:03Z',
              containers: [{ name: 'app', usage: { memory: '512Ki' } }],
            },
          ],
        },
        { kind: 'NodeMetrics', metadata: { name: 'n1' }, usage: { memory: '1Gi' } },
        {
          kubeletconfig: {
            singleProcessOOMKill: true,
            evictionHard: { 'memory.available': '100Mi' },
            kubeReserved: { memory: '255Mi' },
            shutdownGracePeriod: '1m30s',
            memorySwap: { swapBehavior: 'NoSwap' },
          },
        },
      ],
      { ...context, nodeName: 'n1' },
    );
    expect(part.samples?.[0]).toMatchObject({ pod: 'web-0', container: 'app', workingSetBytes: 524_288 });
    expect(part.nodeSamples?.[0]).toMatchObject({ nodeName: 'n1', workingSetBytes: 1024 ** 3 });
    expect(part.nodes?.[0]?.kubeletConfig).toEqual({
      singleProcessOomKill: true,
      evictionHard: { 'memory.available': '100Mi' },
      kubeReservedMemoryBytes: 255 * 1024 ** 2,
      shutdownGracePeriodSeconds: 90,
      memorySwapBehavior: 'NoSwap',
    });
  });

  it('never throws', () => {
    const kind = fc.constantFrom(
      'Pod',
      'Node',
      'Event',
      'Job',
      'List',
      'PodList',
      'PodMetrics',
      'ControllerRevision',
    );
    const object = fc.record({
      kind,
      metadata: fc.jsonValue(),
      spec: fc.jsonValue(),
      status: fc.jsonValue(),
      items: fc.jsonValue(),
    });
    fc.assert(
      fc.property(
        fc.oneof(object, fc.array(object), fc.anything()),
        (raw) => parseObject(raw, context) !== null,
      ),
    );
  });
});

const workload = (kind: string, fields: object) => ({
  kind,
  metadata: { name: 'w', namespace: 'shop' },
  ...fields,
});

describe('parseObject on workloads', () => {
  const template = {
    spec: {
      initContainers: [{ name: 'i' }],
      containers: [{ name: 'app', image: 'a:1', resources: { limits: { memory: '1Gi' } } }],
    },
  };
  const containers = [
    { name: 'i', role: 'init', environment: [], requests: {}, limits: {} },
    {
      name: 'app',
      role: 'main',
      image: 'a:1',
      environment: [],
      requests: {},
      limits: { memoryBytes: 1024 ** 3 },
    },
  ];
  it.each([
    [
      'a Deployment',
      workload('Deployment', {
        metadata: {
          name: 'w',
          namespace: 'shop',
          annotations: { 'deployment.kubernetes.io/revision': '7', 'meta.helm.sh/release-name': 'w' },
        },
        spec: { replicas: 3, paused: true, template },
        status: { observedGeneration: 1, replicas: 3, updatedReplicas: 1 },
      }),
      // The API leaves the zero of readyReplicas out.
      {
        revision: 7,
        desiredReplicas: 3,
        readyReplicas: 0,
        updatedReplicas: 1,
        managedBy: 'helm',
        paused: true,
        containers,
      },
    ],
    [
      'a manifest of a Deployment, which has no status',
      workload('Deployment', { spec: { replicas: 3, template } }),
      { desiredReplicas: 3, containers },
    ],
    [
      'a DaemonSet',
      workload('DaemonSet', {
        spec: { template },
        status: { desiredNumberScheduled: 5, numberReady: 4, updatedNumberScheduled: 5 },
      }),
      { desiredReplicas: 5, readyReplicas: 4, updatedReplicas: 5, containers },
    ],
    [
      'a Job',
      workload('Job', {
        spec: { parallelism: 2, backoffLimit: 6, activeDeadlineSeconds: 60, template },
        status: { ready: 1, completionTime: '2026-10-02T14:14:03Z' },
      }),
      {
        desiredReplicas: 2,
        readyReplicas: 1,
        backoffLimit: 6,
        activeDeadlineSeconds: 60,
        completionAtMs: Date.UTC(2026, 9, 2, 14, 14, 3),
        containers,
      },
    ],
    ['a CronJob', workload('CronJob', { spec: { jobTemplate: { spec: { template } } } }), { containers }],
    [
      'a ControllerRevision',
      workload('ControllerRevision', { revision: 4, data: { spec: { template } } }),
      { revision: 4, containers },
    ],
    [
      'one of Argo CD that renders a chart',
      workload('StatefulSet', {
        metadata: {
          name: 'w',
          namespace: 'shop',
          labels: { 'app.kubernetes.io/managed-by': 'Helm' },
          annotations: { 'argocd.argoproj.io/tracking-id': 'x' },
        },
      }),
      { managedBy: 'argocd', containers: [] },
    ],
    [
      'one of Flux',
      workload('ReplicaSet', {
        metadata: { name: 'w', namespace: 'shop', labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } },
      }),
      { managedBy: 'flux', containers: [] },
    ],
  ])('reads %s', (_name, raw, expected) => {
    expect(parseObject(raw, context).workloads).toEqual([
      {
        id: `workload:${raw.kind}/shop/w`,
        source: 'dump.json',
        kind: raw.kind,
        namespace: 'shop',
        name: 'w',
        conditions: [],
        ...expected,
      },
    ]);
  });
});
