import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PodEvidence } from '../model/kubernetes.ts';
import { podShowsDeath } from './pod-filter.ts';
import { parsePod } from './pod.ts';

const context = { source: 'pods.json' };
const ID = 'c44d0000000000000000000000000000000000000000000000000000000000aa';

function podOf(fields: Readonly<Record<string, unknown>>): PodEvidence {
  const parsed = parsePod(
    { kind: 'Pod', metadata: { name: 'web-0', namespace: 'shop' }, ...fields },
    context,
  );
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function statusOf(containerStatus: Readonly<Record<string, unknown>>) {
  const pod = podOf({
    status: { containerStatuses: [{ name: 'app', restartCount: 1, ...containerStatus }] },
  });
  return pod.containers[0]?.status;
}

describe('parsePod on metadata', () => {
  it('reads identity, owner and deletion, and drops the rest', () => {
    const pod = podOf({
      metadata: {
        name: 'web-0',
        namespace: 'shop',
        uid: 'u-1',
        creationTimestamp: '2025-02-27T06:36:21Z',
        deletionTimestamp: '2025-02-27T06:37:21Z',
        deletionGracePeriodSeconds: 30,
        labels: { app: 'web', bad: 7 },
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': 'SECRET',
          'kubernetes.io/config.hash': 'f00d',
        },
        managedFields: [{ manager: 'SECRET' }],
        ownerReferences: [
          { kind: 'Thing', name: 'other', controller: false },
          { kind: 'ReplicaSet', name: 'web-5d', uid: 'u-2', controller: true },
        ],
      },
    });
    expect(pod).toMatchObject({
      id: 'pod:u-1',
      origin: 'api',
      source: 'pods.json',
      uid: 'u-1',
      createdAtMs: 1_740_638_181_000,
      deletionAtMs: 1_740_638_241_000,
      deletionGraceSeconds: 30,
      labels: { app: 'web' },
      configHash: 'f00d',
      owner: { kind: 'ReplicaSet', name: 'web-5d', namespace: 'shop', uid: 'u-2' },
    });
    expect(JSON.stringify(pod)).not.toContain('SECRET');
  });

  it.each([
    ['nothing', null],
    ['a list', []],
    ['another kind', { kind: 'Node', metadata: { name: 'n' } }],
    ['no name', { kind: 'Pod', metadata: {} }],
  ])('refuses %s', (_name, raw) => {
    expect(parsePod(raw, context)).toMatchObject({ ok: false, error: { code: 'pod.not-a-pod' } });
  });
});

describe('parsePod on termination records (domain samples)', () => {
  it.each([
    [
      'an OOM kill',
      {
        terminated: {
          containerID: `containerd://${ID}`,
          exitCode: 137,
          reason: 'OOMKilled',
          startedAt: '2026-10-02T14:14:03Z',
          finishedAt: '2026-10-02T14:14:06Z',
        },
      },
      {
        exitCode: 137,
        reason: 'OOMKilled',
        startedAtMs: Date.UTC(2026, 9, 2, 14, 14, 3),
        finishedAtMs: Date.UTC(2026, 9, 2, 14, 14, 6),
        containerId: ID,
      },
    ],
    [
      'a start error, whose start is 1970',
      {
        terminated: {
          exitCode: 128,
          reason: 'StartError',
          startedAt: '1970-01-01T00:00:00Z',
          message: 'no\nstart',
        },
      },
      { exitCode: 128, reason: 'StartError', message: 'no\nstart' },
    ],
    [
      'a lost status, with null times',
      { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } },
      { exitCode: 137, reason: 'ContainerStatusUnknown' },
    ],
    ['a Windows code', { terminated: { exitCode: -1_073_741_819 } }, { exitCode: -1_073_741_819 }],
    ['numbers as text', { terminated: { exitCode: '137' } }, { exitCode: 137 }],
    ['an empty id', { terminated: { exitCode: 0, containerID: 'docker://' } }, { exitCode: 0 }],
  ])('reads %s', (_name, lastState, termination) => {
    expect(statusOf({ lastState })?.lastState).toEqual({ kind: 'terminated', termination });
  });

  it('redacts messages', () => {
    const state = statusOf({
      state: { waiting: { reason: 'X', message: 'login failed: password=hunter2' } },
    })?.state;
    expect(state).toEqual({ kind: 'waiting', reason: 'X', message: 'login failed: password=[redacted]' });
  });

  it.each([
    ['an empty state', {}],
    ['no exit code', { terminated: { reason: 'Error' } }],
    ['no object', 'terminated'],
  ])('knows no state in %s', (_name, state) => {
    expect(statusOf({ state })).toEqual({ restartCount: 1 });
  });
});

