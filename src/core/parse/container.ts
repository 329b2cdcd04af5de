/** Containers of a pod's spec or of a workload's template (core/v1 Container, EphemeralContainer). */
import type {
  ContainerEvidence,
  ContainerRole,
  ContainerTemplate,
  EnvironmentVariable,
  HookSpec,
  ProbeSpec,
  ResourceAmounts,
} from '../model/kubernetes.ts';
import type { Seconds } from '../units.ts';
import { environmentVariable } from './environment.ts';
import {
  bytesOf,
  countOf,
  defined,
  type Fields,
  fieldsOf,
  isFields,
  itemsOf,
  secondsOf,
  textsOf,
  wordOf,
} from './fields.ts';
import { redactArgs } from './redact.ts';

const MAX_IMAGE_CHARS = 512;
const NO_AMOUNTS: ResourceAmounts = Object.freeze({});

/** What a workload's revision is compared by. Absent if it has no name. */
export function parseContainerTemplate(raw: unknown, role: ContainerRole): ContainerTemplate | undefined {
  const fields = fieldsOf(raw);
  const name = wordOf(fields['name']);
  if (name === undefined) return undefined;
  const resources = fieldsOf(fields['resources']);
  return defined({
    name,
    role: roleOf(fields, role),
    image: wordOf(fields['image'], MAX_IMAGE_CHARS),
    command: argsOf(fields['command']),
    args: argsOf(fields['args']),
    environment: environmentOf(fields['env']),
    requests: amountsOf(resources['requests']),
    limits: amountsOf(resources['limits']),
  });
}

/** A container without its status. Absent if it has no name. */
export function parseContainer(
  raw: unknown,
  role: ContainerRole,
  memoryVolumes: ReadonlySet<string>,
): ContainerEvidence | undefined {
  const template = parseContainerTemplate(raw, role);
  if (template === undefined) return undefined;
  const fields = fieldsOf(raw);
  const lifecycle = fieldsOf(fields['lifecycle']);
  const more = defined({
    livenessProbe: probeOf(fields['livenessProbe']),
    readinessProbe: probeOf(fields['readinessProbe']),
    startupProbe: probeOf(fields['startupProbe']),
    preStop: hookOf(lifecycle['preStop']),
    postStart: hookOf(lifecycle['postStart']),
    stopSignal: wordOf(lifecycle['stopSignal'], 32),
    restartsAllContainers: restartsAll(fields['restartPolicyRules']),
    memoryResizeRestarts: resizeRestarts(fields['resizePolicy']),
    memoryVolumeMounts:
      memoryVolumes.size === 0 ? undefined : mountsOf(fields['volumeMounts'], memoryVolumes),
  });
  return { ...template, ...more };
}

function roleOf(fields: Fields, role: ContainerRole): ContainerRole {
  return role === 'init' && fields['restartPolicy'] === 'Always' ? 'sidecar' : role;
}

/** Requests or limits; `{}` where none is set. */
export function amountsOf(raw: unknown): ResourceAmounts {
  if (!isFields(raw)) return NO_AMOUNTS;
  return defined({
    memoryBytes: bytesOf(raw['memory']),
    ephemeralStorageBytes: bytesOf(raw['ephemeral-storage']),
  });
}

function argsOf(raw: unknown): readonly string[] | undefined {
  const texts = textsOf(raw);
  return texts === undefined ? undefined : redactArgs(texts);
}

function environmentOf(raw: unknown): readonly EnvironmentVariable[] {
  const variables: EnvironmentVariable[] = [];
  for (const item of itemsOf(raw)) {
    if (!isFields(item)) continue;
    const name = item['name'];
    const value = item['value'];
    if (typeof name !== 'string' || name === '') continue;
    variables.push(environmentVariable(name, typeof value === 'string' ? value : undefined));
  }
  return variables;
}

/** A probe is read to tell starvation from failure, so the first words of its command are enough. */
const MAX_PROBE_WORDS = 8;

function probeOf(raw: unknown): ProbeSpec | undefined {
  if (!isFields(raw)) return undefined;
  const command = argsOf(fieldsOf(raw['exec'])['command'])?.slice(0, MAX_PROBE_WORDS);
  return defined({
    handler: probeHandler(raw),
    command,
    initialDelaySeconds: secondsOf(raw['initialDelaySeconds']),
    periodSeconds: secondsOf(raw['periodSeconds']),
    timeoutSeconds: secondsOf(raw['timeoutSeconds']),
    failureThreshold: countOf(raw['failureThreshold']),
    terminationGraceSeconds: secondsOf(raw['terminationGracePeriodSeconds']),
  });
}

function probeHandler(raw: Fields): ProbeSpec['handler'] {
  if (isFields(raw['exec'])) return 'exec';
  if (isFields(raw['httpGet'])) return 'http';
  if (isFields(raw['tcpSocket'])) return 'tcp';
  return isFields(raw['grpc']) ? 'grpc' : 'unknown';
}

function hookOf(raw: unknown): HookSpec | undefined {
  if (!isFields(raw)) return undefined;
  const command = argsOf(fieldsOf(raw['exec'])['command']);
  const sleepSeconds = isFields(raw['sleep'])
    ? secondsOf(raw['sleep']['seconds'])
    : command === undefined
      ? undefined
      : sleepOf(command);
  return defined({ handler: hookHandler(raw), command, sleepSeconds });
}

function hookHandler(raw: Fields): HookSpec['handler'] {
  if (isFields(raw['exec'])) return 'exec';
  if (isFields(raw['httpGet'])) return 'http';
  if (isFields(raw['tcpSocket'])) return 'tcp';
  return isFields(raw['sleep']) ? 'sleep' : 'unknown';
}

const SLEEP_UNITS: Readonly<Record<string, Seconds>> = { '': 1, s: 1, m: 60, h: 3600 };

/** `sleep N` anywhere in the command, such as `sh -c "sleep 15 && nginx -s quit"`; several add up. */
function sleepOf(command: readonly string[]): Seconds | undefined {
  const line = command.join(' ').slice(0, 4096);
  let total: Seconds | undefined;
  for (const match of line.matchAll(
    /(?:^|[\s;&|/"'])sleep\s{1,8}(\d{1,9}(?:\.\d{1,9})?)([smh]?)(?![\w.])/g,
  )) {
    total = (total ?? 0) + Number(match[1]) * (SLEEP_UNITS[match[2] ?? ''] ?? 1);
  }
  return total;
}

function restartsAll(raw: unknown): true | undefined {
  const has = itemsOf(raw).some((rule) => fieldsOf(rule)['action'] === 'RestartAllContainers');
  return has ? true : undefined;
}

function resizeRestarts(raw: unknown): true | undefined {
  const has = itemsOf(raw).some((item) => {
    const policy = fieldsOf(item);
    return policy['resourceName'] === 'memory' && policy['restartPolicy'] === 'RestartContainer';
  });
  return has ? true : undefined;
}

function mountsOf(raw: unknown, memoryVolumes: ReadonlySet<string>): readonly string[] | undefined {
  const names = new Set<string>();
  for (const mount of itemsOf(raw)) {
    const name = fieldsOf(mount)['name'];
    if (typeof name === 'string' && memoryVolumes.has(name)) names.add(name);
  }
  return names.size === 0 ? undefined : [...names];
}
