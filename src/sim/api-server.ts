/** A Kubernetes API server in this process, as far as reading goes: lists in pages, selectors, watches, logs, and faults on demand. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  ObjectStore,
  parsePath,
  type ApiObject,
  type ResourcePath,
  type StoredChange,
} from './object-store.ts';

/** What goes wrong, and how. */
export type Fault =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retryAfterSeconds?: number;
      readonly reason?: string;
      readonly message?: string;
    }
  /** A 410 for a list that goes on, with the token that goes on inconsistently. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'reset'; readonly afterBytes: number }
  | { readonly kind: 'slow'; readonly chunkBytes: number; readonly delayMs: number }
  /** 200 with this in place of the answer. */
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'hang' };

export interface FaultRule {
  /** Tested against path and query as sent. */
  readonly match: RegExp;
  readonly fault: Fault;
  /** Requests it still applies to; absent = all. */
  readonly times?: number;
}

export interface FakeServerOptions {
  readonly objects?: readonly ApiObject[];
  readonly store?: ObjectStore;
  readonly tls?: {
    readonly cert: string;
    readonly key: string;
    readonly ca?: string;
    readonly requestCert?: boolean;
  };
  /** Tokens that are let in; absent = everybody. May change while it runs. */
  readonly tokens?: Set<string>;
  /** Bodies of paths that are not objects: pod logs, kubelet proxy pages. Query not included. */
  readonly pages?: ReadonlyMap<string, string>;
  readonly gzip?: boolean;
  readonly bookmarkMs?: number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
}

export interface FakeServer {
  readonly url: string;
  readonly store: ObjectStore;
  readonly requests: readonly RecordedRequest[];
  /** Sockets that were ever opened. */
  readonly connections: () => number;
  fault(rule: FaultRule): void;
  clearFaults(): void;
  /** Ends every open watch in the middle. */
  breakWatches(): void;
  close(): Promise<void>;
}

interface Context {
  readonly options: FakeServerOptions;
  readonly store: ObjectStore;
  readonly rules: { match: RegExp; fault: Fault; left: number }[];
  readonly watches: Set<http.ServerResponse>;
}

