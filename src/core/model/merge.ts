/** Parts from many sources to one bundle: the same record read twice is one record. */
import type { EpochMs } from '../units.ts';
import { BUNDLE_VERSION, type BundlePart, type EvidenceBundle } from './bundle.ts';
import { mergeEvents } from './merge-events.ts';
import { mergeKernelKills } from './merge-kernel.ts';
import { fillIn, groupBy, withUniqueIds } from './merge-lists.ts';
import { mergePods } from './merge-pods.ts';
import type { NodeEvidence, WorkloadEvidence } from './kubernetes.ts';
import { fullestHistories } from './fullest-histories.ts';
import type { ContainerLogTail } from './node-log.ts';

export interface BundleBase {
  readonly collectedAtMs: EpochMs;
  readonly cluster?: string;
}

/** A bundle that holds nothing. */
export function emptyBundle(collectedAtMs: EpochMs): EvidenceBundle {
  return {
    apiVersion: 'exit137/v1',
    kind: 'EvidenceBundle',
    bundleVersion: BUNDLE_VERSION,
    collectedAtMs,
    sources: [],
    gaps: [],
    pods: [],
    nodes: [],
    workloads: [],
    events: [],
    eventCoverage: [],
    kernelKills: [],
    nodeLog: [],
    logCoverage: [],
    cgroups: [],
    samples: [],
    nodeSamples: [],
    logTails: [],
  };
}

/**
 * Joins parts. Records of one object become one (the API's word before that of `describe`, a newer state before an
 * older one, missing fields filled in); ids are unique in the answer. `base` says when the evidence was read and of
 * which cluster, whatever the parts say.
 */
export function mergeParts(parts: readonly BundlePart[], base: BundleBase): EvidenceBundle {
  const cluster = base.cluster ?? parts.find((part) => part.cluster !== undefined)?.cluster;
  const histories = fullestHistories(parts.flatMap((part) => part.histories ?? []));
  return {
    ...emptyBundle(base.collectedAtMs),
    ...(cluster === undefined ? {} : { cluster }),
    sources: distinct(all(parts, 'sources')),
    gaps: withUniqueIds(distinct(all(parts, 'gaps'))),
    pods: withUniqueIds(mergePods(all(parts, 'pods'))),
    nodes: withUniqueIds(mergeNodes(all(parts, 'nodes'))),
    workloads: withUniqueIds(mergeWorkloads(all(parts, 'workloads'))),
    events: withUniqueIds(mergeEvents(all(parts, 'events'))),
    eventCoverage: distinct(all(parts, 'eventCoverage')),
    kernelKills: withUniqueIds(mergeKernelKills(all(parts, 'kernelKills'))),
    nodeLog: withUniqueIds(distinctBut(all(parts, 'nodeLog'))),
    logCoverage: distinct(all(parts, 'logCoverage')),
    cgroups: withUniqueIds(distinctBut(all(parts, 'cgroups'))),
    samples: withUniqueIds(distinctBut(all(parts, 'samples'))),
    nodeSamples: withUniqueIds(distinctBut(all(parts, 'nodeSamples'))),
    logTails: withUniqueIds(mergeLogTails(all(parts, 'logTails'))),
    ...(histories.length === 0 ? {} : { histories }),
  };
}

type Lists = {
  [K in keyof EvidenceBundle as EvidenceBundle[K] extends readonly object[] ? K : never]: EvidenceBundle[K];
};

function all<K extends keyof Lists>(parts: readonly BundlePart[], key: K): Lists[K] {
  const lists = parts.map((part) => part[key] ?? []);
  return lists.flat() as readonly object[] as Lists[K];
}

/** Each record once, compared as a whole. */
function distinct<T extends object>(records: readonly T[]): readonly T[] {
  if (records.length < 2) return records;
  return [...new Map(records.map((record) => [JSON.stringify(record), record])).values()];
}

/** Each record once, whichever source and id it came with. */
function distinctBut<T extends { readonly id: string; readonly source: string }>(
  records: readonly T[],
): readonly T[] {
  if (records.length < 2) return records;
  const seen = new Map<string, T>();
  for (const record of records) {
    const { id: _id, source: _source, ...content } = record;
    const key = JSON.stringify(content);
    if (!seen.has(key)) seen.set(key, record);
  }
  return [...seen.values()];
}

function mergeNodes(nodes: readonly NodeEvidence[]): readonly NodeEvidence[] {
  return groupBy(nodes, (node) => node.name).map((group) =>
    group.reduce((a, b) => (changedAtMs(b) >= changedAtMs(a) ? fillIn(b, a) : fillIn(a, b))),
  );
}

/** A part that carries only a kubelet's configuration has no conditions, and never hides the node itself. */
function changedAtMs(node: NodeEvidence): number {
  if (node.conditions.length === 0) return -1;
  return node.conditions.reduce(
    (newest, condition) => Math.max(newest, condition.lastTransitionAtMs ?? 0),
    0,
  );
}

function mergeWorkloads(workloads: readonly WorkloadEvidence[]): readonly WorkloadEvidence[] {
  return groupBy(workloads, workloadKey).map((group) =>
    group.reduce((a, b) => ((b.revision ?? 0) >= (a.revision ?? 0) ? fillIn(b, a) : fillIn(a, b))),
  );
}

function workloadKey(workload: WorkloadEvidence): string {
  return workload.uid ?? `${workload.kind}/${workload.namespace}/${workload.name}`;
}

function mergeLogTails(tails: readonly ContainerLogTail[]): readonly ContainerLogTail[] {
  return groupBy(tails, tailKey).map((group) =>
    group.reduce((a, b) => (b.lines.length > a.lines.length ? b : a)),
  );
}

function tailKey(tail: ContainerLogTail): string {
  return JSON.stringify([tail.namespace, tail.pod, tail.podUid, tail.container, tail.previous]);
}
