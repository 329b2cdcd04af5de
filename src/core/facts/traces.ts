/** Deaths of pods that are not in the evidence: only events or a node's journal still tell of them. */
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import type { Death } from './deaths.ts';
import { objectKey, podKey } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import { decisionOf } from './kill-decisions.ts';

/** Reasons of events that prove an end even when the pod object is gone. */
const TRACE_REASONS: ReadonlySet<string> = new Set([
  'Killing',
  'Evicted',
  'Preempting',
  'Preempted',
  'TaintManagerEviction',
]);

/** Pods that are gone but whose events remain. */
export function tracesOfEvents(index: BundleIndex): Death[] {
  const deaths: Death[] = [];
  for (const [key, events] of index.eventsByObject) {
    const first = events[0];
    if (first === undefined || first.regarding.kind !== 'Pod') continue;
    const namespace = first.regarding.namespace ?? first.namespace ?? '';
    if (key !== objectKey('Pod', namespace, first.regarding.name)) continue;
    if (index.podByName.has(podKey(namespace, first.regarding.name))) continue;
    const killing = events.filter((e) => TRACE_REASONS.has(e.reason));
    if (killing.length === 0) continue;
    const pod = vanishedPod(namespace, first.regarding.name, first.regarding.uid);
    const names = [...new Set(killing.map((e) => e.container).filter((name) => name !== undefined))];
    const atMs = killing.map((e) => e.lastAtMs ?? e.firstAtMs).findLast((at) => at !== undefined);
    const at = atMs === undefined ? {} : { atMs };
    const stoppedOnly = killing.every((e) => e.reason === 'Killing' && decisionOf(e.message) === 'stopping');
    const subject = { kind: 'trace' as const, stoppedOnly };
    if (names.length === 0) deaths.push({ subject, pod, ...at });
    for (const name of names) {
      deaths.push({ subject, pod, container: bareContainer(name), ...at });
    }
  }
  return deaths;
}

function vanishedPod(namespace: string, name: string, uid: string | undefined): PodEvidence {
  return {
    id: `vanished:${namespace}/${name}`,
    origin: 'api',
    source: 'events',
    namespace,
    name,
    ...(uid === undefined ? {} : { uid }),
    conditions: [],
    memoryVolumes: [],
    containers: [],
  };
}

function bareContainer(name: string): ContainerEvidence {
  return { name, role: 'main', environment: [], requests: {}, limits: {} };
}

type JournalTrace = Extract<NodeLogRecord, { kind: 'kubelet-decision' | 'oomd-kill' }>;

/**
 * Decisions of the kubelet to kill a container, and kills by systemd-oomd, whose pod is not in the evidence. One death
 * per container instance; an instance that events already show is not told twice.
 */
export function tracesOfJournals(index: BundleIndex): Death[] {
  const seen = new Set<string>();
  return index.bundle.nodeLog.flatMap((record) => {
    if (record.kind !== 'kubelet-decision' && record.kind !== 'oomd-kill') return [];
    if (isKnown(index, record)) return [];
    const key =
      record.containerId ??
      `${podNameOf(record) ?? record.podUid ?? ''}/${record.container ?? ''}/${record.atMs ?? ''}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return traceOf(index, record);
  });
}

function podNameOf({ namespace, pod }: JournalTrace): string | undefined {
  return namespace === undefined || pod === undefined ? undefined : podKey(namespace, pod);
}

function isKnown(index: BundleIndex, record: JournalTrace): boolean {
  const { containerId, podUid, namespace, pod } = record;
  const name = podNameOf(record);
  if (containerId !== undefined && index.podByContainerId.has(containerId)) return true;
  if (podUid !== undefined && index.podByUid.has(podUid)) return true;
  if (
    name !== undefined &&
    (index.podByName.has(name) || index.eventsByObject.has(objectKey('Pod', namespace, pod ?? '')))
  )
    return true;
  return containerId === undefined && podUid === undefined && name === undefined;
}

function traceOf(index: BundleIndex, record: JournalTrace): Death[] {
  const { containerId, namespace, pod, podUid, nodeName } = record;
  const lines = containerId === undefined ? [] : (index.nodeLogByContainer.get(containerId) ?? []);
  const ended = lines.find((line) => line.kind === 'task-exit' && (line.atMs ?? 0) >= (record.atMs ?? 0));
  const uid =
    podUid ??
    lines.flatMap((line) => ('podUid' in line && line.podUid !== undefined ? [line.podUid] : []))[0];
  const atMs = ended?.atMs ?? record.atMs;
  return [
    {
      subject: { kind: 'trace', stoppedOnly: isPlainStop(record) },
      ...(pod === undefined
        ? {}
        : {
            pod: {
              ...vanishedPod(namespace ?? '', pod, uid),
              source: record.source,
              ...(nodeName === undefined ? {} : { nodeName }),
            },
          }),
      ...(record.container === undefined ? {} : { container: bareContainer(record.container) }),
      ...(containerId === undefined ? {} : { containerId }),
      ...(atMs === undefined ? {} : { atMs }),
    },
  ];
}

function isPlainStop(record: JournalTrace): boolean {
  return record.kind === 'kubelet-decision' && decisionOf(record.message) === 'stopping';
}
