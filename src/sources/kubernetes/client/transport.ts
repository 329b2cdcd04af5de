/** One GET over one keep-alive agent. Nothing here can send another verb. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { Readable } from 'node:stream';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { createGunzip } from 'node:zlib';
import { SourceError } from '../../../app/ports.ts';
import type { AuthMaterial } from './auth.ts';
import type { Connection, TlsSettings } from './connection.ts';
import { apiError, networkError } from './errors.ts';
import { isLoopback, proxyAgent, proxyFor } from './proxy.ts';

const MAX_SOCKETS = 16;
const KEEP_ALIVE_PROBE_MS = 30_000;
const ERROR_BODY_BYTES = 16 * 1024;

export interface TransportOptions {
  readonly connection: Connection;
  readonly userAgent: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface OpenRequest {
  /** Path and query, without the server's own prefix. */
  readonly path: string;
  readonly accept: string;
  /** No header by then, or no byte for so long, ends the request. 0 = never. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Node passes a ready context through to `tls.connect`, which its types leave out. */
type TlsRequestOptions = https.RequestOptions & { readonly secureContext?: SecureContext };

/** A 2xx answer whose body was not read yet. Read it to its end, or `destroy` it. */
export type OpenResponse = Readable;

export class Transport {
  readonly #options: TransportOptions;
  readonly #prefix: string;
  #agent: Promise<http.Agent> | undefined;
  /** The certificate that the agent's connections were made with. */
  #agentCertificate: string | undefined;
  #secureContext: SecureContext | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#prefix = options.connection.server.pathname.replace(/\/+$/, '');
  }

  /** Throws `ApiError` for any other answer than 2xx, `SourceError` where there is none. */
  async open(request: OpenRequest): Promise<OpenResponse> {
    const { auth } = this.#options.connection;
    try {
      return await this.#once(request);
    } catch (error) {
      // Tokens are rotated while we hold them: ask once more with a fresh one.
      if (!(error instanceof SourceError) || error.code !== 'unauthorized' || !auth.forget()) throw error;
      return this.#once(request);
    }
  }

  close(): void {
    void this.#agent?.then((agent) => agent.destroy());
    this.#agent = undefined;
  }

  async #once(request: OpenRequest): Promise<OpenResponse> {
    const { connection } = this.#options;
    if (request.signal?.aborted === true) throw new SourceError('aborted', 'interrupted');
    const material = await connection.auth.material(request.signal);
    const agent = await this.#agentFor(material);
    const what = `GET ${connection.server.origin}${this.#prefix}${request.path.split('?')[0] ?? ''}`;
    const response = await this.#send({ request, material, agent, what });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return decode(response);
    const body = await firstBytes(decode(response));
    throw apiError({ what, status, retryAfter: response.headers['retry-after'], body });
  }

  /** One agent for the connection's life; a new one only when an exec plugin hands out another certificate. */
  #agentFor(material: AuthMaterial): Promise<http.Agent> {
    if (this.#agent !== undefined && this.#agentCertificate === material.clientCertificatePem)
      return this.#agent;
    this.close();
    const { server, proxyUrl } = this.#options.connection;
    const proxy = proxyFor(server, proxyUrl, this.#options.env);
    const plain = {
      keepAlive: true,
      keepAliveMsecs: KEEP_ALIVE_PROBE_MS,
      maxSockets: MAX_SOCKETS,
      scheduling: 'lifo' as const,
    };
    const direct = (): http.Agent =>
      server.protocol === 'https:' ? new https.Agent(plain) : new http.Agent(plain);
    this.#agentCertificate = material.clientCertificatePem;
    this.#secureContext = undefined;
    this.#agent = proxy === undefined ? Promise.resolve(direct()) : proxyAgent(proxy, MAX_SOCKETS);
    return this.#agent;
  }

  #send(send: {
    request: OpenRequest;
    material: AuthMaterial;
    agent: http.Agent;
    what: string;
  }): Promise<http.IncomingMessage> {
    const { request, what } = send;
    const { server } = this.#options.connection;
    const options: TlsRequestOptions = {
      method: 'GET',
      hostname: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port,
      path: this.#prefix + request.path,
      headers: this.#headers(request, send.material),
      agent: send.agent,
      ...this.#tls(send.material),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    };
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => reject(networkError(cause, what));
      const outgoing = start(server.protocol === 'https:' ? https : http, options);
      const late = (): void => {
        outgoing.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
      };
      const headerTimer = request.timeoutMs > 0 ? setTimeout(late, request.timeoutMs) : undefined;
      outgoing.on('error', (cause) => {
        clearTimeout(headerTimer);
        fail(cause);
      });
      outgoing.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS));
      outgoing.on('response', (response) => {
        clearTimeout(headerTimer);
        if (request.timeoutMs > 0)
          response.setTimeout(request.timeoutMs, () => response.destroy(stopped(what)));
        resolve(response);
      });
      outgoing.end();
    });
  }

  /** One context for all connections: parsing authorities and keys again for each would cost more than the rest. */
  #tls(material: AuthMaterial): TlsRequestOptions {
    const { tls, server } = this.#options.connection;
    if (server.protocol !== 'https:') return {};
    this.#secureContext ??= secureContext(tls, material);
    return {
      secureContext: this.#secureContext,
      rejectUnauthorized: !tls.insecure,
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    };
  }

  #headers(request: OpenRequest, material: AuthMaterial): Record<string, string | string[]> {
    const { server, impersonate } = this.#options.connection;
    const headers: Record<string, string | string[]> = {
      ...this.#options.connection.headers,
      Accept: request.accept,
      'User-Agent': this.#options.userAgent,
    };
    // On the same machine (kubectl proxy) packing costs more than it saves.
    headers['Accept-Encoding'] = isLoopback(server.hostname) ? 'identity' : 'gzip';
    if (material.token !== undefined) headers['Authorization'] = `Bearer ${material.token}`;
    else if (material.basic !== undefined) {
      const pair = `${material.basic.username}:${material.basic.password}`;
      headers['Authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
    }
    if (impersonate === undefined) return headers;
    headers['Impersonate-User'] = impersonate.user;
    if (impersonate.groups.length > 0) headers['Impersonate-Group'] = [...impersonate.groups];
    if (impersonate.uid !== undefined) headers['Impersonate-Uid'] = impersonate.uid;
    for (const [key, values] of Object.entries(impersonate.extra ?? {})) {
      headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = [...values];
    }
    return headers;
  }
}

