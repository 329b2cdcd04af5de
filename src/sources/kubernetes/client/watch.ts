/** A list and watch that stays alive through resets, expiry and silence. */
import { SourceError } from '../../../app/ports.ts';
import type { KubernetesClient } from './client.ts';
import { ApiError } from './errors.ts';
import type { Query } from './query.ts';
import { pause } from './retry.ts';

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
