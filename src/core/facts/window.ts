/** The span in which the evidence of one death must lie, and whether sources still cover it. */
import type { EventCoverage, EvidenceBundle } from '../model/bundle.ts';
import type { EventEvidence, PodEvidence } from '../model/kubernetes.ts';
import { HOUR_MS, SECOND_MS } from '../units.ts';
import type { EpochMs, Seconds } from '../units.ts';

/** Evidence of a death may lie this long before it at least (a probe needs several periods to fail). */
const BEFORE_SECONDS = 300;
/** Room above the grace period: hooks, slow kubelets. */
const GRACE_MARGIN_SECONDS = 60;
/** The runtime reports an exit, and the kubelet writes its events, up to this long after it. */
const AFTER_SECONDS = 30;

/** Default `--event-ttl` of the API server, less five minutes for what happened around the death. */
const EVENTS_LIVE_MS = HOUR_MS - 5 * 60 * SECOND_MS;

/** The first events of a pod (Scheduled or FailedScheduling) come within a second of its creation; times have whole seconds. */
const FIRST_EVENTS_MS = 5 * SECOND_MS;

export interface Window {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** W = [death − max(300 s, grace + 60 s), death + 30 s]. */
export function deathWindow(diedAtMs: EpochMs, graceSeconds: Seconds): Window {
  const before = Math.max(BEFORE_SECONDS, graceSeconds + GRACE_MARGIN_SECONDS);
  return { fromMs: diedAtMs - before * SECOND_MS, toMs: diedAtMs + AFTER_SECONDS * SECOND_MS };
}

export function within(window: Window | undefined, atMs: EpochMs | undefined): boolean {
  return window !== undefined && atMs !== undefined && atMs >= window.fromMs && atMs <= window.toMs;
}

function concernsPod(coverage: EventCoverage, pod: PodEvidence): boolean {
  if (coverage.namespace !== undefined && coverage.namespace !== pod.namespace) return false;
  const { regarding } = coverage;
  return regarding === undefined || (regarding.kind === 'Pod' && regarding.name === pod.name);
}

/**
 * Would an event of the window still be there? `yes` if the list was read soon enough after it, or reaches
 * back beyond it; only then does a missing event mean something.
 */
export function eventsCover(
  bundle: EvidenceBundle,
  pod: PodEvidence | undefined,
  window: Window | undefined,
): 'yes' | 'no' | 'unknown' {
  if (pod === undefined || window === undefined) return 'unknown';
  const lists = bundle.eventCoverage.filter((coverage) => concernsPod(coverage, pod));
  if (lists.length === 0) return 'no';
  const reaches = lists.some(({ oldestAtMs, readAtMs }) => {
    // An empty list proves nothing: every start leaves events, so they were removed or never kept. Neither does a list
    // of unknown age without an older event.
    if (oldestAtMs === undefined) return false;
    const early = oldestAtMs <= window.fromMs;
    if (early || readAtMs === undefined) return early;
    // Where not even one event from before the death is left, they may have been removed; so they were where a young
    // pod's first ones (scheduled, pulled) are missing.
    const diedAtMs = window.toMs - AFTER_SECONDS * SECOND_MS;
    if (pod.createdAtMs !== undefined && readAtMs - pod.createdAtMs <= EVENTS_LIVE_MS) {
      if (oldestAtMs > pod.createdAtMs + FIRST_EVENTS_MS) return false;
    }
    return oldestAtMs <= diedAtMs && readAtMs >= diedAtMs && readAtMs - window.fromMs <= EVENTS_LIVE_MS;
  });
  return reaches ? 'yes' : 'no';
}

/**
 * The kubelet writes 25 events about one pod at once and then one every five minutes; what is left out still counts in
 * `count` (client-go tools/record/events_cache.go, EventSourceObjectSpamFilter). A pod that restarts for an hour has
 * long passed that, and a missing event means nothing.
 */
const SPAM_BURST = 25;

export function eventsAreLimited(events: readonly EventEvidence[]): boolean {
  const told = events.filter(({ reportedBy }) => (reportedBy ?? 'kubelet') === 'kubelet');
  return told.reduce((sum, { count }) => sum + count, 0) > SPAM_BURST;
}

/** A log of this kind and node that was being written before and after the death. */
export function logCovers(
  bundle: EvidenceBundle,
  logs: readonly ('kernel' | 'kubelet' | 'runtime')[],
  at: { readonly nodeName: string | undefined; readonly diedAtMs: EpochMs | undefined },
): boolean {
  const { nodeName, diedAtMs } = at;
  if (diedAtMs === undefined) return false;
  return bundle.logCoverage.some((coverage) => {
    if (!logs.some((log) => log === coverage.log)) return false;
    if (coverage.nodeName !== undefined && nodeName !== undefined && coverage.nodeName !== nodeName)
      return false;
    const { fromMs, toMs } = coverage;
    return fromMs !== undefined && toMs !== undefined && fromMs <= diedAtMs && toMs >= diedAtMs;
  });
}
