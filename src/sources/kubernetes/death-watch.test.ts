import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { CollectRequest } from '../../app/ports.ts';
import {
  podsOfTarget,
  recordDeaths,
  type BundleSink,
  type DeathNotice,
  type WatchResult,
} from '../../app/record.ts';
import type { EvidenceBundle } from '../../core/model/bundle.ts';
import { startApiServer, type FakeServer } from '../../sim/api-server.ts';
import type { ApiObject } from '../../sim/object-store.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { deathFeedOf } from './death-watch.ts';

type State = Readonly<Record<string, unknown>>;

const RUNNING: State = { running: { startedAt: '2026-03-01T11:00:00Z' } };

function ended(exitCode: number, at: string, id: string): State {
  return {
    terminated: {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      finishedAt: at,
      containerID: `containerd://${id.repeat(64)}`,
    },
  };
}

/** A pod that is meant to run for ever. */
function service(name: string, state: State, metadata: object = {}): ApiObject {
  const plain = pod(name, state);
  return {
    ...plain,
    metadata: { ...plain.metadata, ...metadata },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'i' }], restartPolicy: 'Always' },
  };
}

function pod(
  name: string,
  state: State,
  extra: { readonly last?: State; readonly status?: object } = {},
): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-${name}` },
    spec: { nodeName: 'n1', containers: [{ name: 'app', image: 'i' }] },
    status: {
      phase: 'Running',
      containerStatuses: [
        {
          name: 'app',
          restartCount: extra.last === undefined ? 0 : 1,
          ready: true,
          state,
          lastState: extra.last ?? {},
        },
      ],
      ...extra.status,
    },
  };
}

const KILLING: ApiObject = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'k', namespace: 'shop', uid: 'k' },
  reason: 'Killing',
  message: 'Stopping container app',
  involvedObject: { kind: 'Pod', name: 'a', namespace: 'shop' },
  lastTimestamp: '2026-03-01T12:00:00Z',
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

interface Watching {
  readonly server: FakeServer;
  readonly told: string[];
  readonly bundles: Map<string, EvidenceBundle>;
  readonly until: (count: number) => Promise<void>;
  readonly stop: () => Promise<WatchResult>;
}

async function watching(
  objects: readonly ApiObject[],
  wanted?: Parameters<typeof recordDeaths>[0]['wanted'],
): Promise<Watching> {
  const server = await startApiServer({
    objects,
    pages: new Map([['/api/v1/namespaces/shop/pods/a/log', 'last words\n']]),
  });
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 't',
  };
  const client = createClient({ connection, version: '0', random: () => 0 });
  const abort = new AbortController();
  const told: string[] = [];
  const bundles = new Map<string, EvidenceBundle>();
  const sink: BundleSink = {
    write: (name, text) => {
      bundles.set(name, JSON.parse(text) as EvidenceBundle);
      return Promise.resolve({ path: name, bytes: text.length });
    },
  };
  const request: CollectRequest = {
    target: { kind: 'all' },
    scope: { allNamespaces: false },
    depth: 'why',
    nodeAccess: false,
    logLines: 5,
    signal: abort.signal,
  };
  const ready = new AbortController();
  const running = recordDeaths({
    feed: deathFeedOf({ client, backoffMs: 5 }),
    request,
    sink,
    now: () => Date.parse('2026-03-01T12:00:30Z'),
    settleMs: 20,
    ...(wanted === undefined ? {} : { wanted }),
    onReady: () => {
      ready.abort();
    },
    onRecorded: ({ notice }) => told.push(describeNotice(notice)),
  });
  cleanups.push(async () => {
    abort.abort();
    await running.catch(() => undefined);
    client.close();
    await server.close();
  });
  for (
    let i = 0;
    i < 200 && !(ready.signal.aborted && server.requests.some(({ url }) => url.includes('watch=1')));
    i += 1
  )
    await delay(5);
  return {
    server,
    told,
    bundles,
    until: async (count) => {
      for (let i = 0; i < 300 && told.length < count; i += 1) await delay(10);
    },
    stop: () => {
      abort.abort();
      return running;
    },
  };
}

function describeNotice({ pod, container, deleted }: DeathNotice): string {
  return `${pod.name}/${container ?? ''}${deleted ? ' deleted' : ''}`;
}

describe('recordDeaths', () => {
  it('keeps a bundle of each new end, once, and none of what was there before', async () => {
    const before = ended(137, '2026-03-01T10:00:00Z', 'a');
    const { server, told, bundles, until, stop } = await watching([
      pod('a', RUNNING),
      pod('old', RUNNING, { last: before }),
      KILLING,
    ]);
    const end = ended(137, '2026-03-01T12:00:00Z', 'b');
    server.store.put(pod('a', end));
    server.store.put(pod('a', RUNNING, { last: end }));
    server.store.put(pod('old', RUNNING, { last: before }));
    await until(1);
    expect(await stop()).toEqual({ recorded: 1, failed: 0, dropped: 0 });
    expect(told).toEqual(['a/app']);
    const [name] = [...bundles.keys()];
    expect(name).toBe('2026-03-01T120000Z_shop_a_app_uid-a');
    const bundle = bundles.get(name ?? '');
    expect(bundle?.pods.map(({ name }) => name)).toContain('a');
    expect(bundle?.events.map(({ reason }) => reason)).toEqual(['Killing']);
    expect(bundle?.logTails[0]?.lines).toEqual(['last words']);
  });

  it('keeps no value of the environment that is no memory knob, and no credential', async () => {
    const { server, bundles, until, stop } = await watching([pod('a', RUNNING)]);
    const died = pod('a', ended(137, '2026-03-01T12:00:00Z', 'b'));
    const env = [
      { name: 'DATABASE', value: 'hunter2-in-a-variable' },
      { name: 'JAVA_TOOL_OPTIONS', value: '-Xmx48m -Djavax.net.ssl.keyStorePassword=hunter2-in-a-knob' },
    ];
    const args = ['--db-password', 'hunter2-in-an-argument'];
    const containers = [{ name: 'app', image: 'i', env, args }];
    server.store.put({ ...died, spec: { nodeName: 'n1', containers } });
    server.store.put({ ...KILLING, message: 'Stopping: password=hunter2-in-an-event' });
    await until(1);
    await stop();
    const kept = JSON.stringify([...bundles.values()]);
    expect(kept).toContain('-Xmx48m');
    expect(kept).toContain('Stopping');
    expect(kept).not.toContain('hunter2');
  });

  it('keeps the end of a service that stopped with 0, for it is restarted, but not of one that is being deleted', async () => {
    const { server, told, until, stop } = await watching([service('a', RUNNING), service('b', RUNNING)]);
    server.store.put(
      service('b', ended(0, '2026-03-01T12:00:00Z', 'b'), { deletionTimestamp: '2026-03-01T12:00:30Z' }),
    );
    server.store.put(service('a', ended(0, '2026-03-01T12:00:00Z', 'a')));
    await until(1);
    await delay(50);
    await stop();
    expect(told).toEqual(['a/app']);
  });

  it('keeps pods that vanish with something running, and evicted ones, but no finished ones', async () => {
    const { server, told, bundles, until, stop } = await watching([
      pod('a', RUNNING),
      pod('b', RUNNING),
      pod('done', RUNNING),
    ]);
    server.store.remove('/pods', 'shop', 'a');
    server.store.put(
      pod('b', RUNNING, {
        status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
      }),
    );
    server.store.put(pod('done', ended(0, '2026-03-01T12:00:00Z', 'd'), { status: { phase: 'Succeeded' } }));
    server.store.remove('/pods', 'shop', 'done');
    await until(2);
    await delay(50);
    await stop();
    expect(told.toSorted()).toEqual(['a/ deleted', 'b/']);
    const gone = [...bundles].find(([name]) => name.includes('_a_'))?.[1];
    expect(gone?.pods.find(({ name }) => name === 'a')).toMatchObject({
      nodeName: 'n1',
      deletionAtMs: expect.any(Number) as number,
    });
  });

  it('finds what happened while the watch was down', async () => {
    const { server, told, until, stop } = await watching([pod('a', RUNNING), pod('b', RUNNING)]);
    server.fault({ match: /watch=1/, fault: { kind: 'status', status: 500 }, times: 6 });
    server.breakWatches();
    server.store.put(pod('a', RUNNING, { last: ended(137, '2026-03-01T12:00:00Z', 'c') }));
    server.store.remove('/pods', 'shop', 'b');
    server.store.compact();
    await until(2);
    await stop();
    expect(told.toSorted()).toEqual(['a/app', 'b/ deleted']);
  });

  it('keeps to the target', async () => {
    const wanted = podsOfTarget({ kind: 'object', objectKind: 'Pod', name: 'b' });
    const { server, told, until, stop } = await watching([pod('a', RUNNING), pod('b', RUNNING)], wanted);
    for (const name of ['a', 'b']) server.store.put(pod(name, ended(1, '2026-03-01T12:00:00Z', 'e')));
    await until(1);
    await delay(50);
    await stop();
    expect(told).toEqual(['b/app']);
  });
});
