/** A core/v1 Pod as evidence, of any API version from 1.8 to 1.37. Everything not read here is dropped. */
import type {
  ContainerEvidence,
  ContainerRole,
  DiskVolume,
  MemoryVolume,
  PodEvidence,
} from '../model/kubernetes.ts';
import { fault, ok, type Result } from '../model/result.ts';
import { amountsOf, parseContainer } from './container.ts';
import { parseContainerStatus } from './container-status.ts';
import {
  bytesOf,
  defined,
  type Fields,
  fieldsOf,
  instantOf,
  integerOf,
  isFields,
  itemsOf,
  messageOf,
  type ParseContext,
  secondsOf,
  wordMapOf,
  wordOf,
} from './fields.ts';
import { conditionsOf, ownerOf } from './metadata.ts';

const MAX_LABELS = 32;

/** Fault `pod.not-a-pod`: no object, another kind, or no name. Wrong types inside count as absent fields. */
export function parsePod(raw: unknown, context: ParseContext): Result<PodEvidence> {
  const fields = fieldsOf(raw);
  const metadata = fieldsOf(fields['metadata']);
  const name = wordOf(metadata['name']);
  if (name === undefined || (fields['kind'] !== undefined && fields['kind'] !== 'Pod')) {
    return fault('pod.not-a-pod', 'This is not a pod: it has no name, or another kind.');
  }
  const spec = fieldsOf(fields['spec']);
  const status = fieldsOf(fields['status']);
  const namespace = wordOf(metadata['namespace']) ?? '';
  const uid = wordOf(metadata['uid']);
  return ok({
    id: podId(uid, namespace, name),
    origin: 'api',
    source: context.source,
    namespace,
    name,
    ...fromMetadata(metadata, namespace),
    ...fromSpec(spec),
    ...fromStatus(status),
    containers: containersOf(spec, status),
  });
}

/** The id of a pod's record: by UID where it is known, so that a successor of the same name is another pod. */
function podId(uid: string | undefined, namespace: string, name: string): string {
  return uid === undefined ? `pod:${namespace}/${name}` : `pod:${uid}`;
}

function fromMetadata(metadata: Fields, namespace: string) {
  const annotations = fieldsOf(metadata['annotations']);
  return defined({
    uid: wordOf(metadata['uid']),
    createdAtMs: instantOf(metadata['creationTimestamp']),
    owner: ownerOf(metadata['ownerReferences'], namespace),
    labels: wordMapOf(metadata['labels'], MAX_LABELS),
    deletionAtMs: instantOf(metadata['deletionTimestamp']),
    deletionGraceSeconds: secondsOf(metadata['deletionGracePeriodSeconds']),
    configHash: wordOf(
      annotations['kubernetes.io/config.hash'] ?? annotations['kubernetes.io/config.mirror'],
    ),
  });
}

function fromSpec(spec: Fields) {
  const resources = fieldsOf(spec['resources']);
  return {
    ...defined({
      nodeName: wordOf(spec['nodeName']),
      terminationGraceSeconds: secondsOf(spec['terminationGracePeriodSeconds']),
      activeDeadlineSeconds: secondsOf(spec['activeDeadlineSeconds']),
      priority: integerOf(spec['priority']),
      priorityClassName: wordOf(spec['priorityClassName']),
      restartPolicy: wordOf(spec['restartPolicy'], 32),
      runtimeClassName: wordOf(spec['runtimeClassName']),
      os: osOf(spec),
      podRequests: isFields(resources['requests']) ? amountsOf(resources['requests']) : undefined,
      podLimits: isFields(resources['limits']) ? amountsOf(resources['limits']) : undefined,
    }),
    ...volumesOf(spec['volumes']),
  };
}

function osOf(spec: Fields): 'linux' | 'windows' | undefined {
  const selector = fieldsOf(spec['nodeSelector']);
  const name =
    fieldsOf(spec['os'])['name'] ?? selector['kubernetes.io/os'] ?? selector['beta.kubernetes.io/os'];
  return name === 'linux' || name === 'windows' ? name : undefined;
}

