/** `exit137 collect --history FILE`: measures every container again and again and keeps the figures, until interrupted. */
import type { CollectorStatus } from '../../app/collect-history.ts';
import { SourceError } from '../../app/ports.ts';
import { formatBytes, formatDuration } from '../../core/text/amounts.ts';
import { cleanLine } from '../../core/text/clean.ts';
import { toRfc3339 } from '../../core/text/instants.ts';
import { count } from '../../core/text/numbers.ts';
import { cutEnd } from '../../core/text/width.ts';
import { SECOND_MS, type Bytes } from '../../core/units.ts';
import type { CliContext } from '../context.ts';
import { CliError, EXIT, usageError } from '../exit-status.ts';
import type { ExitStatus } from '../exit-status.ts';
import type { Flags } from '../flags.ts';
import { historyFile } from '../memory-flags.ts';
import { note } from '../output.ts';
import { namespaceOf, wiringOf } from './ask.ts';

export interface CollectFlags extends Flags {
  /** Milliseconds. */
  readonly every: number;
  /** Milliseconds. */
  readonly retention: number;
  /** The file stays below this, whatever the retention says. */
  readonly maxSize: Bytes;
}

const LEAST_EVERY_MS = 5 * SECOND_MS;
/** Where stderr is no terminal. */
const PLAIN_EVERY_MS = 5 * 60 * SECOND_MS;

export async function runCollect(
  context: CliContext,
  words: readonly string[],
  flags: CollectFlags,
): Promise<ExitStatus> {
  const path = checked(context, words, flags);
  context.becomeLean?.();
  const { startCollector } = await import('../../app/collect-history.ts');
  const opened = await open(context, flags, path);
  const abort = new AbortController();
  const stopListening = context.onInterrupt(() => abort.abort());
  const status = new StatusTeller(context, flags, path);
  try {
    const namespace = namespaceOf(flags, undefined);
    const last = await startCollector({
      source: opened.source,
      feed: opened.feed,
      store: opened.store,
      intervalMs: flags.every,
      retention: { maxAgeMs: flags.retention, maxBytes: flags.maxSize },
      signal: abort.signal,
      now: () => context.now(),
      ...(namespace === undefined ? {} : { scope: { namespace, allNamespaces: false } }),
      nodeAccess: flags.nodeAccess === true,
      logLines: flags.logs ? flags.logLines : 0,
      onContainers: (containers) => context.becomeLean?.(containers),
      onStatus: (latest) => status.update(latest),
      onTrouble: (message) => status.trouble(message),
    });
    status.end(last);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new CliError(EXIT.noSource, `Cannot collect: ${error.message}`, fixOf(context, error));
  } finally {
    status.clear();
    stopListening();
    opened.close();
  }
}

function checked(context: CliContext, words: readonly string[], flags: CollectFlags): string {
  const [extra] = words;
  if (extra !== undefined) {
    throw usageError(
      'collect takes no TARGET.',
      'it measures every container in reach; -n narrows it to a namespace.',
    );
  }
  if (flags.filename.length > 0)
    throw usageError('collect measures a cluster; files do not change.', 'leave -f out.');
  if (flags.output !== 'text' && flags.output !== 'json') {
    throw usageError(`collect has no ${flags.output} form.`, 'use text or json');
  }
  if (flags.every < LEAST_EVERY_MS) {
    throw usageError(
      '--every cannot be shorter than 5s.',
      'use 5s or longer; a kubelet has new figures about every 10 to 15 seconds.',
    );
  }
  const path = historyFile(flags, context.env);
  if (path === undefined) {
    throw usageError('collect needs --history.', `${context.program} collect --history history.db`);
  }
  return path;
}

async function open(context: CliContext, flags: CollectFlags, path: string) {
  try {
    return await (await wiringOf(context)).collector(flags, path);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new CliError(EXIT.noSource, `Cannot collect: ${error.message}`, fixOf(context, error));
  }
}

function fixOf(context: CliContext, error: SourceError): string | undefined {
  switch (error.code) {
    case 'forbidden':
      return `see what is missing: ${context.program} check --node-access`;
    case 'unreachable':
    case 'timeout':
    case 'unauthorized':
      return 'check that `kubectl version` answers from here.';
    case 'bad-config':
      return 'check --kubeconfig, KUBECONFIG and --context.';
    default:
      return undefined;
  }
}

