/** Words to write evidence with: pods, containers, events, nodes, journal lines, samples. All instants are of 2026-10-02, UTC. */
import { createHash } from 'node:crypto';
import type { BundlePart, EvidenceBundle } from '../../src/core/model/bundle.ts';
import type {
  Condition,
  ContainerEvidence,
  ContainerRole,
  ContainerState,
  ContainerTermination,
  EventEvidence,
  HookSpec,
  NodeEvidence,
  ObjectRef,
  PodEvidence,
  ProbeSpec,
  ResourceAmounts,
  WorkloadEvidence,
} from '../../src/core/model/kubernetes.ts';
import type { ContainerLogTail, LogCoverage, NodeLogRecord } from '../../src/core/model/node-log.ts';
import type { CgroupMemoryEvents, CgroupReading } from '../../src/core/model/kernel.ts';
import type { MemorySample } from '../../src/core/model/usage.ts';
import type { EpochMs } from '../../src/core/units.ts';
import { MIB } from '../../src/core/units.ts';

export const NODE = 'worker-7';

/** `14:03:10` → that instant on 2026-10-02, UTC. */
export function t(clock: string): EpochMs {
  return Date.parse(`2026-10-02T${clock}Z`);
}

/** A 64-digit id that is always the same for the same label. */
export function hex(label: string): string {
  return createHash('sha256').update(label).digest('hex');
}

/** A UUID that is always the same for the same label. */
export function uid(label: string): string {
  const h = hex(label);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20, 32)}`;
}

export function mib(count: number): number {
  return Math.round(count * MIB);
}

// ---- containers and pods ------------------------------------------------------------------------------------------

type Ended = Omit<ContainerTermination, 'containerId'>;

/** A state before its container id is known; `pod()` fills the id in. */
type Draft =
  | { readonly kind: 'running'; readonly startedAtMs?: EpochMs }
  | { readonly kind: 'waiting'; readonly reason?: string; readonly message?: string }
  | { readonly kind: 'terminated'; readonly ended: Ended; readonly id?: string | null };

export function running(from: string): Draft {
  return { kind: 'running', startedAtMs: t(from) };
}

export function waiting(reason: string, message?: string): Draft {
  return { kind: 'waiting', reason, ...(message === undefined ? {} : { message }) };
}

/** `died(137, 'OOMKilled', '14:00:00', '14:30:02')`; without instants the API showed none. */
export function died(exitCode: number, reason: string, ...when: readonly string[]): Draft {
  const [from, to] = when;
  return {
    kind: 'terminated',
    ended: {
      exitCode,
      reason,
      ...(from === undefined ? {} : { startedAtMs: from === 'epoch' ? 0 : t(from) }),
      ...(to === undefined ? {} : { finishedAtMs: t(to) }),
    },
  };
}

/** The same death with the text the API shows beside it; `placeholder` = the record carries no container id. */
export function saying(draft: Draft, message: string, placeholder = false): Draft {
  if (draft.kind !== 'terminated') return draft;
  return { kind: 'terminated', ended: { ...draft.ended, message }, ...(placeholder ? { id: null } : {}) };
}

export interface ContainerInput {
  readonly role?: ContainerRole;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly requestMiB?: number;
  readonly limitMiB?: number;
  readonly liveness?: ProbeSpec;
  readonly readiness?: ProbeSpec;
  readonly startup?: ProbeSpec;
  readonly preStop?: HookSpec;
  readonly postStart?: HookSpec;
  readonly now?: Draft;
  readonly last?: Draft;
  readonly restarts?: number;
  readonly ready?: boolean;
  readonly actualLimitMiB?: number;
  readonly actualRequestMiB?: number;
  readonly mounts?: readonly string[];
  readonly restartsAllContainers?: boolean;
  readonly stopSignal?: string;
  /** The kubelet never wrote a status for it. */
  readonly noStatus?: boolean;
}

function amounts(memoryMiB: number | undefined): ResourceAmounts {
  return memoryMiB === undefined ? {} : { memoryBytes: mib(memoryMiB) };
}

function state(draft: Draft, containerId: string): ContainerState {
  if (draft.kind !== 'terminated') return draft;
  const named = draft.id === null ? {} : { containerId: draft.id ?? containerId };
  return { kind: 'terminated', termination: { ...draft.ended, ...named } };
}

/** The id of a container's life number `life` (0 = the first). */
export function lifeId(podName: string, container: string, life: number): string {
  return hex(`${podName}/${container}#${life}`);
}

