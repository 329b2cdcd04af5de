/** Which of a bundle's deaths the user asked about. */
import type { PodEvidence } from '../model/kubernetes.ts';
import type { Death } from './deaths.ts';
import { objectKey } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';

export type DeathSelection =
  /** The newest death, or, where the evidence is of one pod, all that died in it. */
  | { readonly kind: 'newest' }
  | { readonly kind: 'all' }
  | {
      readonly kind: 'object';
      /** `Pod`, `Deployment`, …; absent for a bare name, which may be either. */
      readonly objectKind?: string;
      readonly name: string;
      readonly namespace?: string;
      readonly container?: string;
    };

export interface Selected {
  readonly deaths: readonly Death[];
  /** The pods that were meant, whether or not anything died in them. */
  readonly pods: readonly PodEvidence[];
}

/**
 * When it ended, or the least that is known of it: an instance without a time (the kubelet's placeholders have none)
 * ended after the one before it.
 */
function notBefore({ atMs, subject, container }: Death): number {
  if (atMs !== undefined) return atMs;
  const before = container?.status?.lastState;
  if (subject.kind !== 'container' || subject.which !== 'state' || before?.kind !== 'terminated')
    return Number.NEGATIVE_INFINITY;
  return before.termination.finishedAtMs ?? Number.NEGATIVE_INFINITY;
}

/** Stable: of one container `state` comes before `lastState`. */
function newestFirst(deaths: readonly Death[]): readonly Death[] {
  const times = new Map(deaths.map((death) => [death, notBefore(death)]));
  return deaths.toSorted((a, b) => {
    const [one = 0, other = 0] = [times.get(a), times.get(b)];
    return one === other ? 0 : other - one;
  });
}

/** Exits that only tell the end of what was meant to end do not hide a real death of the same pod. */
function isWorthTelling(death: Death): boolean {
  return (
    death.subject.kind !== 'container' ||
    death.subject.termination.exitCode !== 0 ||
    death.subject.termination.reason === 'OOMKilled'
  );
}

/** A pod that is gone and was stopped in the ordinary way: nothing shows that it was killed. Told when asked for by name. */
function isMereStop(death: Death): boolean {
  return death.subject.kind === 'trace' && death.subject.stoppedOnly;
}

/** The newest instance of each container; deaths of older instances stay reachable with `all`. */
function newestPerContainer(deaths: readonly Death[]): readonly Death[] {
  const seen = new Set<string>();
  return deaths.filter((death) => {
    const kind =
      death.subject.kind === 'child'
        ? 'child'
        : death.subject.kind === 'kernel'
          ? `kernel:${death.kernelKills?.[0]?.id ?? ''}`
          : 'instance';
    const key = `${death.pod?.id ?? ''}/${death.container?.name ?? ''}/${kind}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Names of the owners above a pod, as `Kind/name`. */
function ownerKeys(index: BundleIndex, pod: PodEvidence): readonly string[] {
  const keys: string[] = [];
  let ref = pod.owner;
  for (let depth = 0; ref !== undefined && depth < 4; depth += 1) {
    keys.push(`${ref.kind}/${ref.name}`);
    // A Deployment's ReplicaSet is named after it; that name is all an offline pod list shows.
    if (ref.kind === 'ReplicaSet') keys.push(`Deployment/${ref.name.replace(/-[a-z0-9]+$/, '')}`);
    ref = index.workloadByKey.get(objectKey(ref.kind, pod.namespace, ref.name))?.owner;
  }
  return keys;
}

function isMeant(
  index: BundleIndex,
  pod: PodEvidence,
  selection: DeathSelection & { kind: 'object' },
): boolean {
  const { objectKind, name, namespace } = selection;
  if (namespace !== undefined && pod.namespace !== namespace && pod.namespace !== '') return false;
  const byName = pod.name === name && (objectKind === undefined || objectKind === 'Pod');
  if (byName) return true;
  if (objectKind === 'Pod') return false;
  return ownerKeys(index, pod).some((key) =>
    objectKind === undefined ? key.endsWith(`/${name}`) : key === `${objectKind}/${name}`,
  );
}

function ofObject(
  index: BundleIndex,
  deaths: readonly Death[],
  selection: DeathSelection & { kind: 'object' },
): Selected {
  const meant = (pod: PodEvidence | undefined): boolean =>
    pod !== undefined && isMeant(index, pod, selection);
  const { container } = selection;
  const ofPods = deaths.filter(
    (death) =>
      meant(death.pod) &&
      (container === undefined || death.container?.name === container || death.container === undefined),
  );
  const pods = index.bundle.pods.filter(meant);
  const exact = pods.some((pod) => pod.name === selection.name);
  const newest = newestPerContainer(newestFirst(ofPods));
  // A workload is answered by its newest death; its other pods are in `kills`.
  const first = newest.find(isWorthTelling) ?? newest[0];
  if (exact || first === undefined) return { deaths: newest, pods };
  return { deaths: newest.filter((death) => death.pod?.id === first.pod?.id), pods };
}

export function matchDeaths(
  index: BundleIndex,
  deaths: readonly Death[],
  selection: DeathSelection,
): Selected {
  const { pods } = index.bundle;
  switch (selection.kind) {
    case 'all':
      return {
        deaths: newestFirst(deaths.filter((death) => isWorthTelling(death) && !isMereStop(death))),
        pods: [],
      };
    case 'object':
      return ofObject(index, deaths, selection);
    case 'newest': {
      // A node's log tells of everybody; what is asked about are the pods that lie beside it.
      const ofPods = deaths.filter((death) => pods.some((pod) => pod.id === death.pod?.id));
      const sorted = newestFirst(ofPods.some(isWorthTelling) ? ofPods : deaths);
      const telling = sorted.filter((death) => isWorthTelling(death) && !isMereStop(death));
      const first = telling[0] ?? sorted[0];
      if (first === undefined) return { deaths: [], pods };
      const onePod = pods.length === 1 && first.pod !== undefined;
      return { deaths: onePod ? newestPerContainer(sorted) : [first], pods };
    }
  }
}
