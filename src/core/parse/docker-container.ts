/** One entry of `docker inspect` (Docker 1.10 to 29, podman 3 to 5). */
import type { ContainerState, MemoryVolume } from '../model/kubernetes.ts';
import {
  booleanOf,
  countOf,
  defined,
  fieldsOf,
  instantOf,
  integerOf,
  isFields,
  messageOf,
  secondsOf,
  wordOf,
} from './fields.ts';
import type { Fields } from './fields.ts';
import { argsOf, containerIdOf, environmentOf, memoryLimit, podLabels } from './inspected-container.ts';
import type { InspectedContainer, PodLabels } from './inspected-container.ts';

export function readDocker(raw: unknown): InspectedContainer | 'sandbox' | undefined {
  const fields = fieldsOf(raw);
  if (!isFields(fields['State']) || !isFields(fields['Config'])) return undefined;
  const config = fieldsOf(fields['Config']);
  const host = fieldsOf(fields['HostConfig']);
  const labels = fieldsOf(config['Labels']);
  if (labels['io.kubernetes.docker.type'] === 'podsandbox') return 'sandbox';
  const name = wordOf(fields['Name'])?.replace(/^\//, '') ?? wordOf(fields['Id'])?.slice(0, 12);
  if (name === undefined) return undefined;
  const containerId = containerIdOf(fields['Id']);
  const state = dockerState(fieldsOf(fields['State']), containerId);
  const memoryVolumes = tmpfsOf(host['Tmpfs'], name);
  const isKubernetes = wordOf(labels['io.kubernetes.pod.name']) !== undefined;
  return defined({
    pod: isKubernetes ? podLabels(labels, labels) : { namespace: '', name, ...dockerGrace(config) },
    containerId,
    attempt:
      countOf(labels['annotation.io.kubernetes.container.restartCount']) ??
      countOf(fields['RestartCount']) ??
      0,
    createdAtMs: instantOf(fields['Created']),
    state,
    oomWhileRunning: state?.kind === 'running' && booleanOf(fieldsOf(fields['State'])['OOMKilled']) === true,
    evidence: defined({
      name: wordOf(labels['io.kubernetes.container.name']) ?? name,
      role: 'main' as const,
      image: wordOf(config['Image'], 512),
      imageId: wordOf(fields['Image'], 512),
      command: argsOf(config['Entrypoint']),
      args: argsOf(config['Cmd']),
      environment: environmentOf(config['Env']),
      requests: {},
      limits: memoryLimit(host['Memory']),
      stopSignal: wordOf(config['StopSignal'], 32),
      ...(memoryVolumes.length === 0
        ? {}
        : { memoryVolumeMounts: memoryVolumes.map((volume) => volume.name) }),
    }),
    memoryVolumes,
    restartPolicy: restartPolicyOf(fieldsOf(host['RestartPolicy'])['Name']),
    os: osOf(fields['Platform']),
  });
}

/** `docker stop` waits 10 seconds where Kubernetes waits 30. */
const DOCKER_STOP_SECONDS = 10;

function dockerGrace(config: Fields): Pick<PodLabels, 'terminationGraceSeconds'> {
  return { terminationGraceSeconds: secondsOf(config['StopTimeout']) ?? DOCKER_STOP_SECONDS };
}

function dockerState(state: Fields, containerId: string | undefined): ContainerState | undefined {
  const status = wordOf(state['Status'], 32) ?? (booleanOf(state['Running']) === true ? 'running' : 'exited');
  const startedAtMs = instantOf(state['StartedAt']);
  const finishedAtMs = instantOf(state['FinishedAt']);
  if (status === 'running' || status === 'paused') return defined({ kind: 'running' as const, startedAtMs });
  const exitCode = integerOf(state['ExitCode']);
  const message = messageOf(state['Error']);
  const neverStarted = startedAtMs === undefined;
  // A container that was created and not started has exit code 0 and no error.
  if (exitCode === undefined || (status === 'created' && message === undefined)) return { kind: 'waiting' };
  const reason = booleanOf(state['OOMKilled']) === true ? 'OOMKilled' : exitReason(exitCode, neverStarted);
  return {
    kind: 'terminated',
    termination: defined({
      exitCode,
      reason,
      message,
      startedAtMs,
      finishedAtMs,
      containerId,
    }),
  };
}

/** The words cri-dockerd puts to the same state (core/container_status.go). */
function exitReason(exitCode: number, neverStarted: boolean): string {
  if (exitCode === 0) return 'Completed';
  return neverStarted ? 'ContainerCannotRun' : 'Error';
}

function restartPolicyOf(value: unknown): string | undefined {
  switch (value) {
    case 'always':
    case 'unless-stopped':
      return 'Always';
    case 'on-failure':
      return 'OnFailure';
    case 'no':
      return 'Never';
    default:
      return undefined;
  }
}

function osOf(value: unknown): 'linux' | 'windows' | undefined {
  return value === 'linux' || value === 'windows' ? value : undefined;
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `HostConfig.Tmpfs`: `{ "/run": "rw,size=64m" }`. */
function tmpfsOf(value: unknown, owner: string): readonly MemoryVolume[] {
  return Object.entries(fieldsOf(value))
    .slice(0, 64)
    .map(([path, options]) => {
      const size =
        typeof options === 'string' ? /(?:^|,)size=(\d{1,12})([kmg]?)(?:,|$)/i.exec(options) : null;
      const bytes =
        size === null ? undefined : Number(size[1]) * (SIZE_UNITS[(size[2] ?? '').toLowerCase()] ?? 1);
      const safe = bytes !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined;
      return defined({ name: `${owner}:${wordOf(path) ?? ''}`, sizeLimitBytes: safe });
    });
}
