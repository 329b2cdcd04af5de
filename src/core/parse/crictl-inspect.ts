/** `crictl inspect` (cri-tools 1.20 to 1.34): the CRI's ContainerStatus, and in `info` what containerd or CRI-O add. */
import type { ContainerState } from '../model/kubernetes.ts';
import { argsOf, containerIdOf, environmentOf, memoryLimit, podLabels } from './inspected-container.ts';
import type { InspectedContainer } from './inspected-container.ts';
import { environmentVariable } from './environment.ts';
import {
  countOf,
  defined,
  fieldsOf,
  instantOf,
  integerOf,
  isFields,
  itemsOf,
  messageOf,
  wordOf,
} from './fields.ts';
import type { Fields } from './fields.ts';

/** Told by the CRI's state word. */
export function isCrictl(raw: unknown): raw is Fields {
  const state = fieldsOf(fieldsOf(raw)['status'])['state'];
  return typeof state === 'string' && /^(?:CONTAINER|SANDBOX)_/.test(state);
}

/** The container; `sandbox` for the output of `crictl inspectp`. */
export function readCrictl(raw: Fields): InspectedContainer | 'sandbox' | undefined {
  const status = fieldsOf(raw['status']);
  if (String(status['state']).startsWith('SANDBOX_')) return 'sandbox';
  const metadata = fieldsOf(status['metadata']);
  const labels = fieldsOf(status['labels']);
  const name = wordOf(metadata['name']) ?? wordOf(labels['io.kubernetes.container.name']);
  if (name === undefined) return undefined;
  const info = fieldsOf(raw['info']);
  const config = fieldsOf(info['config']);
  const containerId = containerIdOf(status['id']);
  const started = commandOf(info, config);
  return defined({
    pod: podLabels(labels, fieldsOf(status['annotations'])),
    containerId,
    attempt: countOf(metadata['attempt']) ?? 0,
    createdAtMs: instantOf(status['createdAt']),
    state: stateOf(status, containerId),
    oomWhileRunning: false,
    evidence: defined({
      name,
      role: 'main' as const,
      image: wordOf(fieldsOf(status['image'])['image'], 512),
      imageId: wordOf(status['imageRef'], 512),
      ...started,
      environment: variablesOf(info, config),
      requests: {},
      limits: limitsOf(status, info, config),
    }),
    memoryVolumes: [],
    os: osOf(info),
  });
}

function osOf(info: Fields): 'linux' | 'windows' {
  return isFields(fieldsOf(info['runtimeSpec'])['windows']) ? 'windows' : 'linux';
}

function commandOf(info: Fields, config: Fields): Pick<InspectedContainer['evidence'], 'command' | 'args'> {
  const command = argsOf(config['command']);
  const args = argsOf(config['args']);
  if (command !== undefined || args !== undefined) return defined({ command, args });
  // The runtime spec joins entrypoint and arguments.
  return defined({ command: argsOf(fieldsOf(fieldsOf(info['runtimeSpec'])['process'])['args']) });
}

/** containerd lists `envs` as key and value; the runtime spec has `NAME=value`. */
function variablesOf(info: Fields, config: Fields): InspectedContainer['evidence']['environment'] {
  const listed = itemsOf(config['envs']).flatMap((item) => {
    const key = wordOf(fieldsOf(item)['key']);
    const value = fieldsOf(item)['value'];
    return key === undefined ? [] : [environmentVariable(key, typeof value === 'string' ? value : undefined)];
  });
  return listed.length > 0
    ? listed
    : environmentOf(fieldsOf(fieldsOf(info['runtimeSpec'])['process'])['env']);
}

/** What is in force first: the status since CRI 1.27, then the runtime spec, then what was asked for. */
function limitsOf(status: Fields, info: Fields, config: Fields): InspectedContainer['evidence']['limits'] {
  const linux = fieldsOf(fieldsOf(fieldsOf(info['runtimeSpec'])['linux'])['resources']);
  const candidates = [
    fieldsOf(fieldsOf(status['resources'])['linux'])['memoryLimitInBytes'],
    fieldsOf(linux['memory'])['limit'],
    fieldsOf(fieldsOf(config['linux'])['resources'])['memory_limit_in_bytes'],
  ];
  return candidates.map(memoryLimit).find((limit) => limit.memoryBytes !== undefined) ?? {};
}

function stateOf(status: Fields, containerId: string | undefined): ContainerState | undefined {
  const startedAtMs = instantOf(status['startedAt']);
  if (status['state'] === 'CONTAINER_RUNNING') return defined({ kind: 'running' as const, startedAtMs });
  if (status['state'] === 'CONTAINER_CREATED') return { kind: 'waiting' };
  // Protobuf leaves a zero exit code out of the JSON.
  const exitCode = status['exitCode'] === undefined ? 0 : integerOf(status['exitCode']);
  if (status['state'] !== 'CONTAINER_EXITED' || exitCode === undefined) return undefined;
  return {
    kind: 'terminated',
    termination: defined({
      exitCode,
      reason: wordOf(status['reason']),
      message: messageOf(status['message']),
      startedAtMs,
      finishedAtMs: instantOf(status['finishedAt']),
      containerId,
    }),
  };
}

/** Whether a JSON value looks like either tool's page, for telling input files apart. */
export function isInspectPage(raw: unknown): boolean {
  const first = Array.isArray(raw) ? raw[0] : raw;
  if (isCrictl(first)) return true;
  const fields = fieldsOf(first);
  return isFields(fields['State']) && isFields(fields['Config']) && fields['Id'] !== undefined;
}
