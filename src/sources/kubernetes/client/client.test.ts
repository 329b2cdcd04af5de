import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startApiServer, type FakeServer, type FakeServerOptions } from '../../../sim/api-server.ts';
import type { ApiObject } from '../../../sim/object-store.ts';
import { fixedAuth } from './auth.ts';
import { createClient, type ClientOptions, type KubernetesClient } from './client.ts';
import type { Connection } from './connection.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function pods(count: number): ApiObject[] {
  return Array.from({ length: count }, (_, i) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${i}`, namespace: 'shop', labels: { odd: String(i % 2) } },
  }));
}

async function serve(options: FakeServerOptions = {}): Promise<FakeServer> {
  const server = await startApiServer(options);
  closers.push(() => server.close());
  return server;
}

function connect(
  url: string,
  over: Partial<Connection> = {},
  options: Partial<ClientOptions> = {},
): KubernetesClient {
  const connection: Connection = {
    server: new URL(url),
    tls: { insecure: false },
    auth: fixedAuth({}),
    namespace: 'default',
    name: 'test',
    ...over,
  };
  const client = createClient({ connection, version: '1.2.3', random: () => 0, ...options });
  closers.push(() => client.close());
  return client;
}

const nameOf = (raw: unknown): string => (raw as ApiObject).metadata.name;

describe('list', () => {
  it('reads pages of the size asked for and says how far it is', async () => {
    const server = await serve({ objects: pods(7) });
    const progress: (readonly [number, number | undefined])[] = [];
    const list = await connect(server.url).list('/api/v1/pods', {
      limit: 3,
      trim: nameOf,
      onPage: (seen, left) => progress.push([seen, left]),
    });
    expect(list.items).toEqual(['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
    expect(progress).toEqual([
      [3, 4],
      [6, 1],
      [7, undefined],
    ]);
    expect(list).toMatchObject({ seen: 7, partial: false, notes: [] });
    expect(server.requests.map((r) => r.method)).toEqual(['GET', 'GET', 'GET']);
    expect(server.requests[0]?.headers['user-agent']).toBe('exit137/1.2.3');
    expect(server.connections()).toBe(1);
  });

  it('narrows by selectors, drops what trim drops, stops at maxPages', async () => {
    const client = connect((await serve({ objects: pods(10) })).url);
    const odd = await client.list('/api/v1/namespaces/shop/pods', {
      query: { labelSelector: 'odd=1' },
      trim: (raw) => (nameOf(raw) === 'p1' ? undefined : nameOf(raw)),
    });
    expect(odd).toMatchObject({ items: ['p3', 'p5', 'p7', 'p9'], seen: 5 });
    const first = await client.list('/api/v1/pods', { limit: 4, maxPages: 1, trim: nameOf });
    expect(first).toMatchObject({ seen: 4, partial: true });
  });

  it('begins again when the list expires, then goes on from a newer state', async () => {
    const server = await serve({ objects: pods(5) });
    const client = connect(server.url);
    server.fault({ match: /continue=/, fault: { kind: 'expired' }, times: 1 });
    const once = await client.list('/api/v1/pods', { limit: 2, trim: nameOf });
    expect(once).toMatchObject({
      items: ['p0', 'p1', 'p2', 'p3', 'p4'],
      notes: ['the list expired while it was read and was begun again'],
    });
    server.fault({ match: /continue=/, fault: { kind: 'expired' }, times: 2 });
    const twice = await client.list('/api/v1/pods', { limit: 2, trim: nameOf });
    expect(twice.items).toEqual(['p0', 'p1', 'p2', 'p3', 'p4']);
    expect(twice.notes).toHaveLength(2);
    server.fault({ match: /continue=/, fault: { kind: 'status', status: 410 } });
    await expect(client.list('/api/v1/pods', { limit: 2, trim: nameOf })).rejects.toMatchObject({
      status: 410,
    });
  });

  it('repeats a page whose connection broke, without doubling its items', async () => {
    const server = await serve({ objects: pods(20) });
    server.fault({ match: /limit=10&continue=10/, fault: { kind: 'reset', afterBytes: 700 }, times: 1 });
    const list = await connect(server.url).list('/api/v1/pods', { limit: 10, trim: nameOf });
    expect(list.items).toEqual(pods(20).map((p) => p.metadata.name));
    expect(server.requests).toHaveLength(3);
  });

  it('does not follow a server that repeats its pages', async () => {
    const server = http.createServer((_, response) =>
      response.end('{"metadata":{"continue":"x"},"items":[{}]}'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as net.AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`);
    await expect(client.list('/api/v1/pods', { trim: () => true })).rejects.toMatchObject({
      code: 'protocol',
    });
    client.close();
  });

  it('unpacks gzip', async () => {
    const server = await serve({ objects: pods(3), gzip: true });
    const port = new URL(server.url).port;
    // A name that is not loopback by spelling, so that gzip is asked for.
    const client = connect(`http://0.0.0.0:${port}`);
    expect((await client.list('/api/v1/pods', { trim: nameOf })).items).toHaveLength(3);
    expect(server.requests[0]?.headers['accept-encoding']).toBe('gzip');
  });
});

