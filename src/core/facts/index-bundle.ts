/** Look-up tables over a bundle, built once, so that many deaths in one bundle cost no repeated scans. */
import type { EvidenceBundle } from '../model/bundle.ts';
import type { CgroupReading, KernelOomKill } from '../model/kernel.ts';
import type { EventEvidence, NodeEvidence, PodEvidence, WorkloadEvidence } from '../model/kubernetes.ts';
import type { ContainerLogTail, NodeLogRecord } from '../model/node-log.ts';
import type { MemorySample, NodeSample } from '../model/usage.ts';
import type { EpochMs } from '../units.ts';

/** One container instance that ended, with the little the node cohort needs. */
export interface EndedInstance {
  readonly namespace: string;
  readonly pod: string;
  readonly podId: string;
  readonly container: string;
  readonly exitCode: number;
  readonly reason?: string;
  readonly atMs: EpochMs;
}

export interface BundleIndex {
  readonly bundle: EvidenceBundle;
  /** Pods by UID and by static-pod config hash. */
  readonly podByUid: ReadonlyMap<string, PodEvidence>;
  readonly podByName: ReadonlyMap<string, PodEvidence>;
  readonly podByContainerId: ReadonlyMap<string, PodEvidence>;
  readonly nodeByName: ReadonlyMap<string, NodeEvidence>;
  readonly workloadByKey: ReadonlyMap<string, WorkloadEvidence>;
  readonly workloadsByOwner: ReadonlyMap<string, readonly WorkloadEvidence[]>;
  /** Keyed by `objectKey`. */
  readonly eventsByObject: ReadonlyMap<string, readonly EventEvidence[]>;
  readonly killsByContainer: ReadonlyMap<string, readonly KernelOomKill[]>;
  readonly killsByPod: ReadonlyMap<string, readonly KernelOomKill[]>;
  readonly nodeLogByContainer: ReadonlyMap<string, readonly NodeLogRecord[]>;
  /** Lines of conmon, which prints only the first 20 characters of a container ID. */
  readonly nodeLogByShortId: readonly { readonly shortId: string; readonly record: NodeLogRecord }[];
  /** Keyed by pod UID and by `ns/name`. */
  readonly nodeLogByPod: ReadonlyMap<string, readonly NodeLogRecord[]>;
  /** Lines that name no container: boots, service starts, system OOMs. */
  readonly nodeLogGeneral: readonly NodeLogRecord[];
  /** The runtime's OOM lines, in the order of the log. */
  readonly taskOoms: readonly Extract<NodeLogRecord, { readonly kind: 'task-oom' }>[];
  readonly samplesByContainer: ReadonlyMap<string, readonly MemorySample[]>;
  readonly cgroupsByPod: ReadonlyMap<string, readonly CgroupReading[]>;
  readonly tailsByContainer: ReadonlyMap<string, readonly ContainerLogTail[]>;
  readonly nodeSamples: ReadonlyMap<string, readonly NodeSample[]>;
  readonly endedByNode: ReadonlyMap<string, readonly EndedInstance[]>;
}

/** `Pod/ns/name`: how objects are addressed across sources. */
export function objectKey(kind: string, namespace: string | undefined, name: string): string {
  return `${kind}/${namespace ?? ''}/${name}`;
}

export function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function containerKey(namespace: string, pod: string, container: string): string {
  return `${namespace}/${pod}/${container}`;
}

function group<T>(
  items: readonly T[],
  keysOf: (item: T) => readonly (string | undefined)[],
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    for (const key of new Set(keysOf(item))) {
      if (key === undefined) continue;
      const list = groups.get(key);
      if (list === undefined) groups.set(key, [item]);
      else list.push(item);
    }
  }
  return groups;
}

/** The container IDs of every instance a pod's status names. */
export function containerIdsOf(pod: PodEvidence): readonly string[] {
  return pod.containers.flatMap(({ status }) => {
    const states = [status?.state, status?.lastState];
    const ended = states.map((state) =>
      state?.kind === 'terminated' ? state.termination.containerId : undefined,
    );
    return [status?.containerId, ...ended].filter((id) => id !== undefined);
  });
}

