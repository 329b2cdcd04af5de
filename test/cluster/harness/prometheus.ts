/**
 * Debian's Prometheus beside the node's own components, where wanted: keeps what the kubelet's metrics said, so that
 * the memory of a container is still known after its death.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { NODE_NAME } from './certificates.ts';
import type { Setting } from './components.ts';
import type { NodeAddress } from './folder.ts';
import { until } from './run.ts';

const PORT = 9090;
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
/** Of the kubelet's port 10250; each needs `get` of `nodes/metrics`. */
const METRICS_PATHS = ['/metrics', '/metrics/cadvisor', '/metrics/resource'];
/** A staged death lives for seconds; cAdvisor itself looks at a container about every 10 s. */
const SCRAPE_INTERVAL = '5s';

/** Base of its HTTP API, reached from this machine and from the node; nothing asks who calls. */
export function prometheusUrlOf(address: NodeAddress): string {
  return `http://${address.node}:${PORT}`;
}

export function prometheusCommand({ folder, address }: Setting): readonly string[] {
  return [
    'prometheus',
    `--config.file=${configPath(folder.config)}`,
    // The cluster's folder: /var/lib is the node's own.
    '--storage.tsdb.path=/var/lib/prometheus',
    '--storage.tsdb.retention.time=3h',
    '--storage.tsdb.retention.size=128MB',
    `--web.listen-address=${address.node}:${PORT}`,
  ];
}

function configPath(folder: string): string {
  return join(folder, 'prometheus.json');
}

/** The labels `job`, `instance`, `node` and `metrics_path` as kube-prometheus gives them to the kubelet. JSON is YAML, too. */
export function writePrometheusConfig({ folder, address }: Setting): void {
  const file = (name: string): string => join(folder.certificates, name);
  const scrape = (path: string): unknown => ({
    job_name: `kubelet${path.replaceAll('/', '-')}`,
    scheme: 'https',
    metrics_path: path,
    honor_labels: true,
    tls_config: {
      ca_file: file('ca.crt'),
      cert_file: file('prometheus.crt'),
      key_file: file('prometheus.key'),
    },
    static_configs: [{ targets: [`${address.node}:10250`], labels: { node: NODE_NAME } }],
    relabel_configs: [
      { source_labels: ['__metrics_path__'], target_label: 'metrics_path' },
      { target_label: 'job', replacement: 'kubelet' },
    ],
  });
  const config = {
    global: { scrape_interval: SCRAPE_INTERVAL, scrape_timeout: SCRAPE_INTERVAL },
    scrape_configs: METRICS_PATHS.map(scrape),
  };
  writeFileSync(configPath(folder.config), `${JSON.stringify(config, null, 2)}\n`);
}

/** Before its first request: the kubelet remembers for half a minute whom it refused. */
export async function grantPrometheus(api: Api): Promise<void> {
  await api.create(`${RBAC}/clusterroles`, {
    metadata: { name: 'prometheus' },
    rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
  });
  await api.create(`${RBAC}/clusterrolebindings`, {
    metadata: { name: 'prometheus' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'prometheus' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:prometheus' }],
  });
}

/** Until it answers queries, be it with nothing yet. */
export async function prometheusReady(address: NodeAddress): Promise<void> {
  await until('Prometheus', 30_000, async () => {
    const answer = await fetch(`${prometheusUrlOf(address)}/-/ready`, { signal: AbortSignal.timeout(5000) });
    return answer.ok ? true : undefined;
  });
}
