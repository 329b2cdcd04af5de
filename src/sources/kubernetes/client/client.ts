/**
 * A thin Kubernetes client that can read and do nothing else: get, list and watch are its only verbs
 * (docs/adr: why not @kubernetes/client-node).
 */
import { SourceError } from '../../../app/ports.ts';
import type { Connection } from './connection.ts';
import { networkError } from './errors.ts';
import { createLimiter, type Limiter } from './limit.ts';
import { listAll, type ListOptions, type ListResult } from './list.ts';
import { withQuery, type Query } from './query.ts';
import { withRetries } from './retry.ts';
import { Transport, type OpenResponse } from './transport.ts';
import { watchOnce, type WatchLine, type WatchOptions } from './watch-stream.ts';

export const PARALLEL_REQUESTS = 6;
export const DEFAULT_TIMEOUT_MS = 30_000;
const OBJECT_LIMIT_BYTES = 32 * 1024 * 1024;
const RETRIES = 3;

export interface ReadOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Tries after the first; 3 unless told. */
  readonly retries?: number;
}

export interface TextOptions extends ReadOptions {
  /** What is beyond is not read. */
  readonly limitBytes: number;
}

export interface TextResult {
  readonly text: string;
  readonly bytes: number;
  readonly cut: boolean;
}

/** All methods throw `SourceError`; an answer that refuses is an `ApiError` with the server's words. */
export interface KubernetesClient {
  readonly connection: Connection;
  get(path: string, options?: ReadOptions): Promise<unknown>;
  text(path: string, options: TextOptions): Promise<TextResult>;
  /** The body as it arrives, for logs of any length. */
  stream(path: string, options?: ReadOptions): AsyncGenerator<Buffer>;
  list<T>(path: string, options: ListOptions<T>): Promise<ListResult<T>>;
  /** One watch request, until the server ends it. `watchResource` keeps a watch alive. */
  watch(path: string, options: WatchOptions): AsyncGenerator<WatchLine>;
  close(): void;
}

export interface ClientOptions {
  readonly connection: Connection;
  readonly version: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `--request-timeout`; 0 = none. */
  readonly timeoutMs?: number;
  /** At the same time; 6 unless told, 16 at most. */
  readonly parallelRequests?: number;
  readonly random?: () => number;
}

/** What the verbs share. */
export interface Requester {
  /** Runs `read` on the open body, under the limit of parallel requests. */
  request<T>(request: BodyRequest, read: (body: OpenResponse) => Promise<T>): Promise<T>;
  readonly random: () => number;
}

export interface BodyRequest extends ReadOptions {
  readonly path: string;
  readonly accept?: string;
}

export function createClient(options: ClientOptions): KubernetesClient {
  const transport = new Transport({
    connection: options.connection,
    userAgent: `exit137/${options.version}`,
    env: options.env ?? {},
  });
  const limiter = createLimiter(options.parallelRequests ?? PARALLEL_REQUESTS);
  const random = options.random ?? Math.random;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const requester: Requester = {
    random,
    request: (request, read) =>
      withRetries({ retries: request.retries ?? RETRIES, random, ...signalOf(request) }, () =>
        limiter.run(() => readBody({ transport, request, timeoutMs }, read)),
      ),
  };
  return {
    connection: options.connection,
    get: (path, read) => requester.request({ path, ...read }, readJson),
    text: (path, read) =>
      requester.request({ path, accept: ANY, ...read }, (body) => readText(body, read.limitBytes)),
    stream: (path, read) =>
      streamBody({ transport, limiter, timeoutMs, path, ...(read === undefined ? {} : { read }) }),
    list: (path, list) => listAll(requester, path, list),
    watch: (path, watch) => watchOnce({ transport, path, watch }),
    close: () => transport.close(),
  };
}

const ANY = 'text/plain, */*';

function signalOf(options: ReadOptions): { readonly signal?: AbortSignal } {
  return options.signal === undefined ? {} : { signal: options.signal };
}

interface BodyContext {
  readonly transport: Transport;
  readonly request: BodyRequest;
  readonly timeoutMs: number;
}

async function readBody<T>(context: BodyContext, read: (body: OpenResponse) => Promise<T>): Promise<T> {
  const { request } = context;
  const body = await context.transport.open({
    path: withQuery(request.path, request.query),
    accept: request.accept ?? 'application/json',
    timeoutMs: request.timeoutMs ?? context.timeoutMs,
    ...signalOf(request),
  });
  try {
    return await read(body);
  } catch (cause) {
    throw networkError(cause, `GET ${request.path}`);
  } finally {
    body.destroy();
  }
}

async function readJson(body: OpenResponse): Promise<unknown> {
  const { text, cut } = await readText(body, OBJECT_LIMIT_BYTES);
  if (cut) throw new SourceError('protocol', 'the answer is larger than 32 MiB');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SourceError('protocol', `the answer is not JSON: ${text.slice(0, 80)}`, { cause });
  }
}

async function readText(body: OpenResponse, limitBytes: number): Promise<TextResult> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > limitBytes) break;
  }
  const whole = Buffer.concat(chunks).subarray(0, limitBytes);
  return { text: whole.toString('utf8'), bytes: whole.length, cut: bytes > limitBytes };
}

interface StreamContext {
  readonly transport: Transport;
  readonly limiter: Limiter;
  readonly timeoutMs: number;
  readonly path: string;
  readonly read?: ReadOptions;
}

async function* streamBody(context: StreamContext): AsyncGenerator<Buffer> {
  const release = await context.limiter.acquire();
  let body: OpenResponse | undefined;
  try {
    body = await context.transport.open({
      path: withQuery(context.path, context.read?.query),
      accept: ANY,
      timeoutMs: context.read?.timeoutMs ?? context.timeoutMs,
      ...signalOf(context.read ?? {}),
    });
    for await (const chunk of body as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    throw networkError(cause, `GET ${context.path}`);
  } finally {
    body?.destroy();
    release();
  }
}
