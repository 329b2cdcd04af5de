/** `kubectl describe pod` as evidence, whole or any part of it, of kubectl 1.8 to 1.37. */
import type { BundlePart } from '../model/bundle.ts';
import type {
  ContainerEvidence,
  DiskVolume,
  MemoryVolume,
  ObjectRef,
  PodEvidence,
} from '../model/kubernetes.ts';
import type { EpochMs } from '../units.ts';
import { amountsOf } from './container.ts';
import { describedContainers } from './describe-container.ts';
import {
  describedCoverage,
  describedEvents,
  type EventRow,
  eventRows,
  referenceFromStart,
} from './describe-events.ts';
import {
  entriesOf,
  entryOf,
  isConditionRow,
  presentText,
  type Section,
  type Sections,
  sectionsOf,
  tableOf,
  valueOf,
  wholeText,
} from './describe-lines.ts';
import { bytesOf, defined, integerOf, messageOf, type ParseContext, wordOf } from './fields.ts';
import { parseDuration, parseRfc1123 } from './time.ts';

/** Head, containers, tail, events: each key may only come at its rank or later. */
const RANKS: Readonly<Record<string, number>> = {
  Name: 0,
  Namespace: 0,
  Priority: 0,
  'Priority Class Name': 0,
  PriorityClassName: 0,
  'Runtime Class Name': 0,
  'Service Account': 0,
  Node: 0,
  'Start Time': 0,
  Labels: 0,
  Annotations: 0,
  Status: 0,
  'Termination Grace Period': 0,
  Reason: 0,
  Message: 0,
  'Security Policy': 0,
  SeccompProfile: 0,
  IP: 0,
  IPs: 0,
  'Controlled By': 0,
  Controllers: 0,
  NominatedNodeName: 0,
  Resources: 0,
  'Init Containers': 1,
  Containers: 2,
  'Ephemeral Containers': 3,
  'Readiness Gates': 4,
  Conditions: 4,
  Volumes: 4,
  'QoS Class': 4,
  'Node-Selectors': 4,
  Tolerations: 4,
  'Topology Spread Constraints': 4,
  'Resource Claims': 4,
  SchedulingGroup: 4,
  Events: 5,
};

/** One pod's lines. `id` is for a fragment that does not name its pod. */
export function parseDescribedPod(lines: readonly string[], context: ParseContext, id: string): BundlePart {
  const sections = sectionsOf(lines, RANKS);
  const rows = eventRows(sections.get('Events'));
  const named = nameOf(sections, rows);
  const containers = containersOf(sections);
  const startedAtMs = parseRfc1123(valueOf(sections, 'Start Time') ?? '');
  const newestAtMs = newestOf(containers, startedAtMs);
  const referenceAtMs = context.readAtMs ?? referenceFromStart(rows, startedAtMs, newestAtMs);
  const uid = uidOf(named.name, rows, containers);
  const pod: PodEvidence = {
    id: named.name === '' ? id : `pod:describe/${named.namespace}/${named.name}`,
    origin: 'describe',
    source: context.source,
    ...named,
    ...defined({ uid, startedAtMs, ...headOf(sections), ...statusOf(sections, referenceAtMs) }),
    ...volumesOf(sections.get('Volumes')),
    conditions: conditionsOf(sections.get('Conditions')),
    containers,
  };
  const regarding = defined({ kind: 'Pod', ...named, uid });
  return { pods: [pod], ...eventsPart({ sections, rows, regarding, containers, referenceAtMs }, context) };
}

function eventsPart(
  from: {
    readonly sections: Sections;
    readonly rows: readonly EventRow[];
    readonly regarding: ObjectRef;
    readonly containers: readonly ContainerEvidence[];
    readonly referenceAtMs: EpochMs | undefined;
  },
  context: ParseContext,
): BundlePart {
  const { rows, regarding, referenceAtMs } = from;
  const containers = from.containers.map((container) => container.name);
  const about = { regarding, containers, ...defined({ referenceAtMs }) };
  const events = describedEvents(rows, about, context);
  const coverage = from.sections.has('Events')
    ? describedCoverage(events, regarding, { ...context, ...defined({ readAtMs: referenceAtMs }) })
    : undefined;
  return {
    ...(events.length === 0 ? {} : { events }),
    ...(coverage === undefined ? {} : { eventCoverage: [coverage] }),
    ...defined({ collectedAtMs: referenceAtMs }),
  };
}

