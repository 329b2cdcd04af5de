/** Who counts requests: one line per system, best first. Found by the names a cluster has. */
import type { TrafficHistory } from '../../core/model/series.ts';
import { escapedForRegex, quoted } from './expressions.ts';

export interface TrafficSystem {
  readonly metric: string;
  readonly kind: Exclude<TrafficHistory['kind'], 'named'>;
  /** Labels that name the pod, or the workload; in the order of `grouping`. */
  readonly namespaceLabel?: string;
  readonly nameLabel: string;
  readonly scope: TrafficHistory['scope'];
  readonly matchers?: readonly string[];
  /** Where the name is only part of the label: the matcher that finds a namespace's series, and the name within. */
  readonly within?: {
    readonly matcher: (namespace: string) => string;
    readonly nameOf: (label: string, namespace: string) => string | undefined;
  };
}

function pods(
  metric: string,
  matchers: readonly string[] = [],
  labels = ['namespace', 'pod'],
): TrafficSystem {
  const [namespaceLabel = '', nameLabel = ''] = labels;
  return { metric, kind: 'requests', namespaceLabel, nameLabel, scope: 'pod', matchers };
}

function workloads(
  metric: string,
  labels: readonly [string, string],
  matchers: readonly string[] = [],
): TrafficSystem {
  const [namespaceLabel, nameLabel] = labels;
  return { metric, kind: 'requests', namespaceLabel, nameLabel, scope: 'workload', matchers };
}

const OTEL = ['k8s_namespace_name', 'k8s_pod_name'];
const EXPORTED = ['exported_namespace', 'exported_pod'];
const SERVER_SIDE = ['reporter="destination"'];

/**
 * Sidecars count what reaches their pod; applications count for themselves; ingress controllers count for the service
 * behind them, which is taken for the workload of the same name. Received bytes say least and are known everywhere.
 */
export const TRAFFIC_SYSTEMS: readonly TrafficSystem[] = [
  pods('istio_requests_total', SERVER_SIDE),
  workloads('istio_requests_total', ['destination_workload_namespace', 'destination_workload'], SERVER_SIDE),
  pods('request_total', ['direction="inbound"']),
  pods('http_server_request_duration_seconds_count'),
  pods('http_server_request_duration_seconds_count', [], OTEL),
  pods('http_server_request_duration_seconds_count', [], EXPORTED),
  pods('http_server_requests_seconds_count'),
  pods('http_requests_total'),
  pods('http_requests_total', [], EXPORTED),
  pods('http_request_duration_seconds_count'),
  pods('grpc_server_handled_total'),
  workloads('nginx_ingress_controller_requests', ['exported_namespace', 'exported_service']),
  workloads('nginx_ingress_controller_requests', ['namespace', 'service'], ['exported_namespace=""']),
  {
    metric: 'traefik_service_requests_total',
    kind: 'requests',
    nameLabel: 'service',
    scope: 'workload',
    within: {
      matcher: (namespace) => `service=~${quoted(`${escapedForRegex(namespace)}-.+@kubernetes.*`)}`,
      nameOf: traefikName,
    },
  },
  {
    metric: 'envoy_cluster_upstream_rq_total',
    kind: 'requests',
    nameLabel: 'envoy_cluster_name',
    scope: 'workload',
    within: { matcher: envoyMatcher, nameOf: envoyName },
  },
  {
    metric: 'container_network_receive_bytes_total',
    kind: 'network-bytes',
    namespaceLabel: 'namespace',
    nameLabel: 'pod',
    scope: 'pod',
    matchers: ['pod!=""'],
  },
];

/** `NAMESPACE-SERVICE-PORT@kubernetes` (Traefik pkg/provider/kubernetes; ingresses and its own resources). */
function traefikName(label: string, namespace: string): string | undefined {
  const name = label.split('@')[0] ?? '';
  const rest = name.startsWith(`${namespace}-`) ? name.slice(namespace.length + 1) : '';
  const cut = rest.lastIndexOf('-');
  return cut > 0 ? rest.slice(0, cut) : undefined;
}

function envoyMatcher(namespace: string): string {
  const name = escapedForRegex(namespace);
  return `envoy_cluster_name=~${quoted(`(?:httproute/)?${name}[/_].+|outbound_.*\\.${name}\\.svc.*|outbound\\|.*\\.${name}\\.svc.*`)}`;
}

/**
 * Contour: `NAMESPACE/SERVICE/PORT` (`_` in statistics); Envoy Gateway: `httproute/NAMESPACE/ROUTE/rule/0`;
 * Istio: `outbound|80||SERVICE.NAMESPACE.svc.cluster.local`.
 */
function envoyName(label: string, namespace: string): string | undefined {
  const host = label.split(/[|]|_\._/).at(-1) ?? '';
  const at = host.indexOf(`.${namespace}.svc`);
  if (at > 0) return host.slice(0, at);
  const parts = label.split(/[/_]/);
  const from = parts[0] === 'httproute' ? 1 : 0;
  return parts[from] === namespace ? parts[from + 1] : undefined;
}