describe('parsePod on containers', () => {
  const pod = podOf({
    spec: {
      nodeSelector: { 'kubernetes.io/os': 'windows' },
      resources: { limits: { memory: '2Gi' } },
      volumes: [
        { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '64Mi' } },
        { name: 'tmp', emptyDir: {} },
        { name: 'huge', emptyDir: { medium: 'HugePages' } },
        { name: 'config', configMap: { name: 'c' } },
      ],
      initContainers: [{ name: 'setup' }, { name: 'proxy', restartPolicy: 'Always' }],
      containers: [
        {
          name: 'app',
          image: 'shop/app:1',
          command: ['/app', '--password', 'x'],
          env: [
            { name: 'GOMEMLIMIT', value: '900MiB' },
            { name: 'TOKEN', value: 'SECRET' },
            { name: 'GOGC', valueFrom: { configMapKeyRef: { name: 'c' } } },
          ],
          resources: { requests: { memory: '1G' }, limits: { memory: '1.5Gi', 'ephemeral-storage': '2Gi' } },
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }],
          restartPolicyRules: [{ action: 'RestartAllContainers' }],
          livenessProbe: {
            exec: { command: ['cat', '/tmp/healthy'] },
            periodSeconds: 5,
            failureThreshold: 3,
            terminationGracePeriodSeconds: 7,
          },
          lifecycle: {
            preStop: { exec: { command: ['sh', '-c', 'sleep 15 && nginx -s quit'] } },
            postStart: { sleep: { seconds: 3 } },
            stopSignal: 'SIGINT',
          },
          volumeMounts: [{ name: 'shm' }, { name: 'tmp' }],
        },
      ],
    },
    status: {
      containerStatuses: [
        { name: 'app', resources: { limits: { memory: '1Gi' } } },
        { name: 'ghost', restartCount: 4 },
      ],
      ephemeralContainerStatuses: [{ name: 'debug', state: { running: {} } }],
    },
  });
  const [setup, proxy, app, ghost, debug] = pod.containers;

  it('tells the roles apart', () => {
    expect(pod.containers.map((one) => [one.name, one.role])).toEqual([
      ['setup', 'init'],
      ['proxy', 'sidecar'],
      ['app', 'main'],
      ['ghost', 'main'],
      ['debug', 'ephemeral'],
    ]);
    expect([setup?.status, proxy?.status, ghost?.status?.restartCount]).toEqual([undefined, undefined, 4]);
    expect(debug?.status?.state).toEqual({ kind: 'running' });
  });

  it('reads what decides a death', () => {
    expect(app).toEqual({
      name: 'app',
      role: 'main',
      image: 'shop/app:1',
      command: ['/app', '--password', '[redacted]'],
      environment: [{ name: 'GOMEMLIMIT', value: '900MiB' }, { name: 'TOKEN' }, { name: 'GOGC' }],
      requests: { memoryBytes: 1_000_000_000 },
      limits: { memoryBytes: 1_610_612_736, ephemeralStorageBytes: 2_147_483_648 },
      livenessProbe: {
        handler: 'exec',
        command: ['cat', '/tmp/healthy'],
        periodSeconds: 5,
        failureThreshold: 3,
        terminationGraceSeconds: 7,
      },
      preStop: { handler: 'exec', command: ['sh', '-c', 'sleep 15 && nginx -s quit'], sleepSeconds: 15 },
      postStart: { handler: 'sleep', sleepSeconds: 3 },
      stopSignal: 'SIGINT',
      restartsAllContainers: true,
      memoryResizeRestarts: true,
      memoryVolumeMounts: ['shm'],
      status: { restartCount: 0, actualLimits: { memoryBytes: 1_073_741_824 } },
    });
  });

  it('reads what holds for the pod as a whole', () => {
    expect(pod.os).toBe('windows');
    expect(pod.podLimits).toEqual({ memoryBytes: 2_147_483_648 });
    expect(pod.memoryVolumes).toEqual([{ name: 'shm', sizeLimitBytes: 67_108_864 }]);
    expect(pod.diskVolumes).toEqual([{ name: 'tmp' }]);
  });

  it.each([
    ['a status', { resize: 'Deferred' }, 'Deferred'],
    [
      'a pending condition',
      { conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] },
      'Infeasible',
    ],
    ['a running condition', { conditions: [{ type: 'PodResizeInProgress', status: 'True' }] }, 'InProgress'],
    [
      'a condition that is over',
      { conditions: [{ type: 'PodResizeInProgress', status: 'False' }] },
      undefined,
    ],
  ])('sees a resize by %s', (_name, status, expected) => {
    expect(podOf({ status }).resizeStatus).toBe(expected);
  });
});

