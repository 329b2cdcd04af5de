/** Reads a bundle of any origin: checks every property, brings older versions up, drops what cannot be right. */
import {
  BUNDLE_VERSION,
  MOST_HISTORIES,
  type EventCoverage,
  type EvidenceBundle,
  type EvidenceGap,
  type SourceReport,
} from './bundle.ts';
import { emptyBundle } from './merge.ts';
import { fault, ok, type Result } from './result.ts';
import { BAD, list, type Notes, oneOf, opt, record, type Shape } from './shape.ts';
import { instant, message, name, reference, word } from './shapes-basic.ts';
import { eventShape, nodeShape, podShape, workloadShape } from './shapes-kubernetes.ts';
import {
  cgroupShape,
  kernelKillShape,
  logCoverageShape,
  logTailShape,
  nodeLogShape,
  nodeSampleShape,
  sampleShape,
} from './shapes-node.ts';
import { historyShape } from './shapes-series.ts';

export { emptyBundle } from './merge.ts';

/** Records of one list beyond this are dropped: ten times the largest cluster this is made for. */
const MAX_RECORDS = 500_000;

const sourceShape: Shape<SourceReport> = record<SourceReport>({
  name: reference,
  state: oneOf('read', 'partial', 'failed', 'not-asked'),
  detail: opt(message),
});

const gapShape: Shape<EvidenceGap> = record<EvidenceGap>({
  id: reference,
  what: message,
  cost: message,
  kind: oneOf(
    'pod',
    'pod-events',
    'node',
    'node-events',
    'owner-events',
    'workload',
    'kernel-log',
    'node-log',
    'cgroup',
    'usage',
    'container-log',
    'input',
  ),
  namespace: opt(name),
  pod: opt(name),
  nodeName: opt(name),
  permission: opt(
    record<NonNullable<EvidenceGap['permission']>>({ verb: name, resource: name, namespace: opt(name) }),
  ),
  file: opt(reference),
  place: opt(word),
  fix: opt(message),
  command: opt(message),
});

const eventCoverageShape: Shape<EventCoverage> = record<EventCoverage>({
  source: reference,
  namespace: opt(name),
  regarding: opt(record<NonNullable<EventCoverage['regarding']>>({ kind: name, name })),
  oldestAtMs: opt(instant),
  readAtMs: opt(instant),
});

type ListKey = {
  [K in keyof EvidenceBundle]-?: EvidenceBundle[K] extends readonly unknown[] ? K : never;
}[keyof EvidenceBundle];

const LISTS: { readonly [K in ListKey]: Shape<EvidenceBundle[K]> } = {
  sources: list(sourceShape, MAX_RECORDS),
  gaps: list(gapShape, MAX_RECORDS),
  pods: list(podShape, MAX_RECORDS),
  nodes: list(nodeShape, MAX_RECORDS),
  workloads: list(workloadShape, MAX_RECORDS),
  events: list(eventShape, MAX_RECORDS),
  eventCoverage: list(eventCoverageShape, MAX_RECORDS),
  kernelKills: list(kernelKillShape, MAX_RECORDS),
  nodeLog: list(nodeLogShape, MAX_RECORDS),
  logCoverage: list(logCoverageShape, MAX_RECORDS),
  cgroups: list(cgroupShape, MAX_RECORDS),
  samples: list(sampleShape, MAX_RECORDS),
  nodeSamples: list(nodeSampleShape, MAX_RECORDS),
  logTails: list(logTailShape, MAX_RECORDS),
};

const historiesShape = list(historyShape, MOST_HISTORIES);

/** Whether a parsed JSON document claims to be a bundle. */
export function isBundle(raw: unknown): boolean {
  return typeof raw === 'object' && raw !== null && 'kind' in raw && raw.kind === 'EvidenceBundle';
}

/**
 * The bundle, with bad records left out and one gap per list that lost some. Never throws. Faults:
 * `bundle.not-a-bundle`, `bundle.version` (another version of the format), `bundle.time` (no `collectedAtMs`).
 */
export function readBundle(raw: unknown): Result<EvidenceBundle> {
  if (!isBundle(raw)) return fault('bundle.not-a-bundle', 'This is not an exit137 evidence bundle.');
  const fields = raw as Readonly<Record<string, unknown>>;
  const version = versionOf(fields);
  if (!version.ok) return version;
  const collectedAtMs = instant(fields['collectedAtMs'], { dropped: [], count: 0 }, 'collectedAtMs');
  if (collectedAtMs === BAD) {
    return fault('bundle.time', 'The bundle does not say when it was collected (collectedAtMs).');
  }
  const cluster = typeof fields['cluster'] === 'string' ? word(fields['cluster'], noNotes(), '') : BAD;
  const gaps: EvidenceGap[] = [];
  const lists = Object.fromEntries(
    (Object.keys(LISTS) as ListKey[]).map((key) => [
      key,
      checkedList<unknown>(key, LISTS[key], { raw: fields[key], gaps }) ?? [],
    ]),
  ) as unknown as Pick<EvidenceBundle, ListKey>;
  const histories = checkedList('histories', historiesShape, { raw: fields['histories'], gaps });
  return ok({
    ...emptyBundle(collectedAtMs),
    ...(cluster === BAD ? {} : { cluster }),
    ...lists,
    ...(histories === undefined || histories.length === 0 ? {} : { histories }),
    gaps: [...lists.gaps, ...gaps],
  });
}

function noNotes(): Notes {
  return { dropped: [], count: 0 };
}

function versionOf(fields: Readonly<Record<string, unknown>>): Result<number> {
  const apiVersion = fields['apiVersion'];
  const version = fields['bundleVersion'];
  if (apiVersion === 'exit137/v1' && version === BUNDLE_VERSION) return ok(BUNDLE_VERSION);
  const found = typeof version === 'number' ? `version ${version}` : 'no version';
  const isNewer = typeof version === 'number' && version > BUNDLE_VERSION;
  const advice = isNewer ? ' It was written by a newer exit137.' : '';
  return fault(
    'bundle.version',
    `The bundle has ${found}; this exit137 reads version ${BUNDLE_VERSION}.${advice}`,
  );
}

interface RawList {
  readonly raw: unknown;
  /** What could not be right is added here. */
  readonly gaps: EvidenceGap[];
}

function checkedList<T>(key: string, shape: Shape<T>, { raw, gaps }: RawList): T | undefined {
  if (raw === undefined || raw === null) return undefined;
  const notes = noNotes();
  const checked = shape(raw, notes, key);
  if (checked === BAD || notes.count > 0) gaps.push(gapOf(key, notes));
  return checked === BAD ? undefined : checked;
}

function gapOf(key: string, notes: Notes): EvidenceGap {
  const what =
    notes.count === 0
      ? `${key} of the bundle are not a list`
      : `${notes.count} bad values in ${key} of the bundle`;
  return {
    id: `gap:bundle/${key}`,
    what,
    cost: 'These values are not part of the evidence.',
    kind: 'input',
    place: notes.dropped.join(', ').slice(0, 1024) || key,
  };
}
