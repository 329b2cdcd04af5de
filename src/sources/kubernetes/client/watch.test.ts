import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startApiServer, type FakeServer } from '../../../sim/api-server.ts';
import type { ApiObject } from '../../../sim/object-store.ts';
import { fixedAuth } from './auth.ts';
import { createClient } from './client.ts';
import { watchResource } from './watch.ts';

interface Running {
  readonly server: FakeServer;
  readonly log: string[];
  readonly until: (entry: RegExp) => Promise<void>;
  readonly done: Promise<void>;
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function pod(name: string, phase = 'Running'): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'shop' }, status: { phase } };
}

function describePod(raw: unknown): string | undefined {
  const object = raw as Partial<ApiObject>;
  return object.metadata && `${object.metadata.name}:${(object['status'] as { phase: string }).phase}`;
}

async function start(bookmarkMs = 60_000): Promise<Running> {
  const server = await startApiServer({ objects: [pod('a')], bookmarkMs });
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 't',
  };
  const client = createClient({ connection, version: '0' });
  const abort = new AbortController();
  const log: string[] = [];
  const done = watchResource(
    client,
    { path: '/api/v1/pods', trim: describePod, signal: abort.signal, backoffMs: 5, random: () => 0.5 },
    {
      onList: (items) => log.push(`LIST ${items.join(' ')}`),
      onChange: (type, item) => log.push(`${type} ${item}`),
      onTrouble: (message) => log.push(`TROUBLE ${message}`),
    },
  );
  done.catch(() => undefined);
  closers.push(async () => {
    abort.abort();
    await done.catch(() => undefined);
    client.close();
    await server.close();
  });
  const until = async (entry: RegExp): Promise<void> => {
    for (let i = 0; i < 300; i += 1) {
      if (log.some((line) => entry.test(line))) return;
      await delay(10);
    }
    throw new Error(`${String(entry)} did not come; got ${JSON.stringify(log)}`);
  };
  const running = { server, log, until, done };
  await until(/^LIST/);
  for (let i = 0; i < 100 && !server.requests.some((r) => r.url.includes('watch=1')); i += 1) await delay(5);
  return running;
}

describe('watchResource', () => {
  it('tells each change after the first list', async () => {
    const { server, log, until } = await start();
    server.store.put(pod('b', 'Pending'));
    server.store.put(pod('b'));
    server.store.remove('/pods', 'shop', 'a');
    await until(/^DELETED a/);
    expect(log).toEqual(['LIST a:Running', 'ADDED b:Pending', 'MODIFIED b:Running', 'DELETED a:Running']);
  });

  it('comes back after a broken connection and misses nothing', async () => {
    const { server, log, until } = await start();
    server.breakWatches();
    await until(/^TROUBLE/);
    server.store.put(pod('b'));
    await until(/^ADDED b/);
    expect(log.filter((line) => line.startsWith('LIST'))).toHaveLength(1);
  });

  it('resumes from the last bookmark', async () => {
    const { server, until } = await start(10);
    server.store.put(pod('b'));
    await until(/^ADDED b/);
    await delay(40);
    server.breakWatches();
    await until(/^TROUBLE/);
    await delay(50);
    const last = server.requests.findLast((r) => r.url.includes('watch=1'));
    expect(last?.url).toContain(`resourceVersion=${server.store.version}`);
    expect(last?.url).toContain('timeoutSeconds=450');
  });

  it('lists again when its version is too old', async () => {
    const { server, log, until } = await start();
    server.store.compact();
    server.store.put(pod('c'));
    server.breakWatches();
    await until(/^LIST .*c:Running/);
    expect(log.some((line) => /^TROUBLE .*too old resource version/.test(line))).toBe(true);
  });

  it('ends with the error when it may not watch', async () => {
    const { server, done } = await start();
    server.fault({ match: /watch=1/, fault: { kind: 'status', status: 403, message: 'no' } });
    server.breakWatches();
    await expect(done).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each([
    'null\n',
    '7\n',
    '{"type":"ADDED"\n',
    '<html>\n',
    '{"type":"ERROR","object":null}\n',
    '{"type":"ADDED","object":5}\n',
  ])('comes back after the line %j', async (line) => {
    const { server, log, until } = await start();
    server.fault({ match: /watch=1/, fault: { kind: 'body', body: line }, times: 1 });
    server.breakWatches();
    await until(/^TROUBLE/);
    server.store.put(pod('b'));
    await until(/^ADDED b/);
    expect(log.filter((entry) => entry.startsWith('LIST'))).toHaveLength(1);
  });
});
