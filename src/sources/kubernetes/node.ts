/** The node of a death: itself, its events, its neighbours that ended too, and with node access what only it knows. */
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { MINUTE_MS } from '../../core/units.ts';
import { endedContainers, newestDeathMs } from './deaths.ts';
import { collectFromNode } from './kubelet.ts';
import { nodeLogGaps, type DeadPod } from './node-log-gap.ts';
import { collectEventsOf } from './object-events.ts';
import { getNode, listPods, type Run } from './reader.ts';
import { NODES, PODS } from './resources.ts';

/** A neighbour that ended at another time says nothing about this death. */
const COHORT_MS = 10 * MINUTE_MS;

/** Of `pods` those on the node are looked at; `gone` instead where only a name is left of the pod. */
export async function collectNode(
  run: Run,
  nodeName: string,
  pods: readonly PodEvidence[],
  gone?: DeadPod,
): Promise<void> {
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
  const dead = gone ?? onNode.map(deadPodOf).find(({ atMs }) => atMs !== undefined);
  if (!run.request.nodeAccess && dead !== undefined)
    for (const gap of nodeLogGaps(nodeName, dead)) run.collector.gap(gap);
}

function deadPodOf(pod: PodEvidence): DeadPod {
  const atMs = newestDeathMs(pod);
  return { namespace: pod.namespace, name: pod.name, ...(atMs === undefined ? {} : { atMs }) };
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
  const namespaces = everywhere === undefined ? [...new Set(pods.map(({ namespace }) => namespace))] : [];
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
