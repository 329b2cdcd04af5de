/** What the user named → pods. */
import { SourceError, type Target } from '../../app/ports.ts';
import type { PodEvidence, WorkloadEvidence } from '../../core/model/kubernetes.ts';
import { byNewestDeath } from './deaths.ts';
import {
  getPod,
  getWorkload,
  listEvents,
  listPods,
  listWorkloads,
  scopeNamespace,
  type PodFound,
  type Run,
  type WorkloadFound,
} from './reader.ts';
import { JOBS, PODS, WORKLOADS } from './resources.ts';
import { collectKills } from './kills.ts';
import { nearNames } from './suggest.ts';

/** Pods that are looked at closely: events, logs and metrics of each cost requests. */
const CLOSE_PODS = 10;
const NEWEST_PODS = 3;
/** A CronJob keeps few jobs; one with hundreds must not make an endless selector. */
const JOBS_OF_CRON_JOB = 20;

export interface ResolvedTarget {
  /** Looked at closely, the most telling first. */
  readonly close: readonly PodEvidence[];
  /** Other pods of the workload. */
  readonly others: readonly PodEvidence[];
  readonly workloads: readonly WorkloadEvidence[];
  /** Named, but its object is gone; only events may be left. */
  readonly gone?: { readonly namespace: string; readonly name: string };
  /** What to call it in messages. */
  readonly label: string;
}

export async function resolveTarget(run: Run): Promise<ResolvedTarget> {
  const { target } = run.request;
  if (target.kind === 'object') return namedObject(run, target);
  return target.kind === 'all' ? allDeaths(run) : newestDeaths(run);
}

/** Events and nodes of all, and the newest ones closely. */
async function allDeaths(run: Run): Promise<ResolvedTarget> {
  const dead = byNewestDeath(await collectKills(run));
  if (dead.length === 0 && !run.collector.hasRead && run.collector.firstError !== undefined) {
    throw run.collector.firstError;
  }
  return {
    close: dead.slice(0, CLOSE_PODS),
    others: dead.slice(CLOSE_PODS),
    workloads: [],
    label: 'every death',
  };
}

async function newestDeaths(run: Run): Promise<ResolvedTarget> {
  const { labelSelector } = run.request.scope;
  const list = await listPods(run, {
    ...scopeNamespace(run),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    deadOnly: true,
    what: 'pods',
  });
  for (const note of list.notes) run.collector.note('pods', note);
  const pods = byNewestDeath(list.items.map(({ pod }) => pod));
  return { close: pods.slice(0, NEWEST_PODS), others: [], workloads: [], label: 'the newest deaths' };
}

type ObjectTarget = Extract<Target, { kind: 'object' }>;

