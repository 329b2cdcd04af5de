/** Every death in scope, lean: dead pods, the events and nodes that explain them, nothing per pod. */
import type { EventEvidence, NodeEvidence, PodEvidence } from '../../core/model/kubernetes.ts';
import { byNewestDeath } from './deaths.ts';
import { collectFromNode } from './kubelet.ts';
import { listEvents, listNodes, listPods, scopeNamespace, type Run } from './reader.ts';
import { EVENTS, NODES, PODS } from './resources.ts';

/**
 * Everyday reasons, left out by the server: one list with exclusions costs it one scan, a list per telling reason
 * would cost one each.
 */
const EVERYDAY_REASONS = [
  'Scheduled',
  'Pulling',
  'Pulled',
  'Created',
  'Started',
  'SuccessfulCreate',
  'SuccessfulRescale',
  'Sync',
  'LeaderElection',
  'FailedMount',
  'FailedGetResourceMetric',
  'Provisioning',
] as const;

/** Reasons that prove a death whose pod may be gone. */
const DEATH_REASONS: ReadonlySet<string> = new Set([
  'Killing',
  'Evicted',
  'Preempted',
  'Preempting',
  'TaintManagerEviction',
  'OOMKilling',
  'SystemOOM',
  'ExceededGracePeriod',
  'NodeShutdown',
  'DeadlineExceeded',
  'BackoffLimitExceeded',
]);

const NODES_READ = 10;

/** Of the newest, by the order of the list; more than that no report can show. */
const EVENT_LIMIT = 20_000;

/** Returns the pods that show a death. */
export async function collectKills(run: Run): Promise<readonly PodEvidence[]> {
  const scope = scopeNamespace(run);
  const { labelSelector } = run.request.scope;
  const [pods, nodes] = await Promise.all([
    run.collector.attempt(
      {
        source: 'pods',
        what: 'pods',
        cost: 'No death is seen at all.',
        kind: 'pod',
        verb: 'list',
        resource: PODS.rbac,
        ...scope,
      },
      () =>
        listPods(run, {
          ...scope,
          ...(labelSelector === undefined ? {} : { labelSelector }),
          deadOnly: true,
          what: 'pods',
        }),
    ),
    collectNodes(run),
    scope.namespace === undefined ? undefined : collectNodeEvents(run),
  ]);
  for (const note of pods?.notes ?? []) run.collector.note('pods', note);
  const dead = (pods?.items ?? []).map(({ pod }) => pod);
  run.collector.add({ pods: dead });
  await Promise.all([collectEvents(run, dead), collectFromNodes(run, dead, nodes)]);
  run.collector.add({ nodes });
  return dead;
}

async function collectNodes(run: Run): Promise<readonly NodeEvidence[]> {
  const step = {
    source: 'nodes',
    what: 'nodes',
    cost: 'Memory pressure, reboots and lost nodes are not seen.',
    kind: 'node',
    verb: 'list',
    resource: NODES.rbac,
  } as const;
  const list = await run.collector.attempt(step, () => listNodes(run));
  return list?.items ?? [];
}

/** With node access: the nodes of the newest deaths, a bounded number, since each costs several requests and a log. */
async function collectFromNodes(
  run: Run,
  dead: readonly PodEvidence[],
  nodes: readonly NodeEvidence[],
): Promise<void> {
  if (!run.request.nodeAccess || run.request.depth !== 'kills') return;
  const byNode = Map.groupBy(byNewestDeath(dead), ({ nodeName }) => nodeName ?? '');
  byNode.delete('');
  const chosen = [...byNode].slice(0, NODES_READ);
  if (byNode.size > chosen.length) {
    run.collector.note('node-logs', `read from ${chosen.length} of the ${byNode.size} nodes with deaths`);
  }
  await Promise.all(
    chosen.map(([nodeName, pods]) => {
      const node = nodes.find(({ name }) => name === nodeName);
      return collectFromNode(run, { nodeName, pods, ...(node === undefined ? {} : { node }) });
    }),
  );
}

async function collectEvents(run: Run, dead: readonly PodEvidence[]): Promise<void> {
  const scope = scopeNamespace(run);
  const keep = eventFilter(dead, run.request.scope.labelSelector !== undefined);
  const step = {
    source: 'events',
    what: 'events',
    cost: 'Kills by the kubelet (probes, hooks, evictions, deletions) cannot be told from others.',
    kind: 'pod-events',
    verb: 'list',
    resource: EVENTS.rbac,
    ...scope,
  } as const;
  const fieldSelector = EVERYDAY_REASONS.map((reason) => `reason!=${reason}`).join(',');
  const part = await run.collector.attempt(step, () => listEvents(run, { ...scope, fieldSelector, keep }));
  if (part !== undefined) run.collector.add(part);
}

/** With a namespace: the node's own events are in another one. */
async function collectNodeEvents(run: Run): Promise<void> {
  const step = {
    source: 'events',
    what: 'events of nodes',
    cost: 'Node-wide OOM kills, pressure and reboots are not seen.',
    kind: 'node-events',
    verb: 'list',
    resource: EVENTS.rbac,
    namespace: 'default',
  } as const;
  const keep = limited((event) => event.regarding.kind === 'Node');
  const query = { namespace: 'default', fieldSelector: 'involvedObject.kind=Node', keep };
  const part = await run.collector.attempt(step, () => listEvents(run, query));
  if (part?.events !== undefined) run.collector.add({ events: part.events });
}

function eventFilter(dead: readonly PodEvidence[], narrowed: boolean): (event: EventEvidence) => boolean {
  const pods = new Set(dead.map(({ namespace, name }) => `${namespace}/${name}`));
  const owners = new Set(dead.map(({ namespace, owner }) => `${namespace}/${owner?.kind}/${owner?.name}`));
  return limited(({ regarding, reason }) => {
    const namespace = regarding.namespace ?? '';
    if (regarding.kind === 'Node') return true;
    if (regarding.kind === 'Pod')
      return pods.has(`${namespace}/${regarding.name}`) || (!narrowed && DEATH_REASONS.has(reason));
    return owners.has(`${namespace}/${regarding.kind}/${regarding.name}`);
  });
}

function limited(keep: (event: EventEvidence) => boolean): (event: EventEvidence) => boolean {
  let kept = 0;
  return (event) => {
    if (kept >= EVENT_LIMIT || !keep(event)) return false;
    kept += 1;
    return true;
  };
}
