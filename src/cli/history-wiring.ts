/** Constructs the sources of memory over time that flags and environment name. */
import { open } from 'node:fs/promises';
import type { HistorySource } from '../app/history-ports.ts';
import { SourceError } from '../app/ports.ts';
import type { CliContext } from './context.ts';
import type { Flags } from './flags.ts';
import { NOT_IN_FILES } from './commands/memory-ask.ts';
import { historyFile, prometheusWanted } from './memory-flags.ts';
import type { FoundPrometheus } from '../sources/prometheus/discover.ts';
import { replayable } from './replay.ts';
import type { Stdin } from './replay.ts';
import type { CollectorWiring, MemorySearch, MemorySources } from './wiring.ts';
import { connectionOptions } from './wiring.ts';

/** A prompt answer matters more than a slow server's. */
const PROMETHEUS_TIMEOUT_MS = 30_000;

interface Asked {
  readonly context: CliContext;
  readonly flags: Flags;
  readonly stdin: Stdin;
}

export async function memorySources(
  { context, flags, stdin }: Asked,
  how: MemorySearch,
): Promise<MemorySources> {
  const file = historyFile(flags, context.env);
  const wanted = prometheusWanted(flags, context.env, how.search && file === undefined);
  const kept = file === undefined || !(await isStore(file)) ? undefined : await embedded(file);
  const asked = { context, flags, stdin };
  const named = file === undefined || kept !== undefined ? undefined : await filesHistory([file], asked);
  const beside =
    how.files && flags.filename.length > 0 ? ifAny(await filesHistory(flags.filename, asked)) : undefined;
  const prometheus = await prometheusOf(context, flags, wanted);
  return {
    histories: [kept, named, beside, prometheus?.source].filter((source) => source !== undefined),
    ...(kept === undefined ? {} : { kept }),
    close: () => prometheus?.close(),
  };
}

export function sharedStdin(stdin: Stdin): Stdin {
  return replayable(
    stdin,
    () => new SourceError('unreadable', 'standard input is larger than 512 MiB: save it and read the file'),
  );
}

/** What SQLite writes at the beginning of every file (sqlite.org/fileformat.html). */
const SQLITE_MAGIC = 'SQLite format 3\0';

/** A file that is not there, or cannot be read, is left to the store to complain about. */
async function isStore(path: string): Promise<boolean> {
  const handle = await open(path).catch(() => undefined);
  if (handle === undefined) return true;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE_MAGIC.length));
    return bytesRead === 0 || buffer.toString('latin1') === SQLITE_MAGIC;
  } catch {
    // A folder of files, perhaps.
    return false;
  } finally {
    await handle.close();
  }
}

async function embedded(path: string) {
  const { embeddedHistory } = await import('../store/history/history-source.ts');
  return embeddedHistory(path);
}

/** Evidence need not hold any history: then nothing failed, and only where no other history is does it matter why. */
function ifAny(source: HistorySource): HistorySource {
  return {
    name: source.name,
    async *read(request) {
      try {
        yield* source.read(request);
      } catch (error) {
        if (!(error instanceof SourceError) || error.code !== 'unreadable') throw error;
        const what = `memory over time from files (${error.message.replace(/\.$/, '')})`;
        const cost = 'Files of evidence need not hold any.';
        const fix =
          'give memory in bytes over time: a saved range query of Prometheus, CSV with a header, repeated docker stats.';
        yield { histories: [], gaps: [{ id: NOT_IN_FILES, what, cost, kind: 'input', fix }] };
      }
    },
  };
}

async function filesHistory(paths: readonly string[], { context, stdin }: Asked): Promise<HistorySource> {
  const { createFilesHistorySource } = await import('../sources/files/index.ts');
  return createFilesHistorySource({ paths, stdin, nowMs: context.now() });
}

interface Opened {
  readonly source: HistorySource;
  readonly close: () => void;
}

async function prometheusOf(
  context: CliContext,
  flags: Flags,
  wanted: ReturnType<typeof prometheusWanted>,
): Promise<Opened | undefined> {
  if (wanted.kind === 'none') return undefined;
  if (wanted.kind === 'search') return searched(context, flags);
  const { createPrometheusSource } = await import('../sources/prometheus/index.ts');
  const { prometheusTokenFile: tokenFile, prometheusUser: username, prometheusCa: caFile } = flags;
  const passwordFile = flags.prometheusPasswordFile;
  const headers = headersOf(flags);
  const source = await createPrometheusSource({
    url: wanted.url,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
    ...(username === undefined ? {} : { basic: { username, password: await secret(passwordFile) } }),
    ...(caFile === undefined ? {} : { caFile }),
    timeoutMs: flags.requestTimeout ?? PROMETHEUS_TIMEOUT_MS,
    env: context.env,
    version: context.version,
    now: () => context.now(),
  });
  return { source, close: () => source.close() };
}

/** Looks for a Prometheus when history is first read, so that nothing is sent for an answer that needs none. */
async function searched(context: CliContext, flags: Flags): Promise<Opened | undefined> {
  const { connectCluster, hasClusterConfig } = await import('../sources/kubernetes/index.ts');
  const options = connectionOptions(context, flags);
  if (!(await hasClusterConfig(options))) return undefined;
  const client = await connectCluster(options);
  let found: Promise<FoundPrometheus> | undefined;
  const source: HistorySource = {
    name: 'Prometheus in the cluster',
    async *read(request) {
      const { findPrometheus } = await import('../sources/prometheus/discover.ts');
      found ??= findPrometheus({ client, now: () => context.now(), signal: request.signal });
      const { source: prometheus, gaps } = await found;
      if (gaps.length > 0) yield { histories: [], gaps };
      if (prometheus !== undefined) yield* prometheus.read(request);
    },
  };
  return { source, close: () => client.close() };
}

/** For `collect`. */
export async function collectorWiring(
  context: CliContext,
  flags: Flags,
  path: string,
): Promise<CollectorWiring> {
  const { createCollectorSources } = await import('../sources/kubernetes/index.ts');
  const { openHistoryStore } = await import('../store/history/store.ts');
  const cluster = await createCollectorSources(connectionOptions(context, flags), {
    nodeAccess: flags.nodeAccess === true,
  });
  try {
    const store = openHistoryStore(path);
    return {
      source: cluster.source,
      feed: cluster.feed,
      store,
      close: () => {
        store.close();
        cluster.close();
      },
    };
  } catch (error) {
    cluster.close();
    throw error;
  }
}

function headersOf({ prometheusHeader, tenant }: Flags): Readonly<Record<string, string>> {
  const named = prometheusHeader.map((header): readonly [string, string] => {
    const colon = header.indexOf(':');
    return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()];
  });
  return Object.fromEntries([
    ...named,
    ...(tenant === undefined ? [] : [['X-Scope-OrgID', tenant] as const]),
  ]);
}

async function secret(path: string | undefined): Promise<string> {
  if (path === undefined) return '';
  const { readSmallFile } = await import('../sources/kubernetes/client/small-file.ts');
  try {
    return (await readSmallFile(path)).trim();
  } catch (cause) {
    throw new SourceError('bad-config', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}
