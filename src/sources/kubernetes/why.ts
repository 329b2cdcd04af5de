/** All about one target: its pods closely, their events, owners, revisions, node, neighbours that died too, logs. */
import type { ObjectRef, PodEvidence, WorkloadEvidence } from '../../core/model/kubernetes.ts';
import { parsePodMetrics } from '../../core/parse/metrics.ts';
import { MINUTE_MS } from '../../core/units.ts';
import { endedContainers, newestDeathMs } from './deaths.ts';
import { collectFromNode } from './kubelet.ts';
import { collectLogs } from './logs.ts';
import { nodeLogGaps } from './node-log-gap.ts';
import {
  contextOf,
  getNode,
  getWorkload,
  listEvents,
  listPods,
  listWorkloads,
  readOptions,
  type Run,
} from './reader.ts';
import {
  CONTROLLER_REVISIONS,
  EVENTS,
  NODES,
  pathOf,
  POD_METRICS,
  PODS,
  REPLICA_SETS,
  WORKLOADS,
} from './resources.ts';
import { resolveTarget, type ResolvedTarget } from './target.ts';

const OWNER_DEPTH = 4;
const NODES_READ = 3;
/** Node events are written to this namespace (client-go tools/record: objects without one). */
const NODE_EVENTS_NAMESPACE = 'default';
/** A neighbour that ended at another time says nothing about this death. */
const COHORT_MS = 10 * MINUTE_MS;

export async function collectWhy(run: Run): Promise<void> {
  await collectAround(run, await resolveTarget(run));
}

/** The same for a target that is known already. */
export async function collectAround(run: Run, target: ResolvedTarget): Promise<void> {
  run.collector.read('pods');
  run.collector.note('pods', `${target.close.length + target.others.length} of ${target.label}`);
  run.collector.add({ pods: [...target.close, ...target.others], workloads: target.workloads });
  if (target.gone !== undefined) await collectGone(run, target.gone);
  const nodeNames = unique(target.close.map(({ nodeName }) => nodeName)).slice(0, NODES_READ);
  await Promise.all([
    ...target.close.map((pod) =>
      collectEventsOf(run, { kind: 'Pod', name: pod.name, namespace: pod.namespace }),
    ),
    ...target.close.map((pod) => collectMetrics(run, pod)),
    collectLogs(run, target.close),
    collectOwners(run, target),
    ...nodeNames.map((nodeName) => collectNode(run, nodeName, target.close)),
  ]);
}

async function collectGone(
  run: Run,
  gone: { readonly namespace: string; readonly name: string },
): Promise<void> {
  await collectEventsOf(run, { kind: 'Pod', ...gone });
  run.collector.gap({
    id: `gap:cluster/gone/${gone.namespace}/${gone.name}`,
    what: `pod ${gone.name} itself: it is deleted, only its events are left`,
    cost: 'Exit code, limits and restarts of its containers are unknown.',
    kind: 'pod',
    namespace: gone.namespace,
    pod: gone.name,
    fix: 'exit137 record --watch keeps the evidence of pods that vanish.',
  });
}

const EVENT_COSTS: Readonly<Record<string, string>> = {
  Pod: 'A kill by the kubelet (probe, hook, eviction, deletion) cannot be told from one by somebody else.',
  Node: 'Memory pressure, reboots and node-wide OOM kills are not seen.',
};

async function collectEventsOf(run: Run, object: ObjectRef): Promise<void> {
  const namespace = object.kind === 'Node' ? NODE_EVENTS_NAMESPACE : object.namespace;
  const scope = namespace === undefined ? {} : { namespace };
  const step = {
    source: 'events',
    what: `events of ${object.kind.toLowerCase()} ${object.name}`,
    cost: EVENT_COSTS[object.kind] ?? 'Scaling, rollouts and deadlines of the workload are not seen.',
    kind: object.kind === 'Pod' ? 'pod-events' : object.kind === 'Node' ? 'node-events' : 'owner-events',
    verb: 'list',
    resource: EVENTS.rbac,
    ...scope,
    ...(object.kind === 'Pod' ? { pod: object.name } : {}),
    ...(object.kind === 'Node' ? { nodeName: object.name } : {}),
  } as const;
  const part = await run.collector.attempt(step, () =>
    listEvents(run, {
      ...scope,
      fieldSelector: `involvedObject.kind=${object.kind},involvedObject.name=${object.name}`,
      regarding: { kind: object.kind, name: object.name },
    }),
  );
  if (part !== undefined) run.collector.add(part);
}

