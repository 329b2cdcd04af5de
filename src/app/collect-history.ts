/**
 * The collector: measures every container again and again, keeps the figures, and keeps a bundle of each death.
 *
 *   startCollector({ source, store, feed, intervalMs, retention, signal, now, random?, nodeAccess, logLines,
 *                    onStatus?, onTrouble?, onDeath? }): Promise<CollectorStatus>
 *
 * `source` and `feed` come from `sources/kubernetes` (`createCollectorSources(connectOptions, { nodeAccess })` gives
 * `{ source, feed, close }`), `store` from `store/history/store.ts` (`openHistoryStore(path)`), `intervalMs` is 15,000
 * unless the user wants otherwise, `retention` is `{ maxAgeMs, maxBytes }`. Resolves after `signal` aborts, with the
 * last status, when the last tick is on the disk; the caller closes the store. Rejects with `SourceError` only for what
 * waiting cannot heal.
 */
import type { PodEvidence } from '../core/model/kubernetes.ts';
import { HOUR_MS, MINUTE_MS, type EpochMs, type Milliseconds } from '../core/units.ts';
import { createClock } from './collect-clock.ts';
import { createPodRegistry, tickOf, type PodRegistry, type TickDraft } from './collect-pods.ts';
import type { HistoryStore, Retention, SampleSource, StoreStatus, Tick } from './collect-ports.ts';
import { createRound, type NodeFailure } from './collect-round.ts';
import type { Scope } from './ports.ts';
import { SourceError } from './ports.ts';
import { deathName, recordDeaths, type DeathFeed, type DeathNotice } from './record.ts';

export interface CollectorOptions {
  readonly source: SampleSource;
  readonly store: HistoryStore;
  readonly feed: DeathFeed;
  readonly intervalMs: Milliseconds;
  readonly retention: Retention;
  readonly signal: AbortSignal;
  readonly now: () => EpochMs;
  /** 0 to 1; spreads the requests. */
  readonly random?: () => number;
  /** Everything unless told. */
  readonly scope?: Scope;
  /** What the bundle of a death may ask for. */
  readonly nodeAccess: boolean;
  readonly logLines: number;
  /** How many there are, at each pod that comes or changes: what the memory must suffice for. */
  readonly onContainers?: (containers: number) => void;
  /** After each tick. */
  readonly onStatus?: (status: CollectorStatus) => void;
  readonly onTrouble?: (message: string) => void;
  readonly onDeath?: (death: { readonly notice: DeathNotice; readonly path: string }) => void;
}

/** How the loop does, for people and for metrics. */
export interface CollectorStatus {
  readonly atMs: EpochMs;
  readonly ticks: number;
  /** Ticks that could not be written, or that were left out because the one before took too long. */
  readonly lostTicks: number;
  /** Figures of the last tick, and since the start. */
  readonly samples: number;
  readonly samplesTotal: number;
  /** Of containers that the watch of pods does not know (yet). */
  readonly unknownContainers: number;
  readonly pods: number;
  readonly nodes: number;
  /** Nodes that did not answer in the last tick, or are left alone for a while because they did not before. */
  readonly failedNodes: readonly NodeFailure[];
  /** Nodes whose clock is more than a minute off. */
  readonly skewedNodes: readonly { readonly node: string; readonly aheadMs: Milliseconds }[];
  /** How much later than planned the last tick began, and how long it took. */
  readonly lagMs: Milliseconds;
  readonly tookMs: Milliseconds;
  readonly deaths: number;
  readonly store: StoreStatus;
}

/** A death longer ago than this has lost its events already. */
const BACKLOG_MS = HOUR_MS;

interface Collecting extends CollectorOptions {
  readonly registry: PodRegistry;
  deaths: number;
  readonly tell: (message: string) => void;
}

