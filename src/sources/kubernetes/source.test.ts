import { afterEach, describe, expect, it } from 'vitest';
import { SourceError, type CollectRequest, type EvidenceSource } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import { startApiServer, type FakeServer, type FakeServerOptions } from '../../sim/api-server.ts';
import type { ApiObject } from '../../sim/object-store.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { sourceOfClient } from './source.ts';

const NOW = Date.parse('2026-03-01T12:10:00Z');
const DIED = '2026-03-01T12:00:00Z';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface PodOptions {
  readonly died?: string;
  readonly node?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly current?: boolean;
}

function pod(name: string, options: PodOptions = {}): ApiObject {
  const { died, node = 'n1', namespace = 'shop', labels = {}, owner } = options;
  const terminated = {
    exitCode: 137,
    reason: 'OOMKilled',
    finishedAt: died,
    startedAt: died,
    containerID: `containerd://${'a'.repeat(64)}`,
  };
  const ownerReferences =
    owner === undefined
      ? []
      : [{ apiVersion: 'apps/v1', ...owner, uid: `uid-${owner.name}`, controller: true }];
  const state =
    options.current === true && died !== undefined
      ? { terminated }
      : { running: { startedAt: died ?? DIED } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${name}`, labels, ownerReferences, creationTimestamp: DIED },
    spec: {
      nodeName: node,
      containers: [{ name: 'app', image: 'i', resources: { limits: { memory: '64Mi' } } }],
    },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'app',
          restartCount: died === undefined ? 0 : 1,
          ready: true,
          state,
          lastState: died === undefined || options.current === true ? {} : { terminated },
        },
      ],
    },
  };
}

function workload(kind: string, name: string, extra: Readonly<Record<string, unknown>> = {}): ApiObject {
  const {
    owner,
    labels = {},
    ...rest
  } = extra as { owner?: { kind: string; name: string }; labels?: Record<string, string> };
  const ownerReferences =
    owner === undefined
      ? []
      : [{ apiVersion: 'apps/v1', ...owner, uid: `uid-${owner.name}`, controller: true }];
  const template = { spec: { containers: [{ name: 'app', image: 'i' }] } };
  return {
    apiVersion: kind === 'Job' || kind === 'CronJob' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, labels, ownerReferences },
    spec: { replicas: 1, selector: { matchLabels: { app: 'checkout' } }, template },
    ...rest,
  };
}

function event(
  name: string,
  about: { kind: string; name: string; namespace?: string; reason?: string },
): ApiObject {
  const { kind, name: of, namespace = 'shop', reason = 'Killing' } = about;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace, uid: `uid-${name}` },
    reason,
    message: 'Container app failed liveness probe, will be restarted',
    involvedObject: { kind, name: of, namespace },
    lastTimestamp: DIED,
    firstTimestamp: DIED,
    count: 1,
    source: { component: 'kubelet', host: 'n1' },
  };
}

const NODE: ApiObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  status: { conditions: [], nodeInfo: { kubeletVersion: 'v1.34.0' } },
};
const LOG = '/api/v1/namespaces/shop/pods/checkout-5d9-x1/log';
const CHECKOUT = { labels: { app: 'checkout' }, owner: { kind: 'ReplicaSet', name: 'checkout-5d9' } };
const CLUSTER: readonly ApiObject[] = [
  pod('checkout-5d9-x1', { died: DIED, ...CHECKOUT }),
  pod('checkout-5d9-x2', CHECKOUT),
  pod('neighbour', { died: '2026-03-01T12:00:20Z', namespace: 'other' }),
  pod('long-ago', { died: '2026-02-27T12:00:00Z', namespace: 'other' }),
  workload('Deployment', 'checkout'),
  workload('ReplicaSet', 'checkout-5d9', {
    owner: { kind: 'Deployment', name: 'checkout' },
    labels: { app: 'checkout' },
  }),
  workload('ReplicaSet', 'checkout-4c8', {
    owner: { kind: 'Deployment', name: 'checkout' },
    labels: { app: 'checkout' },
  }),
  event('e1', { kind: 'Pod', name: 'checkout-5d9-x1' }),
  event('e2', { kind: 'Deployment', name: 'checkout', reason: 'ScalingReplicaSet' }),
  event('e3', { kind: 'Node', name: 'n1', namespace: 'default', reason: 'SystemOOM' }),
  event('e4', { kind: 'Pod', name: 'vanished' }),
  event('e5', { kind: 'Pod', name: 'checkout-5d9-x2', reason: 'Unhealthy' }),
  NODE,
];

async function cluster(
  options: FakeServerOptions = {},
): Promise<{ readonly server: FakeServer; readonly source: EvidenceSource }> {
  const server = await startApiServer({
    objects: CLUSTER,
    pages: new Map([[LOG, 'one\npassword=hunter2\n']]),
    ...options,
  });
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 'test',
  };
  const client = createClient({ connection, version: '0', random: () => 0 });
  closers.push(async () => {
    client.close();
    await server.close();
  });
  return { server, source: sourceOfClient({ client, now: () => NOW }) };
}

function request(over: Partial<CollectRequest> = {}): CollectRequest {
  return {
    target: { kind: 'newest' },
    scope: { allNamespaces: false },
    depth: 'why',
    nodeAccess: false,
    logLines: 20,
    signal: new AbortController().signal,
    ...over,
  };
}

const named = (name: string, objectKind?: string): CollectRequest =>
  request({ target: { kind: 'object', name, ...(objectKind === undefined ? {} : { objectKind }) } });

function names(list: readonly { readonly name: string }[] | undefined): readonly string[] {
  return (list ?? []).map(({ name }) => name).toSorted();
}

describe('why', () => {
  it('collects all about a pod: events, node, owners, revisions, the log of the dead container, neighbours of the same minute', async () => {
    const { server, source } = await cluster();
    const part = await source.collect(named('checkout-5d9-x1', 'Pod'));
    expect(names(part.pods)).toEqual(['checkout-5d9-x1', 'neighbour']);
    expect(names(part.workloads)).toEqual(['checkout', 'checkout-4c8', 'checkout-5d9']);
    expect(names(part.nodes)).toEqual(['n1']);
    expect((part.events ?? []).map(({ regarding }) => regarding.kind).toSorted()).toEqual([
      'Deployment',
      'Node',
      'Pod',
    ]);
    expect(part.logTails).toMatchObject([
      { pod: 'checkout-5d9-x1', container: 'app', previous: true, truncated: false },
    ]);
    expect(part.logTails?.[0]?.lines[0]).toBe('one');
    expect(JSON.stringify(part)).not.toContain('hunter2');
    expect(part).toMatchObject({ collectedAtMs: NOW, cluster: 'test' });
    const log = server.requests.find(({ url }) => url.includes('/log?'));
    expect(log?.url).toBe(`${LOG}?container=app&previous=true&tailLines=20&limitBytes=262144`);
  });

  it('says what the node could have told, with a command that only reads', async () => {
    const part = await (await cluster()).source.collect(named('checkout-5d9-x1'));
    const gaps = (part.gaps ?? []).filter(({ nodeName }) => nodeName === 'n1');
    expect(gaps.map(({ kind }) => kind)).toEqual(['kernel-log', 'node-log']);
    expect(gaps[0]?.command).toBe(
      `ssh n1 'sudo journalctl --no-pager -o short-iso --since "2026-03-01 11:58:00 UTC" --until "2026-03-01 12:02:00 UTC"' | exit137 why shop/checkout-5d9-x1 -f -`,
    );
  });

  it.each([
    { name: 'the newest death', ask: request(), pods: ['checkout-5d9-x1'] },
    {
      name: 'the newest of all',
      ask: request({ scope: { allNamespaces: true } }),
      pods: ['checkout-5d9-x1', 'long-ago', 'neighbour'],
    },
    {
      name: 'a deployment',
      ask: named('checkout', 'Deployment'),
      pods: ['checkout-5d9-x1', 'checkout-5d9-x2'],
    },
    {
      name: 'a replica set',
      ask: named('checkout-5d9', 'ReplicaSet'),
      pods: ['checkout-5d9-x1', 'checkout-5d9-x2'],
    },
    {
      name: 'a bare name of a workload',
      ask: named('checkout'),
      pods: ['checkout-5d9-x1', 'checkout-5d9-x2'],
    },
    {
      name: 'the beginning of pod names',
      ask: named('checkout-5d9-x1'.slice(0, 8)),
      pods: ['checkout-5d9-x1', 'checkout-5d9-x2'],
    },
    {
      name: 'a name anywhere',
      ask: { ...named('neighbour'), scope: { allNamespaces: true } },
      pods: ['checkout-5d9-x1', 'neighbour'],
    },
  ])('finds $name', async ({ ask, pods }) => {
    const part = await (await cluster()).source.collect(ask);
    const scoped = ask.scope.allNamespaces
      ? part.pods
      : part.pods?.filter(({ namespace }) => namespace === 'shop');
    expect(names(scoped)).toEqual(pods);
  });

  it('finds pods by the beginning of their name when no workload has it', async () => {
    const { source } = await cluster({ objects: CLUSTER.filter(({ kind }) => kind !== 'Deployment') });
    const part = await source.collect(named('checkout'));
    expect(names(part.pods?.filter(({ namespace }) => namespace === 'shop'))).toEqual([
      'checkout-5d9-x1',
      'checkout-5d9-x2',
    ]);
  });

  it('finds the pods of a cron job through its jobs', async () => {
    const objects = [
      workload('CronJob', 'nightly', {
        spec: { jobTemplate: { spec: { template: { spec: { containers: [] } } } } },
      }),
      workload('Job', 'nightly-1', { owner: { kind: 'CronJob', name: 'nightly' } }),
      workload('Job', 'else-1'),
      pod('nightly-1-a', { died: DIED, current: true, labels: { 'job-name': 'nightly-1' } }),
      pod('else-1-a', { died: DIED, labels: { 'job-name': 'else-1' } }),
    ];
    const { server, source } = await cluster({ objects });
    const part = await source.collect(named('nightly', 'CronJob'));
    expect(names(part.workloads)).toEqual(['nightly', 'nightly-1']);
    expect(names(part.pods)).toContain('nightly-1-a');
    expect(server.requests.find(({ url }) => url.includes('/log?'))?.url).not.toContain('previous');
  });

  it('keeps the events of a pod that is gone, and says so', async () => {
    const part = await (await cluster()).source.collect(named('vanished'));
    expect(part.pods ?? []).toEqual([]);
    expect(part.events?.filter(({ regarding }) => regarding.kind === 'Pod')).toMatchObject([
      { reason: 'Killing', regarding: { name: 'vanished' } },
    ]);
    expect(part.gaps).toContainEqual(
      expect.objectContaining({ kind: 'pod', pod: 'vanished', namespace: 'shop' }),
    );
  });

  it('follows the events of a pod that is gone to its node and to the controller that deleted it', async () => {
    const { server, source } = await cluster();
    const event = (name: string, fields: object): void =>
      server.store.put({
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: 'shop' },
        type: 'Normal',
        firstTimestamp: '2026-03-01T12:00:00Z',
        lastTimestamp: '2026-03-01T12:00:00Z',
        count: 1,
        ...fields,
      });
    event('scheduled', {
      reason: 'Scheduled',
      message: 'Successfully assigned shop/vanished to n1',
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'vanished' },
      source: { component: 'default-scheduler' },
    });
    for (const name of ['vanished', 'another'])
      event(`deleted-${name}`, {
        reason: 'SuccessfulDelete',
        message: `Deleted pod: ${name}`,
        involvedObject: { kind: 'ReplicaSet', namespace: 'shop', name: 'web-1' },
        source: { component: 'replicaset-controller' },
      });
    const part = await source.collect(named('vanished'));
    expect(part.nodes).toMatchObject([{ name: 'n1' }]);
    expect(part.events?.filter(({ reason }) => reason === 'SuccessfulDelete')).toMatchObject([
      { message: 'Deleted pod: vanished' },
    ]);
    // A list of one reason tells nothing of how far back the others reach.
    expect(
      part.eventCoverage?.filter(({ namespace, regarding }) => namespace === 'shop' && !regarding),
    ).toEqual([]);
    expect(part.gaps?.map(({ kind }) => kind)).toEqual(['pod', 'kernel-log', 'node-log']);
  });

  it.each([
    {
      name: 'near names',
      ask: named('chekout', 'Deployment'),
      says: 'Deployment chekout is not in namespace shop; near: checkout',
    },
    {
      name: 'another namespace',
      ask: named('neighbour'),
      says: 'Pod neighbour is not in namespace shop, but in namespace other (-n other)',
    },
    { name: 'nothing like it', ask: named('zzz', 'Pod'), says: 'Pod zzz is not in namespace shop' },
  ])('not found: $name', async ({ ask, says }) => {
    const answer = (await cluster()).source.collect(ask);
    await expect(answer).rejects.toMatchObject({ code: 'not-found', message: says });
  });
});

describe('what is refused', () => {
  it.each([
    {
      name: 'events',
      match: /\/events/,
      gap: { kind: 'pod-events', permission: { verb: 'list', resource: 'events', namespace: 'shop' } },
    },
    {
      name: 'node',
      match: /\/nodes\//,
      gap: { kind: 'node', permission: { verb: 'get', resource: 'nodes' } },
    },
    {
      name: 'logs',
      match: /\/log\?/,
      gap: { kind: 'container-log', permission: { verb: 'get', resource: 'pods/log', namespace: 'shop' } },
    },
    {
      name: 'revisions',
      match: /replicasets\?/,
      gap: {
        kind: 'workload',
        permission: { verb: 'list', resource: 'replicasets.apps', namespace: 'shop' },
      },
    },
    {
      name: 'cohort',
      match: /spec.nodeName/,
      gap: { kind: 'pod', permission: { verb: 'list', resource: 'pods' } },
    },
  ])('$name: a gap with the permission, and the rest is there', async ({ match, gap }) => {
    const { server, source } = await cluster();
    server.fault({ match, fault: { kind: 'status', status: 403 } });
    const part = await source.collect(named('checkout-5d9-x1'));
    expect(names(part.pods)).toContain('checkout-5d9-x1');
    const found = part.gaps?.find(({ kind, permission }) => kind === gap.kind && permission !== undefined);
    expect(found).toMatchObject(gap);
    expect(found?.fix).toContain(`--verb=${gap.permission.verb} --resource=${gap.permission.resource}`);
    expect(found?.cost).not.toBe('');
  });

  it('looks for neighbours in the namespace where the cluster is refused', async () => {
    const { server, source } = await cluster({
      objects: [...CLUSTER, pod('near', { died: '2026-03-01T12:00:30Z' })],
    });
    server.fault({ match: /^\/api\/v1\/pods\?.*spec.nodeName/, fault: { kind: 'status', status: 403 } });
    const part = await source.collect(named('checkout-5d9-x1'));
    expect(names(part.pods)).toEqual(['checkout-5d9-x1', 'near']);
    expect(part.gaps?.some(({ permission }) => permission?.resource === 'pods')).toBe(true);
  });

  it('metrics that are not installed are no gap', async () => {
    const part = await (await cluster()).source.collect(named('checkout-5d9-x1'));
    expect(part.gaps?.some(({ kind }) => kind === 'usage')).toBe(false);
    expect(part.sources?.find(({ name }) => name === 'metrics')?.state).toBe('failed');
  });

  it.each([
    { name: 'why', ask: request() },
    { name: 'kills', ask: request({ depth: 'kills', target: { kind: 'all' } }) },
  ])('$name throws when nothing may be read', async ({ ask }) => {
    const { server, source } = await cluster();
    server.fault({ match: /./, fault: { kind: 'status', status: 403 } });
    await expect(source.collect(ask)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('never asks for Secrets, for another verb, or for nodes/proxy unasked', async () => {
    const { server, source } = await cluster();
    await source.collect(named('checkout', 'Deployment'));
    await source.collect(
      request({ depth: 'kills', target: { kind: 'all' }, scope: { allNamespaces: true } }),
    );
    expect(server.requests.length).toBeGreaterThan(10);
    for (const { method, url } of server.requests) {
      expect(method).toBe('GET');
      expect(url).not.toMatch(/secrets|\/proxy|exec|attach|portforward|watch/);
    }
  });
});

describe('kills', () => {
  const ALL = request({ depth: 'kills', target: { kind: 'all' }, scope: { allNamespaces: true } });

  it('keeps dead pods, telling events and all nodes, in a handful of requests', async () => {
    const { server, source } = await cluster();
    const part: BundlePart = await source.collect(ALL);
    expect(names(part.pods)).toEqual(['checkout-5d9-x1', 'long-ago', 'neighbour']);
    expect(names(part.nodes)).toEqual(['n1']);
    // The Killing event of a pod that is gone stays; the Unhealthy one of a pod that lives does not.
    expect((part.events ?? []).map(({ regarding }) => regarding.name).toSorted()).toEqual([
      'checkout-5d9-x1',
      'n1',
      'vanished',
    ]);
    expect(part.eventCoverage).toMatchObject([{ oldestAtMs: Date.parse(DIED), readAtMs: NOW }]);
    expect(server.requests).toHaveLength(3);
  });

  it('stays in its namespace, and reads the node events from default', async () => {
    const { source } = await cluster();
    const part = await source.collect(request({ depth: 'kills', target: { kind: 'all' } }));
    expect(names(part.pods)).toEqual(['checkout-5d9-x1']);
    expect((part.events ?? []).map(({ regarding }) => regarding.name).toSorted()).toEqual([
      'checkout-5d9-x1',
      'n1',
      'vanished',
    ]);
  });

  it('goes on without nodes', async () => {
    const { server, source } = await cluster();
    server.fault({ match: /\/nodes/, fault: { kind: 'status', status: 403 } });
    const part = await source.collect(ALL);
    expect(part.gaps).toMatchObject([{ kind: 'node', permission: { verb: 'list', resource: 'nodes' } }]);
    expect(part.pods).toHaveLength(3);
  });

  it('hands over what it has when interrupted', async () => {
    const { server, source } = await cluster();
    server.fault({ match: /\/events/, fault: { kind: 'hang' } });
    const part = await source.collect({ ...ALL, signal: AbortSignal.timeout(300) });
    expect(part.pods).toHaveLength(3);
    expect(part.sources?.find(({ name }) => name === 'events')?.state).toBe('failed');
  });

  it('throws a SourceError when the server is not there', async () => {
    const { server, source } = await cluster();
    await server.close();
    await expect(source.collect(ALL)).rejects.toBeInstanceOf(SourceError);
  });
});

describe('why -A', () => {
  it('has events and nodes of all deaths and looks closely at the newest', async () => {
    const { source } = await cluster();
    const part = await source.collect(request({ target: { kind: 'all' }, scope: { allNamespaces: true } }));
    expect(names(part.pods)).toEqual(['checkout-5d9-x1', 'long-ago', 'neighbour']);
    expect(part.logTails).toHaveLength(1);
    expect((part.events ?? []).map(({ regarding }) => regarding.name)).toContain('vanished');
    expect(
      part.eventCoverage?.some(
        ({ namespace, regarding }) => namespace === undefined && regarding === undefined,
      ),
    ).toBe(true);
  });
});