/** State: what the status line shows. With -o json one line of JSON per tick goes to stdout instead. */
class StatusTeller {
  readonly #context: CliContext;
  readonly #flags: CollectFlags;
  readonly #path: string;
  #drawn = false;
  #toldAtMs: number | undefined;

  constructor(context: CliContext, flags: CollectFlags, path: string) {
    this.#context = context;
    this.#flags = flags;
    this.#path = path;
  }

  update(status: CollectorStatus): void {
    const { stdout, stderr } = this.#context;
    if (this.#flags.output === 'json') {
      stdout.write(`${JSON.stringify(toWireStatus(status))}\n`);
      return;
    }
    if (this.#flags.quiet === true) return;
    const text = statusLine(status, this.#context.now());
    if (stderr.isTerminal) {
      this.#drawn = true;
      stderr.write(`\r\u001b[K${cutEnd(text, (stderr.columns ?? 80) - 1)}`);
      return;
    }
    if (this.#toldAtMs !== undefined && status.atMs - this.#toldAtMs < PLAIN_EVERY_MS) return;
    this.#toldAtMs = status.atMs;
    stderr.write(`${text}\n`);
  }

  trouble(message: string): void {
    this.clear();
    note(this.#context, this.#flags, message);
  }

  end(status: CollectorStatus): void {
    this.clear();
    if (this.#flags.output === 'json') return;
    const { stdout, program } = this.#context;
    const { store } = status;
    stdout.write(
      `Kept ${count(status.samplesTotal, 'sample')} of ${count(store.containers, 'container')} and ${count(status.deaths, 'death')} in ${cleanLine(this.#path)} (${formatBytes(store.bytes)}).\n`,
    );
    stdout.write(`Read it: ${program} history TARGET --history ${cleanLine(this.#path)}\n`);
  }

  clear(): void {
    if (this.#drawn) this.#context.stderr.write('\r\u001b[K');
    this.#drawn = false;
  }
}

/** A measurement that takes longer is worth saying. */
const SLOW_MS = 2 * SECOND_MS;

/** `Collecting: 1042 containers of 12 nodes, 3 deaths, 18.2 MiB, for 2 h 4 min`, and what is wrong before it. */
function statusLine(status: CollectorStatus, nowMs: number): string {
  const { store, failedNodes, lostTicks, tookMs } = status;
  const parts = [
    `${count(status.samples, 'container')} of ${count(status.nodes, 'node')}`,
    ...(failedNodes.length === 0 ? [] : [`${count(failedNodes.length, 'node')} silent`]),
    ...(lostTicks === 0 ? [] : [`${count(lostTicks, 'measurement')} lost`]),
    ...(tookMs < SLOW_MS ? [] : [`slow (${formatDuration(tookMs)})`]),
    count(status.deaths, 'death'),
    formatBytes(store.bytes),
    ...(store.oldestAtMs === undefined ? [] : [`for ${formatDuration(nowMs - store.oldestAtMs)}`]),
  ];
  return `Collecting: ${parts.join(', ')}`;
}

function toWireStatus(status: CollectorStatus): unknown {
  const { store } = status;
  return {
    apiVersion: 'exit137/v1',
    kind: 'CollectorStatus',
    at: toRfc3339(status.atMs),
    ticks: status.ticks,
    lostTicks: status.lostTicks,
    samples: status.samples,
    samplesTotal: status.samplesTotal,
    unknownContainers: status.unknownContainers,
    pods: status.pods,
    nodes: status.nodes,
    failedNodes: status.failedNodes.map(({ node, why, sinceMs }) => ({
      node,
      why,
      since: toRfc3339(sinceMs),
    })),
    skewedNodes: status.skewedNodes.map(({ node, aheadMs }) => ({ node, aheadSeconds: aheadMs / 1000 })),
    lagSeconds: status.lagMs / 1000,
    tookSeconds: status.tookMs / 1000,
    deaths: status.deaths,
    store: {
      path: store.path,
      bytes: store.bytes,
      containers: store.containers,
      deaths: store.incidents,
      ...(store.oldestAtMs === undefined ? {} : { oldestAt: toRfc3339(store.oldestAtMs) }),
      ...(store.newestAtMs === undefined ? {} : { newestAt: toRfc3339(store.newestAtMs) }),
    },
  };
}
