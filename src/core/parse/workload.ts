/** The objects that own pods, and their revisions, as evidence. */
import type { ContainerRole, ContainerTemplate, WorkloadEvidence } from '../model/kubernetes.ts';
import { fault, ok, type Result } from '../model/result.ts';
import { parseContainerTemplate } from './container.ts';
import {
  booleanOf,
  countOf,
  defined,
  type Fields,
  fieldsOf,
  instantOf,
  itemsOf,
  type ParseContext,
  secondsOf,
  wordOf,
} from './fields.ts';
import { conditionsOf, ownerOf } from './metadata.ts';

export const WORKLOAD_KINDS = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ControllerRevision',
  'ReplicationController',
] as const;

/** `kind` is what the object, or the list it stood in, says it is. Fault `workload.not-a-workload` without a name. */
export function parseWorkload(raw: unknown, kind: string, context: ParseContext): Result<WorkloadEvidence> {
  const fields = fieldsOf(raw);
  const metadata = fieldsOf(fields['metadata']);
  const name = wordOf(metadata['name']);
  if (name === undefined || !WORKLOAD_KINDS.some((known) => known === kind)) {
    return fault('workload.not-a-workload', 'This is not a workload: it has no name, or an unknown kind.');
  }
  const spec = fieldsOf(fields['spec']);
  const status = fieldsOf(fields['status']);
  const namespace = wordOf(metadata['namespace']) ?? '';
  return ok(
    defined({
      id: workloadId(kind, namespace, name),
      source: context.source,
      kind,
      namespace,
      name,
      uid: wordOf(metadata['uid']),
      owner: ownerOf(metadata['ownerReferences'], namespace),
      createdAtMs: instantOf(metadata['creationTimestamp']),
      deletionAtMs: instantOf(metadata['deletionTimestamp']),
      revision: revisionOf(fields, metadata, kind),
      ...replicasOf(kind, spec, status),
      conditions: conditionsOf(status['conditions']),
      containers: templateContainers(podTemplateOf(kind, fields)),
      managedBy: managedByOf(metadata),
      paused: booleanOf(spec['paused']),
      activeDeadlineSeconds: secondsOf(spec['activeDeadlineSeconds']),
      backoffLimit: countOf(spec['backoffLimit']),
      completionAtMs: instantOf(status['completionTime']),
    }),
  );
}

function workloadId(kind: string, namespace: string, name: string): string {
  return `workload:${kind}/${namespace}/${name}`;
}

function revisionOf(fields: Fields, metadata: Fields, kind: string): number | undefined {
  if (kind === 'ControllerRevision') return countOf(fields['revision']);
  return countOf(fieldsOf(metadata['annotations'])['deployment.kubernetes.io/revision']);
}

function replicasOf(kind: string, spec: Fields, status: Fields) {
  switch (kind) {
    case 'DaemonSet':
      return {
        desiredReplicas: countOf(status['desiredNumberScheduled']),
        readyReplicas: countOf(status['numberReady']),
        updatedReplicas: countOf(status['updatedNumberScheduled']),
      };
    case 'Job':
      return {
        desiredReplicas: countOf(spec['parallelism']),
        readyReplicas: countOf(status['ready']),
        updatedReplicas: undefined,
      };
    case 'CronJob':
    case 'ControllerRevision':
      return { desiredReplicas: undefined, readyReplicas: undefined, updatedReplicas: undefined };
    default: {
      // The API leaves zeros out of a status, so in one that a controller wrote a missing number is 0.
      const zero =
        countOf(status['replicas']) === undefined && countOf(status['observedGeneration']) === undefined
          ? undefined
          : 0;
      return {
        desiredReplicas: countOf(spec['replicas']),
        readyReplicas: countOf(status['readyReplicas']) ?? zero,
        updatedReplicas:
          countOf(status['updatedReplicas']) ??
          (kind === 'Deployment' || kind === 'StatefulSet' ? zero : undefined),
      };
    }
  }
}

function podTemplateOf(kind: string, fields: Fields): Fields {
  if (kind === 'CronJob') {
    const jobTemplate = fieldsOf(fieldsOf(fields['spec'])['jobTemplate']);
    return fieldsOf(fieldsOf(jobTemplate['spec'])['template']);
  }
  // A ControllerRevision holds the patch that restores it: {"spec":{"template":{…}}}.
  const holder = kind === 'ControllerRevision' ? fieldsOf(fields['data']) : fields;
  return fieldsOf(fieldsOf(holder['spec'])['template']);
}

function templateContainers(template: Fields): readonly ContainerTemplate[] {
  const spec = fieldsOf(template['spec']);
  const kinds: readonly (readonly [ContainerRole, unknown])[] = [
    ['init', spec['initContainers']],
    ['main', spec['containers']],
  ];
  const containers: ContainerTemplate[] = [];
  for (const [role, list] of kinds) {
    for (const item of itemsOf(list)) {
      const container = parseContainerTemplate(item, role);
      if (container !== undefined) containers.push(container);
    }
  }
  return containers;
}

/** Flux and Argo CD may render Helm charts, whose labels then stay on the objects: the outer tool counts. */
function managedByOf(metadata: Fields): 'helm' | 'argocd' | 'flux' | undefined {
  const labels = fieldsOf(metadata['labels']);
  const annotations = fieldsOf(metadata['annotations']);
  if (has(labels, 'kustomize.toolkit.fluxcd.io/name') || has(labels, 'helm.toolkit.fluxcd.io/name')) {
    return 'flux';
  }
  if (has(annotations, 'argocd.argoproj.io/tracking-id') || has(labels, 'argocd.argoproj.io/instance')) {
    return 'argocd';
  }
  const isHelm = labels['app.kubernetes.io/managed-by'] === 'Helm' || labels['heritage'] === 'Helm';
  return isHelm || has(annotations, 'meta.helm.sh/release-name') ? 'helm' : undefined;
}

function has(map: Fields, key: string): boolean {
  return typeof map[key] === 'string';
}