function volumesOf(raw: unknown) {
  const memoryVolumes: MemoryVolume[] = [];
  const diskVolumes: DiskVolume[] = [];
  for (const item of itemsOf(raw)) {
    const volume = fieldsOf(item);
    const name = wordOf(volume['name']);
    const emptyDir = volume['emptyDir'];
    if (name === undefined || !isFields(emptyDir)) continue;
    const entry = defined({ name, sizeLimitBytes: bytesOf(emptyDir['sizeLimit']) });
    if (emptyDir['medium'] === 'Memory') memoryVolumes.push(entry);
    // Other media are huge pages, which no storage limit counts.
    else if (emptyDir['medium'] === undefined || emptyDir['medium'] === '') diskVolumes.push(entry);
  }
  return diskVolumes.length === 0 ? { memoryVolumes } : { memoryVolumes, diskVolumes };
}

const QOS_CLASSES = ['Guaranteed', 'Burstable', 'BestEffort'] as const;

function fromStatus(status: Fields) {
  const conditions = conditionsOf(status['conditions']);
  return defined({
    startedAtMs: instantOf(status['startTime']),
    phase: wordOf(status['phase'], 32),
    statusReason: wordOf(status['reason']),
    statusMessage: messageOf(status['message']),
    conditions,
    qosClass: QOS_CLASSES.find((qosClass) => qosClass === status['qosClass']),
    resizeStatus: resizeOf(status['resize'], conditions),
  });
}

/** `status.resize` up to 1.32; from 1.33 on two conditions say the same. */
function resizeOf(resize: unknown, conditions: PodEvidence['conditions']): string | undefined {
  const stated = wordOf(resize, 32);
  if (stated !== undefined) return stated;
  for (const { type, status, reason } of conditions) {
    if (status !== 'True') continue;
    if (type === 'PodResizePending') return reason ?? 'Pending';
    if (type === 'PodResizeInProgress') return 'InProgress';
  }
  return undefined;
}

function containersOf(spec: Fields, status: Fields): readonly ContainerEvidence[] {
  const memoryVolumes = new Set<string>();
  for (const item of itemsOf(spec['volumes'])) {
    const volume = fieldsOf(item);
    if (typeof volume['name'] === 'string' && fieldsOf(volume['emptyDir'])['medium'] === 'Memory') {
      memoryVolumes.add(volume['name']);
    }
  }
  const kinds: readonly (readonly [ContainerRole, unknown, unknown])[] = [
    ['init', spec['initContainers'], status['initContainerStatuses']],
    ['main', spec['containers'], status['containerStatuses']],
    ['ephemeral', spec['ephemeralContainers'], status['ephemeralContainerStatuses']],
  ];
  const out: ContainerEvidence[] = [];
  for (const [role, specs, statuses] of kinds) {
    if (specs === undefined && statuses === undefined) continue;
    const left = statusesByName(statuses);
    for (const item of itemsOf(specs)) {
      const container = parseContainer(item, role, memoryVolumes);
      if (container === undefined) continue;
      const statusRaw = left.get(container.name);
      left.delete(container.name);
      out.push(withStatus(container, statusRaw));
    }
    for (const [name, statusRaw] of left) out.push(withStatus(bareContainer(name, role), statusRaw));
  }
  return out;
}

function statusesByName(raw: unknown): Map<string, Fields> {
  const byName = new Map<string, Fields>();
  for (const item of itemsOf(raw)) {
    const name = wordOf(fieldsOf(item)['name']);
    if (name !== undefined && !byName.has(name)) byName.set(name, fieldsOf(item));
  }
  return byName;
}

/** A status may outlive its spec in a partial dump; it is evidence all the same. */
function bareContainer(name: string, role: ContainerRole): ContainerEvidence {
  return { name, role, environment: [], requests: {}, limits: {} };
}

function withStatus(container: ContainerEvidence, raw: Fields | undefined): ContainerEvidence {
  const status = parseContainerStatus(raw);
  if (raw === undefined || status === undefined) return container;
  // The container is new and nobody else's yet; a copy would cost a tenth of reading the pod.
  const own: Writable<ContainerEvidence> = container;
  const image = container.image ?? wordOf(raw['image'], 512);
  const imageId = wordOf(raw['imageID'], 512);
  if (image !== undefined) own.image = image;
  if (imageId !== undefined) own.imageId = imageId;
  own.status = status;
  return own;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