/** As kubectl: without an authority in the kubeconfig, those of the operating system (and Node's) are trusted. */
function secureContext(tls: TlsSettings, material: AuthMaterial): SecureContext {
  const { clientCertificatePem, clientKeyPem } = material;
  try {
    return createSecureContext({
      ca: tls.caPem ?? [...new Set([...getCACertificates('default'), ...getCACertificates('system')])],
      ...(clientCertificatePem === undefined ? {} : { cert: clientCertificatePem }),
      ...(clientKeyPem === undefined ? {} : { key: clientKeyPem }),
    });
  } catch (cause) {
    throw new SourceError('bad-config', `the certificates cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Node throws at once for a token with a line break in it. */
function start(protocol: typeof http | typeof https, options: TlsRequestOptions): http.ClientRequest {
  try {
    return protocol.request(options);
  } catch (cause) {
    throw new SourceError('bad-config', `the credentials cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function stopped(what: string): SourceError {
  return new SourceError('timeout', `${what}: the answer stopped on the way`);
}

/** Errors of the packed stream must reach the reader of the unpacked one. */
function decode(response: http.IncomingMessage): Readable {
  if (response.headers['content-encoding'] !== 'gzip') return response;
  const unpacked = createGunzip();
  response.on('error', (cause) => unpacked.destroy(cause));
  unpacked.on('close', () => response.destroy());
  return response.pipe(unpacked);
}

async function firstBytes(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= ERROR_BODY_BYTES) break;
    }
  } catch {
    // The status line is known; what the body would have said is only lost detail.
  }
  return Buffer.concat(chunks).subarray(0, ERROR_BODY_BYTES).toString('utf8');
}
