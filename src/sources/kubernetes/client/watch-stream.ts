/** One watch request as lines. */
import { SourceError } from '../../../app/ports.ts';
import { withQuery, type Query } from './query.ts';
import { apiError, networkError, statusOf } from './errors.ts';
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