function status(podName: string, name: string, input: ContainerInput): ContainerEvidence['status'] {
  const restarts = input.restarts ?? (input.last === undefined ? 0 : 1);
  const nowId = lifeId(podName, name, restarts);
  const lastId = lifeId(podName, name, restarts - 1);
  const waits = input.now?.kind === 'waiting';
  const lost = input.now?.kind === 'terminated' && input.now.id === null;
  const shown = waits ? (input.last === undefined ? undefined : lastId) : lost ? undefined : nowId;
  return {
    ...(shown === undefined ? {} : { containerId: shown }),
    restartCount: restarts,
    ready: input.ready ?? input.now?.kind === 'running',
    ...(input.now === undefined ? {} : { state: state(input.now, nowId) }),
    ...(input.last === undefined ? {} : { lastState: state(input.last, waits ? lastId : lastId) }),
    ...(input.actualLimitMiB === undefined ? {} : { actualLimits: amounts(input.actualLimitMiB) }),
    ...(input.actualRequestMiB === undefined ? {} : { actualRequests: amounts(input.actualRequestMiB) }),
  };
}

export type ContainerDraft = (podName: string) => ContainerEvidence;

export function container(name: string, input: ContainerInput): ContainerDraft {
  return (podName) => {
    const current = input.noStatus === true ? undefined : status(podName, name, input);
    return {
      name,
      role: input.role ?? 'main',
      image: input.image ?? 'registry.example/shop/api:4.2.0',
      ...(input.command === undefined ? {} : { command: input.command }),
      ...(input.args === undefined ? {} : { args: input.args }),
      environment: Object.entries(input.env ?? {}).map(([key, value]) => ({ name: key, value })),
      requests: amounts(input.requestMiB ?? input.limitMiB),
      limits: amounts(input.limitMiB),
      ...(input.liveness === undefined ? {} : { livenessProbe: input.liveness }),
      ...(input.readiness === undefined ? {} : { readinessProbe: input.readiness }),
      ...(input.startup === undefined ? {} : { startupProbe: input.startup }),
      ...(input.preStop === undefined ? {} : { preStop: input.preStop }),
      ...(input.postStart === undefined ? {} : { postStart: input.postStart }),
      ...(input.stopSignal === undefined ? {} : { stopSignal: input.stopSignal }),
      ...(input.restartsAllContainers === undefined
        ? {}
        : { restartsAllContainers: input.restartsAllContainers }),
      ...(input.mounts === undefined ? {} : { memoryVolumeMounts: input.mounts }),
      ...(current === undefined ? {} : { status: current }),
    };
  };
}

export function httpProbe(more: Partial<ProbeSpec> = {}): ProbeSpec {
  return { handler: 'http', periodSeconds: 10, timeoutSeconds: 1, failureThreshold: 3, ...more };
}

