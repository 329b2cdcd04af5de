/** The container blocks of `kubectl describe pod`. */
import type {
  ContainerEvidence,
  ContainerRole,
  ContainerState,
  ContainerStatus,
  EnvironmentVariable,
  ProbeSpec,
} from '../model/kubernetes.ts';
import { amountsOf } from './container.ts';
import { containerIdOf } from './container-status.ts';
import { entryOf, presentText } from './describe-lines.ts';
import { environmentVariable } from './environment.ts';
import { booleanOf, countOf, defined, integerOf, MAX_ITEMS, messageOf, wordOf } from './fields.ts';
import { redactArgs } from './redact.ts';
import { parseDuration, parseRfc1123 } from './time.ts';

/** Keys at four spaces. Anything else there is text of the field above. */
const CONTAINER_KEYS = new Set([
  'Container ID',
  'Image',
  'Image ID',
  'Port',
  'Ports',
  'Host Port',
  'Host Ports',
  'SeccompProfile',
  'Command',
  'Args',
  'State',
  'Last State',
  'Ready',
  'Restart Count',
  'Restart Policy',
  'Limits',
  'Requests',
  'Liveness',
  'Readiness',
  'Startup',
  'Environment Variables from',
  'Environment',
  'Environment Variables',
  'Mounts',
  'Devices',
  'Target Container',
]);

const STATE_KEYS = new Set(['Reason', 'Message', 'Exit Code', 'Signal', 'Started', 'Finished']);

interface Block {
  readonly name: string;
  /** Field → its value and the lines below it. */
  readonly fields: Map<string, { readonly value: string; readonly lines: string[] }>;
}

