/** One pod seen by several sources, or at several times. */
import type { ContainerEvidence, ContainerState, PodEvidence, PodOrigin } from './kubernetes.ts';
import { fillIn, findTwin, groupBy } from './merge-lists.ts';

/** Start times of one pod as two sources print them differ by rounding only. */
const START_TOLERANCE_MS = 2000;

/**
 * Pods of one UID are one; so are those of one namespace and name, unless they visibly are two incarnations. What has
 * no name (a fragment of `describe`) stays by itself.
 */
export function mergePods(pods: readonly PodEvidence[]): readonly PodEvidence[] {
  const named = pods.filter((pod) => pod.name !== '' || pod.uid !== undefined);
  const nameless = pods.filter((pod) => pod.name === '' && pod.uid === undefined);
  const merged: PodEvidence[] = [];
  for (const sameName of groupBy(named, (pod) => `${pod.namespace}/${pod.name}`)) {
    merged.push(...mergeIncarnations(sameName));
  }
  return [...merged, ...nameless];
}

function mergeIncarnations(pods: readonly PodEvidence[]): readonly PodEvidence[] {
  const incarnations: PodEvidence[] = [];
  // Those with a UID first: the others then find the one they belong to.
  const ordered = [...pods].sort((a, b) => Number(a.uid === undefined) - Number(b.uid === undefined));
  for (const pod of ordered) {
    const at = matchingIndex(incarnations, pod);
    const match = incarnations[at];
    if (match === undefined) incarnations.push(pod);
    else incarnations[at] = mergePair(match, pod);
  }
  return incarnations;
}

function matchingIndex(incarnations: readonly PodEvidence[], pod: PodEvidence): number {
  if (pod.uid !== undefined) return findTwin(incarnations, (other) => other.uid === pod.uid);
  const sharing = findTwin(incarnations, (other) => sharesInstance(other, pod));
  return sharing >= 0 ? sharing : findTwin(incarnations, (other) => mayBeSame(other, pod));
}

function sharesInstance(a: PodEvidence, b: PodEvidence): boolean {
  const ids = new Set(a.containers.flatMap(instanceIds));
  return b.containers.flatMap(instanceIds).some((id) => ids.has(id));
}

function instanceIds(container: ContainerEvidence): readonly string[] {
  const { status } = container;
  const ids = [status?.containerId, stateInstance(status?.state), stateInstance(status?.lastState)];
  return ids.filter((id) => id !== undefined);
}

function stateInstance(state: ContainerState | undefined): string | undefined {
  return state?.kind === 'terminated' ? state.termination.containerId : undefined;
}

function mayBeSame(a: PodEvidence, b: PodEvidence): boolean {
  if (a.startedAtMs === undefined || b.startedAtMs === undefined) return true;
  return Math.abs(a.startedAtMs - b.startedAtMs) <= START_TOLERANCE_MS;
}

const ORIGIN_RANK: Readonly<Record<PodOrigin, number>> = { api: 2, docker: 1, describe: 0 };

function mergePair(a: PodEvidence, b: PodEvidence): PodEvidence {
  const byOrigin = ORIGIN_RANK[a.origin] - ORIGIN_RANK[b.origin];
  const aWins = byOrigin === 0 ? isNewer(a, b) : byOrigin > 0;
  const [preferred, other] = aWins ? [a, b] : [b, a];
  const { containers: _containers, ...rest } = other;
  const containers = mergeContainers(preferred.containers, other.containers);
  return { ...fillIn(preferred, { ...rest, id: preferred.id, containers }), containers };
}

/** Whether `a` shows a later moment of the pod's life than `b`; the first read stays where nothing tells. */
function isNewer(a: PodEvidence, b: PodEvidence): boolean {
  const restarts = restartsOf(a) - restartsOf(b);
  return restarts === 0 ? newestAtMs(a) >= newestAtMs(b) : restarts > 0;
}

function restartsOf(pod: PodEvidence): number {
  return pod.containers.reduce((sum, container) => sum + (container.status?.restartCount ?? 0), 0);
}

function newestAtMs(pod: PodEvidence): number {
  const instants = [pod.deletionAtMs, ...pod.conditions.map((condition) => condition.lastTransitionAtMs)];
  for (const { status } of pod.containers) {
    for (const state of [status?.state, status?.lastState]) {
      if (state?.kind === 'running') instants.push(state.startedAtMs);
      if (state?.kind === 'terminated') instants.push(state.termination.finishedAtMs);
    }
  }
  return instants.reduce<number>((newest, ms) => Math.max(newest, ms ?? 0), 0);
}

/** A status is one moment's picture and taken whole; specs are filled in field by field. */
function mergeContainers(
  preferred: readonly ContainerEvidence[],
  other: readonly ContainerEvidence[],
): readonly ContainerEvidence[] {
  const byName = new Map(other.map((container) => [container.name, container]));
  const merged = preferred.map((container) => {
    const twin = byName.get(container.name);
    byName.delete(container.name);
    return twin === undefined ? container : fillIn(container, twin);
  });
  return [...merged, ...byName.values()];
}
