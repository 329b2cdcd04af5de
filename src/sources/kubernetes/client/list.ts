/** Lists of any length in pages, each item trimmed as soon as its last byte arrives. */
import type { BodyRequest, Requester } from './client.ts';
import { ApiError } from './errors.ts';
import { SourceError } from '../../../app/ports.ts';
import { ItemSplitter } from './items.ts';
import type { Query } from './query.ts';
import type { OpenResponse } from './transport.ts';

export const PAGE_SIZE = 500;
/** A list so slow that its continue token expires is begun again once; then it goes on from a newer state. */
const RESTARTS = 1;
/** A server that never stops sending pages must not hold us for ever. */
const PAGE_LIMIT = 20_000;
/** Servers that do not page (metrics.k8s.io) send all at once; packed noise can be endless. */
const PAGE_BYTES = 2 * 1024 ** 3;

export interface ListOptions<T> {
  readonly query?: Query;
  readonly limit?: number;
  /** Keeps the useful part of one item; undefined drops it. Must not keep the raw object alive. */
  readonly trim: (raw: unknown) => T | undefined;
  /** After each page: items seen so far, and how many are left if the server says so. */
  readonly onPage?: (seen: number, remaining: number | undefined) => void;
  /** Only the first so many pages. */
  readonly maxPages?: number;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly retries?: number;
}

export interface ListResult<T> {
  readonly items: readonly T[];
  /** Items the server sent, kept or not. */
  readonly seen: number;
  readonly resourceVersion?: string;
  /** Not all pages were read. */
  readonly partial: boolean;
  /** What a reader of the result should know, in sentences. */
  readonly notes: readonly string[];
}

interface Page<T> {
  readonly items: T[];
  readonly seen: number;
  readonly badItems: number;
  readonly continueToken?: string;
  readonly resourceVersion?: string;
  readonly remaining?: number;
}

interface Progress<T> {
  items: T[];
  seen: number;
  badItems: number;
  pages: number;
  restarts: number;
  token: string | undefined;
  resourceVersion: string | undefined;
  notes: string[];
}

/** Throws `SourceError`; after an error nothing of the list is returned. */
export async function listAll<T>(
  requester: Requester,
  path: string,
  options: ListOptions<T>,
): Promise<ListResult<T>> {
  const progress: Progress<T> = emptyProgress();
  const maxPages = Math.min(options.maxPages ?? PAGE_LIMIT, PAGE_LIMIT);
  do {
    const page = await nextPage(requester, { path, options, progress });
    if (page === undefined) continue;
    for (const item of page.items) progress.items.push(item);
    progress.seen += page.seen;
    progress.badItems += page.badItems;
    progress.pages += 1;
    if (page.continueToken !== undefined && page.continueToken === progress.token) {
      throw new SourceError('protocol', `GET ${path}: the server repeats the same page`);
    }
    progress.token = page.continueToken;
    progress.resourceVersion = page.resourceVersion ?? progress.resourceVersion;
    options.onPage?.(progress.seen, page.remaining);
    if (progress.pages >= maxPages) break;
  } while (progress.token !== undefined || progress.pages === 0);
  if (progress.badItems > 0) progress.notes.push(`${progress.badItems} items were not readable JSON`);
  return {
    items: progress.items,
    seen: progress.seen,
    partial: progress.token !== undefined || progress.badItems > 0,
    notes: progress.notes,
    ...(progress.resourceVersion === undefined ? {} : { resourceVersion: progress.resourceVersion }),
  };
}

function emptyProgress<T>(): Progress<T> {
  return {
    items: [],
    seen: 0,
    badItems: 0,
    pages: 0,
    restarts: 0,
    token: undefined,
    resourceVersion: undefined,
    notes: [],
  };
}

interface PageContext<T> {
  readonly path: string;
  readonly options: ListOptions<T>;
  readonly progress: Progress<T>;
}

/** Undefined = the token had expired and `progress` says where to go on. */
async function nextPage<T>(requester: Requester, context: PageContext<T>): Promise<Page<T> | undefined> {
  const { options, progress, path } = context;
  const request: BodyRequest = {
    path,
    query: { ...options.query, limit: options.limit ?? PAGE_SIZE, continue: progress.token },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  };
  try {
    return await requester.request(request, (body) => readPage(body, options.trim));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 410 || progress.token === undefined) throw error;
    goOnAfterExpiry(progress, error);
    return undefined;
  }
}

function goOnAfterExpiry<T>(progress: Progress<T>, error: ApiError): void {
  if (progress.restarts < RESTARTS) {
    const { restarts } = progress;
    Object.assign(progress, emptyProgress<T>(), {
      restarts: restarts + 1,
      notes: ['the list expired while it was read and was begun again'],
    });
    return;
  }
  if (error.continueToken === undefined || error.continueToken === progress.token) throw error;
  progress.token = error.continueToken;
  const note = 'the list expired while it was read: its later pages are from a newer state';
  if (!progress.notes.includes(note)) progress.notes.push(note);
}

async function readPage<T>(body: OpenResponse, trim: (raw: unknown) => T | undefined): Promise<Page<T>> {
  const items: T[] = [];
  let seen = 0;
  let badItems = 0;
  const splitter = new ItemSplitter((text) => {
    seen += 1;
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch {
      badItems += 1;
      return;
    }
    const kept = trim(raw);
    if (kept !== undefined) items.push(kept);
  });
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > PAGE_BYTES) throw new SourceError('protocol', 'a page of the list is larger than 2 GiB');
    splitter.push(chunk);
  }
  const metadata = listMetadata(splitter.end());
  return { items, seen, badItems, ...metadata };
}

function listMetadata(
  envelope: unknown,
): Pick<Page<never>, 'continueToken' | 'resourceVersion' | 'remaining'> {
  const list = (typeof envelope === 'object' && envelope !== null ? envelope : {}) as Record<string, unknown>;
  if (!('items' in list)) throw new SourceError('protocol', 'the answer is not a list');
  const metadata = (list['metadata'] ?? {}) as Record<string, unknown>;
  const token = metadata['continue'];
  const version = metadata['resourceVersion'];
  const remaining = metadata['remainingItemCount'];
  return {
    ...(typeof token === 'string' && token !== '' ? { continueToken: token } : {}),
    ...(typeof version === 'string' ? { resourceVersion: version } : {}),
    ...(typeof remaining === 'number' ? { remaining } : {}),
  };
}
