/**
 * What a node measures of its containers, as a collector asks for it again and again: the kubelet's
 * `/metrics/resource` (Prometheus text, about a tenth of `/metrics/cadvisor`) and its Summary API.
 */
import type { Bytes, EpochMs, Milliseconds } from '../units.ts';
import { MINUTE_MS } from '../units.ts';
import { readLabels, readNumber } from './exposition.ts';
import { countOf, fieldsOf, instantOf, itemsOf, MAX_NAME_CHARS, wordOf } from './fields.ts';
import { parsePodMetrics } from './metrics.ts';
import { cleanText } from './redact.ts';

/** One container as a node measured it a moment ago. */
export interface NodeReading {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly workingSetBytes?: Bytes;
  readonly rssBytes?: Bytes;
  /** Start of the container that was measured. */
  readonly startedAtMs?: EpochMs;
  /** Received by the pod since it started, the same on each of its containers. */
  readonly networkBytes?: number;
}

export interface NodeReadings {
  readonly readings: readonly NodeReading[];
  /** The newest instant that stands at a figure, by the node's clock. */
  readonly newestAtMs?: EpochMs;
  /** Figures that were not understood, too many, or of a container that is long gone. */
  readonly dropped: number;
}

/** pkg/kubelet/metrics/collectors/resource_metrics.go. */
const WORKING_SET = 'container_memory_working_set_bytes';
const START_TIME = 'container_start_time_seconds';

const LINE_CHARS = 8192;
/** A node runs hundreds of containers, not this many. */
const MOST_READINGS = 10_000;
/** A figure this much older than the newest of the same answer is of a container that ended. */
const STALE_MS: Milliseconds = 2 * MINUTE_MS;

type Draft = { -readonly [K in keyof NodeReading]: NodeReading[K] } & { atMs?: EpochMs };

export interface ResourceMetricsReader {
  /** One line of the page, without its line break. */
  push(line: string): void;
  end(): NodeReadings;
}

/** Reads `/metrics/resource`. Lines of other metrics are passed over, broken ones are counted. */
export function createResourceMetricsReader(): ResourceMetricsReader {
  const byLabels = new Map<string, Draft | undefined>();
  let dropped = 0;
  return {
    push(line) {
      const isWorkingSet = line.startsWith(WORKING_SET) && line[WORKING_SET.length] === '{';
      if (!isWorkingSet && !(line.startsWith(START_TIME) && line[START_TIME.length] === '{')) return;
      const close = line.lastIndexOf('}');
      const number = line.length > LINE_CHARS || close < 0 ? undefined : readNumber(line.slice(close + 1));
      const draft = number === undefined ? undefined : draftOf(line, close, byLabels);
      if (number === undefined || draft === undefined || number.value < 0) {
        dropped += 1;
        return;
      }
      if (isWorkingSet) {
        draft.workingSetBytes = Math.min(Math.round(number.value), Number.MAX_SAFE_INTEGER);
        if (number.atMs !== undefined) draft.atMs = number.atMs;
      } else {
        const startedAtMs = Math.round(number.value * 1000);
        // 0 is what a runtime says of a container that never started.
        if (startedAtMs > 0 && Number.isSafeInteger(startedAtMs)) draft.startedAtMs = startedAtMs;
      }
    },
    end: () => finish([...byLabels.values()], dropped),
  };
}

/** The labels of one container are the same text on each of its lines: they are taken apart once. */
function draftOf(line: string, close: number, byLabels: Map<string, Draft | undefined>): Draft | undefined {
  const open = line.indexOf('{');
  const text = line.slice(open, close + 1);
  if (byLabels.has(text)) return byLabels.get(text);
  if (byLabels.size >= MOST_READINGS) return undefined;
  const labels = new Map<string, string>();
  const draft =
    readLabels(line, open + 1, labels) === close
      ? {
          namespace: cleanText(labels.get('namespace') ?? '', MAX_NAME_CHARS),
          pod: cleanText(labels.get('pod') ?? '', MAX_NAME_CHARS),
          container: cleanText(labels.get('container') ?? '', MAX_NAME_CHARS),
        }
      : undefined;
  const isNamed = draft !== undefined && draft.pod !== '' && draft.container !== '';
  byLabels.set(text, isNamed ? draft : undefined);
  return isNamed ? draft : undefined;
}

/** Reads the kubelet's Summary (stats/v1alpha1). Empty if it is none. */
export function readSummary(raw: unknown): NodeReadings {
  const { pods } = fieldsOf(raw);
  const drafts: Draft[] = [];
  for (const item of Array.isArray(pods) ? (pods as readonly unknown[]) : []) {
    const pod = fieldsOf(item);
    const reference = fieldsOf(pod['podRef']);
    const name = wordOf(reference['name']);
    if (name === undefined) continue;
    const networkBytes = countOf(fieldsOf(pod['network'])['rxBytes']);
    for (const entry of itemsOf(pod['containers'])) {
      const draft = summaryDraft(fieldsOf(entry));
      if (draft === undefined) continue;
      const namespace = wordOf(reference['namespace']) ?? '';
      drafts.push({
        ...draft,
        namespace,
        pod: name,
        ...(networkBytes === undefined ? {} : { networkBytes }),
      });
    }
  }
  const kept = drafts.slice(0, MOST_READINGS);
  return finish(kept, drafts.length - kept.length);
}

function summaryDraft(fields: Readonly<Record<string, unknown>>): Draft | undefined {
  const container = wordOf(fields['name']);
  if (container === undefined) return undefined;
  const memory = fieldsOf(fields['memory']);
  const workingSetBytes = countOf(memory['workingSetBytes']);
  const rssBytes = countOf(memory['rssBytes']);
  const startedAtMs = instantOf(fields['startTime']);
  const atMs = instantOf(memory['time']);
  return {
    namespace: '',
    pod: '',
    container,
    ...(workingSetBytes === undefined ? {} : { workingSetBytes }),
    ...(rssBytes === undefined ? {} : { rssBytes }),
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(atMs === undefined ? {} : { atMs }),
  };
}

/** The containers of one PodMetrics object of metrics.k8s.io. */
export function readPodMetrics(raw: unknown): readonly NodeReading[] {
  return parsePodMetrics(raw, { source: 'metrics' }).map(
    ({ namespace, pod, container, workingSetBytes }) => ({
      namespace,
      pod,
      container,
      ...(workingSetBytes === undefined ? {} : { workingSetBytes }),
    }),
  );
}

/** Stale figures are left out; of two answers for one container (just restarted) the one that started later stays. */
function finish(drafts: readonly (Draft | undefined)[], dropped: number): NodeReadings {
  const known = drafts.filter((draft) => draft !== undefined);
  const newestAtMs = known.reduce((newest, { atMs }) => Math.max(newest, atMs ?? 0), 0);
  const readings = new Map<string, NodeReading>();
  let stale = 0;
  for (const { atMs, ...reading } of known) {
    const isStale = atMs !== undefined && newestAtMs - atMs > STALE_MS;
    if (isStale) stale += 1;
    if (isStale || (reading.workingSetBytes === undefined && reading.rssBytes === undefined)) continue;
    const key = `${reading.namespace}/${reading.pod}/${reading.container}`;
    const other = readings.get(key);
    if (other === undefined || (reading.startedAtMs ?? 0) >= (other.startedAtMs ?? 0))
      readings.set(key, reading);
  }
  return {
    readings: [...readings.values()],
    ...(newestAtMs > 0 ? { newestAtMs } : {}),
    dropped: dropped + stale,
  };
}
