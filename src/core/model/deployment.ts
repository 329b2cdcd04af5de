/** The Deployment behind a pod whose ReplicaSet was not read. */
import type { PodEvidence } from './kubernetes.ts';

/**
 * A ReplicaSet named `X-<pod-template-hash>` belongs to Deployment X (k8s pkg/controller/deployment/sync.go builds its
 * name that way). Absent where the pod says nothing of the kind.
 */
export function deploymentOf(pod: Pick<PodEvidence, 'owner' | 'labels'> | undefined): string | undefined {
  const hash = pod?.labels?.['pod-template-hash'];
  const owner = pod?.owner;
  if (owner?.kind !== 'ReplicaSet' || hash === undefined || hash === '') return undefined;
  return owner.name.length > hash.length + 1 && owner.name.endsWith(`-${hash}`)
    ? owner.name.slice(0, -hash.length - 1)
    : undefined;
}
