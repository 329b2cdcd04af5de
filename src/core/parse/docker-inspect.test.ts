import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInspectPage } from './crictl-inspect.ts';
import { parseDockerInspect } from './docker-inspect.ts';

const CONTEXT = { source: 'inspect.json' };
const ID = '25a38b5b8d556d7983d975577f5ac75ebbcfb4b269e6deaa0a0440c1ffc969ca';
const OLD_ID = '9192cb33411ff69d015a3577db136757f5b145064a1703efea3d0e12e8a64987';
const UID = '93e17ecc-ab55-461a-b526-29248d2554ad';

/** The shape of `docker inspect` 24, without the fields nobody reads. */
function dockerPage(state: object, more: { host?: object; config?: object; top?: object } = {}) {
  return {
    Id: ID,
    Created: '2025-05-19T18:00:00.123456789Z',
    Name: '/web',
    Image: 'sha256:abc',
    Platform: 'linux',
    RestartCount: 2,
    State: {
      Status: 'exited',
      Running: false,
      OOMKilled: false,
      ExitCode: 0,
      Error: '',
      StartedAt: '2025-05-19T18:00:01Z',
      FinishedAt: '2025-05-19T18:14:43.5Z',
      ...state,
    },
    HostConfig: {
      Memory: 268435456,
      MemorySwap: 536870912,
      RestartPolicy: { Name: 'unless-stopped' },
      ...more.host,
    },
    Config: {
      Image: 'registry.example/web:1.2',
      Env: ['JAVA_TOOL_OPTIONS=-Xmx200m', 'DB_PASSWORD=hunter2'],
      Cmd: ['--token', 'abc123secretvalue', '-p', '8080'],
      Entrypoint: ['/usr/bin/java'],
      Labels: {},
      StopSignal: 'SIGQUIT',
      ...more.config,
    },
    ...more.top,
  };
}

