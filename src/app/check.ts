/** What this kubeconfig can see, found out by real reads that cost next to nothing, and what each missing source costs. */
import type { EpochMs, Milliseconds } from '../core/units.ts';
import { SourceError } from './ports.ts';

export type ProbeSubject =
  | 'pods'
  | 'events'
  | 'nodes'
  | 'logs'
  | 'replicasets'
  | 'controllerrevisions'
  | 'jobs'
  | 'metrics'
  | 'kubelet';

export interface ProbeAnswer {
  /** Of the few events read: the oldest instant, and how many they were. */
  readonly events?: { readonly count: number; readonly oldestAtMs?: EpochMs };
  readonly detail?: string;
}

/** A cluster that can be asked small questions. Implemented by sources/kubernetes. */
export interface ClusterProbe {
  readonly context: string;
  readonly cluster?: string;
  readonly server: string;
  /** Of the context. */
  readonly namespace: string;
  /** `v1.34.1`. Throws `SourceError`. */
  version(signal: AbortSignal): Promise<string>;
  /** RBAC's name of the resource behind a subject: `replicasets.apps`. */
  resourceOf(subject: ProbeSubject): string;
  /** One read that returns at most a few objects. Throws `SourceError`; a refusal has the code `forbidden`. */
  probe(subject: ProbeSubject, at: ProbePlace): Promise<ProbeAnswer>;
}

export interface ProbePlace {
  /** Absent = the whole cluster. */
  readonly namespace?: string;
  readonly signal: AbortSignal;
}

/**
 * `ok` = read; `forbidden` = refused; `missing` = not installed; `failed` = no usable answer;
 * `not-asked` = only with node access.
 */
export type CheckState = 'ok' | 'forbidden' | 'missing' | 'failed' | 'not-asked';

export interface SourceCheck {
  readonly subject: ProbeSubject;
  readonly title: string;
  readonly state: CheckState;
  /** Absent = the whole cluster. */
  readonly namespace?: string;
  readonly permission: {
    readonly verb: 'get' | 'list';
    readonly resource: string;
    readonly namespace?: string;
  };
  /** What a verdict loses without it. */
  readonly cost: string;
  readonly detail?: string;
}

/** Memory over time, which no verdict needs and every forecast does. */
export interface HistoryCheck {
  readonly state: 'ok' | 'missing' | 'failed';
  /** Which kind of source answered. */
  readonly source?: string;
  /** What is lost without it. */
  readonly cost: string;
  readonly detail?: string;
}

export interface CheckReport {
  readonly checkedAtMs: EpochMs;
  readonly context: string;
  readonly cluster?: string;
  readonly server: string;
  readonly namespace: string;
  readonly serverVersion?: string;
  /** Why nothing could be asked; then `checks` is empty. */
  readonly unreachable?: { readonly code: string; readonly message: string };
  readonly checks: readonly SourceCheck[];
  /** From the oldest event seen; the API server's default is one hour. Absent without events. */
  readonly events?: { readonly oldestAtMs: EpochMs; readonly reachesBackMs: Milliseconds };
  /** Absent = not asked, because the cluster itself cannot be reached. */
  readonly history?: HistoryCheck;
  /** Every death in the namespace can be judged from pods, events, nodes and logs. */
  readonly complete: boolean;
}

export interface CheckRequest {
  readonly namespace?: string;
  readonly nodeAccess: boolean;
  readonly nowMs: EpochMs;
  readonly signal: AbortSignal;
}

interface Subject {
  readonly subject: ProbeSubject;
  readonly title: string;
  readonly verb: 'get' | 'list';
  /** Has a meaning in one namespace too. */
  readonly namespaced: boolean;
  readonly needed: boolean;
  readonly cost: string;
}

const SUBJECTS: readonly Subject[] = [
  {
    subject: 'pods',
    title: 'Pods',
    verb: 'list',
    namespaced: true,
    needed: true,
    cost: 'No death is seen at all.',
  },
  {
    subject: 'events',
    title: 'Events',
    verb: 'list',
    namespaced: true,
    needed: true,
    cost: 'A kill by the kubelet (probe, hook, eviction, deletion) cannot be told from one by somebody else.',
  },
  {
    subject: 'logs',
    title: 'Previous container logs',
    verb: 'get',
    namespaced: true,
    needed: true,
    cost: 'A killed child process and a full runtime heap, which show in the log alone, are not seen.',
  },
  {
    subject: 'nodes',
    title: 'Nodes',
    verb: 'list',
    namespaced: false,
    needed: true,
    cost: 'Memory pressure, reboots, lost nodes and versions are not seen: node-wide causes stay possible.',
  },
  {
    subject: 'replicasets',
    title: 'ReplicaSets',
    verb: 'list',
    namespaced: true,
    needed: false,
    cost: 'What changed since the last revision of a Deployment is unknown, and so is a safe rollback.',
  },
  {
    subject: 'controllerrevisions',
    title: 'ControllerRevisions',
    verb: 'list',
    namespaced: true,
    needed: false,
    cost: 'What changed since the last revision of a StatefulSet or DaemonSet is unknown.',
  },
  {
    subject: 'jobs',
    title: 'Jobs',
    verb: 'list',
    namespaced: true,
    needed: false,
    cost: 'Deadlines and retries of Jobs are not seen; a Job that counts as succeeded after a kill is not warned of.',
  },
  {
    subject: 'metrics',
    title: 'Pod metrics (metrics.k8s.io)',
    verb: 'list',
    namespaced: true,
    needed: false,
    cost: 'Present memory use, and who lives near the limit, is unknown.',
  },
  {
    subject: 'kubelet',
    title: 'Kubelet and node logs (nodes/proxy)',
    verb: 'get',
    namespaced: false,
    needed: false,
    cost: 'The kernel log is not read: whose limit was hit rests on weaker signs. Not a read-only permission, so only with --node-access.',
  },
];

