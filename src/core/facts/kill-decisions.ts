/** The kubelet's decisions to kill a container: `Killing` events and the same decision in its journal. */
import type { ContainerEvidence, EventEvidence, PodEvidence, ProbeSpec } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs, Seconds } from '../units.ts';
import type { KillDecision } from './types.ts';

/** `spec.terminationGracePeriodSeconds` where the spec says nothing (k8s pkg/apis/core/v1/defaults.go). */
export const DEFAULT_GRACE_SECONDS = 30;
/** The kubelet never gives less (`minimumGracePeriodInSeconds`, pkg/kubelet/kuberuntime/kuberuntime_container.go). */
export const MINIMUM_GRACE_SECONDS = 2;
/** Event and status times have one second resolution, and are written by different clocks' ticks. */
const SLACK_MS = 2 * SECOND_MS;

type Decision = KillDecision['decision'];

/** Texts of pkg/kubelet/kuberuntime (1.36), and the `is unhealthy` form of kubelets up to 1.13. */
const DECISION_TEXTS: readonly (readonly [RegExp, Decision])[] = [
  [/failed liveness probe/, 'liveness'],
  [/is unhealthy, it will be killed/, 'liveness'],
  [/failed startup probe/, 'startup'],
  [/FailedPostStartHook|PostStartHook/i, 'poststart'],
  [/definition changed|spec hash changed/i, 'definition-changed'],
  [/resize requires restart/, 'resize'],
  [/^killing$/i, 'restart-all'],
  [/^Stopping container|Need to kill [Pp]od/, 'stopping'],
];

export function decisionOf(message: string): Decision {
  return DECISION_TEXTS.find(([text]) => text.test(message))?.[1] ?? 'other';
}

function probeGrace(probe: ProbeSpec | undefined, pod: PodEvidence | undefined): Seconds {
  return probe?.terminationGraceSeconds ?? pod?.terminationGraceSeconds ?? DEFAULT_GRACE_SECONDS;
}

/** The grace period that a decision grants this container. */
export function graceOf(
  decision: Decision,
  pod: PodEvidence | undefined,
  container: ContainerEvidence | undefined,
): Seconds {
  const byPod = pod?.terminationGraceSeconds ?? DEFAULT_GRACE_SECONDS;
  const grace = ((): Seconds => {
    switch (decision) {
      case 'liveness':
        return probeGrace(container?.livenessProbe, pod);
      case 'startup':
        return probeGrace(container?.startupProbe, pod);
      case 'stopping':
        return pod?.deletionGraceSeconds ?? byPod;
      case 'restart-all':
        return 0;
      case 'poststart':
      case 'definition-changed':
      case 'resize':
      case 'other':
        return byPod;
    }
  })();
  return Math.max(MINIMUM_GRACE_SECONDS, grace);
}

interface Instance {
  readonly pod: PodEvidence | undefined;
  readonly container: ContainerEvidence;
  readonly startedAtMs: EpochMs | undefined;
  readonly diedAtMs: EpochMs | undefined;
  readonly containerId: string | undefined;
}