/** Containers under `Containers:`, `Init Containers:` or `Ephemeral Containers:`. */
export function describedContainers(
  lines: readonly string[],
  role: ContainerRole,
  memoryVolumes: ReadonlySet<string>,
): readonly ContainerEvidence[] {
  return blocksOf(lines)
    .slice(0, MAX_ITEMS)
    .map((block) => containerOf(block, role, memoryVolumes));
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let field: { readonly value: string; readonly lines: string[] } | undefined;
  for (const line of lines) {
    const name = /^ {2}([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?):$/.exec(line)?.[1];
    const block = blocks.at(-1);
    const entry = entryOf(line, 4);
    if (name !== undefined) {
      blocks.push({ name, fields: new Map() });
      field = undefined;
    } else if (
      entry !== undefined &&
      CONTAINER_KEYS.has(entry.key) &&
      block?.fields.has(entry.key) === false
    ) {
      field = { value: entry.value, lines: [] };
      block.fields.set(entry.key, field);
    } else {
      field?.lines.push(line);
    }
  }
  return blocks;
}

function containerOf(
  block: Block,
  role: ContainerRole,
  memoryVolumes: ReadonlySet<string>,
): ContainerEvidence {
  const { name, fields } = block;
  const text = (key: string): string | undefined => presentText(fields.get(key)?.value);
  const lines = (key: string): readonly string[] => fields.get(key)?.lines ?? [];
  return defined({
    name,
    role: role === 'init' && text('Restart Policy') === 'Always' ? 'sidecar' : role,
    image: wordOf(text('Image'), 512),
    imageId: wordOf(text('Image ID'), 512),
    command: argsOf(lines('Command')),
    args: argsOf(lines('Args')),
    // `Environment Variables` up to 1.5.
    environment: environmentOf([...lines('Environment'), ...lines('Environment Variables')]),
    requests: amountsFrom(lines('Requests')),
    limits: amountsFrom(lines('Limits')),
    livenessProbe: probeOf(text('Liveness')),
    readinessProbe: probeOf(text('Readiness')),
    startupProbe: probeOf(text('Startup')),
    memoryVolumeMounts: mountsOf(lines('Mounts'), memoryVolumes),
    status: statusOf(fields),
  });
}

/** Each line is one argument; describe breaks arguments at their own line ends, which cannot be undone. */
function argsOf(lines: readonly string[]): readonly string[] | undefined {
  const args = lines
    .filter((line) => line.trim() !== '')
    .map((line) => line.slice(Math.min(6, indentOf(line))));
  return args.length === 0 ? undefined : redactArgs(args);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function environmentOf(lines: readonly string[]): readonly EnvironmentVariable[] {
  const variables: EnvironmentVariable[] = [];
  for (const line of lines) {
    const entry = entryOf(line, 6);
    if (entry === undefined || !/^[A-Za-z_][\w.-]{0,255}$/.test(entry.key)) continue;
    // `<set to the key 'x' in secret 'y'>` and the like are references.
    const isReference = entry.value.startsWith('<') || entry.value === '';
    // `536870912 (limits.memory)`, `web-0 (v1:metadata.name)`: the field it was taken from.
    const value = entry.value.replace(/ \((?:limits|requests|v1:)[^()]{0,128}\)$/, '');
    variables.push(environmentVariable(entry.key, isReference ? undefined : value));
  }
  return variables;
}

function amountsFrom(lines: readonly string[]) {
  const amounts: Record<string, string> = {};
  for (const line of lines) {
    const entry = entryOf(line, 6);
    if (entry?.key === 'memory' || entry?.key === 'ephemeral-storage') amounts[entry.key] = entry.value;
  }
  return amountsOf(amounts);
}

function mountsOf(
  lines: readonly string[],
  memoryVolumes: ReadonlySet<string>,
): readonly string[] | undefined {
  const names = new Set<string>();
  for (const line of lines) {
    const name = / from (\S{1,253}) \(/.exec(line)?.[1];
    if (name !== undefined && memoryVolumes.has(name)) names.add(name);
  }
  return names.size === 0 ? undefined : [...names];
}

function statusOf(fields: Block['fields']): ContainerStatus | undefined {
  const state = stateOf(fields.get('State'));
  const restarts = countOf(fields.get('Restart Count')?.value);
  if (state === undefined && restarts === undefined && !fields.has('Last State')) return undefined;
  return defined({
    containerId: containerIdOf(presentText(fields.get('Container ID')?.value)),
    // A fragment may lack the count; a last state proves one restart.
    restartCount: restarts ?? (fields.has('Last State') ? 1 : 0),
    ready: booleanOf(fields.get('Ready')?.value.toLowerCase()),
    state,
    lastState: stateOf(fields.get('Last State')),
  });
}

function stateOf(
  field: { readonly value: string; readonly lines: readonly string[] } | undefined,
): ContainerState | undefined {
  if (field === undefined) return undefined;
  const details = stateDetails(field.lines);
  const startedAtMs = instantAt(details, 'Started');
  const reason = wordOf(details.get('Reason'));
  if (field.value === 'Running') return defined({ kind: 'running' as const, startedAtMs });
  if (field.value === 'Waiting') {
    return defined({ kind: 'waiting' as const, reason, message: messageOf(details.get('Message')) });
  }
  const exitCode = integerOf(details.get('Exit Code'));
  if (field.value !== 'Terminated' || exitCode === undefined) return undefined;
  const termination = defined({
    exitCode,
    reason,
    message: messageOf(details.get('Message'), 'many'),
    startedAtMs,
    finishedAtMs: instantAt(details, 'Finished'),
  });
  return { kind: 'terminated', termination };
}

/** Messages print as they are: their further lines stand at any indentation until the next known key. */
function stateDetails(lines: readonly string[]): ReadonlyMap<string, string> {
  const details = new Map<string, string>();
  let current = '';
  for (const line of lines) {
    const entry = entryOf(line, 6);
    if (entry !== undefined && STATE_KEYS.has(entry.key) && !details.has(entry.key)) {
      current = entry.key;
      details.set(current, entry.value);
    } else if (current === 'Message') {
      details.set(current, `${details.get(current) ?? ''}\n${line}`.slice(0, 16_384));
    }
  }
  return details;
}

function instantAt(details: ReadonlyMap<string, string>, key: string): number | undefined {
  const ms = parseRfc1123(details.get(key) ?? '');
  // 1 January 1970 is what runtimes write for "never started".
  return ms !== undefined && ms > 0 ? ms : undefined;
}

const HANDLERS: Readonly<Record<string, ProbeSpec['handler']>> = {
  exec: 'exec',
  'http-get': 'http',
  'tcp-socket': 'tcp',
  grpc: 'grpc',
};

/** `exec [cat /tmp/healthy] delay=5s timeout=1s period=5s #success=1 #failure=3` */
function probeOf(text: string | undefined): ProbeSpec | undefined {
  if (text === undefined) return undefined;
  const handler = /^[a-z-]{1,16}/.exec(text)?.[0] ?? '';
  const settingsAt = text.lastIndexOf(' delay=');
  const settings = settingsAt < 0 ? '' : text.slice(settingsAt);
  const command = /^exec \[(.*)\]$/.exec(text.slice(0, settingsAt < 0 ? undefined : settingsAt))?.[1];
  return defined({
    handler: Object.hasOwn(HANDLERS, handler) ? (HANDLERS[handler] ?? 'unknown') : 'unknown',
    command: command === undefined ? undefined : redactArgs(command.split(' ').slice(0, 8)),
    initialDelaySeconds: settingSeconds(settings, 'delay'),
    periodSeconds: settingSeconds(settings, 'period'),
    timeoutSeconds: settingSeconds(settings, 'timeout'),
    failureThreshold: countOf(/(?:#failure|failureThreshold)=(\d{1,9})/.exec(settings)?.[1]),
  });
}

function settingSeconds(settings: string, name: 'delay' | 'period' | 'timeout'): number | undefined {
  const text = new RegExp(`\\b${name}=(\\S{1,24})`).exec(settings)?.[1];
  const ms = text === undefined ? undefined : parseDuration(text);
  return ms === undefined ? undefined : ms / 1000;
}
