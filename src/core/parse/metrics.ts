/** Memory figures that come as JSON: metrics.k8s.io and the kubelet's Summary API (`/stats/summary`). */
import type { BundlePart } from '../model/bundle.ts';
import type { MemorySample, NodeSample } from '../model/usage.ts';
import {
  bytesOf,
  countOf,
  defined,
  type Fields,
  fieldsOf,
  instantOf,
  isFields,
  itemsOf,
  type ParseContext,
  wordOf,
} from './fields.ts';

/** A PodMetrics object: one working set per container. Empty if it is none. */
export function parsePodMetrics(raw: unknown, context: ParseContext): readonly MemorySample[] {
  const fields = fieldsOf(raw);
  const metadata = fieldsOf(fields['metadata']);
  const pod = wordOf(metadata['name']);
  if (pod === undefined) return [];
  const namespace = wordOf(metadata['namespace']) ?? '';
  const atMs = instantOf(fields['timestamp']);
  const samples: MemorySample[] = [];
  for (const item of itemsOf(fields['containers'])) {
    const container = wordOf(fieldsOf(item)['name']);
    const workingSetBytes = bytesOf(fieldsOf(fieldsOf(item)['usage'])['memory']);
    if (container === undefined || workingSetBytes === undefined) continue;
    samples.push(
      defined({
        id: `sample:metrics/${namespace}/${pod}/${container}/${atMs ?? ''}`,
        source: context.source,
        namespace,
        pod,
        container,
        atMs,
        workingSetBytes,
      }),
    );
  }
  return samples;
}

/** A NodeMetrics object. Absent if it names no node or no memory. */
export function parseNodeMetrics(raw: unknown, context: ParseContext): NodeSample | undefined {
  const fields = fieldsOf(raw);
  const nodeName = wordOf(fieldsOf(fields['metadata'])['name']);
  const workingSetBytes = bytesOf(fieldsOf(fields['usage'])['memory']);
  if (nodeName === undefined || workingSetBytes === undefined) return undefined;
  const atMs = instantOf(fields['timestamp']);
  const id = `node-sample:metrics/${nodeName}/${atMs ?? ''}`;
  return defined({ id, source: context.source, nodeName, atMs, workingSetBytes });
}

/** Whether it looks like a kubelet's Summary, which carries no kind. */
export function isStatsSummary(raw: unknown): boolean {
  const fields = fieldsOf(raw);
  return Array.isArray(fields['pods']) && wordOf(fieldsOf(fields['node'])['nodeName']) !== undefined;
}

/** The kubelet's Summary (stats/v1alpha1): the node and every container on it. Empty if it is none. */
export function parseStatsSummary(raw: unknown, context: ParseContext): BundlePart {
  const fields = fieldsOf(raw);
  const samples: MemorySample[] = [];
  const pods = fields['pods'];
  for (const pod of Array.isArray(pods) ? (pods as readonly unknown[]) : []) {
    addPodSamples(fieldsOf(pod), context, samples);
  }
  const node = summaryNode(fieldsOf(fields['node']), context);
  return { samples, nodeSamples: node === undefined ? [] : [node] };
}

function summaryNode(node: Fields, context: ParseContext): NodeSample | undefined {
  const nodeName = wordOf(node['nodeName']) ?? context.nodeName;
  const memory = node['memory'];
  if (nodeName === undefined || !isFields(memory)) return undefined;
  const atMs = instantOf(memory['time']);
  return defined({
    id: `node-sample:summary/${nodeName}/${atMs ?? ''}`,
    source: context.source,
    nodeName,
    atMs,
    availableBytes: countOf(memory['availableBytes']),
    workingSetBytes: countOf(memory['workingSetBytes']),
    usageBytes: countOf(memory['usageBytes']),
  });
}

function addPodSamples(raw: Fields, context: ParseContext, samples: MemorySample[]): void {
  const reference = fieldsOf(raw['podRef']);
  const pod = wordOf(reference['name']);
  if (pod === undefined) return;
  const namespace = wordOf(reference['namespace']) ?? '';
  const podUid = wordOf(reference['uid']);
  for (const item of itemsOf(raw['containers'])) {
    const container = wordOf(fieldsOf(item)['name']);
    const memory = fieldsOf(item)['memory'];
    if (container === undefined || !isFields(memory)) continue;
    const atMs = instantOf(memory['time']);
    samples.push(
      defined({
        id: `sample:summary/${podUid ?? `${namespace}/${pod}`}/${container}/${atMs ?? ''}`,
        source: context.source,
        namespace,
        pod,
        podUid,
        container,
        atMs,
        workingSetBytes: countOf(memory['workingSetBytes']),
        usageBytes: countOf(memory['usageBytes']),
        rssBytes: countOf(memory['rssBytes']),
      }),
    );
  }
}
