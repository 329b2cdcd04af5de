/** Announces metrics-server to the API server, as its own manifests do, except that it has an address instead of a pod. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';
import { METRICS_PORT } from './components.ts';
import type { Folder, NodeAddress } from './folder.ts';
import { until } from './run.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const NAME = 'metrics-server';
const NAMESPACE = 'kube-system';

export async function announceMetrics(api: Api, folder: Folder, address: NodeAddress): Promise<void> {
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:metrics-server' }];
  const bind = (kind: string, role: string, name: string): unknown => ({
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role },
    subjects,
  });
  // The API server makes it a moment after it is ready.
  await until(`namespace ${NAMESPACE}`, 30_000, () => api.get(`/api/v1/namespaces/${NAMESPACE}`));
  await api.create(`${RBAC}/clusterroles`, {
    metadata: { name: 'system:metrics-server' },
    rules: [
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
    ],
  });
  const bindings = `${RBAC}/clusterrolebindings`;
  await api.create(bindings, bind('ClusterRole', 'system:metrics-server', 'system:metrics-server'));
  await api.create(
    bindings,
    bind('ClusterRole', 'system:auth-delegator', 'metrics-server:system:auth-delegator'),
  );
  await api.create(
    `${RBAC}/namespaces/${NAMESPACE}/rolebindings`,
    bind('Role', 'extension-apiserver-authentication-reader', 'metrics-server-auth-reader'),
  );
  await announceEndpoint(api, folder, address);
}

async function announceEndpoint(api: Api, folder: Folder, address: NodeAddress): Promise<void> {
  await api.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
    metadata: { name: NAME },
    spec: { ports: [{ name: 'https', port: 443, targetPort: METRICS_PORT }] },
  });
  await api.create(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    metadata: { name: NAME, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: METRICS_PORT, protocol: 'TCP' }],
    endpoints: [{ addresses: [address.node], conditions: { ready: true } }],
  });
  await api.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { name: NAME, namespace: NAMESPACE },
      caBundle: readFileSync(join(folder.certificates, 'ca.crt')).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
}
