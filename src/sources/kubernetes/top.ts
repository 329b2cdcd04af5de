/** Every container with what it uses now: pods whole, dead or not, and one measurement of each. No events, no logs. */
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { parsePodMetrics } from '../../core/parse/metrics.ts';
import { collectCadvisor, collectSummary } from './kubelet.ts';
import { contextOf, listPods, type Run, scopeNamespace } from './reader.ts';
import { pathOf, POD_METRICS, PODS } from './resources.ts';
import { resolveTarget } from './target.ts';

/** A kubelet's summary is tens of kilobytes; its counters are a megabyte, so they are read of few nodes only. */
const NODES_READ = 200;
const NODES_COUNTED = 10;

export async function collectTop(run: Run): Promise<void> {
  const pods = await podsInScope(run);
  run.collector.add({ pods });
  await Promise.all([collectMetrics(run, pods), collectFromKubelets(run, pods)]);
}

async function podsInScope(run: Run): Promise<readonly PodEvidence[]> {
  if (run.request.target.kind === 'object') {
    const { close, others, workloads } = await resolveTarget(run);
    run.collector.read('pods');
    run.collector.add({ workloads });
    return [...close, ...others];
  }
  const { labelSelector } = run.request.scope;
  const list = await run.collector.attempt(
    {
      source: 'pods',
      what: 'pods',
      cost: 'No container is seen at all.',
      kind: 'pod',
      verb: 'list',
      resource: PODS.rbac,
      ...scopeNamespace(run),
    },
    () =>
      listPods(run, {
        ...scopeNamespace(run),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        deadOnly: false,
        what: 'pods',
      }),
  );
  for (const note of list?.notes ?? []) run.collector.note('pods', note);
  return (list?.items ?? []).map(({ pod }) => pod);
}

/** One list for all; a Metrics API that is not installed is told once, as a gap. */
async function collectMetrics(run: Run, pods: readonly PodEvidence[]): Promise<void> {
  const { labelSelector } = run.request.scope;
  const [first] = pods;
  const isOne = run.request.target.kind === 'object' && first !== undefined;
  const scope = isOne ? { namespace: first.namespace } : scopeNamespace(run);
  const step = {
    source: 'metrics',
    what: 'present memory use (metrics.k8s.io)',
    cost: 'Use is not seen: install metrics-server, or add --node-access.',
    kind: 'usage',
    verb: 'list',
    resource: POD_METRICS.rbac,
    ...scope,
  } as const;
  const names = new Set(pods.map(({ namespace, name }) => `${namespace}/${name}`));
  const samples = await run.collector.attempt(step, async () => {
    const list = await run.client.list(pathOf(POD_METRICS, scope), {
      query: { labelSelector },
      signal: run.request.signal,
      retries: 0,
      trim: (raw) => {
        const found = parsePodMetrics(raw, contextOf(run, 'metrics'));
        const [sample] = found;
        return sample === undefined || !names.has(`${sample.namespace}/${sample.pod}`) ? undefined : found;
      },
    });
    return list.items.flat();
  });
  if (samples !== undefined) run.collector.add({ samples });
}

async function collectFromKubelets(run: Run, pods: readonly PodEvidence[]): Promise<void> {
  if (!run.request.nodeAccess) return;
  const byNode = Map.groupBy(pods, ({ nodeName }) => nodeName ?? '');
  byNode.delete('');
  const chosen = [...byNode].slice(0, NODES_READ);
  if (byNode.size > chosen.length) {
    run.collector.note('kubelet', `read from ${chosen.length} of ${byNode.size} nodes`);
  }
  await Promise.all(
    chosen.flatMap(([nodeName, own]) => {
      const target = { nodeName, pods: own };
      const summary = collectSummary(run, target);
      return chosen.length <= NODES_COUNTED ? [summary, collectCadvisor(run, target)] : [summary];
    }),
  );
}
