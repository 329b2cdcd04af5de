/** What only the node knows, read through `nodes/proxy`; used with `--node-access` alone, because that permission is no read-only one. */
import { StringDecoder } from 'node:string_decoder';
import type { NodeEvidence, PodEvidence } from '../../core/model/kubernetes.ts';
import { createCadvisorReader } from '../../core/parse/cadvisor.ts';
import { parseKubeletConfig } from '../../core/parse/kubelet-config.ts';
import { parseStatsSummary } from '../../core/parse/metrics.ts';
import { bounded } from './bounded.ts';
import type { Step } from './collector.ts';
import { collectNodeLogs } from './node-logs.ts';
import { contextOf, readOptions, type Run } from './reader.ts';
import { NODE_PROXY, NODES, pathOf } from './resources.ts';

export interface NodeTarget {
  readonly nodeName: string;
  readonly node?: NodeEvidence;
  readonly pods: readonly PodEvidence[];
}

export async function collectFromNode(run: Run, target: NodeTarget): Promise<void> {
  await Promise.all([
    collectConfig(run, target),
    collectSummary(run, target),
    collectCadvisor(run, target),
    collectNodeLogs(run, target),
  ]);
}

function stepOf(target: NodeTarget, step: Pick<Step, 'source' | 'what' | 'cost' | 'kind'>): Step {
  return {
    ...step,
    what: `${step.what} of node ${target.nodeName}`,
    verb: 'get',
    resource: NODE_PROXY.rbac,
    nodeName: target.nodeName,
  };
}

function proxyPath(nodeName: string, page: string): string {
  return `${pathOf(NODES, { name: nodeName })}/proxy/${page}`;
}

async function collectConfig(run: Run, target: NodeTarget): Promise<void> {
  const step = stepOf(target, {
    source: 'kubelet',
    what: 'kubelet configuration',
    cost: 'Eviction thresholds, reserved memory and group kills are assumed to be the defaults.',
    kind: 'node',
  });
  const config = await run.collector.attempt(step, async () => {
    const raw = await run.client.get(proxyPath(target.nodeName, 'configz'), {
      ...readOptions(run),
      retries: 1,
    });
    return parseKubeletConfig(raw);
  });
  const { node } = target;
  if (node === undefined) return;
  run.collector.add({ nodes: [config?.ok === true ? { ...node, kubeletConfig: config.value } : node] });
}

/** Of the node, and of the pods that are looked at; the others' figures would only swell the bundle. */
export async function collectSummary(run: Run, target: NodeTarget): Promise<void> {
  const step = stepOf(target, {
    source: 'kubelet',
    what: 'memory summary',
    cost: 'Present memory use of the node and of the pod is unknown.',
    kind: 'usage',
  });
  const part = await run.collector.attempt(step, async () => {
    const raw = await run.client.get(proxyPath(target.nodeName, 'stats/summary'), {
      ...readOptions(run),
      retries: 1,
    });
    return parseStatsSummary(raw, { ...contextOf(run, 'kubelet'), nodeName: target.nodeName });
  });
  const names = namesOf(target);
  const samples = (part?.samples ?? []).filter(({ namespace, pod }) => names.has(`${namespace}/${pod}`));
  if (part !== undefined) run.collector.add({ samples, nodeSamples: part.nodeSamples ?? [] });
}

/** Counters of each container instance: OOM kills that ended no container, and the highest use. */
export async function collectCadvisor(run: Run, target: NodeTarget): Promise<void> {
  const step = stepOf(target, {
    source: 'kubelet',
    what: 'container counters',
    cost: 'OOM kills that ended no container, and the highest use, are unknown.',
    kind: 'usage',
  });
  const names = namesOf(target);
  const samples = await run.collector.attempt(step, async () => {
    const reader = createCadvisorReader(contextOf(run, 'kubelet'), (namespace, pod) =>
      names.has(`${namespace}/${pod}`),
    );
    const page = run.client.stream(proxyPath(target.nodeName, 'metrics/cadvisor'), readOptions(run));
    for await (const line of textLines(bounded(page))) reader.push(line);
    return reader.end();
  });
  if (samples !== undefined) run.collector.add({ samples });
}

function namesOf(target: NodeTarget): ReadonlySet<string> {
  return new Set(target.pods.map(({ namespace, name }) => `${namespace}/${name}`));
}

const LINE_LIMIT = 65_536;

/** Lines as they arrive; one without end is given up in pieces. */
export async function* textLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LINE_LIMIT) rest = '';
  }
  if (rest !== '') yield rest;
}