function concerns(event: EventEvidence, container: string, alone: boolean): boolean {
  if (event.container !== undefined) return event.container === container;
  const words = event.message.split(/[\s,:"]+/);
  return words.includes(container) || alone;
}

/**
 * When this event speaks of the instance: its last occurrence not after the death. A repeated event keeps only its
 * first and last time; if the death lies between, it did occur in this life but the instant is unknown.
 */
function occurrence(
  event: EventEvidence,
  instance: Instance,
): Pick<KillDecision, 'atMs' | 'precisionMs'> | undefined {
  const { startedAtMs, diedAtMs } = instance;
  const { precisionMs = 0 } = event;
  const first = event.firstAtMs ?? event.lastAtMs;
  const last = event.lastAtMs ?? event.firstAtMs;
  if (first === undefined || last === undefined || diedAtMs === undefined) return {};
  const begin = (startedAtMs ?? Number.NEGATIVE_INFINITY) - SLACK_MS;
  for (const at of [last, first]) {
    if (at - precisionMs <= diedAtMs + SLACK_MS && at >= begin)
      return precisionMs === 0 ? { atMs: at } : { atMs: at, precisionMs };
  }
  const spans = first < begin && last > diedAtMs + SLACK_MS && event.count > 2;
  return spans ? {} : undefined;
}

function fromEvents(events: readonly EventEvidence[], instance: Instance): KillDecision[] {
  const alone = instance.pod === undefined || instance.pod.containers.length <= 1;
  return events.flatMap((event) => {
    if (event.reason !== 'Killing' && event.reason !== 'FailedPostStartHook') return [];
    if (!concerns(event, instance.container.name, alone)) return [];
    const when = occurrence(event, instance);
    if (when === undefined) return [];
    const decision = event.reason === 'FailedPostStartHook' ? 'poststart' : decisionOf(event.message);
    return [
      {
        at: 'event' as const,
        message: event.message,
        decision,
        recordId: event.id,
        graceSeconds: graceOf(decision, instance.pod, instance.container),
        ...when,
      },
    ];
  });
}

function fromJournal(records: readonly NodeLogRecord[], instance: Instance): KillDecision[] {
  const grace = records.find((r) => r.kind === 'kubelet-kill' && r.graceSeconds !== undefined);
  return records.flatMap((record) => {
    if (record.kind !== 'kubelet-decision') return [];
    if (record.containerId !== undefined && instance.containerId !== undefined) {
      if (record.containerId !== instance.containerId) return [];
    } else if (!isInLife(record.atMs, instance)) return [];
    const decision = decisionOf(record.message);
    const stated = grace?.kind === 'kubelet-kill' ? grace.graceSeconds : undefined;
    return [
      {
        at: 'journal' as const,
        message: record.message,
        decision,
        recordId: record.id,
        graceSeconds: Math.max(
          MINIMUM_GRACE_SECONDS,
          stated ?? graceOf(decision, instance.pod, instance.container),
        ),
        ...(record.atMs === undefined ? {} : { atMs: record.atMs }),
      },
    ];
  });
}

function isInLife(atMs: EpochMs | undefined, { startedAtMs, diedAtMs }: Instance): boolean {
  if (atMs === undefined || diedAtMs === undefined) return false;
  return atMs <= diedAtMs + SLACK_MS && atMs >= (startedAtMs ?? 0) - SLACK_MS;
}

/** Every decision that concerns this instance, newest first. */
export function killDecisions(
  events: readonly EventEvidence[],
  records: readonly NodeLogRecord[],
  instance: Instance,
): readonly KillDecision[] {
  return [...fromEvents(events, instance), ...fromJournal(records, instance)].toSorted(
    (a, b) => (b.atMs ?? Number.NEGATIVE_INFINITY) - (a.atMs ?? Number.NEGATIVE_INFINITY),
  );
}

export type Timing = 'matches' | 'early' | 'late' | 'unknown';

/**
 * How the death lies to a decision: at the end of the grace period (SIGKILL), before it, or well after. A time that is
 * known only to a unit wider than the tolerance can exclude, and never match.
 */
export function timingOf(decision: KillDecision, diedAtMs: EpochMs | undefined): Timing {
  if (decision.atMs === undefined || diedAtMs === undefined) return 'unknown';
  const graceMs = decision.graceSeconds * SECOND_MS;
  const { precisionMs = 0 } = decision;
  const least = diedAtMs - decision.atMs - graceMs;
  const tolerance = Math.max(3 * SECOND_MS, graceMs * 0.1);
  if (least > tolerance) return 'late';
  if (least + precisionMs < -tolerance) return 'early';
  return precisionMs > tolerance ? 'unknown' : 'matches';
}
