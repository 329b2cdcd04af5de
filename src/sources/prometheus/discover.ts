/** Finds a cluster's Prometheus through the API server's service proxy: no port-forward, no address, no password. */
import { SourceError } from '../../app/ports.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import { cleanText } from '../../core/model/clean-text.ts';
import { defined, fieldsOf, integerOf, itemsOf, wordMapOf, wordOf } from '../../core/parse/fields.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import { ApiError } from '../kubernetes/client/errors.ts';
import type { EpochMs } from '../../core/units.ts';
import { type ApiOptions, PrometheusApi } from './api.ts';
import { candidatesOf, type Candidate, type ServiceEntry } from './services.ts';
import { sourceOfApi, type PrometheusSource } from './source.ts';

export interface FindOptions extends Pick<ApiOptions, 'parallel' | 'maxAnswerBytes' | 'maxTotalBytes'> {
  /** Stays the caller's: the source's `close` does not close it. */
  readonly client: Pick<KubernetesClient, 'stream' | 'list' | 'connection'>;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
}

export interface FoundPrometheus {
  /** Absent = none was found or none answered; `gaps` says why. */
  readonly source?: PrometheusSource;
  readonly gaps: readonly EvidenceGap[];
}

/** Where people put it, for users that may not list services of all namespaces. */
const USUAL_NAMESPACES = [
  'monitoring',
  'prometheus',
  'observability',
  'kube-prometheus-stack',
  'openshift-monitoring',
  'victoria-metrics',
  'thanos',
  'mimir',
];
const CANDIDATES_TRIED = 8;
const BY_HAND = 'Name it: --prometheus URL (kubectl port-forward gives one).';
const COST = 'Without history neither the shape of memory nor a forecast can be told.';

/** Takes the first service, likeliest first, that answers and holds memory of containers. */
export async function findPrometheus(options: FindOptions): Promise<FoundPrometheus> {
  const { services, gap } = await listServices(options);
  const candidates = candidatesOf(services).slice(0, CANDIDATES_TRIED);
  if (candidates.length === 0) return { gaps: [gap ?? noneFound(services.length)] };
  const refused: EvidenceGap[] = [];
  for (const candidate of candidates) {
    const problem = await tryCandidate(options, candidate);
    if (problem === undefined) return { source: sourceOf(options, candidate), gaps: [] };
    refused.push(problem);
  }
  return { gaps: refused };
}

function sourceOf(options: FindOptions, candidate: Candidate): PrometheusSource {
  const { client, now, signal: _signal, ...bounds } = options;
  const name = `Prometheus ${candidate.namespace}/${candidate.service}`;
  return sourceOfApi({ ...bounds, client, now, name, path: proxyPath(candidate) });
}

function proxyPath({ namespace, target, prefix }: Candidate): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services/${encodeURIComponent(target)}/proxy${prefix}`;
}

/** Undefined = it answers and has what is needed. */
async function tryCandidate(options: FindOptions, candidate: Candidate): Promise<EvidenceGap | undefined> {
  const api = new PrometheusApi({
    client: options.client,
    path: proxyPath(candidate),
    retries: 0,
    timeoutMs: 15_000,
  });
  const about = {
    id: `gap:prometheus/service/${candidate.namespace}/${candidate.service}`,
    kind: 'usage' as const,
    cost: COST,
    namespace: candidate.namespace,
  };
  const name = `Prometheus ${candidate.namespace}/${candidate.service}`;
  try {
    const { series } = await api.instant(
      'count(container_memory_working_set_bytes)',
      undefined,
      options.signal,
    );
    if ((series[0]?.values[0] ?? 0) > 0) return undefined;
    const what = `${name}: it holds no memory of containers`;
    return { ...about, what, fix: `Scrape the kubelet's /metrics/cadvisor with it, or another: ${BY_HAND}` };
  } catch (error) {
    if (!(error instanceof SourceError) || error.code === 'aborted') throw error;
    // The address in the API server says nothing that the name does not.
    const why = error.message.replace(/^[A-Z]+ https?:\/\/\S+: /, '');
    const what = cleanText(`${name} (${why})`, 400);
    if (!isRefusedByApiServer(error)) return { ...about, what, fix: BY_HAND };
    const permission = { verb: 'get', resource: 'services/proxy', namespace: candidate.namespace };
    return { ...about, what: `${name} (not allowed)`, permission, ...proxyFix(candidate) };
  }
}

/** The server behind the proxy may refuse too (it sees no credentials), and no role of Kubernetes would help then. */
function isRefusedByApiServer(error: SourceError): boolean {
  return error instanceof ApiError && error.status === 403 && error.reason === 'Forbidden';
}

function proxyFix({ namespace, target }: Candidate): { readonly fix: string } {
  return {
    fix:
      'An administrator can allow it: kubectl create role exit137-prometheus --verb=get --resource=services/proxy ' +
      `--resource-name=${target} -n ${namespace}, then kubectl create rolebinding exit137-prometheus ` +
      `--role=exit137-prometheus -n ${namespace} with your --user, --group or --serviceaccount.`,
  };
}

function noneFound(services: number): EvidenceGap {
  return {
    id: 'gap:prometheus/none',
    kind: 'usage',
    what: `no Prometheus among ${services} services`,
    cost: COST,
    fix: BY_HAND,
  };
}

interface Services {
  readonly services: readonly ServiceEntry[];
  readonly gap?: EvidenceGap;
}

async function listServices(options: FindOptions): Promise<Services> {
  try {
    return { services: await servicesAt(options, '/api/v1/services') };
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const namespaces = new Set([options.client.connection.namespace, ...USUAL_NAMESPACES]);
  const services: ServiceEntry[] = [];
  for (const namespace of namespaces) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
    try {
      for (const service of await servicesAt(options, path)) services.push(service);
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
  return { services, gap: refusedList() };
}

function refusedList(): EvidenceGap {
  return {
    id: 'gap:prometheus/services',
    kind: 'usage',
    what: 'services of the cluster (not allowed), so its Prometheus could not be looked for',
    cost: COST,
    permission: { verb: 'list', resource: 'services' },
    fix:
      `${BY_HAND} Or an administrator can allow the search: kubectl create clusterrole exit137-services --verb=list ` +
      '--resource=services, then kubectl create clusterrolebinding exit137-services --clusterrole=exit137-services ' +
      'with your --user, --group or --serviceaccount.',
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof SourceError && (error.code === 'forbidden' || error.code === 'not-found');
}

async function servicesAt(options: FindOptions, path: string): Promise<readonly ServiceEntry[]> {
  const { items } = await options.client.list(path, { trim: serviceOf, signal: options.signal });
  return items;
}

function serviceOf(raw: unknown): ServiceEntry | undefined {
  const metadata = fieldsOf(fieldsOf(raw)['metadata']);
  const name = wordOf(metadata['name']);
  const namespace = wordOf(metadata['namespace']);
  if (name === undefined || namespace === undefined) return undefined;
  const ports = itemsOf(fieldsOf(fieldsOf(raw)['spec'])['ports']).flatMap((item) => {
    const port = integerOf(fieldsOf(item)['port']);
    return port === undefined ? [] : [defined({ port, name: wordOf(fieldsOf(item)['name']) })];
  });
  return { name, namespace, labels: wordMapOf(metadata['labels'], 64) ?? {}, ports };
}
