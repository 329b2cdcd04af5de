/** Watches: one request as lines, and a list + watch that stays alive through resets, expiry and silence. */
import { SourceError } from '../../../app/ports.ts';
import { withQuery, type KubernetesClient, type Query } from './client.ts';
import { ApiError, apiError, networkError, statusOf } from './errors.ts';
import { pause } from './retry.ts';
import type { Transport } from './transport.ts';

/** No object is larger (etcd's limit is 1.5 MiB). */
const LINE_LIMIT_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

export interface WatchOptions {
  readonly query?: Query;
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

interface WatchContext {
  readonly transport: Transport;
  readonly path: string;
  readonly watch: WatchOptions;
}

/** The server ends a watch after `timeoutSeconds`; a connection silent for longer than this beyond it is dead. */
const DEAD_AFTER_MS = 30_000;

export async function* watchOnce(context: WatchContext): AsyncGenerator<WatchLine> {
  const { watch } = context;
  const lifeMs = watch.timeoutSeconds * 1000 + DEAD_AFTER_MS;
  const deadline = AbortSignal.timeout(lifeMs);
  const signal = watch.signal === undefined ? deadline : AbortSignal.any([watch.signal, deadline]);
  const query = {
    ...watch.query,
    watch: 1,
    allowWatchBookmarks: true,
    resourceVersion: watch.resourceVersion,
    timeoutSeconds: watch.timeoutSeconds,
  };
  try {
    const body = await context.transport.open({
      path: withQuery(context.path, query),
      accept: 'application/json',
      timeoutMs: lifeMs,
      signal,
    });
    for await (const line of lines(body)) yield parseLine(line, context.path);
  } catch (cause) {
    if (deadline.aborted && watch.signal?.aborted !== true) {
      throw new SourceError('timeout', `watch ${context.path}: the connection was dead`, { cause });
    }
    throw networkError(cause, `watch ${context.path}`);
  }
}

async function* lines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of body) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end === -1) break;
      const piece = chunk.subarray(from, end);
      const line =
        heldBytes === 0 ? piece.toString('utf8') : Buffer.concat([...held, piece]).toString('utf8');
      held = [];
      heldBytes = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > LINE_LIMIT_BYTES)
      throw new SourceError('protocol', 'a line of the watch is longer than 16 MiB');
  }
}

function parseLine(line: string, path: string): WatchLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new SourceError('protocol', `watch ${path}: a line is not JSON`, { cause });
  }
  const { type, object } = (value ?? {}) as { readonly type?: unknown; readonly object?: unknown };
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK')
    return { type, object };
  const status = statusOf(object);
  throw apiError({
    what: `watch ${path}`,
    status: status.code ?? 500,
    retryAfter: undefined,
    body: JSON.stringify(object ?? {}),
  });
}

export interface WatchHandlers<T> {
  /** The whole state: at the start and after each relist. */
  onList(items: readonly T[]): void;
  onChange(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: T): void;
  /** The watch is down and comes back after `retryMs`. */
  onTrouble?(message: string, retryMs: number): void;
}

export interface WatchResourceOptions<T> {
  readonly path: string;
  readonly query?: Query;
  readonly trim: (raw: unknown) => T | undefined;
  readonly signal: AbortSignal;
  readonly random?: () => number;
  /** First delay after trouble; doubles up to 30 times that. */
  readonly backoffMs?: number;
}

/**
 * Lists, then watches from there, for ever. Returns when `signal` aborts; throws `SourceError` only for what
 * trying again cannot heal (forbidden, not found, bad configuration).
 */
export async function watchResource<T>(
  client: KubernetesClient,
  options: WatchResourceOptions<T>,
  handlers: WatchHandlers<T>,
): Promise<void> {
  const state: WatchState<T> = { client, options, handlers, failures: 0, resourceVersion: undefined };
  while (!options.signal.aborted) {
    try {
      if (state.resourceVersion === undefined) await relist(state);
      else await followOnce(state);
      if (state.progressed) state.failures = 0;
    } catch (error) {
      if (options.signal.aborted) return;
      if (isPermanent(error)) throw error;
      // 410: too old to resume from. Anything else resumes where it was.
      if (error instanceof ApiError && error.status === 410) state.resourceVersion = undefined;
      state.failures += 1;
      const waitMs = backoffMs(state);
      handlers.onTrouble?.(error instanceof Error ? error.message : String(error), waitMs);
      await pause(waitMs, options.signal).catch(() => undefined);
    }
  }
}

interface WatchState<T> {
  readonly client: KubernetesClient;
  readonly options: WatchResourceOptions<T>;
  readonly handlers: WatchHandlers<T>;
  resourceVersion: string | undefined;
  failures: number;
  progressed?: boolean;
}

function isPermanent(error: unknown): boolean {
  if (!(error instanceof SourceError)) return true;
  return error.code === 'forbidden' || error.code === 'not-found' || error.code === 'bad-config';
}

function backoffMs<T>(state: WatchState<T>): number {
  const first = state.options.backoffMs ?? 1000;
  const random = state.options.random ?? Math.random;
  return Math.min(first * 30, first * 2 ** (state.failures - 1)) * (0.5 + random());
}

async function relist<T>(state: WatchState<T>): Promise<void> {
  const { options } = state;
  const list = await state.client.list(options.path, {
    trim: options.trim,
    signal: options.signal,
    ...(options.query === undefined ? {} : { query: options.query }),
  });
  state.handlers.onList(list.items);
  state.resourceVersion = list.resourceVersion ?? '0';
  state.progressed = true;
}

async function followOnce<T>(state: WatchState<T>): Promise<void> {
  const { options } = state;
  const random = options.random ?? Math.random;
  state.progressed = false;
  const started = Date.now();
  const stream = state.client.watch(options.path, {
    resourceVersion: state.resourceVersion ?? '0',
    // 5 to 10 minutes, as client-go's reflector: not every watcher comes back at once.
    timeoutSeconds: Math.round(300 * (1 + random())),
    signal: options.signal,
    ...(options.query === undefined ? {} : { query: options.query }),
  });
  for await (const line of stream) {
    const version = resourceVersionOf(line.object);
    if (version !== undefined) state.resourceVersion = version;
    state.progressed = true;
    state.failures = 0;
    if (line.type === 'BOOKMARK') continue;
    const item = options.trim(line.object);
    if (item !== undefined) state.handlers.onChange(line.type, item);
  }
  // A server or proxy that ends every watch at once must not be asked in a tight loop.
  if (!state.progressed && Date.now() - started < 1000)
    throw new SourceError('unreachable', 'the watch ended at once');
}

function resourceVersionOf(object: unknown): string | undefined {
  const metadata = (object as { readonly metadata?: { readonly resourceVersion?: unknown } } | null)
    ?.metadata;
  return typeof metadata?.resourceVersion === 'string' ? metadata.resourceVersion : undefined;
}
