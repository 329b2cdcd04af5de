/** What only the node knows, read through `nodes/proxy`; used with `--node-access` alone, because that permission is no read-only one. */
import { StringDecoder } from 'node:string_decoder';
import { SourceError } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import type { NodeEvidence, PodEvidence } from '../../core/model/kubernetes.ts';
import { createCadvisorReader } from '../../core/parse/cadvisor.ts';
import { parseKubeletConfig } from '../../core/parse/kubelet-config.ts';
import { parseStatsSummary } from '../../core/parse/metrics.ts';
import { MINUTE_MS } from '../../core/units.ts';
import type { Step } from './collector.ts';
import { newestDeathMs } from './deaths.ts';
import { contextOf, readOptions, type Run } from './reader.ts';
import { NODE_PROXY, NODES, pathOf } from './resources.ts';

export interface NodeTarget {
  readonly nodeName: string;
  readonly node?: NodeEvidence;
  readonly pods: readonly PodEvidence[];
}

/** Logs begin this long before the oldest death that is looked at. */
const BEFORE_MS = 10 * MINUTE_MS;
const LOG_LIMIT_BYTES = 256 * 1024 * 1024;

export async function collectFromNode(run: Run, target: NodeTarget): Promise<void> {
  await Promise.all([
    collectConfig(run, target),
    collectSummary(run, target),
    collectCadvisor(run, target),
    collectNodeLog(run, target, KERNEL_LOG),
    collectNodeLog(run, target, SERVICE_LOG),
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
async function collectSummary(run: Run, target: NodeTarget): Promise<void> {
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
async function collectCadvisor(run: Run, target: NodeTarget): Promise<void> {
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
async function* textLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
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

interface NodeLog {
  readonly kind: 'kernel-log' | 'node-log';
  readonly what: string;
  readonly cost: string;
  /** NodeLogQuery (1.30 beta, needs `enableSystemLogQuery`) first; plain files of /var/log need only nodes/proxy. */
  readonly pages: readonly string[];
}

/** `query=` reads units or /var/log/NAME[.log], so the kernel's log is `kern` where syslog writes it; `kernel` is none. */
const KERNEL_LOG: NodeLog = {
  kind: 'kernel-log',
  what: 'kernel log',
  cost: 'Whether the kernel killed it, and at whose limit (container, pod or node), rests on weaker signs.',
  pages: ['logs/?query=kern&', 'logs/kern.log', 'logs/messages', 'logs/syslog'],
};

const SERVICE_LOG: NodeLog = {
  kind: 'node-log',
  what: 'kubelet and runtime logs',
  cost: 'Who asked for a stop, and whether the grace period ran out, is known from events alone.',
  pages: ['logs/?query=kubelet&query=containerd&query=crio&', 'logs/?query=kubelet&', 'logs/kubelet.log'],
};

async function collectNodeLog(run: Run, target: NodeTarget, log: NodeLog): Promise<void> {
  const step = stepOf(target, { source: 'node-logs', what: log.what, cost: log.cost, kind: log.kind });
  const part = await run.collector.attempt(step, () => firstReadable(run, target, log));
  if (part !== undefined) run.collector.add(part);
}

async function firstReadable(run: Run, target: NodeTarget, log: NodeLog): Promise<BundlePart> {
  let last: SourceError | undefined;
  for (const page of log.pages) {
    try {
      return await readPage(run, target, page);
    } catch (error) {
      if (!(error instanceof SourceError) || error.code === 'aborted' || error.code === 'forbidden')
        throw error;
      last = error;
    }
  }
  throw last ?? new SourceError('not-found', `no ${log.what} on node ${target.nodeName}`);
}

/** `untilTime` is not sent: the kubelet formats `sinceTime` in its place (pkg/kubelet/kubelet_server_journal_linux.go). */
async function readPage(run: Run, target: NodeTarget, page: string): Promise<BundlePart> {
  const deaths = target.pods.map(newestDeathMs).filter((atMs) => atMs !== undefined);
  const sinceMs = deaths.length === 0 ? run.now() - 6 * BEFORE_MS : Math.min(...deaths) - BEFORE_MS;
  const query = page.endsWith('&')
    ? `sinceTime=${new Date(sinceMs).toISOString().replace(/\.\d+Z$/, 'Z')}`
    : '';
  const path = proxyPath(target.nodeName, page) + query;
  const { readTextLog } = await import('../kernel-log/index.ts');
  const chunks = bounded(run.client.stream(path, readOptions(run)));
  const part = await readTextLog(chunks, {
    source: `node-logs/${target.nodeName}`,
    nodeName: target.nodeName,
    nowMs: run.now(),
    signal: run.request.signal,
  });
  // An answer without one line of a log is a message of the kubelet, such as that the query is not enabled.
  if ((part.logCoverage?.length ?? 0) + (part.kernelKills?.length ?? 0) + (part.nodeLog?.length ?? 0) === 0) {
    throw new SourceError('not-found', `${page} of node ${target.nodeName} holds no log lines`);
  }
  return part;
}

async function* bounded(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    // Kubelets without NodeLogQuery pass over `query` and list the files of /var/log as a page.
    if (bytes === 0 && /^\s*<(?:!doctype|html|pre)/i.test(chunk.toString('latin1', 0, 32))) {
      throw new SourceError('not-found', 'the kubelet has no log queries');
    }
    bytes += chunk.length;
    if (bytes > LOG_LIMIT_BYTES) return;
    yield chunk;
  }
}
