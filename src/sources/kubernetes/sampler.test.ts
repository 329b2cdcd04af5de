import { afterEach, describe, expect, it } from 'vitest';
import { startApiServer, type FakeServer, type FakeServerOptions } from '../../sim/api-server.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { createSampler } from './sampler.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const PROXY = '/api/v1/nodes/n1/proxy';
const LABELS = '{container="app",namespace="shop",pod="web-1"}';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function sampler(options: FakeServerOptions, nodeAccess: boolean) {
  const server: FakeServer = await startApiServer(options);
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 't',
  };
  const client = createClient({ connection, version: '0', random: () => 0 });
  closers.push(
    () => client.close(),
    () => server.close(),
  );
  return { server, source: createSampler({ client, nodeAccess, now: () => NOW }) };
}

const { signal } = new AbortController();

describe('kubelets', () => {
  const pages = new Map([
    [
      `${PROXY}/metrics/resource`,
      `container_memory_working_set_bytes${LABELS} 4096 ${NOW - 90_000}\ncontainer_start_time_seconds${LABELS} 1.5\n`,
    ],
    [
      `${PROXY}/stats/summary`,
      JSON.stringify({
        node: { nodeName: 'n1' },
        pods: [
          {
            podRef: { name: 'web-1', namespace: 'shop' },
            network: { rxBytes: 9 },
            containers: [
              {
                name: 'app',
                memory: { time: '2026-03-01T11:59:50Z', workingSetBytes: 8192, rssBytes: 4096 },
              },
            ],
          },
        ],
      }),
    ],
  ]);

  it('are asked for the small page, and for the Summary where more is wanted', async () => {
    const { server, source } = await sampler({ pages }, true);
    expect(source.reach).toBe('nodes');
    expect(await source.read({ node: 'n1', depth: 'quick', signal })).toEqual({
      readings: [
        { namespace: 'shop', pod: 'web-1', container: 'app', workingSetBytes: 4096, startedAtMs: 1500 },
      ],
      clockAheadMs: -90_000,
      dropped: 0,
    });
    const full = await source.read({ node: 'n1', depth: 'full', signal });
    expect(full.readings).toEqual([
      {
        namespace: 'shop',
        pod: 'web-1',
        container: 'app',
        workingSetBytes: 8192,
        rssBytes: 4096,
        networkBytes: 9,
      },
    ]);
    expect(full.clockAheadMs).toBe(-10_000);
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET ${PROXY}/metrics/resource`,
      `GET ${PROXY}/stats/summary`,
    ]);
  });

  it.each([
    ['a refusal', { kind: 'status', status: 403 } as const, 'forbidden', 1],
    ['a node that is gone', { kind: 'status', status: 404 } as const, 'not-found', 1],
    [
      'a connection that broke, at the second try',
      { kind: 'reset', afterBytes: 20 } as const,
      'unreachable',
      2,
    ],
  ])('throw for %s', async (_name, fault, code, requests) => {
    const { server, source } = await sampler({ pages }, true);
    server.fault({ match: /metrics/, fault });
    await expect(source.read({ node: 'n1', depth: 'quick', signal })).rejects.toMatchObject({ code });
    expect(server.requests).toHaveLength(requests);
  });

  it('that hang are left when the tick is over', async () => {
    const { server, source } = await sampler({ pages }, true);
    server.fault({ match: /metrics/, fault: { kind: 'hang' } });
    const over = AbortSignal.timeout(50);
    await expect(source.read({ node: 'n1', depth: 'quick', signal: over })).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  it('cannot be led out of their path by a name', async () => {
    const { server, source } = await sampler({ pages }, true);
    await expect(source.read({ node: '../../secrets?x=', depth: 'quick', signal })).rejects.toThrow();
    expect(server.requests[0]?.url).toBe('/api/v1/nodes/..%2F..%2Fsecrets%3Fx%3D/proxy/metrics/resource');
  });
});

describe('metrics.k8s.io', () => {
  it('is one list for all', async () => {
    const objects = ['a', 'b'].map((name) => ({
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name, namespace: 'shop' },
      containers: [{ name: 'app', usage: { memory: '4Ki' } }],
    }));
    const { server, source } = await sampler({ objects }, false);
    expect(source.reach).toBe('cluster');
    const { readings } = await source.read({ depth: 'full', signal });
    expect(readings).toEqual([
      { namespace: 'shop', pod: 'a', container: 'app', workingSetBytes: 4096 },
      { namespace: 'shop', pod: 'b', container: 'app', workingSetBytes: 4096 },
    ]);
    expect(server.requests[0]?.url).toMatch(/^\/apis\/metrics\.k8s\.io\/v1beta1\/pods/);
  });

  it('that is not installed is not found', async () => {
    const { server, source } = await sampler({}, false);
    server.fault({ match: /metrics/, fault: { kind: 'status', status: 404 } });
    await expect(source.read({ depth: 'quick', signal })).rejects.toMatchObject({ code: 'not-found' });
  });
});
