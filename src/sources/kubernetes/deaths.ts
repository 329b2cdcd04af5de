/** When a pod last showed a death, to choose what is looked at closely. The judgement decides anew. */
import type { ContainerEvidence, ContainerTermination, PodEvidence } from '../../core/model/kubernetes.ts';
import type { EpochMs } from '../../core/units.ts';

export interface EndedContainer {
  readonly container: string;
  readonly termination: ContainerTermination;
  /** `previous` = a newer instance runs or waits; its log is the `--previous` one. */
  readonly which: 'current' | 'previous';
}

/** Ends that were no plain success, of every container; a service that ends with 0 has not succeeded, it is restarted. */
export function endedContainers(pod: PodEvidence): readonly EndedContainer[] {
  return pod.containers.flatMap((container) => {
    const { name, status } = container;
    const serves = isMeantToRun(pod, container);
    const ended: EndedContainer[] = [];
    const { state, lastState } = status ?? {};
    if (state?.kind === 'terminated' && (serves || isDeath(state.termination))) {
      ended.push({ container: name, termination: state.termination, which: 'current' });
    }
    if (lastState?.kind === 'terminated' && (serves || isDeath(lastState.termination))) {
      ended.push({ container: name, termination: lastState.termination, which: 'previous' });
    }
    return ended;
  });
}

/** It is started again whatever its exit code: as long as its pod is wanted and, for a sidecar, has work to do. */
function isMeantToRun(pod: PodEvidence, { role }: ContainerEvidence): boolean {
  if (pod.deletionAtMs !== undefined) return false;
  if (role === 'main') return pod.restartPolicy === 'Always';
  const isOver = pod.containers.every(
    (other) => other.role !== 'main' || other.status?.state?.kind === 'terminated',
  );
  return role === 'sidecar' && !isOver;
}

function isDeath(termination: ContainerTermination): boolean {
  return termination.exitCode !== 0 || termination.reason === 'OOMKilled';
}

/** Newest end in the pod; the pod's own end where no container has an instant. */
export function newestDeathMs(pod: PodEvidence): EpochMs | undefined {
  const instants = endedContainers(pod)
    .map(({ termination }) => termination.finishedAtMs)
    .filter((atMs) => atMs !== undefined);
  if (instants.length > 0) return Math.max(...instants);
  const disruption = pod.conditions.find((c) => c.type === 'DisruptionTarget' && c.status === 'True');
  const failed = pod.phase === 'Failed' ? pod.conditions.find((c) => c.type === 'Ready') : undefined;
  return (
    disruption?.lastTransitionAtMs ??
    pod.deletionAtMs ??
    failed?.lastTransitionAtMs ??
    (pod.phase === 'Failed' ? pod.startedAtMs : undefined)
  );
}

/** Newest death first; pods without a known instant last. */
export function byNewestDeath(pods: readonly PodEvidence[]): readonly PodEvidence[] {
  return pods.toSorted((one, other) => (newestDeathMs(other) ?? 0) - (newestDeathMs(one) ?? 0));
}