/** The name, or where the head was cut off the one that its events tell. */
function nameOf(
  sections: Sections,
  rows: readonly EventRow[],
): { readonly namespace: string; readonly name: string } {
  const name = wordOf(valueOf(sections, 'Name'));
  if (name !== undefined) return { namespace: wordOf(valueOf(sections, 'Namespace')) ?? '', name };
  for (const { reason, message } of rows) {
    const assigned =
      reason === 'Scheduled' ? /^Successfully assigned ([^\s/]{1,253})\/(\S{1,253}) to /.exec(message) : null;
    if (assigned !== null) return { namespace: wordOf(assigned[1]) ?? '', name: wordOf(assigned[2]) ?? '' };
  }
  return { namespace: '', name: '' };
}

/** `… in pod NAME_NAMESPACE(UID)` of back-offs: describe prints the UID nowhere else. */
function uidOf(
  name: string,
  rows: readonly EventRow[],
  containers: readonly ContainerEvidence[],
): string | undefined {
  const texts = rows.map((row) => row.message);
  for (const { status } of containers) {
    if (status?.state?.kind === 'waiting' && status.state.message !== undefined)
      texts.push(status.state.message);
  }
  for (const text of texts) {
    const match = /\bpod[= ]([^\s_()]{1,253})_([^\s_()]{1,63})\(([0-9a-f-]{32,36})\)/.exec(text);
    if (match !== null && match[1] === name) return match[3];
  }
  return undefined;
}

function containersOf(sections: Sections): readonly ContainerEvidence[] {
  const memoryVolumes = new Set(
    volumesOf(sections.get('Volumes')).memoryVolumes.map((volume) => volume.name),
  );
  const linesOf = (key: string): readonly string[] => sections.get(key)?.lines ?? [];
  return [
    ...describedContainers(linesOf('Init Containers'), 'init', memoryVolumes),
    ...describedContainers(linesOf('Containers'), 'main', memoryVolumes),
    ...describedContainers(linesOf('Ephemeral Containers'), 'ephemeral', memoryVolumes),
  ];
}

function newestOf(
  containers: readonly ContainerEvidence[],
  startedAtMs: EpochMs | undefined,
): EpochMs | undefined {
  const instants = [startedAtMs];
  for (const { status } of containers) {
    for (const state of [status?.state, status?.lastState]) {
      if (state?.kind === 'running') instants.push(state.startedAtMs);
      if (state?.kind === 'terminated') instants.push(state.termination.finishedAtMs);
    }
  }
  const known = instants.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function headOf(sections: Sections) {
  const owner = /^([A-Z][A-Za-z]{1,62})\/(\S{1,253})$/.exec(
    valueOf(sections, 'Controlled By') ?? valueOf(sections, 'Controllers') ?? '',
  );
  const namespace = wordOf(valueOf(sections, 'Namespace'));
  const ownerKind = owner?.[1] ?? '';
  const resources = resourcesOf(sections.get('Resources'));
  return {
    // `name/ip`
    nodeName: wordOf(valueOf(sections, 'Node')?.split('/')[0]),
    owner:
      owner === null
        ? undefined
        : defined({
            kind: ownerKind,
            name: owner[2] ?? '',
            namespace: ownerKind === 'Node' ? undefined : namespace,
          }),
    labels: labelsOf(sections.get('Labels')),
    configHash: /\bkubernetes\.io\/config\.hash: ?([0-9A-Za-z-]{1,64})/.exec(
      wholeText(sections.get('Annotations')) ?? '',
    )?.[1],
    priority: integerOf(valueOf(sections, 'Priority')),
    priorityClassName: wordOf(
      valueOf(sections, 'Priority Class Name') ?? valueOf(sections, 'PriorityClassName'),
    ),
    runtimeClassName: wordOf(valueOf(sections, 'Runtime Class Name')),
    os: osOf(wholeText(sections.get('Node-Selectors'))),
    qosClass: (['Guaranteed', 'Burstable', 'BestEffort'] as const).find(
      (qosClass) => qosClass === valueOf(sections, 'QoS Class'),
    ),
    podRequests: resources.requests,
    podLimits: resources.limits,
  };
}

function osOf(selectors: string | undefined): 'linux' | 'windows' | undefined {
  const os = /\bkubernetes\.io\/os=(linux|windows)\b/.exec(selectors ?? '')?.[1];
  return os === 'linux' || os === 'windows' ? os : undefined;
}

function labelsOf(section: Section | undefined): Readonly<Record<string, string>> | undefined {
  const labels: [string, string][] = [];
  for (const line of [section?.value ?? '', ...(section?.lines ?? [])].slice(0, 32)) {
    const match = /^([\w./-]{1,320})=([\w.-]{0,63})$/.exec(line.trim());
    if (match !== null) labels.push([match[1] ?? '', match[2] ?? '']);
  }
  return labels.length === 0 ? undefined : Object.fromEntries(labels);
}

/** Pod-level resources (1.34 and later): `Limits:` and `Requests:` with their amounts below. */
function resourcesOf(section: Section | undefined) {
  const amounts: Record<string, Record<string, string>> = {};
  let current: Record<string, string> | undefined;
  for (const line of section?.lines ?? []) {
    const group = entryOf(line, 2)?.key;
    if (group === 'Limits' || group === 'Requests') current = amounts[group] = {};
    const amount = entryOf(line, 4);
    if (amount?.key === 'memory' || amount?.key === 'ephemeral-storage') {
      if (current !== undefined) current[amount.key] = amount.value;
    }
  }
  const of = (key: string) => (amounts[key] === undefined ? undefined : amountsOf(amounts[key]));
  return { requests: of('Requests'), limits: of('Limits') };
}

function statusOf(sections: Sections, referenceAtMs: EpochMs | undefined) {
  const status = valueOf(sections, 'Status');
  const grace = parseDuration(valueOf(sections, 'Termination Grace Period') ?? '');
  const deletion = /^Terminating(?: \((lasts|expires) ([^)]{1,48})\))?/.exec(status ?? '');
  const isFailed = deletion === null;
  return {
    // A pod that is being deleted shows no phase.
    phase: isFailed ? wordOf(status, 32) : undefined,
    statusReason: wordOf(valueOf(sections, 'Reason')),
    statusMessage: messageOf(presentText(wholeText(sections.get('Message')))),
    deletionAtMs: deletion === null ? undefined : deletionAtMs(deletion[1], deletion[2], referenceAtMs),
    deletionGraceSeconds: deletion === null || grace === undefined ? undefined : grace / 1000,
  };
}

