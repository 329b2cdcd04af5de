/** Any Kubernetes object or list of objects to evidence, told apart by kind. */
import type { BundlePart, EvidenceGap } from '../model/bundle.ts';
import type { EventEvidence, NodeEvidence, PodEvidence, WorkloadEvidence } from '../model/kubernetes.ts';
import type { Result } from '../model/result.ts';
import type { MemorySample, NodeSample } from '../model/usage.ts';
import { eventCoverageOf, parseEvent } from './event.ts';
import { defined, fieldsOf, isFields, type ParseContext } from './fields.ts';
import { parseKubeletConfig } from './kubelet-config.ts';
import { isStatsSummary, parseNodeMetrics, parsePodMetrics, parseStatsSummary } from './metrics.ts';
import { nodeId, parseNode } from './node.ts';
import { parsePod } from './pod.ts';
import { parseWorkload, WORKLOAD_KINDS } from './workload.ts';

/** Lists inside lists inside lists: no tool prints more, and hostile input may. */
const MAX_DEPTH = 4;
/** A file of garbage yields a few gaps, not one per item. */
const MAX_GAPS = 20;

interface Collected {
  readonly pods: PodEvidence[];
  readonly nodes: NodeEvidence[];
  readonly workloads: WorkloadEvidence[];
  readonly events: EventEvidence[];
  readonly samples: MemorySample[];
  readonly nodeSamples: NodeSample[];
  readonly gaps: EvidenceGap[];
  /** Lists of events, or lists with events in them, were seen. */
  sawEventList: boolean;
  faults: number;
}

/**
 * An object, a typed list, a `List`, or an array of those. Unknown kinds are passed over in silence and Secrets
 * without a look inside; an object of a known kind that cannot be read becomes a gap with its place.
 */
export function parseObject(raw: unknown, context: ParseContext): BundlePart {
  const out: Collected = {
    pods: [],
    nodes: [],
    workloads: [],
    events: [],
    samples: [],
    nodeSamples: [],
    gaps: [],
    sawEventList: false,
    faults: 0,
  };
  visit({ raw, place: '', depth: 0, listedKind: undefined }, context, out);
  const coverage = out.sawEventList ? eventCoverageOf(out.events, context) : undefined;
  const { sawEventList: _saw, faults, ...part } = out;
  if (faults > MAX_GAPS) part.gaps.push(moreFaults(faults - MAX_GAPS, context));
  return {
    ...withoutEmpty(part),
    ...defined({ eventCoverage: coverage === undefined ? undefined : [coverage] }),
  };
}

function withoutEmpty(part: BundlePart): BundlePart {
  return Object.fromEntries(
    Object.entries(part).filter(([, list]) => Array.isArray(list) && list.length > 0),
  );
}

interface Visit {
  readonly raw: unknown;
  readonly place: string;
  readonly depth: number;
  /** Items of typed lists carry no kind of their own. */
  readonly listedKind: string | undefined;
}

function visit(at: Visit, context: ParseContext, out: Collected): void {
  if (at.depth > MAX_DEPTH) return;
  if (Array.isArray(at.raw)) {
    visitItems(at.raw, { ...at, place: at.place }, context, out);
    return;
  }
  if (!isFields(at.raw)) return;
  const kind = kindOf(at.raw, at.listedKind);
  if (kind === undefined) {
    if (isStatsSummary(at.raw)) addSummary(at.raw, context, out);
    else if (isFields(at.raw['kubeletconfig'])) addKubeletConfig(at.raw, context, out);
    return;
  }
  if (kind.endsWith('List')) {
    const items = at.raw['items'];
    if (kind === 'EventList') out.sawEventList = true;
    const listedKind = kind === 'List' ? undefined : kind.slice(0, -4);
    if (Array.isArray(items))
      visitItems(items, { ...at, place: `${at.place}items`, listedKind }, context, out);
    // A null list is how Go prints an empty one.
    else if (items !== undefined && items !== null) addFault('a list without items', at.place, context, out);
    return;
  }
  addObject(at, kind, context, out);
}

