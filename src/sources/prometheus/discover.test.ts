import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fixedAuth } from '../kubernetes/client/auth.ts';
import { createClient } from '../kubernetes/client/client.ts';
import { findPrometheus, type FoundPrometheus } from './index.ts';
import { candidatesOf, type ServiceEntry } from './services.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function service(namespace: string, name: string, port: number | string = 9090): unknown {
  const ports = typeof port === 'number' ? [{ port }] : [{ port: 1234, name: port }];
  return { metadata: { namespace, name }, spec: { ports } };
}

interface Cluster {
  readonly services: readonly unknown[];
  /** Status for a path; undefined = it is answered. */
  readonly refuse?: (path: string) => number | undefined;
  /** Containers that the Prometheus behind a path knows. */
  readonly containers?: (path: string) => number;
}

async function find(cluster: Cluster): Promise<FoundPrometheus & { readonly paths: readonly string[] }> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    paths.push(path);
    const status = cluster.refuse?.(path);
    if (status !== undefined) {
      const reason = status === 403 ? 'Forbidden' : 'NotFound';
      response.writeHead(status).end(JSON.stringify({ kind: 'Status', reason, message: 'no' }));
      return;
    }
    if (path.includes('/proxy')) {
      const count = cluster.containers?.(path) ?? 5;
      const result = count === 0 ? [] : [{ metric: {}, value: [1, String(count)] }];
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
      return;
    }
    const namespace = /namespaces\/([^/]+)\/services$/.exec(path)?.[1];
    const items = cluster.services.filter(
      (item) =>
        namespace === undefined ||
        (item as { metadata: { namespace: string } }).metadata.namespace === namespace,
    );
    response.end(JSON.stringify({ kind: 'ServiceList', metadata: {}, items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = createClient({
    connection: {
      server: new URL(`http://127.0.0.1:${port}`),
      tls: { insecure: false },
      auth: fixedAuth({}),
      namespace: 'default',
      name: 'test',
    },
    version: '1',
  });
  closers.push(
    () => client.close(),
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const found = await findPrometheus({ client, now: () => 0, signal: new AbortController().signal });
  return { ...found, paths };
}

describe('findPrometheus', () => {
  it('takes the service that sees most and holds memory of containers', async () => {
    const { source, gaps, paths } = await find({
      services: [
        service('monitoring', 'prometheus-operated', 'web'),
        service('monitoring', 'thanos-query', 'http'),
        service('monitoring', 'alertmanager-operated'),
        service('shop', 'web', 80),
      ],
    });
    expect(source?.name).toBe('Prometheus monitoring/thanos-query');
    expect(gaps).toEqual([]);
    expect(paths).toEqual([
      '/api/v1/services',
      '/api/v1/namespaces/monitoring/services/thanos-query%3A1234/proxy/api/v1/query',
    ]);
  });

  it('goes on to the next where one is empty or does not answer', async () => {
    const { source } = await find({
      services: [
        service('a', 'thanos-query'),
        service('b', 'prometheus-server', 80),
        service('c', 'prometheus'),
      ],
      refuse: (path) => (path.includes('/a/services/thanos') ? 503 : undefined),
      containers: (path) => (path.includes('/b/') ? 0 : 3),
    });
    expect(source?.name).toBe('Prometheus c/prometheus');
  });

  it('names the exact permission where the proxy is refused', async () => {
    const { source, gaps } = await find({
      services: [service('monitoring', 'prometheus-operated')],
      refuse: (path) => (path.includes('/proxy') ? 403 : undefined),
    });
    expect(source).toBeUndefined();
    expect(gaps[0]?.permission).toEqual({ verb: 'get', resource: 'services/proxy', namespace: 'monitoring' });
    expect(gaps[0]?.fix).toContain(
      '--resource=services/proxy --resource-name=prometheus-operated:9090 -n monitoring',
    );
  });

  it('looks where it may where services of all namespaces are refused', async () => {
    const { source } = await find({
      services: [service('monitoring', 'prometheus-server', 80), service('elsewhere', 'thanos-query')],
      refuse: (path) =>
        path === '/api/v1/services' || (path.endsWith('/services') && !path.includes('/monitoring/'))
          ? 403
          : undefined,
    });
    expect(source?.name).toBe('Prometheus monitoring/prometheus-server');
  });

  it('says that it could not look', async () => {
    const { gaps } = await find({ services: [], refuse: () => 403 });
    expect(gaps).toMatchObject([{ permission: { verb: 'list', resource: 'services' } }]);
    expect(gaps[0]?.fix).toContain('--prometheus URL');
  });

  it('says that there is none', async () => {
    const { gaps } = await find({ services: [service('shop', 'web')] });
    expect(gaps[0]?.what).toBe('no Prometheus among 1 services');
  });
});

function entry(name: string, ports: ServiceEntry['ports'], labels = {}): ServiceEntry {
  return { namespace: 'm', name, labels, ports };
}

describe('candidatesOf', () => {
  it.each([
    [
      'kube-prometheus-stack',
      entry('kps-kube-prometheus-stack-prometheus', [
        { port: 9090, name: 'http-web' },
        { port: 8080, name: 'reloader-web' },
      ]),
      'kps-kube-prometheus-stack-prometheus:9090',
      '',
    ],
    [
      'the prometheus chart',
      entry('prometheus-server', [{ port: 80, name: 'http' }]),
      'prometheus-server:80',
      '',
    ],
    [
      'OpenShift',
      entry('thanos-querier', [
        { port: 9091, name: 'web' },
        { port: 9092, name: 'tenancy' },
      ]),
      'https:thanos-querier:9091',
      '',
    ],
    [
      'Mimir',
      entry('mimir-query-frontend', [
        { port: 8080, name: 'http-metrics' },
        { port: 9095, name: 'grpc' },
      ]),
      'mimir-query-frontend:8080',
      '/prometheus',
    ],
    [
      'VictoriaMetrics cluster',
      entry('vmselect-main', [{ port: 8481, name: 'http' }]),
      'vmselect-main:8481',
      '/select/0/prometheus',
    ],
    [
      'VictoriaMetrics single',
      entry('vmsingle-main', [{ port: 8429, name: 'http' }]),
      'vmsingle-main:8429',
      '',
    ],
    [
      'a name of its own with the usual label',
      entry('metrics', [{ port: 9090 }], { 'app.kubernetes.io/name': 'prometheus' }),
      'metrics:9090',
      '',
    ],
  ])('knows %s', (_, service_, target, prefix) => {
    expect(candidatesOf([service_])).toEqual([{ namespace: 'm', service: service_.name, target, prefix }]);
  });

  it.each([
    'kps-alertmanager',
    'prometheus-node-exporter',
    'prometheus-operator',
    'thanos-store',
    'vmselector',
    'web',
    'kps-kube-prometheus-stack-kubelet',
  ])('passes over %s', (name) => {
    expect(candidatesOf([entry(name, [{ port: 9090, name: 'http' }])])).toEqual([]);
  });
});
