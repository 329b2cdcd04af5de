/**
 * `docker inspect` (also podman's, whose page has the same fields) and `crictl inspect` as pod evidence of origin
 * `docker`. Containers of one pod, and successive instances of one container, are brought together by the
 * `io.kubernetes.*` labels that dockershim, cri-dockerd, containerd and CRI-O write. A container without them is a pod of
 * its own, in no namespace.
 */
import type { BundlePart, EvidenceGap } from '../model/bundle.ts';
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { isCrictl, readCrictl } from './crictl-inspect.ts';
import { readDocker } from './docker-container.ts';
import { defined } from './fields.ts';
import type { ParseContext } from './fields.ts';
import type { InspectedContainer } from './inspected-container.ts';

/** More containers than one host runs. */
const MAX_CONTAINERS = 10_000;

/** Never throws. What is no container (an image, a network) or unreadable becomes one gap with the count. */
export function parseDockerInspect(raw: unknown, context: ParseContext): BundlePart {
  const items = Array.isArray(raw) ? raw.slice(0, MAX_CONTAINERS) : [raw];
  const containers: InspectedContainer[] = [];
  let unread = 0;
  for (const item of items) {
    const container = isCrictl(item) ? readCrictl(item) : readDocker(item);
    if (container === undefined) unread += 1;
    else if (container !== 'sandbox') containers.push(container);
  }
  return {
    pods: podsOf(containers, context),
    nodeLog: containers.filter((one) => one.oomWhileRunning).map((one) => oomRecord(one, context)),
    ...(unread === 0 ? {} : { gaps: [unreadGap(unread, context)] }),
  };
}

function unreadGap(count: number, context: ParseContext): EvidenceGap {
  return {
    id: `${context.source}:inspect`,
    kind: 'input',
    file: context.source,
    what: `${count} ${count === 1 ? 'entry' : 'entries'} of ${context.source}`,
    cost: 'Entries that describe no container (images, networks, volumes) say nothing about a death.',
    fix: 'Pass the output of docker inspect CONTAINER or crictl inspect CONTAINER.',
  };
}

/** Docker's `State.OOMKilled` of a running container is containerd's OOM event, kept as such. */
function oomRecord(container: InspectedContainer, context: ParseContext): NodeLogRecord {
  return defined({
    id: `${context.source}:oom:${container.containerId ?? container.evidence.name}`,
    source: context.source,
    line: 'State.OOMKilled is true while the container is running',
    kind: 'task-oom' as const,
    containerId: container.containerId,
    podUid: container.pod.uid,
    namespace: container.pod.namespace,
    pod: container.pod.name,
    container: container.evidence.name,
  });
}

function podsOf(containers: readonly InspectedContainer[], context: ParseContext): readonly PodEvidence[] {
  const groups = Map.groupBy(containers, ({ pod }) => `${pod.namespace}/${pod.name}/${pod.uid ?? ''}`);
  return [...groups].map(([key, members]) => podOf(key, members, context));
}

function podOf(key: string, members: readonly InspectedContainer[], context: ParseContext): PodEvidence {
  const first = members[0]?.pod ?? { namespace: '', name: '' };
  const byName = Map.groupBy(members, (member) => member.evidence.name);
  const created = members.flatMap((member) => member.createdAtMs ?? []);
  const memoryVolumes = members.flatMap((member) => member.memoryVolumes);
  return defined({
    id: `${context.source}:pod:${key}`,
    origin: 'docker' as const,
    source: context.source,
    namespace: first.namespace,
    name: first.name,
    uid: first.uid,
    createdAtMs: created.length === 0 ? undefined : Math.min(...created),
    terminationGraceSeconds: first.terminationGraceSeconds,
    restartPolicy: members.find((member) => member.restartPolicy !== undefined)?.restartPolicy,
    os: members.find((member) => member.os !== undefined)?.os,
    conditions: [],
    memoryVolumes,
    containers: [...byName.values()].flatMap(containerOf),
  });
}

/** The newest instance gives spec and state, the one before it the last state. */
function containerOf(instances: readonly InspectedContainer[]): readonly ContainerEvidence[] {
  const [newest, ...older] = instances.toSorted(
    (a, b) => b.attempt - a.attempt || (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0),
  );
  if (newest === undefined) return [];
  const before = older.find((instance) => instance.state?.kind === 'terminated');
  return [
    {
      ...newest.evidence,
      status: defined({
        restartCount: newest.attempt,
        containerId: newest.containerId,
        state: newest.state,
        lastState: before?.state,
      }),
    },
  ];
}
