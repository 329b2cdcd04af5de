/** Joins histories to the evidence: which of them are one workload's container, what killed it, what changed it. */
import { deploymentOf } from '../core/model/deployment.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { PodEvidence, WorkloadEvidence } from '../core/model/kubernetes.ts';
import type { MemoryQuestion } from '../core/memory/types.ts';
import type { ChangeMark, ContainerHistory } from '../core/model/series.ts';
import { runtimeOf } from '../core/runtimes/index.ts';
import type { Bytes, EpochMs } from '../core/units.ts';
import { formatBytes } from '../core/text/amounts.ts';
import { killsOf } from './memory-kills.ts';

/** What is known beside the histories. Everything may be empty. */
export interface MemoryEvidence {
  readonly deaths: readonly Diagnosis[];
  readonly pods: readonly PodEvidence[];
  readonly workloads: readonly WorkloadEvidence[];
  readonly nowMs: EpochMs;
}

/** Replicas of one container of one workload. */
export interface HistoryGroup {
  readonly namespace: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly container: string;
  readonly histories: readonly ContainerHistory[];
}

type Owner = NonNullable<HistoryGroup['workload']>;

/** One group per workload and container; a pod without a known owner stands for itself. */
export function groupHistories(
  histories: readonly ContainerHistory[],
  evidence: Pick<MemoryEvidence, 'deaths' | 'pods' | 'workloads'>,
): readonly HistoryGroup[] {
  const owners = ownersOf(evidence);
  const groups = new Map<string, { group: Omit<HistoryGroup, 'histories'>; histories: ContainerHistory[] }>();
  for (const history of histories) {
    const { namespace, pod, container } = history;
    const workload = owners.get(`${namespace}/${pod}`) ?? history.workload ?? ownerByName(pod);
    const key = [namespace, workload?.kind ?? 'Pod', workload?.name ?? pod, container].join('/');
    const known = groups.get(key);
    if (known === undefined) {
      const group = { namespace, container, ...(workload === undefined ? {} : { workload }) };
      groups.set(key, { group, histories: [history] });
    } else known.histories.push(history);
  }
  return [...groups.values()].map(({ group, histories: own }) => ({ ...group, histories: own }));
}

/** What was asked about: its workload and its pods, without the neighbours that evidence of a death brings along. */
export interface Subject {
  readonly pods: readonly string[];
  readonly workload?: Owner;
}

/** Undefined where the evidence names nothing. */
export function subjectOf(
  evidence: Pick<MemoryEvidence, 'deaths' | 'pods' | 'workloads'>,
): Subject | undefined {
  const named = evidence.deaths.flatMap(({ target }) => (target.pod === undefined ? [] : [target.pod]));
  const workload = evidence.deaths.find(({ target }) => target.workload !== undefined)?.target.workload;
  const owners = ownersOf(evidence);
  const siblings = evidence.pods.filter(({ namespace, name }) => {
    const owner = owners.get(`${namespace}/${name}`);
    return owner !== undefined && owner.kind === workload?.kind && owner.name === workload.name;
  });
  const pods = [...new Set([...named, ...siblings.map(({ name }) => name)])];
  if (pods.length === 0 && workload === undefined) return undefined;
  return { pods, ...(workload === undefined ? {} : { workload }) };
}

function ownersOf({
  deaths,
  pods,
  workloads,
}: Pick<MemoryEvidence, 'deaths' | 'pods' | 'workloads'>): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  const byKey = new Map(workloads.map((one) => [`${one.kind}/${one.namespace}/${one.name}`, one]));
  for (const pod of pods) {
    const owner = topOwner(pod, byKey);
    if (owner !== undefined) owners.set(`${pod.namespace}/${pod.name}`, owner);
  }
  for (const { target } of deaths) {
    if (target.pod !== undefined && target.workload !== undefined) {
      owners.set(`${target.namespace ?? ''}/${target.pod}`, target.workload);
    }
  }
  return owners;
}

const MOST_OWNERS = 4;

function topOwner(pod: PodEvidence, byKey: ReadonlyMap<string, WorkloadEvidence>): Owner | undefined {
  let owner = pod.owner;
  for (let depth = 0; owner !== undefined && depth < MOST_OWNERS; depth += 1) {
    const above = byKey.get(`${owner.kind}/${pod.namespace}/${owner.name}`)?.owner;
    if (above === undefined) break;
    owner = above;
  }
  if (owner?.kind === 'ReplicaSet') {
    const deployment = deploymentOf(pod);
    if (deployment !== undefined) return { kind: 'Deployment', name: deployment };
  }
  return owner === undefined || owner.kind === 'Node' ? undefined : { kind: owner.kind, name: owner.name };
}

/**
 * `checkout-api-6c9f7d5b8-x2kqp` is a pod of Deployment checkout-api: both suffixes come from an alphabet without vowels
 * (k8s.io/apimachinery pkg/util/rand, SafeEncodeString), which no name chosen by people fits by chance.
 */
function ownerByName(pod: string): Owner | undefined {
  const match = /^(.{1,240})-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/.exec(pod);
  return match?.[1] === undefined ? undefined : { kind: 'Deployment', name: match[1] };
}

/** The question that the analysis answers. */
export function questionOf(group: HistoryGroup, evidence: MemoryEvidence): MemoryQuestion {
  const heapMaxBytes = heapMaximum(group, evidence.pods);
  const { kills, histories } = killsOf(group, evidence.deaths);
  return {
    histories,
    kills,
    changes: changesOf(group, evidence.workloads),
    ...(heapMaxBytes === undefined ? {} : { heapMaxBytes }),
    nowMs: evidence.nowMs,
  };
}

function changesOf(group: HistoryGroup, workloads: readonly WorkloadEvidence[]): readonly ChangeMark[] {
  const rollouts = workloads.flatMap((revision) => rolloutOf(revision, group));
  const resizes = group.histories.flatMap(resizesOf);
  const each = new Map([...rollouts, ...resizes].map((mark) => [`${mark.kind}/${mark.label}`, mark]));
  return [...each.values()].toSorted((one, other) => one.atMs - other.atMs);
}

function rolloutOf(revision: WorkloadEvidence, group: HistoryGroup): readonly ChangeMark[] {
  const { kind, namespace, owner, createdAtMs, name } = revision;
  if (kind !== 'ReplicaSet' && kind !== 'ControllerRevision') return [];
  if (namespace !== group.namespace || createdAtMs === undefined || group.workload === undefined) return [];
  if (owner?.kind !== group.workload.kind || owner.name !== group.workload.name) return [];
  const label = revision.revision === undefined ? name : `revision ${revision.revision}`;
  return [{ atMs: createdAtMs, kind: 'rollout', label }];
}

function resizesOf({ limit = [] }: ContainerHistory): readonly ChangeMark[] {
  return limit.flatMap(({ fromMs, value }, index): readonly ChangeMark[] => {
    const before = limit[index - 1]?.value;
    if (before === undefined || before === value) return [];
    return [{ atMs: fromMs, kind: 'resize', label: `limit ${formatBytes(before)} to ${formatBytes(value)}` }];
  });
}

function heapMaximum(group: HistoryGroup, pods: readonly PodEvidence[]): Bytes | undefined {
  const names = new Set(group.histories.map(({ pod }) => pod));
  for (const pod of pods) {
    if (pod.namespace !== group.namespace || !names.has(pod.name)) continue;
    const container = pod.containers.find(({ name }) => name === group.container);
    const heap = container === undefined ? undefined : runtimeOf(container, [])?.heapMaxBytes;
    if (heap !== undefined) return heap;
  }
  return undefined;
}