/** Never rejects for an answer of the cluster: what goes wrong is in the report. */
export async function checkCluster(probe: ClusterProbe, request: CheckRequest): Promise<CheckReport> {
  const { context, cluster, server } = probe;
  const namespace = request.namespace ?? probe.namespace;
  const base = {
    checkedAtMs: request.nowMs,
    context,
    ...(cluster === undefined ? {} : { cluster }),
    server,
    namespace,
  };
  const version = await attempt(() => probe.version(request.signal));
  if (
    !version.ok &&
    (version.error.code === 'unreachable' ||
      version.error.code === 'unauthorized' ||
      version.error.code === 'timeout')
  ) {
    const { code, message } = version.error;
    return { ...base, unreachable: { code, message }, checks: [], complete: false };
  }
  const answers = await Promise.all(
    SUBJECTS.map((subject) => checkSubject(probe, subject, { ...request, namespace })),
  );
  const checks = answers.flatMap(({ checks }) => checks);
  const oldest = answers.map(({ oldestAtMs }) => oldestAtMs).filter((atMs) => atMs !== undefined);
  const oldestAtMs = oldest.length === 0 ? undefined : Math.min(...oldest);
  return {
    ...base,
    ...(version.ok ? { serverVersion: version.value } : {}),
    checks,
    ...(oldestAtMs === undefined
      ? {}
      : { events: { oldestAtMs, reachesBackMs: Math.max(0, request.nowMs - oldestAtMs) } }),
    complete: SUBJECTS.filter(({ needed }) => needed).every(({ subject }) =>
      checks.some((c) => c.subject === subject && c.state === 'ok'),
    ),
  };
}

type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: SourceError };

async function attempt<T>(task: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await task() };
  } catch (error) {
    if (error instanceof SourceError) return { ok: false, error };
    throw error;
  }
}

interface SubjectAnswer {
  readonly checks: readonly SourceCheck[];
  readonly oldestAtMs?: EpochMs;
}

/** The whole cluster first; where that is refused, the namespace, which a narrower role may allow. */
async function checkSubject(
  probe: ClusterProbe,
  subject: Subject,
  request: CheckRequest & { readonly namespace: string },
): Promise<SubjectAnswer> {
  if (subject.subject === 'kubelet' && !request.nodeAccess) {
    return { checks: [checkOf(probe, subject, { state: 'not-asked', detail: 'asked with --node-access' })] };
  }
  const { signal } = request;
  const wide = await attempt(() => probe.probe(subject.subject, { signal }));
  const checks = [checkOf(probe, subject, outcomeOf(wide))];
  if (wide.ok) return { checks, ...oldestOf(wide.value) };
  if (!subject.namespaced || wide.error.code !== 'forbidden') return { checks };
  const { namespace } = request;
  const narrow = await attempt(() => probe.probe(subject.subject, { namespace, signal }));
  checks.push(checkOf(probe, subject, { ...outcomeOf(narrow), namespace }));
  return { checks, ...(narrow.ok ? oldestOf(narrow.value) : {}) };
}

function oldestOf(answer: ProbeAnswer): { readonly oldestAtMs?: EpochMs } {
  const oldestAtMs = answer.events?.oldestAtMs;
  return oldestAtMs === undefined ? {} : { oldestAtMs };
}

interface Outcome {
  readonly state: CheckState;
  readonly detail?: string;
  readonly namespace?: string;
}

function outcomeOf(answer: Attempt<ProbeAnswer>): Outcome {
  if (answer.ok)
    return { state: 'ok', ...(answer.value.detail === undefined ? {} : { detail: answer.value.detail }) };
  const { code, message } = answer.error;
  if (code === 'forbidden' || code === 'unauthorized') return { state: 'forbidden', detail: message };
  return { state: code === 'not-found' ? 'missing' : 'failed', detail: message };
}

function checkOf(probe: ClusterProbe, subject: Subject, outcome: Outcome): SourceCheck {
  const at = outcome.namespace === undefined ? {} : { namespace: outcome.namespace };
  return {
    subject: subject.subject,
    title: subject.title,
    state: outcome.state,
    ...at,
    permission: { verb: subject.verb, resource: probe.resourceOf(subject.subject), ...at },
    cost: subject.cost,
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
  };
}