/** Figures of the running instances; the dead one's are gone with it. */
async function collectMetrics(run: Run, pod: PodEvidence): Promise<void> {
  const step = {
    source: 'metrics',
    what: `present memory use of pod ${pod.name}`,
    cost: 'Whether it lives near its limit now is unknown.',
    kind: 'usage',
    verb: 'get',
    resource: POD_METRICS.rbac,
    namespace: pod.namespace,
    pod: pod.name,
    mayBeMissing: true,
  } as const;
  const samples = await run.collector.attempt(step, async () => {
    const raw = await run.client.get(pathOf(POD_METRICS, { namespace: pod.namespace, name: pod.name }), {
      ...readOptions(run),
      retries: 0,
    });
    return parsePodMetrics(raw, contextOf(run, 'metrics'));
  });
  if (samples !== undefined) run.collector.add({ samples });
}

async function collectOwners(run: Run, target: ResolvedTarget): Promise<void> {
  const known = new Map(target.workloads.map((workload) => [keyOf(workload), workload]));
  const tops = new Map<string, WorkloadEvidence>();
  const read = new Map<string, Promise<WorkloadEvidence | undefined>>();
  const look = (ref: ObjectRef, namespace: string): Promise<WorkloadEvidence | undefined> => {
    const key = `${ref.kind}/${namespace}/${ref.name}`;
    const answer = read.get(key) ?? Promise.resolve(known.get(key) ?? readOwner(run, ref, namespace));
    read.set(key, answer);
    return answer;
  };
  for (const pod of target.close) {
    let { owner } = pod;
    for (let depth = 0; depth < OWNER_DEPTH && owner !== undefined; depth += 1) {
      const workload: WorkloadEvidence | undefined = await look(owner, pod.namespace);
      if (workload === undefined) break;
      known.set(keyOf(workload), workload);
      owner = workload.owner;
      if (owner === undefined) tops.set(keyOf(workload), workload);
    }
  }
  for (const workload of target.workloads)
    if (workload.owner === undefined) tops.set(keyOf(workload), workload);
  run.collector.add({ workloads: [...known.values()] });
  await Promise.all([
    ...[...known.values()].map(({ kind, name, namespace }) =>
      collectEventsOf(run, { kind, name, namespace }),
    ),
    ...[...tops.values()].map((top) => collectRevisions(run, top)),
  ]);
}

function keyOf(workload: {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}): string {
  return `${workload.kind}/${workload.namespace}/${workload.name}`;
}

async function readOwner(run: Run, ref: ObjectRef, namespace: string): Promise<WorkloadEvidence | undefined> {
  const resource = WORKLOADS.get(ref.kind);
  // Custom controllers (Argo Rollouts, operators) own pods too; what they are is not ours to read.
  if (resource === undefined) return undefined;
  const step = {
    source: 'workloads',
    what: `${ref.kind} ${ref.name}`,
    cost: 'Replicas, what changed in the last rollout and whom a fix belongs to are not seen.',
    kind: 'workload',
    verb: 'get',
    resource: resource.rbac,
    namespace,
    mayBeMissing: true,
  } as const;
  const found = await run.collector.attempt(step, () =>
    getWorkload(run, { kind: ref.kind, resource, namespace, name: ref.name }),
  );
  return found?.workload;
}

