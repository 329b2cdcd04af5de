/** TARGET: `pod`, `ns/name`, `deploy/x`, `ns/deploy/x`, `pod/x`, `deploy x`; nothing = the newest death. */
import { nearest } from './suggest.ts';
import { usageError } from './exit-status.ts';

export interface ParsedTarget {
  /** Kubernetes kind, where the user named one. */
  readonly objectKind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** kubectl's names of the kinds that can die or own what dies. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  Pod: ['pod', 'pods', 'po'],
  Deployment: ['deployment', 'deployments', 'deploy'],
  ReplicaSet: ['replicaset', 'replicasets', 'rs'],
  ReplicationController: ['replicationcontroller', 'replicationcontrollers', 'rc'],
  StatefulSet: ['statefulset', 'statefulsets', 'sts'],
  DaemonSet: ['daemonset', 'daemonsets', 'ds'],
  Job: ['job', 'jobs'],
  CronJob: ['cronjob', 'cronjobs', 'cj'],
};

const KIND_BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(KINDS).flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

/** RFC 1123 subdomain, what a pod or a workload may be called; 253 characters at most. */
const OBJECT_NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;
const LONGEST_NAME = 253;

/** `deployment.apps` and `Deployment` name the same kind. */
function kindOf(word: string): string | undefined {
  const [resource = ''] = word.toLowerCase().split('.', 1);
  return KIND_BY_NAME.get(resource);
}

/** The kind that a namespace of this name may have been meant as: `deploi/x` reads as namespace `deploi`. */
export function kindMeant(namespace: string): string | undefined {
  return nearest(namespace, [...KIND_BY_NAME.keys()]);
}

/** Parses the words after `why`; undefined = none. Throws a usage error with one suggestion. */
export function parseTarget(words: readonly string[]): ParsedTarget | undefined {
  if (words.length === 0) return undefined;
  if (words.length > 2) {
    throw usageError(`One TARGET at a time, not ${words.length}.`, `For several: kills, or why -A.`);
  }
  const [first = '', second] = words;
  if (second !== undefined) return kindAndName(first, second);
  const parts = first.split('/');
  switch (parts.length) {
    case 1:
      return { name: checkedName(first) };
    case 2:
      return twoParts(parts[0] ?? '', parts[1] ?? '');
    case 3: {
      const [namespace = '', kind = '', name = ''] = parts;
      return { ...kindAndName(kind, name), namespace: checkedName(namespace) };
    }
    default:
      throw usageError(
        `${quoted(first)} has too many slashes.`,
        'TARGET is pod, ns/name, deploy/x or ns/deploy/x.',
      );
  }
}

function twoParts(left: string, right: string): ParsedTarget {
  const objectKind = kindOf(left);
  if (objectKind !== undefined) return { objectKind, name: checkedName(right) };
  return { namespace: checkedName(left), name: checkedName(right) };
}

function kindAndName(kindWord: string, nameWord: string): ParsedTarget {
  const objectKind = kindOf(kindWord);
  if (objectKind === undefined) {
    const near = nearest(kindWord, [...KIND_BY_NAME.keys()]);
    throw usageError(
      `${quoted(kindWord)} is no kind that exit137 knows.`,
      near === undefined
        ? `Known: ${Object.values(KINDS)
            .map(([name]) => name)
            .join(', ')}.`
        : `Did you mean ${near}?`,
    );
  }
  return { objectKind, name: checkedName(nameWord) };
}

function checkedName(name: string): string {
  if (name.length > LONGEST_NAME || !OBJECT_NAME.test(name)) {
    throw usageError(
      `${quoted(name)} cannot be the name of a Kubernetes object.`,
      'TARGET is pod, ns/name, deploy/x or ns/deploy/x.',
    );
  }
  return name;
}

function quoted(word: string): string {
  return JSON.stringify(word.slice(0, 80));
}