function visitItems(items: readonly unknown[], at: Visit, context: ParseContext, out: Collected): void {
  const eventsBefore = out.events.length;
  for (let index = 0; index < items.length; index += 1) {
    const place = `${at.place}[${index}]`;
    const item = items[index];
    const inner = isFields(item) && Array.isArray(item['items']) ? `${place}.` : place;
    visit({ raw: item, place: inner, depth: at.depth + 1, listedKind: at.listedKind }, context, out);
  }
  if (out.events.length > eventsBefore) out.sawEventList = true;
}

function kindOf(raw: Readonly<Record<string, unknown>>, listedKind: string | undefined): string | undefined {
  const kind = raw['kind'];
  if (typeof kind === 'string' && kind !== '') return kind;
  if (listedKind !== undefined) return listedKind;
  // Some dumps strip the kind; a pod is known by its containers.
  if (!isFields(raw['metadata'])) return undefined;
  const hasContainers = Array.isArray(fieldsOf(raw['spec'])['containers']);
  return hasContainers || Array.isArray(fieldsOf(raw['status'])['containerStatuses']) ? 'Pod' : undefined;
}

function addObject(at: Visit, kind: string, context: ParseContext, out: Collected): void {
  switch (kind) {
    case 'Pod':
      add(parsePod(at.raw, context), out.pods, { at, context, out });
      return;
    case 'Node':
      add(parseNode(at.raw, context), out.nodes, { at, context, out });
      return;
    case 'Event':
      add(parseEvent(at.raw, context), out.events, { at, context, out });
      return;
    case 'PodMetrics':
      out.samples.push(...parsePodMetrics(at.raw, context));
      return;
    case 'NodeMetrics': {
      const sample = parseNodeMetrics(at.raw, context);
      if (sample !== undefined) out.nodeSamples.push(sample);
      return;
    }
    case 'KubeletConfiguration':
      addKubeletConfig(at.raw, context, out);
      return;
    default:
      if (WORKLOAD_KINDS.some((known) => known === kind)) {
        add(parseWorkload(at.raw, kind, context), out.workloads, { at, context, out });
      }
  }
}

function add<T>(
  parsed: Result<T>,
  list: T[],
  where: { readonly at: Visit; readonly context: ParseContext; readonly out: Collected },
): void {
  if (parsed.ok) list.push(parsed.value);
  else addFault(parsed.error.message, where.at.place, where.context, where.out);
}

function addSummary(raw: unknown, context: ParseContext, out: Collected): void {
  const part = parseStatsSummary(raw, context);
  // One by one: a spread of a hostile length would overflow the stack.
  for (const sample of part.samples ?? []) out.samples.push(sample);
  for (const sample of part.nodeSamples ?? []) out.nodeSamples.push(sample);
}

/** A kubelet's configuration names no node: without one from outside it belongs to nobody. */
function addKubeletConfig(raw: unknown, context: ParseContext, out: Collected): void {
  const config = parseKubeletConfig(raw);
  if (!config.ok || context.nodeName === undefined) return;
  out.nodes.push({
    id: nodeId(context.nodeName),
    source: context.source,
    name: context.nodeName,
    conditions: [],
    taints: [],
    kubeletConfig: config.value,
  });
}

function addFault(what: string, place: string, context: ParseContext, out: Collected): void {
  out.faults += 1;
  if (out.faults > MAX_GAPS) return;
  out.gaps.push({
    id: `gap:${context.source}#${place}`,
    what: place === '' ? `${context.source}: ${what}` : `${context.source} at ${place}: ${what}`,
    cost: 'This object is not part of the evidence.',
    kind: 'input',
    file: context.source,
    ...(place === '' ? {} : { place }),
  });
}

function moreFaults(count: number, context: ParseContext): EvidenceGap {
  return {
    id: `gap:${context.source}#more`,
    what: `${context.source}: ${count} more objects could not be read`,
    cost: 'These objects are not part of the evidence.',
    kind: 'input',
    file: context.source,
  };
}
