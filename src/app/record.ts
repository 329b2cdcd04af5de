/** Keeps evidence: once for a target, or, watching, a bundle of each death as it happens. */
import type { BundlePart, EvidenceBundle } from '../core/model/bundle.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import { mergeParts } from '../core/model/merge.ts';
import type { EpochMs } from '../core/units.ts';
import { collectAll, type Collection } from './collect.ts';
import type { CollectRequest, EvidenceSource, Scope, Target } from './ports.ts';
import { SourceError } from './ports.ts';
import { wait } from './wait.ts';

/** Where bundles go. Writes whole or not at all; throws `SourceError` (`unreadable`) where it cannot or must not. */
export interface BundleSink {
  write(
    name: string,
    text: string,
    /** The death that the bundle is of, where it is of one. */
    notice?: DeathNotice,
  ): Promise<{ readonly path: string; readonly bytes: number }>;
}

/** What a bundle holds, to be shown before it is mailed. */
export interface BundleSummary {
  readonly counts: readonly { readonly what: string; readonly count: number }[];
  /** Places where a credential was taken out. */
  readonly redactions: number;
  readonly logLines: number;
  readonly bytes: number;
}

export interface RecordAsk {
  readonly sources: readonly EvidenceSource[];
  readonly request: CollectRequest;
  readonly sink: BundleSink;
  /** Suggested to the sink. */
  readonly name: string;
  readonly now: () => EpochMs;
}

export interface Recorded {
  readonly path: string;
  readonly bundle: EvidenceBundle;
  readonly summary: BundleSummary;
  readonly failures: Collection['failures'];
  readonly interrupted: boolean;
}

/** Undefined `recorded` = no source gave anything, and nothing was written. */
export async function record(
  ask: RecordAsk,
): Promise<{ readonly recorded?: Recorded; readonly failures: Collection['failures'] }> {
  const { parts, failures, interrupted } = await collectAll(ask.sources, ask.request);
  if (parts.length === 0) return { failures };
  const bundle = bundleOf(parts, ask.now());
  const text = bundleText(bundle);
  const { path, bytes } = await ask.sink.write(ask.name, text);
  return {
    recorded: { path, bundle, summary: summarize(bundle, text, bytes), failures, interrupted },
    failures,
  };
}

export function bundleOf(parts: readonly BundlePart[], nowMs: EpochMs): EvidenceBundle {
  const instants = parts.map(({ collectedAtMs }) => collectedAtMs).filter((atMs) => atMs !== undefined);
  return mergeParts(parts, { collectedAtMs: instants.length === 0 ? nowMs : Math.max(...instants) });
}

export function bundleText(bundle: EvidenceBundle): string {
  return `${JSON.stringify(bundle)}\n`;
}

const COUNTED = [
  ['pods', 'pods'],
  ['nodes', 'nodes'],
  ['workloads', 'workloads and revisions'],
  ['events', 'events'],
  ['kernelKills', 'kernel OOM reports'],
  ['nodeLog', 'node log lines'],
  ['cgroups', 'cgroup readings'],
  ['samples', 'memory samples'],
  ['logTails', 'container logs'],
  ['histories', 'memory histories'],
  ['gaps', 'gaps'],
] as const;

export function summarize(bundle: EvidenceBundle, text: string, bytes: number): BundleSummary {
  return {
    counts: COUNTED.map(([key, what]) => ({ what, count: bundle[key]?.length ?? 0 })).filter(
      ({ count }) => count > 0,
    ),
    redactions: text.split('[redacted]').length - 1,
    logLines: bundle.logTails.reduce((lines, tail) => lines + tail.lines.length, 0),
    bytes,
  };
}

/** A death that was just seen, with the last state of its pod. */
export interface DeathNotice {
  readonly pod: PodEvidence;
  readonly container?: string;
  readonly atMs?: EpochMs;
  /** The pod object is gone; `pod` is what was seen last. */
  readonly deleted: boolean;
}

export interface DeathFeedOptions {
  readonly scope: Scope;
  /** Narrows further, to the pods of a target. */
  readonly wanted?: (pod: PodEvidence) => boolean;
  readonly signal: AbortSignal;
  /** Called while the watch goes on: must not take long. */
  readonly onDeath: (notice: DeathNotice) => void;
  /** Every state of every pod as it comes, also those of the first list. `gone` = the object is deleted. */
  readonly onPod?: (pod: PodEvidence, gone: boolean) => void;
  /** The first list is read. */
  readonly onReady?: (pods: number) => void;
  readonly onTrouble?: (message: string, retryMs: number) => void;
}

/** Which pods of a watch belong to a target, by name and owner alone; undefined = all. */
export function podsOfTarget(target: Target): ((pod: PodEvidence) => boolean) | undefined {
  if (target.kind !== 'object') return undefined;
  const { name, objectKind } = target;
  return (pod) => {
    const { owner } = pod;
    switch (objectKind) {
      case undefined:
        return pod.name === name || pod.name.startsWith(`${name}-`) || owner?.name === name;
      case 'Pod':
        return pod.name === name;
      case 'Deployment':
        return (
          owner?.kind === 'ReplicaSet' && owner.name === `${name}-${pod.labels?.['pod-template-hash'] ?? ''}`
        );
      case 'CronJob':
        // A CronJob's Jobs are named NAME-MINUTES (pkg/controller/cronjob/utils.go).
        return (
          owner?.kind === 'Job' &&
          owner.name.startsWith(`${name}-`) &&
          /^\d+$/.test(owner.name.slice(name.length + 1))
        );
      default:
        return owner?.kind === objectKind && owner.name === name;
    }
  };
}

