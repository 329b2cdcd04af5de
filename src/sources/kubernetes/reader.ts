/** Typed reads of the objects that make evidence: each item is trimmed as soon as it is there. */
import type { BundlePart } from '../../core/model/bundle.ts';
import type {
  EventEvidence,
  NodeEvidence,
  PodEvidence,
  WorkloadEvidence,
} from '../../core/model/kubernetes.ts';
import type { Result } from '../../core/model/result.ts';
import { eventCoverageOf, parseEvent } from '../../core/parse/event.ts';
import type { ParseContext } from '../../core/parse/fields.ts';
import { parseNode } from '../../core/parse/node.ts';
import { podShowsDeath } from '../../core/parse/pod-filter.ts';
import { parsePod } from '../../core/parse/pod.ts';
import { parseWorkload } from '../../core/parse/workload.ts';
import type { CollectRequest } from '../../app/ports.ts';
import type { KubernetesClient, ReadOptions } from './client/client.ts';
import type { Query } from './client/query.ts';
import type { ListResult } from './client/list.ts';
import type { Collector } from './collector.ts';
import { EVENTS, NODES, pathOf, PODS, type Resource } from './resources.ts';

/** What every step of one collection shares. */
export interface Run {
  readonly client: KubernetesClient;
  readonly request: CollectRequest;
  readonly collector: Collector;
  readonly now: () => number;
}

export interface PodFound {
  readonly pod: PodEvidence;
  readonly showsDeath: boolean;
}

export function contextOf(run: Run, source: string): ParseContext {
  return { source, readAtMs: run.now() };
}

function valueOf<T>(result: Result<T>): T | undefined {
  return result.ok ? result.value : undefined;
}

export function readOptions(run: Run, query?: Query): ReadOptions {
  return { signal: run.request.signal, ...(query === undefined ? {} : { query }) };
}

/** Undefined = all namespaces. */
export function scopeNamespace(run: Run): { readonly namespace?: string } {
  const { scope } = run.request;
  return scope.allNamespaces ? {} : { namespace: scope.namespace ?? run.client.connection.namespace };
}

export interface PodQuery {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly deadOnly: boolean;
  readonly what: string;
}

/** Pods of a list, all or only those that show a death. */
export function listPods(run: Run, query: PodQuery): Promise<ListResult<PodFound>> {
  const context = contextOf(run, 'pods');
  return run.client.list(pathOf(PODS, query), {
    query: { labelSelector: query.labelSelector, fieldSelector: query.fieldSelector },
    signal: run.request.signal,
    trim: (raw) => {
      const showsDeath = podShowsDeath(raw);
      if (query.deadOnly && !showsDeath) return undefined;
      const pod = valueOf(parsePod(raw, context));
      return pod === undefined ? undefined : { pod, showsDeath };
    },
    onPage: (done, remaining) =>
      run.request.onProgress?.({
        what: query.what,
        done,
        unit: 'pods',
        ...(remaining === undefined ? {} : { total: done + remaining }),
      }),
  });
}

export async function getPod(run: Run, namespace: string, name: string): Promise<PodFound | undefined> {
  const raw = await run.client.get(pathOf(PODS, { namespace, name }), readOptions(run));
  const pod = valueOf(parsePod(raw, contextOf(run, 'pods')));
  return pod === undefined ? undefined : { pod, showsDeath: podShowsDeath(raw) };
}

export interface WorkloadFound {
  readonly workload: WorkloadEvidence;
  /** Its pods' labels; absent where the kind has none (CronJob). */
  readonly selector?: string;
}

export async function getWorkload(
  run: Run,
  at: { kind: string; resource: Resource; namespace: string; name: string },
): Promise<WorkloadFound | undefined> {
  const raw = await run.client.get(pathOf(at.resource, at), readOptions(run));
  const workload = valueOf(parseWorkload(raw, at.kind, contextOf(run, 'workloads')));
  const selector = selectorOf(raw);
  return workload === undefined ? undefined : { workload, ...(selector === undefined ? {} : { selector }) };
}

