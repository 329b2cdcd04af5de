/**
 * Events of both APIs in one form: core/v1 (`involvedObject`, `count`, `firstTimestamp`) and events.k8s.io/v1
 * (`regarding`, `note`, `eventTime`, `series`, `deprecated…`). Either API may return events written by the other.
 */
import type { EventCoverage } from '../model/bundle.ts';
import type { EventEvidence, ObjectRef } from '../model/kubernetes.ts';
import { fault, ok, type Result } from '../model/result.ts';
import type { EpochMs } from '../units.ts';
import {
  countOf,
  defined,
  type Fields,
  fieldsOf,
  instantOf,
  isFields,
  messageOf,
  type ParseContext,
  wordOf,
} from './fields.ts';

/** Prefix of client-go's event correlator after ten similar events in ten minutes (tools/record/events_cache.go). */
const COMBINED_PREFIX = '(combined from similar events): ';

/** Fault `event.not-an-event`: no reason, or no object it regards. */
export function parseEvent(raw: unknown, context: ParseContext): Result<EventEvidence> {
  const fields = fieldsOf(raw);
  const reason = wordOf(fields['reason'], 128);
  const about = isFields(fields['involvedObject']) ? fields['involvedObject'] : fieldsOf(fields['regarding']);
  const regarding = referenceOf(about);
  if (reason === undefined || regarding === undefined) {
    return fault('event.not-an-event', 'This is not an event: it lacks a reason or the object it regards.');
  }
  const metadata = fieldsOf(fields['metadata']);
  const namespace = wordOf(metadata['namespace']) ?? regarding.namespace;
  const times = timesOf(fields, metadata);
  const fullMessage = messageOf(fields['message'] ?? fields['note']) ?? '';
  const isCombined = fullMessage.startsWith(COMBINED_PREFIX);
  return ok(
    defined({
      id: eventId(metadata, regarding, `${reason}/${times.lastAtMs ?? ''}`),
      source: context.source,
      namespace,
      type: wordOf(fields['type'], 32),
      reason,
      message: isCombined ? fullMessage.slice(COMBINED_PREFIX.length) : fullMessage,
      regarding,
      container: containerOfFieldPath(about['fieldPath']),
      ...reporterOf(fields),
      ...times,
      count: eventCount(fields),
      combined: isCombined ? true : undefined,
      annotations: annotationsOf(metadata['annotations']),
    }),
  );
}

function eventId(metadata: Fields, regarding: ObjectRef, content: string): string {
  const uid = wordOf(metadata['uid']);
  if (uid !== undefined) return `event:${uid}`;
  const name = wordOf(metadata['name']);
  const namespace = regarding.namespace ?? '';
  if (name !== undefined) return `event:${namespace}/${name}`;
  return `event:${namespace}/${regarding.kind}/${regarding.name}/${content}`;
}

function referenceOf(raw: Fields): ObjectRef | undefined {
  const kind = wordOf(raw['kind']);
  const name = wordOf(raw['name']);
  if (kind === undefined || name === undefined) return undefined;
  return defined({ kind, name, namespace: wordOf(raw['namespace']), uid: wordOf(raw['uid']) });
}

/** `spec.containers{app}`, `spec.initContainers{setup}`, `spec.ephemeralContainers{debug}`. */
function containerOfFieldPath(raw: unknown): string | undefined {
  const path = wordOf(raw, 512);
  return path === undefined
    ? undefined
    : /^spec\.(?:c|initC|ephemeralC)ontainers\{([^{}]{1,253})\}$/.exec(path)?.[1];
}

function reporterOf(fields: Fields) {
  const source = isFields(fields['source']) ? fields['source'] : fieldsOf(fields['deprecatedSource']);
  const reporter =
    wordOf(source['component']) ??
    wordOf(fields['reportingComponent']) ??
    wordOf(fields['reportingController']);
  const sourceHost = wordOf(source['host']);
  // A kubelet's reporting instance is its node; a controller's is the name of its own pod.
  const host = sourceHost ?? (reporter === 'kubelet' ? wordOf(fields['reportingInstance']) : undefined);
  return { reportedBy: reporter, host };
}

function timesOf(fields: Fields, metadata: Fields) {
  const eventAtMs = instantOf(fields['eventTime']);
  const seriesAtMs = instantOf(fieldsOf(fields['series'])['lastObservedTime']);
  const statedFirst = instantOf(fields['firstTimestamp'] ?? fields['deprecatedFirstTimestamp']);
  const statedLast = instantOf(fields['lastTimestamp'] ?? fields['deprecatedLastTimestamp']);
  const firstAtMs = statedFirst ?? eventAtMs ?? statedLast ?? instantOf(metadata['creationTimestamp']);
  const lasts = [seriesAtMs, statedLast, eventAtMs, firstAtMs].filter((ms) => ms !== undefined);
  return { firstAtMs, lastAtMs: lasts.length === 0 ? undefined : Math.max(...lasts) };
}

/** An event that stands alone has no count in the new API; it happened once. */
function eventCount(fields: Fields): number {
  const counts = [fieldsOf(fields['series'])['count'], fields['count'], fields['deprecatedCount']];
  return Math.max(1, ...counts.map((count) => countOf(count) ?? 0));
}

/** The kubelet's eviction annotations (pkg/kubelet/eviction/helpers.go). */
const KEPT_ANNOTATIONS = ['offending_containers', 'offending_containers_usage', 'starved_resource'];

function annotationsOf(raw: unknown): Readonly<Record<string, string>> | undefined {
  if (!isFields(raw)) return undefined;
  const kept: [string, string][] = [];
  for (const key of KEPT_ANNOTATIONS) {
    const value = wordOf(raw[key], 1024);
    if (value !== undefined) kept.push([key, value]);
  }
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/**
 * How far back a list of events reaches. Events expire by the time of their last change, so the oldest *last*
 * instant counts: a first instant from hours ago says nothing about other events of that hour.
 * Without a scope an empty list says nothing, and events of one namespace speak for that namespace only.
 */
export function eventCoverageOf(
  events: readonly EventEvidence[],
  context: ParseContext,
): EventCoverage | undefined {
  if (events.length === 0 && context.eventScope === undefined) return undefined;
  let oldestAtMs: EpochMs | undefined;
  const namespaces = new Set<string | undefined>();
  for (const event of events) {
    namespaces.add(event.namespace);
    if (event.lastAtMs !== undefined && (oldestAtMs === undefined || event.lastAtMs < oldestAtMs)) {
      oldestAtMs = event.lastAtMs;
    }
  }
  // Events without any instant cannot say how far they reach.
  if (events.length > 0 && oldestAtMs === undefined) return undefined;
  const [only] = namespaces;
  const scope = context.eventScope ?? (namespaces.size === 1 ? defined({ namespace: only }) : {});
  return { source: context.source, ...scope, ...defined({ oldestAtMs, readAtMs: context.readAtMs }) };
}