describe('parseDockerInspect', () => {
  it('reads a container that docker says was OOM-killed', () => {
    const part = parseDockerInspect([dockerPage({ OOMKilled: true, ExitCode: 137 })], CONTEXT);
    const pod = part.pods?.[0];
    expect(pod).toMatchObject({
      origin: 'docker',
      namespace: '',
      name: 'web',
      restartPolicy: 'Always',
      os: 'linux',
      // `docker stop` without a timeout waits 10 s.
      terminationGraceSeconds: 10,
      createdAtMs: Date.UTC(2025, 4, 19, 18, 0, 0, 123),
    });
    expect(pod?.containers[0]).toMatchObject({
      name: 'web',
      image: 'registry.example/web:1.2',
      command: ['/usr/bin/java'],
      limits: { memoryBytes: 268435456 },
      stopSignal: 'SIGQUIT',
      status: {
        restartCount: 2,
        containerId: ID,
        state: {
          kind: 'terminated',
          termination: {
            exitCode: 137,
            reason: 'OOMKilled',
            startedAtMs: Date.UTC(2025, 4, 19, 18, 0, 1),
            finishedAtMs: Date.UTC(2025, 4, 19, 18, 14, 43, 500),
            containerId: ID,
          },
        },
      },
    });
    expect(part.gaps).toBeUndefined();
  });

  it('keeps memory knobs and hides everything else', () => {
    const part = parseDockerInspect([dockerPage({ ExitCode: 1 })], CONTEXT);
    expect(part.pods?.[0]?.containers[0]?.environment).toEqual([
      { name: 'JAVA_TOOL_OPTIONS', value: '-Xmx200m' },
      { name: 'DB_PASSWORD' },
    ]);
    expect(JSON.stringify(part)).not.toMatch(/hunter2|abc123secretvalue/);
  });

  it.each([
    {
      name: 'exit 137 without the flag is an Error',
      state: { ExitCode: 137 },
      reason: 'Error',
      exitCode: 137,
    },
    { name: 'exit 0', state: { ExitCode: 0 }, reason: 'Completed', exitCode: 0 },
    {
      name: 'a child was OOM-killed and the main process ended well',
      state: { OOMKilled: true },
      reason: 'OOMKilled',
      exitCode: 0,
    },
    {
      name: 'an NTSTATUS as docker prints it',
      state: { ExitCode: 3221225477 },
      reason: 'Error',
      exitCode: 3221225477,
    },
    {
      name: 'never started',
      state: {
        Status: 'created',
        ExitCode: 127,
        Error: 'exec: "x": executable file not found in $PATH: unknown',
        StartedAt: '0001-01-01T00:00:00Z',
        FinishedAt: '0001-01-01T00:00:00Z',
      },
      reason: 'ContainerCannotRun',
      exitCode: 127,
    },
  ])('$name', ({ state, reason, exitCode }) => {
    const [pod] = parseDockerInspect([dockerPage(state)], CONTEXT).pods ?? [];
    const status = pod?.containers[0]?.status?.state;
    expect(status?.kind === 'terminated' ? status.termination : undefined).toMatchObject({
      reason,
      exitCode,
    });
  });

  it('keeps an OOM event of a running container as what it is', () => {
    const part = parseDockerInspect(
      [dockerPage({ Status: 'running', Running: true, OOMKilled: true })],
      CONTEXT,
    );
    expect(part.pods?.[0]?.containers[0]?.status?.state?.kind).toBe('running');
    expect(part.nodeLog).toMatchObject([{ kind: 'task-oom', containerId: ID, container: 'web' }]);
  });

  it.each([
    ['0', 0],
    ['-1', -1],
    ['a text', 'many'],
  ])('takes a memory limit of %s for none', (_name, memory) => {
    const [pod] = parseDockerInspect([dockerPage({}, { host: { Memory: memory } })], CONTEXT).pods ?? [];
    expect(pod?.containers[0]?.limits).toEqual({});
  });

  it('reads tmpfs mounts', () => {
    const [pod] =
      parseDockerInspect([dockerPage({}, { host: { Tmpfs: { '/run': 'rw,size=64m' } } })], CONTEXT).pods ??
      [];
    // 64 × 1024 × 1024
    expect(pod?.memoryVolumes).toEqual([{ name: 'web:/run', sizeLimitBytes: 67108864 }]);
    expect(pod?.containers[0]?.memoryVolumeMounts).toEqual(['web:/run']);
  });

  it('brings the instances of a Kubernetes container together and drops the sandbox', () => {
    const labels = (attempt: string, type = 'container') => ({
      'io.kubernetes.docker.type': type,
      'io.kubernetes.pod.name': 'web-1',
      'io.kubernetes.pod.namespace': 'shop',
      'io.kubernetes.pod.uid': UID,
      'io.kubernetes.container.name': 'app',
      'annotation.io.kubernetes.container.restartCount': attempt,
      'annotation.io.kubernetes.pod.terminationGracePeriod': '45',
    });
    const part = parseDockerInspect(
      [
        dockerPage({ ExitCode: 137 }, { config: { Labels: labels('4') }, top: { Id: OLD_ID } }),
        dockerPage({ Status: 'running', Running: true }, { config: { Labels: labels('5') } }),
        dockerPage({ Status: 'running' }, { config: { Labels: labels('0', 'podsandbox') } }),
      ],
      CONTEXT,
    );
    expect(part.pods).toHaveLength(1);
    expect(part.pods?.[0]).toMatchObject({
      namespace: 'shop',
      name: 'web-1',
      uid: UID,
      terminationGraceSeconds: 45,
    });
    expect(part.pods?.[0]?.containers).toHaveLength(1);
    expect(part.pods?.[0]?.containers[0]?.status).toMatchObject({
      restartCount: 5,
      containerId: ID,
      state: { kind: 'running' },
      lastState: { kind: 'terminated', termination: { exitCode: 137, containerId: OLD_ID } },
    });
  });

  it('reads crictl inspect', () => {
    const page = {
      status: {
        id: ID,
        metadata: { name: 'app', attempt: 3 },
        state: 'CONTAINER_EXITED',
        createdAt: '2025-05-19T18:00:00.1Z',
        startedAt: '2025-05-19T18:00:01.5Z',
        finishedAt: '2025-05-19T18:14:43.25Z',
        exitCode: 137,
        image: { image: 'registry.example/web:1.2' },
        imageRef: 'registry.example/web@sha256:abc',
        reason: 'OOMKilled',
        message: '',
        labels: {
          'io.kubernetes.container.name': 'app',
          'io.kubernetes.pod.name': 'web-1',
          'io.kubernetes.pod.namespace': 'shop',
          'io.kubernetes.pod.uid': UID,
        },
        annotations: { 'io.kubernetes.pod.terminationGracePeriod': '30' },
      },
      info: {
        config: {
          command: ['/app'],
          envs: [
            { key: 'GOMEMLIMIT', value: '200MiB' },
            { key: 'API_KEY', value: 'x' },
          ],
        },
        runtimeSpec: {
          process: { args: ['/app'], env: ['A=1'] },
          linux: { resources: { memory: { limit: 268435456 } } },
        },
      },
    };
    const [pod] = parseDockerInspect(page, CONTEXT).pods ?? [];
    expect(pod).toMatchObject({
      namespace: 'shop',
      name: 'web-1',
      uid: UID,
      terminationGraceSeconds: 30,
      os: 'linux',
    });
    expect(pod?.containers[0]).toMatchObject({
      name: 'app',
      command: ['/app'],
      environment: [{ name: 'GOMEMLIMIT', value: '200MiB' }, { name: 'API_KEY' }],
      limits: { memoryBytes: 268435456 },
      status: {
        restartCount: 3,
        state: {
          kind: 'terminated',
          termination: {
            exitCode: 137,
            reason: 'OOMKilled',
            finishedAtMs: Date.UTC(2025, 4, 19, 18, 14, 43, 250),
          },
        },
      },
    });
    expect(isInspectPage(page)).toBe(true);
  });

  it('says what is no container', () => {
    const part = parseDockerInspect([{ Id: 'sha256:abc', RepoTags: ['web:1'] }, null, 7], CONTEXT);
    expect(part.pods).toEqual([]);
    expect(part.gaps).toMatchObject([{ kind: 'input', what: '3 entries of inspect.json' }]);
    expect(isInspectPage([{ Id: 'sha256:abc' }])).toBe(false);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (state, host, config) => {
        const page = { Id: ID, Name: '/x', State: state, HostConfig: host, Config: config };
        expect(Array.isArray(parseDockerInspect([page, config], CONTEXT).pods)).toBe(true);
        const cri = {
          status: { state: 'CONTAINER_EXITED', metadata: { name: 'a' }, labels: state, exitCode: host },
          info: config,
        };
        expect(Array.isArray(parseDockerInspect(cri, CONTEXT).pods)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