const withState = (key: string, terminated: unknown) => ({
  status: { [key]: [{ name: 'a', restartCount: 0, lastState: { terminated } }] },
});

describe('podShowsDeath', () => {
  it.each([
    ['a running pod', { status: { phase: 'Running', containerStatuses: [{ restartCount: 0 }] } }, false],
    ['a completed one', withState('containerStatuses', { exitCode: 0, reason: 'Completed' }), false],
    [
      'an OOM kill with exit 0',
      withState('initContainerStatuses', { exitCode: 0, reason: 'OOMKilled' }),
      true,
    ],
    ['a failure', withState('ephemeralContainerStatuses', { exitCode: 1 }), true],
    ['a restart', { status: { containerStatuses: [{ restartCount: 1 }] } }, true],
    ['an eviction', { status: { reason: 'Evicted' } }, true],
    ['a failed pod', { status: { phase: 'Failed' } }, true],
    ['a deletion', { metadata: { deletionTimestamp: '2025-01-01T00:00:00Z' } }, true],
    ['a disruption', { status: { conditions: [{ type: 'DisruptionTarget', status: 'True' }] } }, true],
    ['no pod', 'x', false],
  ])('%s: %s', (_name, raw, expected) => {
    expect(podShowsDeath(raw)).toBe(expected);
  });
});

describe('hostile pods', () => {
  const status = fc.record(
    {
      name: fc.constantFrom('a', 7),
      state: fc.jsonValue(),
      lastState: fc.jsonValue(),
      restartCount: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const spec = fc.record(
    { name: fc.constant('a'), env: fc.jsonValue(), resources: fc.jsonValue(), lifecycle: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const hostile = fc.record({
    metadata: fc.oneof(
      fc.jsonValue(),
      fc.record({ name: fc.string(), labels: fc.jsonValue(), annotations: fc.jsonValue() }),
    ),
    spec: fc.oneof(fc.jsonValue(), fc.record({ containers: fc.array(spec), volumes: fc.jsonValue() })),
    status: fc.oneof(
      fc.jsonValue(),
      fc.record({ containerStatuses: fc.array(status), conditions: fc.jsonValue() }),
    ),
  });

  it('never throw', () => {
    fc.assert(
      fc.property(hostile, (raw) => {
        podShowsDeath(raw);
        const parsed = parsePod(raw, context);
        return !parsed.ok || parsed.value.containers.every((one) => one.name !== '');
      }),
      { numRuns: 200 },
    );
  });

  it('never throw for objects that refuse to be numbers', () => {
    const raw: unknown = JSON.parse(
      '{"metadata":{"name":"a"},"status":{"containerStatuses":[{"name":"a","restartCount":{"valueOf":1,"toString":1},"state":{"terminated":{"exitCode":{"toString":null}}}}]}}',
    );
    expect(podShowsDeath(raw)).toBe(true);
    expect(parsePod(raw, context)).toMatchObject({
      ok: true,
      value: { containers: [{ status: { restartCount: 0 } }] },
    });
  });

  it('stay small: a million containers cost one bounded list', () => {
    const containers = Array.from({ length: 100_000 }, (_, index) => ({ name: `c${index}` }));
    const parsed = parsePod({ metadata: { name: 'a' }, spec: { containers } }, context);
    expect(parsed.ok && parsed.value.containers.length).toBe(256);
  });
});
