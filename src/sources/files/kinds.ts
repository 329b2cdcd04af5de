/** Which Kubernetes objects this source reads, and what an object without a `kind` is. */
import { WORKLOAD_KINDS } from '../../core/parse/workload.ts';

/** Everything else in a dump (Secrets above all) is passed over before it is parsed. */
const READ_KINDS: ReadonlySet<string> = new Set<string>([
  'Pod',
  'Event',
  'Node',
  ...WORKLOAD_KINDS,
  'PodMetrics',
  'NodeMetrics',
  'KubeletConfiguration',
  'EvidenceBundle',
]);

/** Kinds whose lists are read, and the lists themselves. */
export function isReadKind(kind: string): boolean {
  if (READ_KINDS.has(kind) || kind === 'List') return true;
  return kind.endsWith('List') && READ_KINDS.has(kind.slice(0, -4));
}

type RawObject = Readonly<Record<string, unknown>>;

export function isRawObject(value: unknown): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Workload folders and files of dumps, as they name what lies in them. */
const KIND_OF_PLURAL: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  replicasets: 'ReplicaSet',
  'replica-sets': 'ReplicaSet',
  statefulsets: 'StatefulSet',
  'stateful-sets': 'StatefulSet',
  daemonsets: 'DaemonSet',
  'daemon-sets': 'DaemonSet',
  jobs: 'Job',
  cronjobs: 'CronJob',
  controllerrevisions: 'ControllerRevision',
};

/**
 * The kind of an object that does not say it: items of raw API lists and of older support bundles.
 * Shape first; the path decides only between workloads, which look alike.
 */
export function inferKind(raw: RawObject, path: string): string | undefined {
  if (isRawObject(raw['involvedObject']) || isRawObject(raw['regarding'])) return 'Event';
  if (!isRawObject(raw['metadata'])) return undefined;
  const spec = isRawObject(raw['spec']) ? raw['spec'] : {};
  const status = isRawObject(raw['status']) ? raw['status'] : {};
  if (Array.isArray(spec['containers'])) return 'Pod';
  if (isRawObject(status['nodeInfo']) || isRawObject(status['capacity'])) return 'Node';
  if (isRawObject(spec['jobTemplate'])) return 'CronJob';
  if (!isRawObject(spec['template'])) return undefined;
  const segments = path.toLowerCase().split('/').toReversed();
  for (const segment of segments) {
    const kind = KIND_OF_PLURAL[segment.replace(/\.(?:json|ya?ml)$/, '')];
    if (kind !== undefined) return kind;
  }
  return undefined;
}

/** The list `kind` that a list's items take on where they have none: `PodList` → `Pod`. */
export function itemKindOf(listKind: string | undefined): string | undefined {
  if (listKind === undefined || listKind === 'List' || !listKind.endsWith('List')) return undefined;
  return listKind.slice(0, -4);
}
