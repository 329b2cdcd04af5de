import { afterEach, describe, expect, it } from 'vitest';
import { checkCluster, type CheckReport } from '../../app/check.ts';
import { startApiServer, type FakeServer } from '../../sim/api-server.ts';
import { fixedAuth } from './client/auth.ts';
import { createClient } from './client/client.ts';
import { probeOfClient } from './probe.ts';

const NOW = Date.parse('2026-03-01T12:10:00Z');
const OBJECTS = [
  { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' } },
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } },
  {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop' },
    reason: 'Killing',
    message: 'm',
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'shop' },
    lastTimestamp: '2026-03-01T11:15:00Z',
  },
];
const CONFIGZ = new Map([
  ['/api/v1/nodes/n1/proxy/configz', '{"kubeletconfig":{"enableSystemLogQuery":true}}'],
]);

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function check(
  prepare: (server: FakeServer) => void = () => undefined,
  nodeAccess = false,
): Promise<{ report: CheckReport; server: FakeServer }> {
  const server = await startApiServer({
    objects: OBJECTS,
    pages: new Map([...CONFIGZ, ['/version', '{"gitVersion":"v1.34.1"}']]),
  });
  prepare(server);
  const connection = {
    server: new URL(server.url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'shop',
    name: 'ctx',
  };
  const client = createClient({ connection, version: '0', random: () => 0 });
  closers.push(async () => {
    client.close();
    await server.close();
  });
  const report = await checkCluster(probeOfClient(client), {
    nodeAccess,
    nowMs: NOW,
    signal: new AbortController().signal,
  });
  return { report, server };
}

function states(report: CheckReport): Readonly<Record<string, string>> {
  return Object.fromEntries(
    report.checks.map((c) => [
      c.namespace === undefined ? c.subject : `${c.subject} -n ${c.namespace}`,
      c.state,
    ]),
  );
}

const refuse = (match: RegExp) => (server: FakeServer) =>
  server.fault({ match, fault: { kind: 'status', status: 403 } });

describe('check', () => {
  it('finds everything readable with a few small reads', async () => {
    const { report, server } = await check();
    expect(states(report)).toEqual({
      pods: 'ok',
      events: 'ok',
      logs: 'ok',
      nodes: 'ok',
      replicasets: 'ok',
      controllerrevisions: 'ok',
      jobs: 'ok',
      metrics: 'missing',
      kubelet: 'not-asked',
    });
    expect(report).toMatchObject({
      context: 'ctx',
      namespace: 'shop',
      serverVersion: 'v1.34.1',
      complete: true,
    });
    // 12:10 - 11:15 = 55 min.
    expect(report.events).toEqual({
      oldestAtMs: Date.parse('2026-03-01T11:15:00Z'),
      reachesBackMs: 55 * 60_000,
    });
    expect(server.requests.every(({ method, url }) => method === 'GET' && !/proxy|secrets/.test(url))).toBe(
      true,
    );
  });

  it('falls back to the namespace where the cluster is refused', async () => {
    const { report } = await check(refuse(/^\/api\/v1\/(pods|events)\b/));
    expect(states(report)).toMatchObject({
      pods: 'forbidden',
      'pods -n shop': 'ok',
      events: 'forbidden',
      'events -n shop': 'ok',
    });
    expect(report.complete).toBe(true);
    const refused = report.checks.find(({ state }) => state === 'forbidden');
    expect(refused).toMatchObject({ permission: { verb: 'list', resource: 'pods' } });
  });

  it.each([
    { name: 'nodes', match: /\/nodes/, subject: 'nodes', permission: { verb: 'list', resource: 'nodes' } },
    { name: 'logs', match: /\/log$/, subject: 'logs', permission: { verb: 'get', resource: 'pods/log' } },
  ])('is not complete without $name', async ({ match, subject, permission }) => {
    const { report } = await check(refuse(match));
    expect(report.complete).toBe(false);
    const refused = report.checks.find((c) => c.subject === subject);
    expect(refused).toMatchObject({ state: 'forbidden', permission });
    expect(refused?.cost).not.toBe('');
  });

  it('asks the kubelet only with node access', async () => {
    const { report } = await check(undefined, true);
    expect(report.checks.find(({ subject }) => subject === 'kubelet')).toMatchObject({
      state: 'ok',
      detail: 'node n1 answers log queries',
    });
  });

  it.each([
    { name: 'wrong credentials', status: 401, code: 'unauthorized' },
    { name: 'no server behind the proxy', status: 503, code: 'unreachable' },
  ])('says why nothing could be asked: $name', async ({ status, code }) => {
    const { report } = await check((server) =>
      server.fault({ match: /./, fault: { kind: 'status', status, retryAfterSeconds: 0 } }),
    );
    expect(report).toMatchObject({ unreachable: { code }, checks: [], complete: false });
  });
});
