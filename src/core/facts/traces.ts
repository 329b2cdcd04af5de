/** Deaths of pods that are not in the evidence: only events or a node's journal still tell of them. */
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { readKillLine } from '../parse/kernel-log/kill-line.ts';
import { MINUTE_MS, SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';
import type { Death } from './deaths.ts';
import { containerIdOfKill, objectKey, podKey } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import { decisionOf } from './kill-decisions.ts';

/** Source of a kernel report that only an event about its node tells of. */
export const NODE_EVENTS = 'node events';

/** One kill as the kernel, the runtime and systemd write it down. */
const SAME_KILL_MS = 5 * SECOND_MS;

/** Reasons of events that prove an end even when the pod object is gone. */
const TRACE_REASONS: ReadonlySet<string> = new Set([
  'Killing',
  'Evicted',
  'Preempting',
  'Preempted',
  'TaintManagerEviction',
]);

/** Pods that are gone but whose events remain. */
export function tracesOfEvents(index: BundleIndex): Death[] {
  const deaths: Death[] = [];
  for (const [key, events] of index.eventsByObject) {
    const first = events[0];
    if (first === undefined || first.regarding.kind !== 'Pod') continue;
    const namespace = first.regarding.namespace ?? first.namespace ?? '';
    if (key !== objectKey('Pod', namespace, first.regarding.name)) continue;
    if (index.podByName.has(podKey(namespace, first.regarding.name))) continue;
    const killing = events.filter((e) => TRACE_REASONS.has(e.reason));
    if (killing.length === 0) continue;
    const nodeName = killing.find(({ host }) => host !== undefined)?.host;
    const pod = vanishedPod(namespace, first.regarding.name, {
      uid: first.regarding.uid,
      source: 'events',
      nodeName,
    });
    const names = [...new Set(killing.map((e) => e.container).filter((name) => name !== undefined))];
    if (names.length === 0) deaths.push(endOf(index, killing, pod));
    for (const name of names) {
      const own = killing.filter(({ container }) => container === undefined || container === name);
      deaths.push(endOf(index, own, pod, name));
    }
  }
  return deaths;
}

/** One container's end (or the whole pod's) as its events tell it; the node's journal may add the ID and the exit. */
function endOf(
  index: BundleIndex,
  killing: readonly EventEvidence[],
  pod: PodEvidence,
  container?: string,
): Death {
  const toldAtMs = killing.map((e) => e.lastAtMs ?? e.firstAtMs).findLast((at) => at !== undefined);
  const containerId = container === undefined ? undefined : loggedIdOf(index, pod, container, toldAtMs);
  const atMs = (containerId === undefined ? undefined : exitOf(index, containerId, toldAtMs)) ?? toldAtMs;
  const stoppedOnly = killing.every((e) => e.reason === 'Killing' && decisionOf(e.message) === 'stopping');
  return {
    subject: { kind: 'trace', stoppedOnly },
    pod,
    ...(container === undefined ? {} : { container: bareContainer(container) }),
    ...(containerId === undefined ? {} : { containerId }),
    ...(atMs === undefined ? {} : { atMs }),
  };
}

/** The ID that the kubelet's journal gives the container around the time of its events. */
function loggedIdOf(
  index: BundleIndex,
  pod: PodEvidence,
  container: string,
  toldAtMs: EpochMs | undefined,
): string | undefined {
  const keys = [pod.uid, podKey(pod.namespace, pod.name)].filter((key) => key !== undefined);
  const lines = keys.flatMap((key) => index.nodeLogByPod.get(key) ?? []);
  const line = lines.findLast(
    (record) =>
      'container' in record &&
      record.container === container &&
      record.containerId !== undefined &&
      toldAtMs !== undefined &&
      record.atMs !== undefined &&
      Math.abs(record.atMs - toldAtMs) <= MINUTE_MS,
  );
  return line !== undefined && 'containerId' in line ? line.containerId : undefined;
}

/** When the runtime saw the container end, at that time or later. */
function exitOf(index: BundleIndex, containerId: string, fromMs: EpochMs = 0): EpochMs | undefined {
  const lines = index.nodeLogByContainer.get(containerId) ?? [];
  return lines.find((line) => line.kind === 'task-exit' && (line.atMs ?? 0) >= fromMs - SAME_KILL_MS)?.atMs;
}

function vanishedPod(
  namespace: string,
  name: string,
  known: { readonly uid: string | undefined; readonly source: string; readonly nodeName: string | undefined },
): PodEvidence {
  const { uid, source, nodeName } = known;
  return {
    id: `vanished:${namespace}/${name}`,
    origin: 'api',
    source,
    namespace,
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(nodeName === undefined ? {} : { nodeName }),
    conditions: [],
    memoryVolumes: [],
    containers: [],
  };
}

function bareContainer(name: string): ContainerEvidence {
  return { name, role: 'main', environment: [], requests: {}, limits: {} };
}

const JOURNAL_TRACES = [
  'kubelet-decision',
  'eviction',
  'oomd-kill',
  'task-oom',
  'scope-oom',
  'sigkill-sent',
] as const;

type JournalTrace = Extract<NodeLogRecord, { kind: (typeof JOURNAL_TRACES)[number] }>;

function isJournalTrace(record: NodeLogRecord): record is JournalTrace {
  return JOURNAL_TRACES.some((kind) => kind === record.kind);
}

/**
 * Lines that prove an end whose pod is not in the evidence: decisions and evictions of the kubelet, OOM kills and stops
 * that the runtime saw, kills by systemd-oomd. One death per container instance; what events or the kernel's own report
 * already show is not told twice.
 */
export function tracesOfJournals(index: BundleIndex, told: readonly Death[]): Death[] {
  const seen = new Set<string>(told.flatMap(keysOf));
  // Looked through for every line, so only what can match.
  const unnamed = index.bundle.kernelKills.filter((kill) => containerIdOfKill(kill) === undefined);
  return index.bundle.nodeLog.flatMap((record) => {
    if (!isJournalTrace(record)) return [];
    if (isKnown(index, record) || toldByKernel(index, record, unnamed)) return [];
    const death = traceOf(index, record);
    // cgroup v1 tells the sandbox of an OOM in its pod too; its ID is in no status.
    if (death.pod !== undefined && index.podByName.has(podKey(death.pod.namespace, death.pod.name)))
      return [];
    const key =
      record.containerId ??
      `${podNameOf(record) ?? record.podUid ?? ''}/${record.container ?? ''}/${record.atMs ?? ''}`;
    if (seen.has(key) || keysOf(death).some((other) => seen.has(other))) return [];
    seen.add(key);
    return [death];
  });
}

/** By what a death that events tell is known again in a journal: its container's ID, else its container's name. */
function keysOf({ containerId, pod, container }: Death): readonly string[] {
  const name = pod === undefined ? [] : [`${podKey(pod.namespace, pod.name)}/${container?.name ?? ''}`];
  return containerId === undefined ? name : [containerId, ...name];
}

function podNameOf({ namespace, pod }: JournalTrace): string | undefined {
  return namespace === undefined || pod === undefined ? undefined : podKey(namespace, pod);
}

function isKnown(index: BundleIndex, record: JournalTrace): boolean {
  const { containerId, podUid } = record;
  const name = podNameOf(record);
  if (containerId !== undefined && index.podByContainerId.has(containerId)) return true;
  if (podUid !== undefined && index.podByUid.has(podUid)) return true;
  if (name !== undefined && index.podByName.has(name)) return true;
  return containerId === undefined && podUid === undefined && name === undefined;
}

/** The runtime's and systemd's lines follow the kernel's report of the same kill. */
function toldByKernel(
  index: BundleIndex,
  { kind, containerId, atMs }: JournalTrace,
  unnamed: readonly KernelOomKill[],
): boolean {
  if (kind !== 'task-oom' && kind !== 'scope-oom') return false;
  if (containerId !== undefined && index.killsByContainer.has(containerId)) return true;
  return unnamed.some(
    (kill) => kill.atMs === undefined || atMs === undefined || Math.abs(kill.atMs - atMs) <= SAME_KILL_MS,
  );
}

function traceOf(index: BundleIndex, record: JournalTrace): Death {
  const { containerId, nodeName, source } = record;
  const lines = containerId === undefined ? [] : (index.nodeLogByContainer.get(containerId) ?? []);
  const named = [record, ...lines].find((line) => 'pod' in line && line.pod !== undefined);
  const { namespace, pod, podUid, container } = named !== undefined && 'pod' in named ? named : record;
  const uid =
    podUid ??
    lines.flatMap((line) => ('podUid' in line && line.podUid !== undefined ? [line.podUid] : []))[0];
  const exitMs = containerId === undefined ? undefined : exitOf(index, containerId, record.atMs);
  const atMs = exitMs ?? record.atMs;
  const name = record.container ?? container;
  return {
    subject: { kind: 'trace', stoppedOnly: isPlainStop(record) },
    ...(pod === undefined ? {} : { pod: vanishedPod(namespace ?? '', pod, { uid, source, nodeName }) }),
    ...(name === undefined ? {} : { container: bareContainer(name) }),
    ...(containerId === undefined ? {} : { containerId }),
    ...(atMs === undefined ? {} : { atMs }),
  };
}

function isPlainStop(record: JournalTrace): boolean {
  return record.kind === 'kubelet-decision' && decisionOf(record.message) === 'stopping';
}

/**
 * OOM kills that only events about the node, or the kubelet's log, tell of: `SystemOOM` (pkg/kubelet/oom/oom_watcher_linux.go)
 * and `OOMKilling` of node-problem-detector, which repeats the kernel's kill line. They name a host pid and no pod, so
 * they are told only where neither the kernel's report nor an OOMKilled container of that node and time is there.
 */
export function tracesOfNodeEvents(index: BundleIndex): Death[] {
  const seen = new Set<string>();
  const pids = new Set(
    index.bundle.kernelKills.flatMap(({ victim, killed }) => [victim?.pid, ...killed.map(({ pid }) => pid)]),
  );
  const told = [
    ...index.bundle.events.map((event) => killOfEvent(event)),
    ...index.bundle.nodeLog.map((record) => killOfRecord(record)),
  ];
  return told.flatMap((kill) => {
    const { victim } = kill ?? {};
    if (kill === undefined || victim === undefined) return [];
    const key = `${kill.nodeName ?? ''}/${victim.pid}`;
    if (seen.has(key) || pids.has(victim.pid) || isExplained(index, kill)) return [];
    seen.add(key);
    return [
      {
        subject: { kind: 'kernel' as const },
        kernelKills: [kill],
        ...(kill.atMs === undefined ? {} : { atMs: kill.atMs }),
      },
    ];
  });
}

/** An OOMKilled container of that node and time is the same death, told better. */
function isExplained(index: BundleIndex, { atMs, nodeName = '' }: KernelOomKill): boolean {
  const ended = index.endedByNode.get(nodeName) ?? [];
  return ended.some(
    (one) => one.reason === 'OOMKilled' && (atMs === undefined || Math.abs(one.atMs - atMs) <= MINUTE_MS),
  );
}

interface ToldKill {
  readonly id: string;
  readonly nodeName: string | undefined;
  readonly atMs: EpochMs | undefined;
  readonly scope: KernelOomKill['scope'];
  readonly victim: NonNullable<KernelOomKill['victim']>;
  readonly text: string;
}

function killOfEvent(event: EventEvidence): KernelOomKill | undefined {
  const process = event.regarding.kind === 'Node' ? victimOf(event) : undefined;
  if (process === undefined) return undefined;
  const atMs = event.lastAtMs ?? event.firstAtMs;
  return killOf({ id: event.id, nodeName: event.regarding.name, atMs, text: event.message, ...process });
}

/** The kubelet's OOM watcher writes the same into its log. */
function killOfRecord(record: NodeLogRecord): KernelOomKill | undefined {
  if (record.kind !== 'system-oom' || record.pid === undefined || record.comm === undefined) return undefined;
  const { id, nodeName, atMs, pid, comm, line } = record;
  return killOf({ id, nodeName, atMs, scope: 'global', victim: { pid, comm }, text: line });
}

function killOf({ id, nodeName, atMs, scope, victim, text }: ToldKill): KernelOomKill {
  return {
    id,
    source: NODE_EVENTS,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(atMs === undefined ? {} : { atMs }),
    scope,
    victim,
    killed: [victim],
    groupKill: false,
    processes: [],
    processCount: 0,
    pageSizeBytes: 4096,
    outcome: 'killed',
    complete: false,
    excerpt: [text.slice(0, 400)],
  };
}

function victimOf(
  event: EventEvidence,
):
  | { readonly scope: KernelOomKill['scope']; readonly victim: NonNullable<KernelOomKill['victim']> }
  | undefined {
  if (event.reason === 'SystemOOM') {
    const named = /victim process: (.{1,32}?), pid: (\d{1,10})/.exec(event.message);
    return named?.[1] === undefined
      ? undefined
      : { scope: 'global', victim: { pid: Number(named[2]), comm: named[1] } };
  }
  if (event.reason !== 'OOMKilling') return undefined;
  const line = readKillLine(event.message.trim());
  if (line?.kind !== 'killed') return undefined;
  return { scope: line.scope ?? 'unknown', victim: line.process };
}