describe('failures', () => {
  it.each([
    { status: 401, code: 'unauthorized', tries: 1 },
    { status: 403, code: 'forbidden', tries: 1 },
    { status: 404, code: 'not-found', tries: 1 },
    { status: 429, code: 'unreachable', tries: 4 },
    { status: 503, code: 'unreachable', tries: 4 },
  ])('$status is $code after $tries tries', async ({ status, code, tries }) => {
    const server = await serve();
    server.fault({
      match: /./,
      fault: { kind: 'status', status, retryAfterSeconds: 0, message: 'the server says so' },
    });
    await expect(connect(server.url).get('/api/v1/pods')).rejects.toMatchObject({
      code,
      status,
      message: expect.stringContaining('the server says so') as string,
    });
    expect(server.requests).toHaveLength(tries);
  });

  it('goes on after a 429 that ends', async () => {
    const server = await serve({ objects: pods(1) });
    server.fault({ match: /./, fault: { kind: 'status', status: 429, retryAfterSeconds: 0 }, times: 2 });
    expect((await connect(server.url).list('/api/v1/pods', { trim: nameOf })).items).toEqual(['p0']);
  });

  it('gives up on a server that is silent, and on one that falls silent', async () => {
    const server = await serve({ objects: pods(50) });
    const client = connect(server.url, {}, { timeoutMs: 80 });
    server.fault({ match: /hang/, fault: { kind: 'hang' } });
    await expect(client.get('/api/v1/hang')).rejects.toMatchObject({ code: 'timeout' });
    server.fault({ match: /pods/, fault: { kind: 'slow', chunkBytes: 10, delayMs: 500 } });
    await expect(client.list('/api/v1/pods', { trim: nameOf })).rejects.toMatchObject({ code: 'timeout' });
  });

  it('is interrupted by its signal', async () => {
    const server = await serve();
    server.fault({ match: /./, fault: { kind: 'hang' } });
    await expect(
      connect(server.url).get('/api/v1/pods', { signal: AbortSignal.timeout(50) }),
    ).rejects.toMatchObject({ code: 'aborted' });
  });

  it('names a server that is not there', async () => {
    await expect(connect('http://127.0.0.1:1').get('/version')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('127.0.0.1:1') as string,
    });
  });

  it('does not follow redirects', async () => {
    const server = http.createServer((_, response) =>
      response.writeHead(302, { Location: 'http://elsewhere/' }).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as net.AddressInfo;
    await expect(connect(`http://127.0.0.1:${port}`).get('/x')).rejects.toMatchObject({
      status: 302,
      code: 'protocol',
    });
  });

  it('asks for a new token after a 401', async () => {
    const server = await serve({ objects: pods(1), tokens: new Set(['new']) });
    let token = 'old';
    const auth = {
      material: () => Promise.resolve({ token }),
      forget: () => {
        token = 'new';
        return true;
      },
    };
    expect((await connect(server.url, { auth }).list('/api/v1/pods', { trim: nameOf })).items).toEqual([
      'p0',
    ]);
    expect(server.requests.map((r) => r.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });
});

describe('requests', () => {
  it('keeps the path prefix of the server and impersonates', async () => {
    const server = await serve();
    const client = connect(`${server.url}/k8s/c-1/`, {
      impersonate: { user: 'jane', groups: ['a', 'b'], uid: '7', extra: { 'example.com/reason': ['drill'] } },
    });
    await expect(
      client.get('/api/v1/pods', { query: { fieldSelector: 'a=b,c=d', x: undefined } }),
    ).rejects.toMatchObject({ status: 404 });
    expect(server.requests[0]?.url).toBe('/k8s/c-1/api/v1/pods?fieldSelector=a%3Db%2Cc%3Dd');
    expect(server.requests[0]?.headers).toMatchObject({
      'impersonate-user': 'jane',
      'impersonate-group': 'a, b',
      'impersonate-uid': '7',
      'impersonate-extra-example.com%2freason': 'drill',
    });
  });

  it('reads text up to a limit, and streams', async () => {
    const server = await serve({ pages: new Map([['/log', 'x'.repeat(200_000)]]) });
    const client = connect(server.url);
    expect(await client.text('/log', { limitBytes: 10 })).toEqual({
      text: 'xxxxxxxxxx',
      bytes: 10,
      cut: true,
    });
    let bytes = 0;
    for await (const chunk of client.stream('/log')) bytes += chunk.length;
    expect(bytes).toBe(200_000);
  });

  it('has at most six requests under way', async () => {
    let open = 0;
    let most = 0;
    const server = http.createServer((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end('{}');
      }, 15);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as net.AddressInfo;
    const client = connect(`http://127.0.0.1:${port}`);
    await Promise.all(Array.from({ length: 20 }, () => client.get('/x')));
    expect(most).toBe(6);
    client.close();
  });
});

/** RFC 1928: greeting without authentication, then CONNECT to a domain name. */
function serveSocks(socket: net.Socket, port: number, asked: string[]): void {
  socket.on('error', () => socket.destroy());
  socket.once('data', () => {
    socket.write(Buffer.from([5, 0]));
    socket.once('data', (request: Buffer) => {
      const length = request[4] ?? 0;
      asked.push(`${request.toString('latin1', 5, 5 + length)}:${request.readUInt16BE(5 + length)}`);
      const upstream = net.connect(port, '127.0.0.1', () => {
        socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
    });
  });
}

const certificates = makeCertificates();

function makeCertificates():
  | Readonly<Record<'ca' | 'cert' | 'key' | 'clientCert' | 'clientKey', string>>
  | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'exit137-tls-'));
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  };
  const leaf = (name: string, extension: string): void => {
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      extension,
    );
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
  };
  try {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=test-ca',
    );
    leaf('server', 'subjectAltName=DNS:api.test');
    leaf('client', 'extendedKeyUsage=clientAuth');
  } catch {
    return undefined;
  }
  const read = (name: string): string => readFileSync(join(dir, name), 'utf8');
  return {
    ca: read('ca.pem'),
    cert: read('server.pem'),
    key: read('server.key'),
    clientCert: read('client.pem'),
    clientKey: read('client.key'),
  };
}