/** `lasts 5m` counts from the deletion instant; kubectl up to 1.9 printed the instant itself as `expires`. */
function deletionAtMs(
  word: string | undefined,
  text: string | undefined,
  referenceAtMs: EpochMs | undefined,
): EpochMs | undefined {
  if (word === 'expires') return parseRfc1123(text ?? '');
  const ageMs = parseDuration(text ?? '');
  return ageMs === undefined || referenceAtMs === undefined ? undefined : referenceAtMs - ageMs;
}

function conditionsOf(section: Section | undefined): PodEvidence['conditions'] {
  return tableOf(section?.lines ?? [], /^\s*Type\s+Status/, isConditionRow).map((cells) => ({
    type: wordOf(cells.get('Type')) ?? '',
    status: cells.get('Status') ?? '',
  }));
}

function volumesOf(section: Section | undefined) {
  const memoryVolumes: MemoryVolume[] = [];
  const diskVolumes: DiskVolume[] = [];
  for (const { name, entries } of volumeBlocks(section)) {
    if (!(entries.get('Type') ?? '').startsWith('EmptyDir')) continue;
    const medium = presentText(entries.get('Medium'));
    const volume = defined({ name, sizeLimitBytes: bytesOf(presentText(entries.get('SizeLimit'))) });
    if (medium === 'Memory') memoryVolumes.push(volume);
    else if (medium === undefined) diskVolumes.push(volume);
  }
  return diskVolumes.length === 0 ? { memoryVolumes } : { memoryVolumes, diskVolumes };
}

function volumeBlocks(
  section: Section | undefined,
): readonly { readonly name: string; readonly entries: ReadonlyMap<string, string> }[] {
  const blocks: { name: string; lines: string[] }[] = [];
  for (const line of section?.lines ?? []) {
    const name = /^ {2}(\S{1,253}):$/.exec(line)?.[1];
    if (name !== undefined) blocks.push({ name, lines: [] });
    else blocks.at(-1)?.lines.push(line);
  }
  return blocks.map(({ name, lines }) => ({ name, entries: entriesOf({ value: '', lines }, 4) }));
}
