/** Small questions for `check`. SelfSubjectAccessReview would be a create, so each permission is tried by a read. */
import { SourceError } from '../../app/ports.ts';
import type { ClusterProbe, ProbeAnswer, ProbePlace, ProbeSubject } from '../../app/check.ts';
import { eventCoverageOf, parseEvent } from '../../core/parse/event.ts';
import type { KubernetesClient } from './client/client.ts';
import { ApiError } from './client/errors.ts';
import {
  CONTROLLER_REVISIONS,
  EVENTS,
  JOBS,
  NODE_PROXY,
  NODES,
  pathOf,
  POD_LOGS,
  POD_METRICS,
  PODS,
  REPLICA_SETS,
  type Resource,
} from './resources.ts';

const RESOURCES: Readonly<Record<ProbeSubject, Resource>> = {
  pods: PODS,
  events: EVENTS,
  nodes: NODES,
  logs: POD_LOGS,
  replicasets: REPLICA_SETS,
  controllerrevisions: CONTROLLER_REVISIONS,
  jobs: JOBS,
  metrics: POD_METRICS,
  kubelet: NODE_PROXY,
};

/** No object has it: whoever may read gets a 404, whoever may not a 403, and nothing is read. */
const NOBODY = 'exit137-check';
/** Lists are ordered by name, so a page of events is as good as a random sample of their ages. */
const EVENT_SAMPLE = 500;

export function probeOfClient(client: KubernetesClient): ClusterProbe {
  const { connection } = client;
  return {
    context: connection.name,
    ...(connection.clusterName === undefined ? {} : { cluster: connection.clusterName }),
    server: connection.server.href,
    namespace: connection.namespace,
    version: async (signal) => {
      const answer = (await client.get('/version', { signal })) as { readonly gitVersion?: unknown } | null;
      return typeof answer?.gitVersion === 'string' ? answer.gitVersion : 'unknown';
    },
    resourceOf: (subject) => RESOURCES[subject].rbac,
    probe: (subject, at) => probe(client, subject, at),
  };
}

async function probe(client: KubernetesClient, subject: ProbeSubject, at: ProbePlace): Promise<ProbeAnswer> {
  const { signal } = at;
  if (subject === 'logs') {
    // There is no list of logs over the cluster; a role for all namespaces allows it in any, so ask in one nobody grants alone.
    const namespace = at.namespace ?? NOBODY;
    return allowed(client.get(`${pathOf(PODS, { namespace, name: NOBODY })}/log`, { signal, retries: 0 }));
  }
  if (subject === 'kubelet') return probeKubelet(client, at);
  if (subject === 'events') return probeEvents(client, at);
  const list = await client.list(pathOf(RESOURCES[subject], at), {
    limit: 1,
    maxPages: 1,
    signal,
    retries: 1,
    trim: () => true,
  });
  return list.seen === 0 ? { detail: 'none there' } : {};
}

/** Authorisation comes before everything else: any answer but a refusal means that it is allowed. */
async function allowed(answer: Promise<unknown>): Promise<ProbeAnswer> {
  try {
    await answer;
    return {};
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 400)) return {};
    if (error instanceof SourceError && error.code === 'protocol') return {};
    throw error;
  }
}

async function probeEvents(client: KubernetesClient, at: ProbePlace): Promise<ProbeAnswer> {
  const context = { source: 'events' };
  const list = await client.list(pathOf(EVENTS, at), {
    limit: EVENT_SAMPLE,
    maxPages: 1,
    signal: at.signal,
    trim: (raw) => {
      const event = parseEvent(raw, context);
      return event.ok ? event.value : undefined;
    },
  });
  const oldestAtMs = eventCoverageOf(list.items, context)?.oldestAtMs;
  return { events: { count: list.seen, ...(oldestAtMs === undefined ? {} : { oldestAtMs }) } };
}

/** Of the first node: its configuration, which also says whether its logs may be queried. */
async function probeKubelet(client: KubernetesClient, at: ProbePlace): Promise<ProbeAnswer> {
  const { signal } = at;
  const [name] = await client
    .list(pathOf(NODES, {}), { limit: 1, maxPages: 1, signal, trim: nameOf })
    .then(({ items }) => items)
    .catch(() => []);
  const path = `${pathOf(NODES, { name: name ?? NOBODY })}/proxy/configz`;
  if (name === undefined) return allowed(client.get(path, { signal, retries: 0 }));
  const raw = (await client.get(path, { signal, retries: 0 })) as {
    kubeletconfig?: { enableSystemLogQuery?: unknown };
  } | null;
  const queries = raw?.kubeletconfig?.enableSystemLogQuery === true;
  return {
    detail: queries
      ? `node ${name} answers log queries`
      : `node ${name} has no enableSystemLogQuery: only files of /var/log are read`,
  };
}

function nameOf(raw: unknown): string | undefined {
  return (raw as { readonly metadata?: { readonly name?: string } } | null)?.metadata?.name;
}
