import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConnectionOptions } from './connection.ts';
import { resolveConnection } from './resolve.ts';

const dir = mkdtempSync(join(tmpdir(), 'exit137-kubeconfig-'));

function file(name: string, content: string): string {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const KEYS = fc.constantFrom(
  'server',
  'cluster',
  'user',
  'namespace',
  'exec',
  'command',
  'args',
  'env',
  'token',
  'tokenFile',
  'certificate-authority-data',
  'client-certificate',
  'extensions',
  'as-user-extra',
  'as',
  'auth-provider',
);

function options(over: Partial<ConnectionOptions>): ConnectionOptions {
  return { env: {}, homeDir: join(dir, 'nobody'), interactive: false, ...over };
}

const ONE = file(
  'one/config',
  `apiVersion: v1
kind: Config
current-context: red
contexts:
- name: red
  context: {cluster: main, user: alice, namespace: shop}
- name: bare
  context: {cluster: main, user: alice}
clusters:
- name: main
  cluster: {server: 'https://one.example:6443/k8s/clusters/c-1', certificate-authority: ca.pem, tls-server-name: api.internal}
users:
- name: alice
  user: {token: alice-token}
`,
);
file('one/ca.pem', 'CA ONE');
const TWO = file(
  'two/config',
  `current-context: blue
contexts:
- {name: red, context: {cluster: other, user: bob}}
- {name: blue, context: {cluster: other, user: bob, namespace: blue-ns}}
clusters:
- {name: main, cluster: {server: 'https://ignored.example', insecure-skip-tls-verify: true}}
- {name: other, cluster: {server: 'https://two.example', certificate-authority-data: ${Buffer.from('CA TWO').toString('base64')}, certificate-authority: /nowhere, proxy-url: 'socks5://proxy:1080'}}
- {name: plain, cluster: {server: 'http://127.0.0.1:8001'}}
users:
- {name: bob, user: {username: bob, password: 12345, as: system:admin, as-groups: [ops, dev], as-user-extra: {reason: [drill]}}}
- {name: alice, user: {token: not-this-one}}
- {name: carol, user: {tokenFile: token.txt, token: old}}
- {name: dave, user: {client-certificate-data: ${Buffer.from('CERT').toString('base64')}, client-key: key.pem}}
- {name: gone, user: {auth-provider: {name: gcp}}}
`,
);
file('two/token.txt', 'fresh-token\n');
file('two/key.pem', 'KEY');
const BOTH = { KUBECONFIG: [ONE, '', join(dir, 'missing'), TWO, ONE].join(delimiter) };

describe('resolveConnection', () => {
  it.each([
    {
      name: 'first current-context wins',
      over: { env: BOTH },
      want: { name: 'red', host: 'one.example:6443', namespace: 'shop' },
    },
    {
      name: '--context of the second file',
      over: { env: BOTH, context: 'blue' },
      want: { name: 'blue', host: 'two.example', namespace: 'blue-ns' },
    },
    {
      name: 'namespace defaults',
      over: { env: BOTH, context: 'bare' },
      want: { name: 'bare', host: 'one.example:6443', namespace: 'default' },
    },
    {
      name: '--cluster over the context',
      over: { env: BOTH, cluster: 'other' },
      want: { name: 'red', host: 'two.example', namespace: 'shop' },
    },
    {
      name: '--kubeconfig alone',
      over: { env: BOTH, kubeconfig: TWO },
      want: { name: 'blue', host: 'two.example', namespace: 'blue-ns' },
    },
  ])('$name', async ({ over, want }) => {
    const connection = await resolveConnection(options(over));
    expect({ name: connection.name, host: connection.server.host, namespace: connection.namespace }).toEqual(
      want,
    );
  });

  it('takes an entry whole from the first file that names it', async () => {
    const connection = await resolveConnection(options({ env: BOTH }));
    expect(connection.tls).toEqual({ caPem: 'CA ONE', insecure: false, serverName: 'api.internal' });
    expect(await connection.auth.material()).toEqual({ token: 'alice-token' });
    expect(connection.server.pathname).toBe('/k8s/clusters/c-1');
  });

  it('prefers data fields over files, and reads proxy, basic auth and impersonation', async () => {
    const connection = await resolveConnection(options({ env: BOTH, context: 'blue' }));
    expect(connection.tls.caPem).toBe('CA TWO');
    expect(connection.proxyUrl).toBe('socks5://proxy:1080');
    expect(await connection.auth.material()).toEqual({ basic: { username: 'bob', password: '12345' } });
    expect(connection.impersonate).toEqual({
      user: 'system:admin',
      groups: ['ops', 'dev'],
      extra: { reason: ['drill'] },
    });
  });

  it.each([
    { name: 'tokenFile relative to its kubeconfig', user: 'carol', want: { token: 'fresh-token' } },
    { name: 'client certificate', user: 'dave', want: { clientCertificatePem: 'CERT', clientKeyPem: 'KEY' } },
  ])('$name', async ({ user, want }) => {
    const connection = await resolveConnection(options({ env: BOTH, context: 'blue', user }));
    expect(await connection.auth.material()).toEqual(want);
  });

  it('--as replaces the user of the kubeconfig', async () => {
    const connection = await resolveConnection(options({ env: BOTH, as: 'jane', asGroups: ['x'] }));
    expect(connection.impersonate).toEqual({ user: 'jane', groups: ['x'] });
  });

  it('sends no credentials to a plain http server', async () => {
    const connection = await resolveConnection(options({ env: BOTH, cluster: 'plain' }));
    expect(await connection.auth.material()).toEqual({});
  });

  it.each([
    {
      name: 'unknown context',
      over: { env: BOTH, context: 'nope' },
      says: /"nope" is not in the kubeconfig \(it has red, bare, blue\)/,
    },
    { name: 'unknown user', over: { env: BOTH, user: 'nope' }, says: /user "nope"/ },
    {
      name: 'removed auth-provider',
      over: { env: BOTH, context: 'blue', user: 'gone' },
      says: /auth-provider "gcp"/,
    },
    { name: 'groups without a user', over: { env: BOTH, asGroups: ['x'] }, says: /add --as/ },
    {
      name: '--kubeconfig that is missing',
      over: { kubeconfig: join(dir, 'missing') },
      says: /cannot read the kubeconfig/,
    },
    { name: 'nothing at all', over: {}, says: /no kubeconfig was found/ },
    { name: 'not YAML', over: { kubeconfig: file('bad/config', 'a: [') }, says: /is not YAML/ },
    { name: 'a list', over: { kubeconfig: file('list/config', '- a') }, says: /is not a kubeconfig/ },
    {
      name: 'no server',
      over: { kubeconfig: file('noserver/config', 'clusters: [{name: a, cluster: {}}]'), cluster: 'a' },
      says: /has no server/,
    },
    {
      name: 'a file server',
      over: {
        kubeconfig: file('ftp/config', "clusters: [{name: a, cluster: {server: 'file:///etc'}}]"),
        cluster: 'a',
      },
      says: /not an http or https URL/,
    },
  ])('says what is wrong: $name', async ({ over, says }) => {
    await expect(resolveConnection(options(over))).rejects.toThrow(says);
    await expect(resolveConnection(options(over))).rejects.toMatchObject({ code: 'bad-config' });
  });

  it('answers any file with a connection or a SourceError', async () => {
    const leaf = fc.oneof(
      fc.constantFrom('a', 'https://h', '/x', '', 'http://[', 'file:x'),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(KEYS, tie('value'), { maxKeys: 5 }),
      ),
    }));
    const named = fc.record(
      { name: leaf, context: value, cluster: value, user: value },
      { requiredKeys: [] },
    );
    const list = fc.oneof(value, fc.array(named, { maxLength: 3 }));
    const config = fc.record(
      { 'current-context': leaf, contexts: list, clusters: list, users: list },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(config, async (content) => {
        const kubeconfig = file('fuzz/config', JSON.stringify(content));
        try {
          expect((await resolveConnection(options({ kubeconfig }))).server).toBeInstanceOf(URL);
        } catch (error) {
          expect((error as Error).name).toBe('SourceError');
        }
      }),
      { numRuns: 150 },
    );
  });

  it('uses the service account in a pod, and reads its token again after a minute', async () => {
    const account = join(dir, 'account');
    file('account/token', 'first');
    file('account/ca.crt', 'CA');
    file('account/namespace', 'ops');
    let nowMs = 0;
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const connection = await resolveConnection(
      options({ env, serviceAccountDir: account, now: () => nowMs }),
    );
    expect(connection).toMatchObject({
      name: 'in-cluster',
      namespace: 'ops',
      tls: { caPem: 'CA', insecure: false },
    });
    expect(connection.server.hostname).toBe('[fd00::1]');
    expect(await connection.auth.material()).toEqual({ token: 'first' });
    file('account/token', 'second');
    nowMs = 59_000;
    expect(await connection.auth.material()).toEqual({ token: 'first' });
    nowMs = 60_000;
    expect(await connection.auth.material()).toEqual({ token: 'second' });
    file('account/token', 'third');
    expect(connection.auth.forget()).toBe(true);
    expect(await connection.auth.material()).toEqual({ token: 'third' });
  });
});
