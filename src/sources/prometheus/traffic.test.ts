import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerHistory } from '../../core/model/series.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../../core/units.ts';
import { createPrometheusSource } from './index.ts';
import { startPrometheus, type FakeSeries } from './test-kit.ts';
import { TRAFFIC_SYSTEMS } from './traffic.ts';

const TO_MS = Date.UTC(2026, 0, 10);
const FROM_MS = TO_MS - 4 * HOUR_MS;
const POD = 'web-7d4b9c6f5x-bbbbb';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function every(labels: Readonly<Record<string, string>>, value: (ms: number) => number): FakeSeries {
  const samples: [number, number][] = [];
  for (let ms = FROM_MS; ms <= TO_MS; ms += MINUTE_MS) samples.push([ms, value(ms)]);
  return { labels, samples };
}

/** A counter that grows by so many a second. */
function counter(labels: Readonly<Record<string, string>>, perSecond: number): FakeSeries {
  return every(labels, (ms) => ((ms - FROM_MS) / 1000) * perSecond);
}

const MEMORY = every(
  {
    __name__: 'container_memory_working_set_bytes',
    namespace: 'shop',
    pod: POD,
    container: 'main',
    image: 'i',
  },
  () => 50 * MIB,
);
const NETWORK = counter(
  { __name__: 'container_network_receive_bytes_total', namespace: 'shop', pod: POD, interface: 'eth0' },
  5000,
);

async function read(
  series: readonly FakeSeries[],
  trafficQuery?: string,
): Promise<ContainerHistory & { said: string }> {
  const server = await startPrometheus({ series: [MEMORY, ...series], nowMs: TO_MS });
  const source = await createPrometheusSource({ url: server.url, env: {}, version: '1', now: () => TO_MS });
  closers.push(
    () => source.close(),
    () => server.close(),
  );
  const histories: ContainerHistory[] = [];
  const said: string[] = [];
  const request = { fromMs: FROM_MS, toMs: TO_MS, stepMs: 5 * MINUTE_MS, depth: 'analysis' } as const;
  const asked = { ...request, signal: new AbortController().signal };
  for await (const page of source.read(trafficQuery === undefined ? asked : { ...asked, trafficQuery })) {
    histories.push(...page.histories);
    said.push(...page.gaps.map(({ what }) => what));
  }
  expect(histories).toHaveLength(1);
  return { ...(histories[0] as ContainerHistory), said: said.join() };
}

describe('traffic', () => {
  const where = { namespace: 'shop', pod: POD };
  it.each([
    ['istio', { __name__: 'istio_requests_total', reporter: 'destination', ...where }, 'pod'],
    [
      'istio without the pod',
      {
        __name__: 'istio_requests_total',
        reporter: 'destination',
        destination_workload_namespace: 'shop',
        destination_workload: 'web',
      },
      'workload',
    ],
    ['linkerd', { __name__: 'request_total', direction: 'inbound', ...where }, 'pod'],
    [
      'OpenTelemetry',
      {
        __name__: 'http_server_request_duration_seconds_count',
        k8s_namespace_name: 'shop',
        k8s_pod_name: POD,
      },
      'pod',
    ],
    ['Micrometer', { __name__: 'http_server_requests_seconds_count', ...where }, 'pod'],
    ['the application', { __name__: 'http_requests_total', ...where }, 'pod'],
    ['gRPC', { __name__: 'grpc_server_handled_total', ...where }, 'pod'],
    [
      'ingress-nginx, labels renamed',
      {
        __name__: 'nginx_ingress_controller_requests',
        namespace: 'ingress-nginx',
        exported_namespace: 'shop',
        exported_service: 'web',
      },
      'workload',
    ],
    [
      'ingress-nginx, labels kept',
      { __name__: 'nginx_ingress_controller_requests', namespace: 'shop', service: 'web' },
      'workload',
    ],
    [
      'Traefik',
      { __name__: 'traefik_service_requests_total', service: 'shop-web-80@kubernetes' },
      'workload',
    ],
    [
      'Contour',
      { __name__: 'envoy_cluster_upstream_rq_total', envoy_cluster_name: 'shop_web_80' },
      'workload',
    ],
    [
      'Envoy Gateway',
      { __name__: 'envoy_cluster_upstream_rq_total', envoy_cluster_name: 'httproute/shop/web/rule/0' },
      'workload',
    ],
    [
      'Envoy under Istio',
      {
        __name__: 'envoy_cluster_upstream_rq_total',
        envoy_cluster_name: 'outbound|80||web.shop.svc.cluster.local',
      },
      'workload',
    ],
  ] as const)('is found at %s before the network', async (_, labels, scope) => {
    const { traffic, said } = await read([NETWORK, counter(labels, 7)]);
    expect(traffic).toMatchObject({ kind: 'requests', metric: labels['__name__'], scope });
    expect(traffic?.perSecond.values.at(-1)).toBeCloseTo(7, 6);
    expect(said).not.toContain('traffic');
  });

  it('is received bytes where nobody counts requests', async () => {
    const { traffic } = await read([NETWORK]);
    expect(traffic).toMatchObject({ kind: 'network-bytes', scope: 'pod' });
    expect(traffic?.perSecond.values.at(-1)).toBeCloseTo(5000, 6);
  });

  it('is absent where nothing is known', async () => {
    expect((await read([])).traffic).toBeUndefined();
  });

  it('does not take the requests of another service', async () => {
    const other = { __name__: 'nginx_ingress_controller_requests', namespace: 'shop', service: 'web-admin' };
    const { traffic } = await read([counter(other, 7)]);
    expect(traffic).toBeUndefined();
  });

  it('is what the user names', async () => {
    const { traffic } = await read(
      [NETWORK, counter({ __name__: 'http_custom_total', namespace: 'shop', pod: POD }, 3)],
      'rate(http_custom_total{pod!=""}[300s])',
    );
    expect(traffic).toMatchObject({
      kind: 'named',
      metric: 'rate(http_custom_total{pod!=""}[300s])',
      scope: 'pod',
    });
    expect(traffic?.perSecond.values.at(-1)).toBeCloseTo(3, 6);
  });

  it('is the whole workload where the named expression has no label of a pod', async () => {
    const { traffic } = await read(
      [counter({ __name__: 'http_custom_total', cluster: 'c' }, 3)],
      'rate(http_custom_total{cluster!=""}[300s])',
    );
    expect(traffic?.scope).toBe('workload');
  });
});

describe('TRAFFIC_SYSTEMS', () => {
  it('has one line for each metric and way to name a pod', () => {
    const lines = TRAFFIC_SYSTEMS.map(({ metric, namespaceLabel, nameLabel, scope }) =>
      [metric, namespaceLabel, nameLabel, scope].join(' '),
    );
    expect(new Set(lines).size).toBe(lines.length);
    expect(TRAFFIC_SYSTEMS.at(-1)?.kind).toBe('network-bytes');
  });
});