export async function startApiServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const store = options.store ?? new ObjectStore();
  for (const object of options.objects ?? []) store.put(object);
  const context: Context = { options, store, rules: [], watches: new Set() };
  const requests: RecordedRequest[] = [];
  let connections = 0;
  const onRequest = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    answer(context, request, response);
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? http.createServer(onRequest)
      : https.createServer(
          { ...tls, ...(tls.requestCert === true ? { rejectUnauthorized: true } : {}) },
          onRequest,
        );
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    store,
    requests,
    connections: () => connections,
    fault: (rule) =>
      context.rules.push({
        match: rule.match,
        fault: rule.fault,
        left: rule.times ?? Number.POSITIVE_INFINITY,
      }),
    clearFaults: () => context.rules.splice(0),
    breakWatches: () => {
      for (const response of context.watches) response.socket?.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(context: Context, request: http.IncomingMessage, response: http.ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://server');
  if (request.method !== 'GET')
    return sendStatus(response, { code: 405, reason: 'MethodNotAllowed', message: 'only GET' });
  const { tokens } = context.options;
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  if (tokens !== undefined && !tokens.has(token)) {
    return sendStatus(response, { code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
  }
  const rule = context.rules.find((r) => r.left > 0 && r.match.test(request.url ?? ''));
  if (rule !== undefined) rule.left -= 1;
  const fault = rule?.fault;
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'body') return void response.end(fault.body);
  if (fault?.kind === 'status') {
    if (fault.retryAfterSeconds !== undefined)
      response.setHeader('Retry-After', String(fault.retryAfterSeconds));
    return sendStatus(response, {
      code: fault.status,
      reason: fault.reason ?? REASONS[fault.status] ?? 'InternalError',
      message: fault.message ?? `injected ${fault.status}`,
    });
  }
  if (fault?.kind === 'expired') {
    const message = 'The provided continue parameter is too old to display a consistent list result.';
    return sendStatus(response, {
      code: 410,
      reason: 'Expired',
      message,
      continueToken: `${url.searchParams.get('continue') ?? ''}~`,
    });
  }
  const page = context.options.pages?.get(url.pathname);
  if (page !== undefined)
    return send(context, { request, response, body: page, type: 'text/plain', ...withFault(fault) });
  const path = parsePath(url.pathname);
  if (path === undefined) return sendStatus(response, NOT_FOUND);
  if (url.searchParams.get('watch') === '1')
    return watch(context, { response, path, query: url.searchParams });
  const body = context.store.read(path, url.searchParams);
  if (body === undefined) {
    return sendStatus(response, {
      code: 404,
      reason: 'NotFound',
      message: `${path.plural} "${path.name ?? ''}" not found`,
    });
  }
  send(context, { request, response, body, type: 'application/json', ...withFault(fault) });
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  410: 'Expired',
  429: 'TooManyRequests',
};
const NOT_FOUND = {
  code: 404,
  reason: 'NotFound',
  message: 'the server could not find the requested resource',
};

function withFault(fault: Fault | undefined): { readonly fault?: Fault } {
  return fault === undefined ? {} : { fault };
}

interface StatusText {
  readonly code: number;
  readonly reason: string;
  readonly message: string;
  readonly continueToken?: string;
}

function sendStatus(response: http.ServerResponse, status: StatusText): void {
  const { continueToken, ...rest } = status;
  const metadata = continueToken === undefined ? {} : { continue: continueToken };
  response.writeHead(status.code, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure', ...rest }));
}

interface Sending {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly body: string;
  readonly type: string;
  readonly fault?: Fault;
}

function send(context: Context, sending: Sending): void {
  const { response, fault } = sending;
  const zip =
    context.options.gzip === true && String(sending.request.headers['accept-encoding']).includes('gzip');
  const bytes = zip ? gzipSync(sending.body) : Buffer.from(sending.body);
  response.writeHead(200, { 'Content-Type': sending.type, ...(zip ? { 'Content-Encoding': 'gzip' } : {}) });
  if (fault?.kind === 'reset') {
    response.write(bytes.subarray(0, fault.afterBytes), () => response.socket?.resetAndDestroy());
    return;
  }
  if (fault?.kind === 'slow') {
    drip({ response, bytes, chunkBytes: fault.chunkBytes, delayMs: fault.delayMs, from: 0 });
    return;
  }
  response.end(bytes);
}

interface Drip {
  readonly response: http.ServerResponse;
  readonly bytes: Buffer;
  readonly chunkBytes: number;
  readonly delayMs: number;
  readonly from: number;
}

function drip(state: Drip): void {
  const { response, bytes, from } = state;
  if (response.destroyed) return;
  if (from >= bytes.length) {
    response.end();
    return;
  }
  response.write(bytes.subarray(from, from + state.chunkBytes));
  setTimeout(drip, state.delayMs, { ...state, from: from + state.chunkBytes });
}

interface Watching {
  readonly response: http.ServerResponse;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
}

function watch(context: Context, watching: Watching): void {
  const { response, path, query } = watching;
  const since = Number(query.get('resourceVersion') ?? '0');
  response.writeHead(200, { 'Content-Type': 'application/json' });
  const line = (type: string, json: string): void => {
    response.write(`{"type":"${type}","object":${json}}\n`);
  };
  if (since !== 0 && since < context.store.compactedVersion) {
    const expired = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: 410,
      reason: 'Expired',
      message: `too old resource version: ${since}`,
    };
    line('ERROR', JSON.stringify(expired));
    response.end();
    return;
  }
  response.flushHeaders();
  const onChange = (change: StoredChange): void => {
    if (context.store.selects(change, path, query)) line(change.type, change.json);
  };
  for (const change of context.store.changesSince(since)) onChange(change);
  const unsubscribe = context.store.subscribe(onChange);
  const bookmark = (): void => {
    line(
      'BOOKMARK',
      `{"kind":"Bookmark","apiVersion":"v1","metadata":{"resourceVersion":"${context.store.version}"}}`,
    );
  };
  const bookmarks = query.has('allowWatchBookmarks')
    ? setInterval(bookmark, context.options.bookmarkMs ?? 60_000)
    : undefined;
  const end = setTimeout(() => response.end(), Number(query.get('timeoutSeconds') ?? '300') * 1000);
  context.watches.add(response);
  response.on('close', () => {
    unsubscribe();
    clearInterval(bookmarks);
    clearTimeout(end);
    context.watches.delete(response);
  });
}