export function execProbe(...command: readonly string[]): ProbeSpec {
  return { handler: 'exec', command, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
}

type PodInput = Partial<Omit<PodEvidence, 'containers' | 'name'>> & {
  readonly name: string;
  readonly containers: readonly ContainerDraft[];
  readonly replicaSet?: string;
  readonly job?: string;
  /** Not bound to a node yet. */
  readonly unscheduled?: boolean;
};

export function pod(input: PodInput): PodEvidence {
  const { name, containers, replicaSet, job, unscheduled, ...more } = input;
  const namespace = more.namespace ?? 'shop';
  const owner: ObjectRef | undefined =
    replicaSet !== undefined
      ? { kind: 'ReplicaSet', name: replicaSet, namespace, uid: uid(replicaSet) }
      : job !== undefined
        ? { kind: 'Job', name: job, namespace, uid: uid(job) }
        : undefined;
  return {
    id: `pod/${namespace}/${name}`,
    origin: 'api',
    source: 'pods.json',
    namespace,
    name,
    uid: uid(name),
    createdAtMs: t('06:12:40'),
    ...(unscheduled === true ? {} : { startedAtMs: t('06:12:41'), nodeName: NODE }),
    ...(owner === undefined ? {} : { owner }),
    phase: 'Running',
    conditions: [],
    terminationGraceSeconds: 30,
    qosClass: 'Burstable',
    priority: 0,
    restartPolicy: job === undefined ? 'Always' : 'Never',
    memoryVolumes: [],
    ...more,
    containers: containers.map((draft) => draft(name)),
  };
}

/** A container of plain docker, as `docker inspect` gives it: no namespace, no node, no events. */
export function dockerContainer(name: string, draft: ContainerDraft): PodEvidence {
  return {
    id: `docker/${name}`,
    origin: 'docker',
    source: 'inspect.json',
    namespace: '',
    name,
    createdAtMs: t('09:12:02'),
    conditions: [],
    memoryVolumes: [],
    containers: [draft(name)],
  };
}

export function condition(
  type: string,
  status: string,
  more: Partial<Condition> & { readonly at?: string } = {},
): Condition {
  const { at, ...rest } = more;
  return { type, status, ...rest, ...(at === undefined ? {} : { lastTransitionAtMs: t(at) }) };
}

export function disruption(reason: string, message: string, at: string): Condition {
  return condition('DisruptionTarget', 'True', { reason, message, at });
}

// ---- nodes, workloads ---------------------------------------------------------------------------------------------

export function node(more: Partial<NodeEvidence> = {}): NodeEvidence {
  const name = more.name ?? NODE;
  return {
    id: `node/${name}`,
    source: 'nodes.json',
    name,
    createdAtMs: t('00:04:00'),
    capacityMemoryBytes: mib(15_884),
    allocatableMemoryBytes: mib(14_372),
    conditions: [
      condition('MemoryPressure', 'False', { reason: 'KubeletHasSufficientMemory', at: '00:04:20' }),
      condition('Ready', 'True', { reason: 'KubeletReady', at: '00:04:31' }),
    ],
    taints: [],
    kubeletVersion: 'v1.34.2',
    kernelVersion: '6.8.0-51-generic',
    containerRuntimeVersion: 'containerd://2.1.4',
    osImage: 'Ubuntu 24.04.3 LTS',
    operatingSystem: 'linux',
    bootId: uid(`${name}-boot`),
    cgroupVersion: 2,
    ...more,
  };
}

type WorkloadInput = Partial<WorkloadEvidence> & { readonly kind: string; readonly name: string };

export function workload(more: WorkloadInput): WorkloadEvidence {
  const namespace = more.namespace ?? 'shop';
  return {
    id: `${more.kind.toLowerCase()}/${namespace}/${more.name}`,
    source: 'workloads.json',
    namespace,
    uid: uid(more.name),
    conditions: [],
    containers: [],
    ...more,
  };
}

// ---- events -------------------------------------------------------------------------------------------------------

interface EventInput {
  readonly type?: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly at: string;
  readonly from?: string;
  readonly count?: number;
  readonly container?: string;
  readonly by?: string;
  readonly combined?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function refOf(target: PodEvidence | NodeEvidence | WorkloadEvidence): ObjectRef {
  const namespace = 'namespace' in target && target.namespace !== '' ? { namespace: target.namespace } : {};
  const known = 'uid' in target && target.uid !== undefined ? { uid: target.uid } : {};
  const kind = 'origin' in target ? 'Pod' : 'taints' in target ? 'Node' : target.kind;
  return { kind, name: target.name, ...namespace, ...known };
}

export function event(
  target: PodEvidence | NodeEvidence | WorkloadEvidence,
  input: EventInput,
): EventEvidence {
  const regarding = refOf(target);
  const host = 'origin' in target && target.nodeName !== undefined ? { host: target.nodeName } : {};
  const by = input.by ?? 'kubelet';
  return {
    id: `event/${regarding.name}/${input.reason}/${input.at}`,
    source: 'events.json',
    namespace: regarding.namespace ?? 'default',
    type: input.type ?? 'Normal',
    reason: input.reason,
    message: input.message,
    regarding,
    ...(input.container === undefined ? {} : { container: input.container }),
    reportedBy: by,
    ...(by === 'kubelet' ? host : {}),
    firstAtMs: t(input.from ?? input.at),
    lastAtMs: t(input.at),
    count: input.count ?? 1,
    ...(input.combined === undefined ? {} : { combined: input.combined }),
    ...(input.annotations === undefined ? {} : { annotations: input.annotations }),
  };
}

export function killing(
  target: PodEvidence,
  name: string,
  at: string,
  message = `Stopping container ${name}`,
): EventEvidence {
  return event(target, { reason: 'Killing', message, at, container: name });
}

/** `Unhealthy`, aggregated as the API shows it: `count` failures from `from` to `at`. */
export function unhealthy(
  target: PodEvidence,
  name: string,
  what: Pick<EventInput, 'message' | 'at'> & Partial<EventInput>,
): EventEvidence {
  return event(target, { type: 'Warning', reason: 'Unhealthy', count: 3, container: name, ...what });
}

// ---- journals, samples, cgroup files, container logs ---------------------------------------------------------------

type Journal = NodeLogRecord extends infer R
  ? R extends NodeLogRecord
    ? Omit<R, 'id' | 'source' | 'atMs' | 'nodeName'>
    : never
  : never;

export function journal(at: string, record: Journal): NodeLogRecord {
  return {
    id: `journal/${at}/${record.kind}`,
    source: `journal-${NODE}.log`,
    atMs: t(at),
    nodeName: NODE,
    ...record,
  };
}

export function covers(log: LogCoverage['log'], from: string, to: string): LogCoverage {
  return {
    source: log === 'kernel' ? `kernel-${NODE}.log` : `journal-${NODE}.log`,
    log,
    nodeName: NODE,
    fromMs: t(from),
    toMs: t(to),
  };
}

interface SampleInput {
  readonly workingSetMiB?: number;
  readonly usageMiB?: number;
  readonly rssMiB?: number;
  readonly peakMiB?: number;
  readonly oomEvents?: number;
  readonly psiFullSeconds?: number;
}

export function sample(target: PodEvidence, name: string, at: string, input: SampleInput): MemorySample {
  return {
    id: `sample/${target.name}/${name}/${at}`,
    source: 'cadvisor',
    namespace: target.namespace,
    pod: target.name,
    ...(target.uid === undefined ? {} : { podUid: target.uid }),
    container: name,
    atMs: t(at),
    ...(input.workingSetMiB === undefined ? {} : { workingSetBytes: mib(input.workingSetMiB) }),
    ...(input.usageMiB === undefined ? {} : { usageBytes: mib(input.usageMiB) }),
    ...(input.rssMiB === undefined ? {} : { rssBytes: mib(input.rssMiB) }),
    ...(input.peakMiB === undefined ? {} : { peakBytes: mib(input.peakMiB) }),
    ...(input.oomEvents === undefined ? {} : { oomEvents: input.oomEvents }),
    ...(input.psiFullSeconds === undefined ? {} : { psiFullSeconds: input.psiFullSeconds }),
  };
}

export function cgroupFiles(
  target: PodEvidence,
  name: string,
  at: string,
  more: Partial<CgroupReading> & { readonly events: CgroupMemoryEvents },
): CgroupReading {
  const containerId = target.containers.find((one) => one.name === name)?.status?.containerId;
  return {
    id: `cgroup/${target.name}/${name}/${at}`,
    source: 'memory.events',
    atMs: t(at),
    namespace: target.namespace,
    pod: target.name,
    ...(target.uid === undefined ? {} : { podUid: target.uid }),
    container: name,
    ...(containerId === undefined ? {} : { containerId }),
    version: 2,
    ...more,
  };
}

export function logTail(
  target: PodEvidence,
  name: string,
  lines: readonly string[],
  previous = true,
): ContainerLogTail {
  return {
    id: `log/${target.name}/${name}${previous ? '/previous' : ''}`,
    source: 'logs',
    namespace: target.namespace,
    pod: target.name,
    ...(target.uid === undefined ? {} : { podUid: target.uid }),
    container: name,
    previous,
    lines,
    truncated: false,
  };
}

// ---- the bundle ---------------------------------------------------------------------------------------------------

interface BundleInput extends BundlePart {
  /** When the evidence was read. */
  readonly at?: string;
  /** The oldest instant in the event list; `none` = events were not read at all. */
  readonly eventsFrom?: string;
}

/**
 * A bundle read at 14:45 whose event list reaches back to 13:47 unless told otherwise: with a retention of one hour,
 * what is missing after 13:47 did not happen. A Normal event of an unrelated pod proves that reach.
 */
export function bundle(input: BundleInput): EvidenceBundle {
  const { at = '14:45:00', eventsFrom = '13:47:05', ...part } = input;
  const read = eventsFrom !== 'none';
  const proof: EventEvidence = {
    id: `event/report-29311/Pulled/${eventsFrom}`,
    source: 'events.json',
    namespace: 'shop',
    type: 'Normal',
    reason: 'Pulled',
    message: 'Container image "registry.example/shop/report:1.9.1" already present on machine',
    regarding: { kind: 'Pod', name: 'report-29311-x7k2p', namespace: 'shop', uid: uid('report-29311-x7k2p') },
    container: 'report',
    reportedBy: 'kubelet',
    host: 'worker-2',
    ...(read ? { firstAtMs: t(eventsFrom), lastAtMs: t(eventsFrom) } : {}),
    count: 1,
  };
  return {
    apiVersion: 'exit137/v1',
    kind: 'EvidenceBundle',
    bundleVersion: 1,
    collectedAtMs: t(at),
    sources: [
      { name: 'pods', state: 'read' },
      { name: 'events', state: read ? 'read' : 'not-asked' },
    ],
    gaps: [],
    pods: [],
    nodes: [node()],
    workloads: [],
    eventCoverage: read ? [{ source: 'events.json', oldestAtMs: t(eventsFrom), readAtMs: t(at) }] : [],
    kernelKills: [],
    nodeLog: [],
    logCoverage: [],
    cgroups: [],
    samples: [],
    nodeSamples: [],
    logTails: [],
    ...part,
    events: [...(read ? [proof] : []), ...(part.events ?? [])],
  };
}
