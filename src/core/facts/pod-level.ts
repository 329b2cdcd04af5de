/** What was done to the pod as a whole: deletion, disruption, eviction. */
import type { EventEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { parseEvictionMessage } from '../parse/eviction.ts';
import { SECOND_MS } from '../units.ts';
import type { DeathFacts, ParsedEviction } from './types.ts';

/**
 * `deletionTimestamp` already is the request plus the grace. The kubelet's last delete, once the containers have
 * ended, sets the grace to 0 and the timestamp back to the request (apiserver pkg/registry/rest BeforeDelete); only
 * finalizers keep such a pod. The grace that its containers had was the spec's.
 */
export function deletionOf(pod: PodEvidence | undefined): DeathFacts['deletion'] {
  if (pod?.deletionAtMs === undefined) return undefined;
  const ofSpec = pod.terminationGraceSeconds ?? 30;
  const added = pod.deletionGraceSeconds ?? ofSpec;
  const requestedAtMs = pod.deletionAtMs - added * SECOND_MS;
  const graceSeconds = added === 0 ? ofSpec : added;
  return { requestedAtMs, graceSeconds, endsAtMs: requestedAtMs + graceSeconds * SECOND_MS };
}

export function disruptionOf(pod: PodEvidence | undefined): DeathFacts['disruption'] {
  const condition = pod?.conditions.find((c) => c.type === 'DisruptionTarget' && c.status === 'True');
  if (condition === undefined) return undefined;
  return {
    ...(condition.reason === undefined ? {} : { reason: condition.reason }),
    message: condition.message ?? '',
    ...(condition.lastTransitionAtMs === undefined ? {} : { atMs: condition.lastTransitionAtMs }),
  };
}

/** Texts that may hold the kubelet's eviction message, best first. */
function evictionTexts(pod: PodEvidence | undefined, events: readonly EventEvidence[]) {
  const status =
    pod?.statusReason === 'Evicted' && pod.statusMessage !== undefined
      ? [{ text: pod.statusMessage, recordId: pod.id, source: 'pod status' }]
      : [];
  // kubernetes#105467: the reason may be empty while the condition carries the text.
  const disruption = disruptionOf(pod);
  const condition =
    pod !== undefined && disruption?.reason === 'TerminationByKubelet'
      ? [{ text: disruption.message, recordId: pod.id, source: 'pod condition' }]
      : [];
  const warnings = events
    .filter((e) => e.reason === 'Evicted' && e.type !== 'Normal' && (e.reportedBy ?? 'kubelet') === 'kubelet')
    .map((e) => ({ text: e.message, recordId: e.id, source: 'events' }));
  return [...status, ...condition, ...warnings];
}

export function evictionOf(
  pod: PodEvidence | undefined,
  events: readonly EventEvidence[],
): Pick<DeathFacts, 'eviction' | 'evictionText'> {
  for (const candidate of evictionTexts(pod, events)) {
    const eviction = parseEvictionMessage(candidate.text);
    if (eviction !== undefined) return { eviction, evictionText: candidate };
  }
  return refusedAgain(pod, events);
}

const CONDITION_RESOURCES: readonly (readonly [RegExp, ParsedEviction['resource']])[] = [
  [/\bMemoryPressure\b/, 'memory'],
  [/\bDiskPressure\b/, 'ephemeral-storage'],
  [/\bPIDPressure\b/, 'pids'],
];

/**
 * A kubelet that starts on a node under pressure admits its pods anew, refuses some, and stops what runs of them: the
 * text of a refusal, and a real end (seen on 1.34.4: event `Evicted`, "The node had condition: [DiskPressure]. ").
 */
function refusedAgain(
  pod: PodEvidence | undefined,
  events: readonly EventEvidence[],
): Pick<DeathFacts, 'eviction' | 'evictionText'> {
  const ran = pod?.containers.some(({ status }) => status?.state?.kind === 'terminated') === true;
  for (const evictionText of ran ? evictionTexts(pod, events) : []) {
    const conditions = /\bThe node had condition: \[([^\]]{0,512})\]/i.exec(evictionText.text)?.[1] ?? '';
    const resource = CONDITION_RESOURCES.find(([name]) => name.test(conditions))?.[1];
    if (resource !== undefined) return { eviction: { resource, consumers: [] }, evictionText };
  }
  return {};
}

/** Resources as the eviction manager's lines name them (k8s pkg/kubelet/eviction/eviction_manager.go). */
const JOURNAL_RESOURCES: readonly (readonly [RegExp, ParsedEviction['resource']])[] = [
  [/\bmemory\b/, 'memory'],
  [/\bephemeral-storage\b/, 'ephemeral-storage'],
  [/\binodes\b/, 'inodes'],
  [/\bpids\b/, 'pids'],
];

/** Which resource the kubelet's journal says it was reclaiming when it evicted. */
export function evictionOfJournal(
  records: readonly NodeLogRecord[],
): Pick<DeathFacts, 'eviction' | 'evictionText'> {
  const evicted = records.some((record) => record.kind === 'eviction' && record.pod !== undefined);
  for (const record of evicted ? records : []) {
    if (record.kind !== 'eviction') continue;
    const resource = JOURNAL_RESOURCES.find(([name]) => name.test(record.message))?.[1];
    if (resource === undefined) continue;
    return {
      eviction: { resource, consumers: [] },
      evictionText: { text: record.message, recordId: record.id, source: 'kubelet journal' },
    };
  }
  return {};
}