function endedInstances(pods: readonly PodEvidence[]): Map<string, EndedInstance[]> {
  const byNode = new Map<string, EndedInstance[]>();
  for (const pod of pods) {
    if (pod.nodeName === undefined) continue;
    for (const { name, status } of pod.containers) {
      for (const state of [status?.state, status?.lastState]) {
        if (state?.kind !== 'terminated' || state.termination.finishedAtMs === undefined) continue;
        const { exitCode, reason, finishedAtMs } = state.termination;
        const instance: EndedInstance = {
          namespace: pod.namespace,
          pod: pod.name,
          podId: pod.id,
          container: name,
          exitCode,
          atMs: finishedAtMs,
          ...(reason === undefined ? {} : { reason }),
        };
        const list = byNode.get(pod.nodeName);
        if (list === undefined) byNode.set(pod.nodeName, [instance]);
        else list.push(instance);
      }
    }
  }
  for (const list of byNode.values()) list.sort((a, b) => a.atMs - b.atMs);
  return byNode;
}

/** Which container IDs a kernel report's victims belong to: the task's cgroup, else its cut-off stand-ins. */
export function containerIdOfKill(kill: KernelOomKill): string | undefined {
  return (
    kill.taskCgroup?.containerId ??
    (kill.oomCgroup?.level === 'container' ? kill.oomCgroup.containerId : undefined)
  );
}

export function podUidOfKill(kill: KernelOomKill): string | undefined {
  return kill.taskCgroup?.podUid ?? kill.oomCgroup?.podUid;
}

function loggedContainer(record: NodeLogRecord): { containerId?: string; podKeys: readonly string[] } {
  if (!('containerId' in record || 'podUid' in record || 'pod' in record)) return { podKeys: [] };
  const named =
    record.namespace !== undefined && record.pod !== undefined ? [podKey(record.namespace, record.pod)] : [];
  const uid = record.podUid === undefined ? [] : [record.podUid];
  return {
    ...(record.containerId === undefined ? {} : { containerId: record.containerId }),
    podKeys: [...uid, ...named],
  };
}

export function indexBundle(bundle: EvidenceBundle): BundleIndex {
  const podByUid = new Map<string, PodEvidence>();
  const podByName = new Map<string, PodEvidence>();
  const podByContainerId = new Map<string, PodEvidence>();
  for (const pod of bundle.pods) {
    if (pod.uid !== undefined) podByUid.set(pod.uid, pod);
    if (pod.configHash !== undefined) podByUid.set(pod.configHash, pod);
    podByName.set(podKey(pod.namespace, pod.name), pod);
    for (const id of containerIdsOf(pod)) podByContainerId.set(id, pod);
  }
  const logKeys = new Map(bundle.nodeLog.map((record) => [record, loggedContainer(record)]));
  return {
    bundle,
    podByUid,
    podByName,
    podByContainerId,
    nodeByName: new Map(bundle.nodes.map((node) => [node.name, node])),
    workloadByKey: new Map(bundle.workloads.map((w) => [objectKey(w.kind, w.namespace, w.name), w])),
    workloadsByOwner: group(bundle.workloads, (w) =>
      w.owner === undefined ? [] : [objectKey(w.owner.kind, w.namespace, w.owner.name)],
    ),
    eventsByObject: group(bundle.events, ({ regarding, namespace }) => [
      objectKey(
        regarding.kind,
        regarding.kind === 'Node' ? undefined : (regarding.namespace ?? namespace),
        regarding.name,
      ),
    ]),
    killsByContainer: group(bundle.kernelKills, (kill) => [containerIdOfKill(kill)]),
    killsByPod: group(bundle.kernelKills, (kill) => [podUidOfKill(kill)]),
    nodeLogByContainer: group(bundle.nodeLog, (record) => [logKeys.get(record)?.containerId]),
    nodeLogByShortId: bundle.nodeLog.flatMap((record) => {
      const shortId = logKeys.get(record)?.containerId;
      return shortId !== undefined && shortId.length >= 12 && shortId.length < 64
        ? [{ shortId, record }]
        : [];
    }),
    nodeLogByPod: group(bundle.nodeLog, (record) => logKeys.get(record)?.podKeys ?? []),
    nodeLogGeneral: bundle.nodeLog.filter((record) => {
      const keys = logKeys.get(record);
      return keys?.containerId === undefined && (keys?.podKeys.length ?? 0) === 0;
    }),
    taskOoms: bundle.nodeLog.filter((record) => record.kind === 'task-oom'),
    samplesByContainer: group(bundle.samples, (s) => [containerKey(s.namespace, s.pod, s.container)]),
    cgroupsByPod: group(bundle.cgroups, (c) => [
      c.podUid,
      c.namespace !== undefined && c.pod !== undefined ? podKey(c.namespace, c.pod) : undefined,
    ]),
    tailsByContainer: group(bundle.logTails, (t) => [containerKey(t.namespace, t.pod, t.container)]),
    nodeSamples: group(bundle.nodeSamples, (s) => [s.nodeName]),
    endedByNode: endedInstances(bundle.pods),
  };
}
