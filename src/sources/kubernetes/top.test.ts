import { afterEach, describe, expect, it } from 'vitest';
import type { CollectRequest } from '../../app/ports.ts';
import { startApiServer, type FakeServerOptions, type FaultRule } from '../../sim/api-server.ts';
import type { ApiObject } from '../../sim/object-store.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { sourceOfClient } from './source.ts';

const NOW = Date.parse('2026-03-01T12:10:00Z');
const MIB = 1024 * 1024;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function pod(name: string, namespace = 'shop'): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${namespace}-${name}`, labels: { app: name } },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'app', image: 'i', resources: { limits: { memory: '64Mi' } } }],
    },
    status: {
      phase: 'Running',
      containerStatuses: [{ name: 'app', restartCount: 0, state: { running: {} } }],
    },
  };
}

function metrics(name: string, memory: string, namespace = 'shop'): ApiObject {
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: { name, namespace },
    timestamp: '2026-03-01T12:09:50Z',
    containers: [{ name: 'app', usage: { cpu: '1m', memory } }],
  };
}

async function collectTop(
  { faults = [], ...options }: FakeServerOptions & { readonly faults?: readonly FaultRule[] },
  over: Partial<CollectRequest> = {},
) {
  const server = await startApiServer(options);
  closers.push(() => server.close());
  for (const fault of faults) server.fault(fault);
  const client = createClient({
    connection: {
      server: new URL(server.url),
      tls: { insecure: false },
      auth: fixedAuth({}),
      namespace: 'shop',
      name: 'sim',
    },
    version: '0.0.0',
  });
  closers.push(() => client.close());
  const part = await sourceOfClient({ client, now: () => NOW }).collect({
    target: { kind: 'newest' },
    scope: { allNamespaces: false },
    depth: 'top',
    nodeAccess: false,
    logLines: 0,
    signal: new AbortController().signal,
    ...over,
  });
  return { part, urls: server.requests.map(({ url }) => url.split('?')[0]) };
}

const OBJECTS = [
  pod('a'),
  pod('b'),
  pod('c', 'other'),
  metrics('a', '48Mi'),
  metrics('c', '10Mi', 'other'),
  metrics('gone', '9Mi'),
];

describe('depth top', () => {
  it('reads every pod of the namespace, alive too, and one measurement of each, in two requests', async () => {
    const { part, urls } = await collectTop({ objects: OBJECTS });
    expect(part.pods?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(part.samples?.map(({ pod: name, workingSetBytes }) => [name, workingSetBytes])).toEqual([
      ['a', 48 * MIB],
    ]);
    expect(urls).toEqual([
      '/api/v1/namespaces/shop/pods',
      '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods',
    ]);
  });

  it('reads the whole cluster, or one pod', async () => {
    const all = await collectTop({ objects: OBJECTS }, { scope: { allNamespaces: true } });
    expect(all.part.samples).toHaveLength(2);
    const one = await collectTop({ objects: OBJECTS }, { target: { kind: 'object', name: 'a' } });
    expect([one.part.pods?.length, one.part.samples?.length]).toEqual([1, 1]);
  });

  it('says what it could not see where nobody measures', async () => {
    const fault = {
      kind: 'status',
      status: 404,
      reason: 'NotFound',
      message: 'the server could not find the requested resource',
    } as const;
    const { part } = await collectTop({
      objects: [pod('a')],
      faults: [{ match: /metrics\.k8s\.io/, fault }],
    });
    expect(part.pods).toHaveLength(1);
    expect(part.gaps?.map(({ kind, cost }) => [kind, cost])).toEqual([
      ['usage', expect.stringMatching(/install metrics-server, or add --node-access/)],
    ]);
  });

  it('asks the kubelets only with node access', async () => {
    const summary = JSON.stringify({
      node: { nodeName: 'n1', memory: { time: '2026-03-01T12:09:59Z', workingSetBytes: 1 } },
      pods: [
        {
          podRef: { name: 'b', namespace: 'shop', uid: 'uid-shop-b' },
          containers: [{ name: 'app', memory: { time: '2026-03-01T12:09:59Z', workingSetBytes: 60 * MIB } }],
        },
      ],
    });
    const pages = new Map([['/api/v1/nodes/n1/proxy/stats/summary', summary]]);
    const { part } = await collectTop({ objects: OBJECTS, pages }, { nodeAccess: true });
    const used = part.samples
      ?.filter(({ pod: name }) => name === 'b')
      .map(({ workingSetBytes }) => workingSetBytes);
    expect(used).toEqual([60 * MIB]);
  });
});