async function namedObject(run: Run, target: ObjectTarget): Promise<ResolvedTarget> {
  const { name } = target;
  const { namespace: scoped } = scopeNamespace(run);
  const namespace = scoped ?? (await namespaceOfPod(run, name)) ?? run.client.connection.namespace;
  if (target.objectKind !== undefined && target.objectKind !== 'Pod') {
    const resource = WORKLOADS.get(target.objectKind);
    if (resource === undefined)
      throw new SourceError('not-found', `${target.objectKind} is not a kind that owns pods`);
    const workload = await orUndefined(
      getWorkload(run, { kind: target.objectKind, resource, namespace, name }),
    );
    if (workload === undefined) throw await notFound(run, { kind: target.objectKind, namespace, name });
    return podsOfWorkload(run, workload);
  }
  const pod = await orUndefined(getPod(run, namespace, name));
  if (pod !== undefined) return { close: [pod.pod], others: [], workloads: [], label: `pod ${name}` };
  if (target.objectKind === undefined) {
    const workload = await workloadNamed(run, namespace, name);
    if (workload !== undefined) return podsOfWorkload(run, workload);
  }
  const goneEvents = await orUndefined(
    listEvents(run, {
      namespace,
      fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${name}`,
      regarding: { kind: 'Pod', name },
    }),
  ).catch(() => undefined);
  if ((goneEvents?.events?.length ?? 0) > 0) {
    return { close: [], others: [], workloads: [], gone: { namespace, name }, label: `pod ${name}` };
  }
  const prefixed = target.objectKind === undefined ? await podsWithPrefix(run, namespace, name) : undefined;
  if (prefixed !== undefined) return prefixed;
  throw await notFound(run, {
    ...(target.objectKind === undefined ? {} : { kind: target.objectKind }),
    namespace,
    name,
  });
}

/** 404 as undefined; anything else stays an error, so that "not found" is never said of what may not be read. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof SourceError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function workloadNamed(run: Run, namespace: string, name: string): Promise<WorkloadFound | undefined> {
  const answers = await Promise.allSettled(
    [...WORKLOADS].map(([kind, resource]) => getWorkload(run, { kind, resource, namespace, name })),
  );
  for (const answer of answers)
    if (answer.status === 'fulfilled' && answer.value !== undefined) return answer.value;
  const refused = answers.find(
    (a) => a.status === 'rejected' && (a.reason as SourceError).code !== 'not-found',
  );
  if (refused?.status === 'rejected') run.collector.note('workloads', (refused.reason as Error).message);
  return undefined;
}

async function podsOfWorkload(run: Run, found: WorkloadFound): Promise<ResolvedTarget> {
  const { workload } = found;
  const { namespace } = workload;
  const owned = workload.kind === 'CronJob' ? await jobsOf(run, workload) : [];
  const jobs = owned.map((job) => job.name).join(',');
  const selector =
    workload.kind === 'CronJob' ? (jobs === '' ? undefined : `job-name in (${jobs})`) : found.selector;
  const list =
    selector === undefined
      ? undefined
      : await listPods(run, { namespace, labelSelector: selector, deadOnly: false, what: 'pods' });
  const { close, others } = choose(list?.items ?? []);
  return { close, others, workloads: [workload, ...owned], label: `${workload.kind} ${workload.name}` };
}

async function jobsOf(run: Run, cronJob: WorkloadEvidence): Promise<readonly WorkloadEvidence[]> {
  const list = await listWorkloads(run, { kind: 'Job', resource: JOBS, namespace: cronJob.namespace });
  return list.items
    .filter(({ owner }) => owner?.kind === 'CronJob' && owner.name === cronJob.name)
    .toSorted((one, other) => (other.createdAtMs ?? 0) - (one.createdAtMs ?? 0))
    .slice(0, JOBS_OF_CRON_JOB);
}

/** The dead ones, newest first; where none died, the youngest: they may be pending or refused. */
function choose(found: readonly PodFound[]): {
  readonly close: readonly PodEvidence[];
  readonly others: readonly PodEvidence[];
} {
  const dead = byNewestDeath(found.filter(({ showsDeath }) => showsDeath).map(({ pod }) => pod));
  const young = found
    .filter(({ showsDeath }) => !showsDeath)
    .map(({ pod }) => pod)
    .toSorted((one, other) => (other.createdAtMs ?? 0) - (one.createdAtMs ?? 0));
  const close = dead.length > 0 ? dead.slice(0, CLOSE_PODS) : young.slice(0, NEWEST_PODS);
  const others = dead.length > 0 ? [...dead.slice(CLOSE_PODS), ...young] : young.slice(NEWEST_PODS);
  return { close, others };
}

async function podsWithPrefix(
  run: Run,
  namespace: string,
  name: string,
): Promise<ResolvedTarget | undefined> {
  const list = await listPods(run, { namespace, deadOnly: false, what: 'pods' });
  const matching = list.items.filter(({ pod }) => pod.name.startsWith(`${name}-`));
  if (matching.length === 0) return undefined;
  return { ...choose(matching), workloads: [], label: `pods ${name}-*` };
}

/** With `-A` and one name: the pod may be anywhere. */
async function namespaceOfPod(run: Run, name: string): Promise<string | undefined> {
  const list = await listPods(run, { fieldSelector: `metadata.name=${name}`, deadOnly: false, what: 'pods' });
  return list.items[0]?.pod.namespace;
}

/** Says what is there instead, as far as it may be read. */
async function notFound(
  run: Run,
  at: { kind?: string; namespace: string; name: string },
): Promise<SourceError> {
  const { kind = 'Pod' } = at;
  const where = `${at.name} is not in namespace ${at.namespace}`;
  const elsewhere = kind === 'Pod' ? await namespaceOfPod(run, at.name).catch(() => undefined) : undefined;
  if (elsewhere !== undefined && elsewhere !== at.namespace) {
    return new SourceError('not-found', `Pod ${where}, but in namespace ${elsewhere} (-n ${elsewhere})`);
  }
  const resource = WORKLOADS.get(kind) ?? PODS;
  const names = await run.client
    .list(`${resource.prefix}/namespaces/${encodeURIComponent(at.namespace)}/${resource.plural}`, {
      signal: run.request.signal,
      maxPages: 4,
      trim: (raw) => (raw as { readonly metadata?: { readonly name?: string } } | null)?.metadata?.name,
    })
    .then(({ items }) => items)
    .catch(() => []);
  const near = nearNames(at.name, names);
  const said = `${at.kind ?? 'Pod or workload'} ${where}`;
  return new SourceError('not-found', near.length === 0 ? said : `${said}; near: ${near.join(', ')}`);
}