export async function startCollector(options: CollectorOptions): Promise<CollectorStatus> {
  const abort = new AbortController();
  const signal = AbortSignal.any([options.signal, abort.signal]);
  const collecting: Collecting = {
    ...options,
    signal,
    registry: createPodRegistry(),
    deaths: 0,
    tell: troubleTeller(options),
  };
  const ready = Promise.withResolvers<void>();
  const watching = watchDeaths(collecting, ready.resolve);
  // A watch that fails for good ends the collector; the loop's own end ends the watch.
  watching.then(ready.resolve, () => abort.abort()).catch(() => undefined);
  try {
    await Promise.race([ready.promise, watching.then(() => undefined), aborted(signal)]);
    return await loop(collecting);
  } finally {
    abort.abort();
    await watching;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The same trouble at every tick is told once in ten minutes. */
function troubleTeller({ onTrouble, now }: CollectorOptions): (message: string) => void {
  const told = new Map<string, EpochMs>();
  return (message) => {
    const before = told.get(message);
    if (before !== undefined && now() - before < 10 * MINUTE_MS) return;
    if (told.size > 200) told.clear();
    told.set(message, now());
    onTrouble?.(message);
  };
}

/** One watch of pods serves both: who is there, and who died. */
async function watchDeaths(collecting: Collecting, onReady: () => void): Promise<void> {
  const { feed, store, registry, signal, now } = collecting;
  const scope = collecting.scope ?? { allNamespaces: true };
  await recordDeaths({
    feed: {
      ...feed,
      watch: (options) => {
        let backlog: DeathNotice[] | undefined = [];
        return feed.watch({
          ...options,
          onPod: (pod, gone) => {
            registry.note(pod, gone);
            if (!gone) collecting.onContainers?.(registry.containers);
            backlog?.push(...recentEnds(pod, now()));
          },
          onReady: (pods) => {
            // Who died while no collector ran is kept too, as long as the evidence is there.
            for (const notice of backlog ?? [])
              if (!store.deaths.has(deathName(notice, now()))) options.onDeath(notice);
            backlog = undefined;
            options.onReady?.(pods);
            onReady();
          },
        });
      },
      collect: (notice, request) => feed.collect(notice, request),
    },
    request: {
      target: { kind: 'all' },
      scope,
      depth: 'why',
      nodeAccess: collecting.nodeAccess,
      logLines: collecting.logLines,
      signal,
    },
    sink: store.deaths,
    now,
    onRecorded: ({ notice, path }) => {
      collecting.deaths += 1;
      collecting.onDeath?.({ notice, path });
    },
    onTrouble: (message) => collecting.tell(message),
  });
}

function recentEnds(pod: PodEvidence, nowMs: EpochMs): readonly DeathNotice[] {
  return pod.containers.flatMap(({ name, status }) =>
    [status?.state, status?.lastState].flatMap((state) => {
      if (state?.kind !== 'terminated' || state.termination.exitCode === 0) return [];
      const atMs = state.termination.finishedAtMs;
      if (atMs === undefined || nowMs - atMs > BACKLOG_MS) return [];
      return [{ pod, container: name, atMs, deleted: false }];
    }),
  );
}

/** Ticks until the signal aborts. */
async function loop(collecting: Collecting): Promise<CollectorStatus> {
  const { source, store, signal, registry, intervalMs, now } = collecting;
  const random = collecting.random ?? Math.random;
  const clock = createClock({ intervalMs, now, random, signal });
  const round = createRound({ source, intervalMs, now, tell: collecting.tell });
  const total = { ticks: 0, lostTicks: 0, samples: 0 };
  let status: CollectorStatus | undefined;
  let newestAtMs = store.status().newestAtMs ?? 0;
  const isFirst = (): boolean => total.ticks + total.lostTicks === 0;
  for (;;) {
    const planned = await clock.next();
    if (planned === undefined) break;
    const atMs = now();
    const draft: TickDraft = { atMs, identities: [], samples: [], unknown: 0 };
    const answers = await round.read(registry.nodes(), signal, (readings) => registry.addTo(draft, readings));
    if (isFirst() && answers.nothing !== undefined && isPermanent(answers.nothing)) throw answers.nothing;
    if (signal.aborted) break;
    const tick = tickOf(draft, store);
    const isWritten = writeTick(collecting, tick, newestAtMs);
    if (isWritten) newestAtMs = atMs;
    total.ticks += isWritten ? 1 : 0;
    total.lostTicks += (isWritten ? 0 : 1) + planned.missed;
    total.samples += tick.samples.length;
    store
      .maintain(collecting.retention, atMs)
      .catch((error: unknown) => collecting.tell(error instanceof Error ? error.message : String(error)));
    status = {
      atMs,
      ...total,
      samples: tick.samples.length,
      samplesTotal: total.samples,
      unknownContainers: draft.unknown,
      pods: registry.size,
      nodes: answers.nodes,
      failedNodes: answers.failures,
      skewedNodes: answers.skewed,
      lagMs: Math.max(0, atMs - planned.atMs),
      tookMs: now() - atMs,
      deaths: collecting.deaths,
      store: store.status(),
    };
    collecting.onStatus?.(status);
  }
  return status ?? emptyStatus(collecting);
}

/** What trying again in fifteen seconds will not heal. */
function isPermanent({ code }: SourceError): boolean {
  return code === 'forbidden' || code === 'unauthorized' || code === 'not-found' || code === 'bad-config';
}

function emptyStatus({ now, store, registry, deaths }: Collecting): CollectorStatus {
  return {
    atMs: now(),
    ticks: 0,
    lostTicks: 0,
    samples: 0,
    samplesTotal: 0,
    unknownContainers: 0,
    pods: registry.size,
    nodes: 0,
    failedNodes: [],
    skewedNodes: [],
    lagMs: 0,
    tookMs: 0,
    deaths,
    store: store.status(),
  };
}

/** A full disk loses this tick, not the collector. */
function writeTick(collecting: Collecting, tick: Tick, newestAtMs: EpochMs): boolean {
  if (tick.atMs <= newestAtMs) {
    const ahead = new Date(newestAtMs).toISOString();
    collecting.tell(
      `the history already reaches to ${ahead}, which is later than this machine's clock says now. Nothing is kept until then: check the clock`,
    );
    return false;
  }
  try {
    collecting.store.write(tick);
    return true;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    collecting.tell(error.message);
    return false;
  }
}