/** ReplicaSets of a Deployment, ControllerRevisions of the others: what ran before. */
async function collectRevisions(run: Run, top: WorkloadEvidence): Promise<void> {
  const kind = top.kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision';
  if (top.kind !== 'Deployment' && top.kind !== 'StatefulSet' && top.kind !== 'DaemonSet') return;
  const resource = kind === 'ReplicaSet' ? REPLICA_SETS : CONTROLLER_REVISIONS;
  const step = {
    source: 'workloads',
    what: `earlier revisions of ${top.kind} ${top.name}`,
    cost: 'What changed since the last revision that lived is unknown.',
    kind: 'workload',
    verb: 'list',
    resource: resource.rbac,
    namespace: top.namespace,
  } as const;
  const revisions = await run.collector.attempt(step, async () => {
    const own = WORKLOADS.get(top.kind);
    const found =
      own === undefined
        ? undefined
        : await getWorkload(run, { kind: top.kind, resource: own, namespace: top.namespace, name: top.name });
    const labelSelector = found?.selector;
    const list = await listWorkloads(run, {
      kind,
      resource,
      namespace: top.namespace,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    return list.items.filter(({ owner }) => owner?.kind === top.kind && owner.name === top.name);
  });
  if (revisions !== undefined) run.collector.add({ workloads: revisions });
}

async function collectNode(run: Run, nodeName: string, pods: readonly PodEvidence[]): Promise<void> {
  const onNode = pods.filter((pod) => pod.nodeName === nodeName);
  const step = {
    source: 'nodes',
    what: `node ${nodeName}`,
    cost: 'Memory pressure, taints, kubelet and runtime versions are unknown.',
    kind: 'node',
    verb: 'get',
    resource: NODES.rbac,
    nodeName,
    mayBeMissing: false,
  } as const;
  const [node] = await Promise.all([
    run.collector.attempt(step, () => getNode(run, nodeName)),
    collectEventsOf(run, { kind: 'Node', name: nodeName }),
    collectCohort(run, nodeName, onNode),
  ]);
  if (run.request.nodeAccess)
    await collectFromNode(run, { nodeName, pods: onNode, ...(node === undefined ? {} : { node }) });
  else if (node !== undefined) run.collector.add({ nodes: [node] });
  const [dead] = onNode.filter((pod) => newestDeathMs(pod) !== undefined);
  if (!run.request.nodeAccess && dead !== undefined)
    for (const gap of nodeLogGaps(nodeName, dead)) run.collector.gap(gap);
}

/** Other pods of the node that ended at about the same time: a node-wide cause shows as a group. */
async function collectCohort(run: Run, nodeName: string, pods: readonly PodEvidence[]): Promise<void> {
  const deaths = pods.map(newestDeathMs).filter((atMs) => atMs !== undefined);
  if (deaths.length === 0) return;
  const step = {
    source: 'pods',
    what: `other pods of node ${nodeName}`,
    cost: 'Whether others on the node died at the same moment is unknown.',
    kind: 'pod',
    verb: 'list',
    resource: PODS.rbac,
    nodeName,
  } as const;
  const query = { fieldSelector: `spec.nodeName=${nodeName}`, deadOnly: true, what: `pods of ${nodeName}` };
  const everywhere = await run.collector.attempt(step, () => listPods(run, query));
  // A role for one namespace still shows the neighbours in it.
  const namespaces = everywhere === undefined ? unique(pods.map(({ namespace }) => namespace)) : [];
  const near = await Promise.all(
    namespaces.map((namespace) =>
      run.collector.attempt({ ...step, namespace }, () => listPods(run, { ...query, namespace })),
    ),
  );
  const list = { items: [everywhere, ...near].flatMap((answer) => answer?.items ?? []) };
  const cohort = list.items
    .map(({ pod }) => pod)
    .filter((pod) =>
      endedContainers(pod).some(({ termination }) =>
        deaths.some((atMs) => Math.abs((termination.finishedAtMs ?? 0) - atMs) <= COHORT_MS),
      ),
    );
  run.collector.add({ pods: cohort });
}

function unique(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