export function listWorkloads(
  run: Run,
  query: { kind: string; resource: Resource; namespace: string; labelSelector?: string },
): Promise<ListResult<WorkloadEvidence>> {
  const context = contextOf(run, 'workloads');
  return run.client.list(pathOf(query.resource, { namespace: query.namespace }), {
    query: { labelSelector: query.labelSelector },
    signal: run.request.signal,
    trim: (raw) => valueOf(parseWorkload(raw, query.kind, context)),
  });
}

export async function getNode(run: Run, name: string): Promise<NodeEvidence | undefined> {
  const raw = await run.client.get(pathOf(NODES, { name }), readOptions(run));
  return valueOf(parseNode(raw, contextOf(run, 'nodes')));
}

export function listNodes(run: Run): Promise<ListResult<NodeEvidence>> {
  const context = contextOf(run, 'nodes');
  return run.client.list(pathOf(NODES, {}), {
    signal: run.request.signal,
    trim: (raw) => valueOf(parseNode(raw, context)),
  });
}

export interface EventQuery {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly regarding?: { readonly kind: string; readonly name: string };
  readonly keep?: (event: EventEvidence) => boolean;
}

/** Events with the span they cover, which counts the events that `keep` drops too. */
export async function listEvents(run: Run, query: EventQuery): Promise<BundlePart> {
  const context = contextOf(run, 'events');
  const reach: EventEvidence[] = [];
  const list = await run.client.list(pathOf(EVENTS, query), {
    query: { fieldSelector: query.fieldSelector },
    signal: run.request.signal,
    trim: (raw) => {
      const event = valueOf(parseEvent(raw, context));
      if (event === undefined) return undefined;
      if (event.lastAtMs !== undefined && (reach[0]?.lastAtMs ?? Number.POSITIVE_INFINITY) > event.lastAtMs)
        reach[0] = event;
      return query.keep === undefined || query.keep(event) ? event : undefined;
    },
    onPage: (done) => run.request.onProgress?.({ what: 'events', done, unit: 'events' }),
  });
  const eventScope = {
    ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
    ...(query.regarding === undefined ? {} : { regarding: query.regarding }),
  };
  const coverage = eventCoverageOf(reach, { ...context, readAtMs: run.now(), eventScope });
  return { events: list.items, ...(coverage === undefined ? {} : { eventCoverage: [coverage] }) };
}

/** `spec.selector` as a query: a LabelSelector, or the plain map of a ReplicationController. */
function selectorOf(raw: unknown): string | undefined {
  const spec = (raw as { readonly spec?: { readonly selector?: unknown } } | null)?.spec;
  const selector = spec?.selector;
  if (typeof selector !== 'object' || selector === null) return undefined;
  const { matchLabels, matchExpressions } = selector as { matchLabels?: unknown; matchExpressions?: unknown };
  const structured = matchLabels !== undefined || matchExpressions !== undefined;
  const labels = Object.entries((structured ? (matchLabels ?? {}) : selector) as Record<string, unknown>);
  const terms = labels
    .filter(([, value]) => typeof value === 'string')
    .map(([key, value]) => `${key}=${String(value)}`);
  for (const expression of Array.isArray(matchExpressions) ? (matchExpressions as readonly unknown[]) : []) {
    const term = expressionTerm(expression);
    if (term !== undefined) terms.push(term);
  }
  return terms.length === 0 ? undefined : terms.join(',');
}

function expressionTerm(raw: unknown): string | undefined {
  const { key, operator, values } = (raw ?? {}) as { key?: unknown; operator?: unknown; values?: unknown };
  if (typeof key !== 'string') return undefined;
  const list = Array.isArray(values) ? values.filter((value) => typeof value === 'string').join(',') : '';
  switch (operator) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return undefined;
  }
}
