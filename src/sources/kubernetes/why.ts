/** All about one target: its pods closely, their events, owners, revisions, node, neighbours that died too, logs. */
import type { ObjectRef, PodEvidence, WorkloadEvidence } from '../../core/model/kubernetes.ts';
import { parsePodMetrics } from '../../core/parse/metrics.ts';
import { collectGone } from './gone.ts';
import { collectLogs } from './logs.ts';
import { collectNode } from './node.ts';
import { collectEventsOf } from './object-events.ts';
import { contextOf, getWorkload, listWorkloads, readOptions, type Run } from './reader.ts';
import { CONTROLLER_REVISIONS, pathOf, POD_METRICS, REPLICA_SETS, WORKLOADS } from './resources.ts';
import { resolveTarget, type ResolvedTarget } from './target.ts';

const OWNER_DEPTH = 4;
const NODES_READ = 3;

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

/** Each once, without the unknown. */
function unique(values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