describe.skipIf(certificates === undefined)('TLS', () => {
  const pem = certificates ?? { ca: '', cert: '', key: '', clientCert: '', clientKey: '' };
  const trusted = { insecure: false, caPem: pem.ca, serverName: 'api.test' };

  it('trusts the given authority alone, checks the name, and keeps the connection', async () => {
    const server = await serve({ objects: pods(1), tls: { cert: pem.cert, key: pem.key } });
    const good = connect(server.url, { tls: trusted });
    for (let i = 0; i < 5; i += 1)
      expect((await good.list('/api/v1/pods', { trim: nameOf })).items).toEqual(['p0']);
    expect(server.connections()).toBe(1);
    await expect(
      connect(server.url, { tls: { insecure: false, serverName: 'api.test' } }).get('/api'),
    ).rejects.toThrow(/certificate is not accepted/);
    await expect(
      connect(server.url, { tls: { insecure: false, caPem: pem.ca } }).get('/api'),
    ).rejects.toThrow(/ERR_TLS_CERT_ALTNAME_INVALID/);
    expect(
      (await connect(server.url, { tls: { insecure: true } }).list('/api/v1/pods', { trim: nameOf })).seen,
    ).toBe(1);
  });

  it('shows a client certificate', async () => {
    const server = await serve({
      objects: pods(1),
      tls: { cert: pem.cert, key: pem.key, ca: pem.ca, requestCert: true },
    });
    const auth = fixedAuth({ clientCertificatePem: pem.clientCert, clientKeyPem: pem.clientKey });
    expect(
      (await connect(server.url, { tls: trusted, auth }).list('/api/v1/pods', { trim: nameOf })).seen,
    ).toBe(1);
    await expect(
      connect(server.url, { tls: trusted }).get('/api/v1/pods', { retries: 0 }),
    ).rejects.toMatchObject({ name: /SourceError|BrokenConnectionError/ });
  });

  it.each([
    {
      name: 'a certificate that is none',
      auth: { clientCertificatePem: 'nonsense', clientKeyPem: 'nonsense' },
    },
    { name: 'a token with a line break', auth: { token: 'a\nb' } },
  ])('calls $name a bad configuration', async ({ auth }) => {
    const server = await serve({ tls: { cert: pem.cert, key: pem.key } });
    const client = connect(server.url, { tls: trusted, auth: fixedAuth(auth) });
    await expect(client.get('/api')).rejects.toMatchObject({ code: 'bad-config' });
  });

  it('goes through a SOCKS proxy, which resolves the name', async () => {
    const server = await serve({ objects: pods(1), tls: { cert: pem.cert, key: pem.key } });
    const asked: string[] = [];
    const proxy = net.createServer((socket) => serveSocks(socket, Number(new URL(server.url).port), asked));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closers.push(() => new Promise((resolve) => proxy.close(() => resolve())));
    const { port } = proxy.address() as net.AddressInfo;
    const client = connect('https://api.test:6443', { tls: trusted, proxyUrl: `socks5://127.0.0.1:${port}` });
    expect((await client.list('/api/v1/pods', { trim: nameOf })).seen).toBe(1);
    expect(asked).toEqual(['api.test:6443']);
    client.close();
  });

  it('goes through a CONNECT proxy', async () => {
    const server = await serve({ objects: pods(1), tls: { cert: pem.cert, key: pem.key } });
    const seen: string[] = [];
    const proxy = http.createServer();
    proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      seen.push(request.url ?? '');
      const upstream = net.connect(Number(new URL(server.url).port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as net.AddressInfo;
    closers.push(
      () =>
        new Promise((resolve) => {
          proxy.close(() => resolve());
          proxy.closeAllConnections();
        }),
    );
    const client = connect('https://api.test:6443', { tls: trusted, proxyUrl: `http://127.0.0.1:${port}` });
    expect((await client.list('/api/v1/pods', { trim: nameOf })).seen).toBe(1);
    expect(seen).toEqual(['api.test:6443']);
    client.close();
  });
});