/** A cluster that is watched. Implemented by sources/kubernetes. */
export interface DeathFeed {
  readonly name: string;
  /** Until `signal` aborts. Throws `SourceError` only for what waiting cannot heal. */
  watch(options: DeathFeedOptions): Promise<void>;
  /** All about the pod of the notice, also when it is gone. */
  collect(notice: DeathNotice, request: CollectRequest): Promise<BundlePart>;
}

export interface WatchAsk {
  readonly feed: DeathFeed;
  readonly request: CollectRequest;
  readonly wanted?: (pod: PodEvidence) => boolean;
  readonly sink: BundleSink;
  readonly now: () => EpochMs;
  /** Events and the next state often come a moment after the death: then it is looked at once more. */
  readonly settleMs?: number;
  readonly onRecorded?: (recorded: {
    readonly notice: DeathNotice;
    readonly path: string;
    readonly summary: BundleSummary;
  }) => void;
  readonly onReady?: (pods: number) => void;
  readonly onTrouble?: (message: string) => void;
}

export interface WatchResult {
  readonly recorded: number;
  /** Deaths whose evidence could not be kept. */
  readonly failed: number;
  /** Deaths beyond the queue: a whole cluster going down at once. */
  readonly dropped: number;
}

/** Deaths that are collected at the same time; those that wait for their second look take no place. */
const PARALLEL = 4;
/** Deaths that were looked at once and wait: each holds what was read of it, about a megabyte. */
const WAITING_TO_SETTLE = 24;
const QUEUE_LENGTH = 500;
const SETTLE_MS = 3000;

/** Keeps a bundle per death until the signal aborts; what is under way then is still finished with what was read. */
export async function recordDeaths(ask: WatchAsk): Promise<WatchResult> {
  const count = { recorded: 0, failed: 0, dropped: 0 };
  const waiting: DeathNotice[] = [];
  const active = new Set<Promise<void>>();
  const places = new Places(PARALLEL);
  let bug: { readonly error: unknown } | undefined;
  const pump = (): void => {
    while (active.size < PARALLEL + WAITING_TO_SETTLE) {
      const notice = waiting.shift();
      if (notice === undefined) return;
      const job: Promise<void> = keep(ask, notice, places)
        .then(
          () => void (count.recorded += 1),
          (error: unknown) => {
            count.failed += 1;
            ask.onTrouble?.(
              `${notice.pod.namespace}/${notice.pod.name}: ${error instanceof Error ? error.message : String(error)}`,
            );
            // A bug of ours must not end the watch over the deaths to come; it is told at the end.
            if (!(error instanceof SourceError)) bug ??= { error };
          },
        )
        .finally(() => {
          active.delete(job);
          pump();
        });
      active.add(job);
    }
  };
  const onDeath = (notice: DeathNotice): void => {
    if (waiting.length >= QUEUE_LENGTH) count.dropped += 1;
    else waiting.push(notice);
    pump();
  };
  const { scope, signal } = ask.request;
  await ask.feed.watch({
    scope,
    signal,
    onDeath,
    ...(ask.wanted === undefined ? {} : { wanted: ask.wanted }),
    ...(ask.onReady === undefined ? {} : { onReady: ask.onReady }),
    onTrouble: (message) => ask.onTrouble?.(message),
  });
  while (active.size > 0) await Promise.all(active);
  rethrow(bug);
  return count;
}

function rethrow(bug: { readonly error: unknown } | undefined): void {
  if (bug !== undefined) throw bug.error;
}

/** Room for so many at a time; the rest wait in the order in which they came. */
class Places {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async with<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => void this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

async function keep(ask: WatchAsk, notice: DeathNotice, places: Places): Promise<void> {
  const { signal } = ask.request;
  const parts: BundlePart[] = [{ pods: [notice.pod] }];
  for (const waitMs of [0, ask.settleMs ?? SETTLE_MS]) {
    await wait(waitMs, signal);
    if (signal.aborted) break;
    parts.push(await places.with(() => collectOrGap(ask, notice)));
  }
  const bundle = bundleOf(parts, ask.now());
  const text = bundleText(bundle);
  const { path, bytes } = await ask.sink.write(deathName(notice, ask.now()), text, notice);
  ask.onRecorded?.({ notice, path, summary: summarize(bundle, text, bytes) });
}

/** A cluster that does not answer must not cost what was seen already. */
async function collectOrGap(ask: WatchAsk, notice: DeathNotice): Promise<BundlePart> {
  try {
    return await ask.feed.collect(notice, ask.request);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    const { namespace, name } = notice.pod;
    ask.onTrouble?.(`${namespace}/${name}: ${error.message}`);
    const cost = `Only the last state of the pod is kept: ${error.message}`;
    return {
      gaps: [
        {
          id: `gap:record/${namespace}/${name}`,
          what: `evidence around pod ${name}`,
          cost,
          kind: 'input',
          namespace,
          pod: name,
        },
      ],
    };
  }
}

/** Sorts by time. Names are the cluster's own and hostile: the sink makes them safe. */
export function deathName(notice: DeathNotice, nowMs: EpochMs): string {
  const { pod, container } = notice;
  const at = new Date(notice.atMs ?? nowMs).toISOString().slice(0, 19).replaceAll(':', '');
  const what = container ?? (notice.deleted ? 'deleted' : 'pod');
  return [`${at}Z`, pod.namespace, pod.name, what, (pod.uid ?? '').slice(0, 8)]
    .filter((part) => part !== '')
    .join('_');
}
