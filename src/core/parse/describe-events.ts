/** The `Events:` table at the end of `kubectl describe`. */
import type { EventCoverage } from '../model/bundle.ts';
import type { EventEvidence, ObjectRef } from '../model/kubernetes.ts';
import type { EpochMs, Milliseconds } from '../units.ts';
import { type Section, tableOf } from './describe-lines.ts';
import { eventCoverageOf } from './event.ts';
import { defined, messageOf, type ParseContext, wordOf } from './fields.ts';
import { agePrecisionMs, parseDuration } from './time.ts';

const MAX_EVENTS = 2000;
const COMBINED_PREFIX = '(combined from similar events): ';

/** A row as printed. */
export interface EventRow {
  readonly type: string;
  readonly reason: string;
  readonly from: string;
  readonly message: string;
  readonly count: number;
  readonly lastAgeMs?: Milliseconds;
  readonly firstAgeMs?: Milliseconds;
  readonly fieldPath?: string;
}

/** Rows of either form: `Type Reason Age From Message`, or up to 1.6 `FirstSeen LastSeen Count From SubObjectPath …`. */
export function eventRows(section: Section | undefined): readonly EventRow[] {
  const rows = tableOf(section?.lines ?? [], /^\s*(?:Type\s+Reason|FirstSeen\s+LastSeen)\s/, isEventRow);
  return rows.slice(0, MAX_EVENTS).map(rowOf);
}

function isEventRow(cells: ReadonlyMap<string, string>): boolean {
  return /^(?:Normal|Warning)$/.test(cells.get('Type') ?? '') && (cells.get('Reason') ?? '') !== '';
}

function rowOf(cells: ReadonlyMap<string, string>): EventRow {
  const cell = (name: string): string => cells.get(name) ?? '';
  // `87s (x23 over 6m33s)`
  const age = /^(\S{1,24})(?: \(x(\d{1,9}) over (\S{1,24})\))?/.exec(cell('Age') || cell('LastSeen'));
  const lastAgeMs = parseDuration(age?.[1] ?? '');
  return defined({
    type: cell('Type'),
    reason: cell('Reason'),
    from: cell('From'),
    message: cell('Message'),
    count: Math.max(1, Number(age?.[2] ?? (/^\d{1,9}$/.exec(cell('Count'))?.[0] || 1))),
    lastAgeMs,
    firstAgeMs:
      parseDuration(age?.[3] ?? cell('FirstSeen')) ?? (age?.[2] === undefined ? lastAgeMs : undefined),
    fieldPath: cell('SubObjectPath') === '' ? undefined : cell('SubObjectPath'),
  });
}

/**
 * The instant at which the text was printed, where the pod itself tells: the kubelet sets the start time within about
 * a second of the `Scheduled` event, whose age is printed. Only while that age is exact to the second (under ten
 * minutes), so that the error stays below the tolerance of the judgement; otherwise ages stay ages.
 */
export function referenceFromStart(
  rows: readonly EventRow[],
  startedAtMs: EpochMs | undefined,
  newestAtMs: EpochMs | undefined,
): EpochMs | undefined {
  const scheduled = rows.find((row) => row.reason === 'Scheduled' && row.count === 1);
  if (startedAtMs === undefined || scheduled?.lastAgeMs === undefined) return undefined;
  if (agePrecisionMs(scheduled.lastAgeMs) > 1000) return undefined;
  const referenceAtMs = startedAtMs + scheduled.lastAgeMs;
  // Nothing in the text can be newer than the text.
  return newestAtMs !== undefined && newestAtMs > referenceAtMs ? newestAtMs : referenceAtMs;
}

/** Rows to evidence. Without a reference instant an age gives no instant at all. */
export function describedEvents(
  rows: readonly EventRow[],
  about: {
    readonly regarding: ObjectRef;
    readonly containers: readonly string[];
    readonly referenceAtMs?: EpochMs;
  },
  context: ParseContext,
): readonly EventEvidence[] {
  const { regarding, containers, referenceAtMs } = about;
  return rows.map((row, index) => {
    const message = messageOf(row.message) ?? '';
    const isCombined = message.startsWith(COMBINED_PREFIX);
    // `kubelet, node-1` up to 1.2x
    const [reporter, host] = row.from.split(', ');
    return defined({
      id: `event:describe/${context.source}/${regarding.namespace ?? ''}/${regarding.name}/${index}`,
      source: context.source,
      namespace: regarding.namespace,
      type: row.type,
      reason: wordOf(row.reason, 128) ?? '',
      message: isCombined ? message.slice(COMBINED_PREFIX.length) : message,
      regarding,
      container: containerOfRow(row, message, containers),
      reportedBy: wordOf(reporter),
      host: wordOf(host),
      ...timesOf(row, referenceAtMs),
      count: row.count,
      combined: isCombined ? (true as const) : undefined,
    });
  });
}

function timesOf(row: EventRow, referenceAtMs: EpochMs | undefined) {
  if (referenceAtMs === undefined || row.lastAgeMs === undefined) return {};
  const coarse = agePrecisionMs(row.lastAgeMs);
  return defined({
    firstAtMs: row.firstAgeMs === undefined ? undefined : referenceAtMs - row.firstAgeMs,
    lastAtMs: referenceAtMs - row.lastAgeMs,
    precisionMs: coarse,
  });
}

/** The kubelet's texts that name their container (pkg/kubelet/kuberuntime). The table leaves the field path out. */
const CONTAINER_TEXTS: readonly RegExp[] = [
  /^(?:Started|Created|Stopping) container:? (\S{1,253})$/,
  /^Container (\S{1,253}) (?:failed|definition changed|resize requires)/,
  /\brestarting failed container (\S{1,253}) in pod /,
  /^Error: failed to start container "([^"]{1,253})"/,
  /^Killing container with id [a-z-]{1,20}:\/\/([^\s:]{1,253}):/,
];
const CONTAINER_REASONS = new Set([
  'Killing',
  'Unhealthy',
  'BackOff',
  'Created',
  'Started',
  'Pulled',
  'Failed',
]);

function containerOfRow(row: EventRow, message: string, containers: readonly string[]): string | undefined {
  const fromPath = /\{([^{}]{1,253})\}/.exec(row.fieldPath ?? '')?.[1];
  if (fromPath !== undefined) return fromPath;
  for (const pattern of CONTAINER_TEXTS) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined && (containers.length === 0 || containers.includes(name))) return name;
  }
  const isKubelet = row.from.startsWith('kubelet') && CONTAINER_REASONS.has(row.reason);
  return isKubelet && containers.length === 1 ? containers[0] : undefined;
}

/** `describe` lists every event of its object; ages without a reference do not say how far back that is. */
export function describedCoverage(
  events: readonly EventEvidence[],
  regarding: ObjectRef,
  context: ParseContext,
): EventCoverage | undefined {
  if (regarding.name === '') return undefined;
  const { namespace, kind, name } = regarding;
  const eventScope = defined({ namespace, regarding: { kind, name } });
  return eventCoverageOf(events, { ...context, eventScope });
}
