/** `top`: every container with what it uses against its request and limit, its peak and its kills, worst first. */
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { ContainerEvidence, PodEvidence } from '../core/model/kubernetes.ts';
import type { TopRow } from '../core/model/memory-views.ts';
import { mergeParts } from '../core/model/merge.ts';
import type { ContainerHistory, Series } from '../core/model/series.ts';
import type { MemorySample } from '../core/model/usage.ts';
import type { Bytes, EpochMs, MemoryLimit } from '../core/units.ts';
import { readBasis, type MemoryAnswer, type MemoryAsk } from './memory-evidence.ts';
import { groupHistories, type MemoryEvidence, questionOf } from './memory-question.ts';
import { historyPages, type HistoryTale, stepFor } from './read-histories.ts';

export interface TopAnswer extends MemoryAnswer {
  /** Worst first. */
  readonly rows: readonly TopRow[];
  /** Nothing at all could be read. */
  readonly nothingRead: boolean;
}

export async function topContainers(ask: MemoryAsk): Promise<TopAnswer> {
  const basis = await readBasis(ask, { kind: 'all' });
  const { parts, nowMs, carried } = basis;
  const { pods, samples, workloads } = mergeParts(parts, { collectedAtMs: nowMs });
  const evidence: MemoryEvidence = { ...basis.evidence, pods, workloads };
  const rows = new Map<string, TopRow>();
  for (const row of rowsOfPods(evidence, samples)) rows.set(keyOf(row), row);
  const tale: HistoryTale = { gaps: [], sources: [] };
  await addHistories(rows, { ask, evidence, tale, carried });
  const wanted = [...rows.values()].filter((row) => isWanted(row, ask));
  return {
    generatedAtMs: nowMs,
    rows: wanted.toSorted(worstFirst),
    sources: [...basis.sources, ...tale.sources],
    gaps: [...basis.gaps, ...tale.gaps],
    failures: basis.failures,
    interrupted: basis.interrupted,
    nothingRead: parts.length === 0 && rows.size === 0,
  };
}

function keyOf({ namespace, pod, container }: Pick<TopRow, 'namespace' | 'pod' | 'container'>): string {
  return `${namespace}/${pod}/${container}`;
}

function isWanted(row: TopRow, { container, request }: MemoryAsk): boolean {
  if (container !== undefined && row.container !== container) return false;
  const { namespace } = request.scope;
  if (namespace !== undefined && row.namespace !== '' && row.namespace !== namespace) return false;
  const { target } = request;
  if (target.kind !== 'object') return true;
  if (row.pod === target.name || row.workload?.name === target.name) return true;
  return row.workload === undefined && row.pod.startsWith(`${target.name}-`);
}

function rowsOfPods(evidence: MemoryEvidence, samples: readonly MemorySample[]): readonly TopRow[] {
  const newest = newestSamples(samples);
  const deaths = Map.groupBy(evidence.deaths.filter(isMemoryDeath), deathKey);
  const owners = ownersByPod(evidence);
  return evidence.pods.filter(isLive).flatMap((pod) =>
    pod.containers
      .filter(
        ({ role, status }) => role === 'main' || role === 'sidecar' || status?.state?.kind === 'running',
      )
      .map((container) => {
        const at = { namespace: pod.namespace, pod: pod.name, container: container.name };
        const workload = owners.get(`${pod.namespace}/${pod.name}`);
        return {
          ...at,
          ...(workload === undefined ? {} : { workload }),
          ...(pod.nodeName === undefined ? {} : { nodeName: pod.nodeName }),
          ...amountsOf(container),
          ...useOf(newest.get(keyOf(at)) ?? []),
          ...killsOf(deaths.get(keyOf(at)) ?? []),
          ...(container.status === undefined ? {} : { restarts: container.status.restartCount }),
        };
      }),
  );
}

/** A finished pod uses nothing any more; one that failed for memory is what people look for. */
function isLive({ phase, statusReason }: PodEvidence): boolean {
  return phase !== 'Succeeded' && (phase !== 'Failed' || statusReason === 'Evicted');
}

function amountsOf({
  status,
  requests,
  limits,
}: ContainerEvidence): Pick<TopRow, 'requestBytes' | 'limitBytes'> {
  const requestBytes = status?.actualRequests?.memoryBytes ?? requests.memoryBytes;
  const limitBytes: MemoryLimit | undefined = status?.actualLimits?.memoryBytes ?? limits.memoryBytes;
  return {
    ...(requestBytes === undefined ? {} : { requestBytes }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
  };
}

function newestSamples(samples: readonly MemorySample[]): ReadonlyMap<string, readonly MemorySample[]> {
  const groups = Map.groupBy(samples, keyOf);
  for (const group of groups.values()) group.sort((one, other) => (other.atMs ?? 0) - (one.atMs ?? 0));
  return groups;
}

function useOf(
  samples: readonly MemorySample[],
): Pick<TopRow, 'workingSetBytes' | 'sampledAtMs' | 'peakBytes'> {
  const sample = samples.find(({ workingSetBytes }) => workingSetBytes !== undefined);
  const peak = samples.reduce<Bytes | undefined>(
    (highest, { peakBytes }) => (peakBytes === undefined ? highest : Math.max(highest ?? 0, peakBytes)),
    undefined,
  );
  return {
    ...(sample?.workingSetBytes === undefined ? {} : { workingSetBytes: sample.workingSetBytes }),
    ...(sample?.atMs === undefined ? {} : { sampledAtMs: sample.atMs }),
    ...(peak === undefined ? {} : { peakBytes: peak }),
  };
}

function isMemoryDeath({ verdict }: Diagnosis): boolean {
  return verdict.kind === 'identified' && verdict.memory !== 'none' && verdict.memory !== 'unknown';
}

function deathKey({ target, container }: Diagnosis): string {
  return `${target.namespace ?? ''}/${target.pod ?? ''}/${container ?? ''}`;
}

function killsOf(deaths: readonly Diagnosis[]): Pick<TopRow, 'kills' | 'lastKillAtMs'> {
  const newest = deaths.reduce<EpochMs | undefined>(
    (latest, { atMs }) => (atMs === undefined ? latest : Math.max(latest ?? 0, atMs)),
    undefined,
  );
  return { kills: deaths.length, ...(newest === undefined ? {} : { lastKillAtMs: newest }) };
}

/** The grouping of histories knows owners; here it is asked with one empty history per pod. */
function ownersByPod(evidence: MemoryEvidence): ReadonlyMap<string, NonNullable<TopRow['workload']>> {
  const stubs = evidence.pods.map(
    ({ namespace, name }): ContainerHistory => ({
      namespace,
      pod: name,
      container: '',
      source: '',
      stepMs: 0,
      fromMs: 0,
      toMs: 0,
    }),
  );
  const owners = new Map<string, NonNullable<TopRow['workload']>>();
  for (const { namespace, workload, histories } of groupHistories(stubs, evidence)) {
    if (workload !== undefined) for (const { pod } of histories) owners.set(`${namespace}/${pod}`, workload);
  }
  return owners;
}

interface HistoryAdding {
  readonly ask: MemoryAsk;
  readonly evidence: MemoryEvidence;
  readonly tale: HistoryTale;
  readonly carried: readonly ContainerHistory[];
}

/** Peaks and kills of the window; where no pod was read, the rows themselves. */
async function addHistories(
  rows: Map<string, TopRow>,
  { ask, evidence, tale, carried }: HistoryAdding,
): Promise<void> {
  const { nowMs } = evidence;
  const onlyHistory = rows.size === 0;
  const add = (page: readonly ContainerHistory[]): void => {
    for (const group of groupHistories(page, evidence)) {
      const { kills } = questionOf(group, evidence);
      for (const history of group.histories) {
        const known = rows.get(keyOf(history));
        if (known === undefined && !onlyHistory) continue;
        const seen = rowOfHistory(history, { workload: group.workload, nowMs });
        const own = kills.filter(
          ({ pod, kind }) => pod === history.pod && kind !== 'not-memory' && kind !== 'unknown',
        );
        rows.set(
          keyOf(history),
          joined(
            known,
            seen,
            own.map(({ atMs }) => atMs),
          ),
        );
      }
    }
  };
  add(carried);
  const { scope, target, signal } = ask.request;
  const wish = {
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
    ...(ask.container === undefined ? {} : { container: ask.container }),
    ...(target.kind === 'object' && !onlyHistory ? { pods: podsOf(rows) } : {}),
    fromMs: nowMs - ask.windowMs,
    toMs: nowMs,
    stepMs: stepFor(ask.windowMs),
    depth: 'memory' as const,
  };
  for await (const page of historyPages(ask.histories, { wish, tale }, { signal })) add(page);
}

function podsOf(rows: ReadonlyMap<string, TopRow>): readonly string[] {
  return [...new Set([...rows.values()].map(({ pod }) => pod))];
}

function rowOfHistory(
  history: ContainerHistory,
  at: { readonly workload: TopRow['workload']; readonly nowMs: EpochMs },
): TopRow {
  const use = history.workingSet ?? history.rss ?? history.usage;
  const used = use?.values.at(-1);
  const usedAtMs = use?.timesMs.at(-1);
  const peak = Math.max(highest(use), highest(history.peak));
  const limit = history.limit?.at(-1)?.value;
  const request = history.request?.at(-1)?.value;
  const restarts = history.restarts?.values.at(-1);
  return {
    namespace: history.namespace,
    pod: history.pod,
    container: history.container,
    kills: 0,
    ...(at.workload === undefined ? {} : { workload: at.workload }),
    ...(history.nodeName === undefined ? {} : { nodeName: history.nodeName }),
    ...(used === undefined ? {} : { workingSetBytes: Math.round(used) }),
    ...(usedAtMs === undefined ? {} : { sampledAtMs: usedAtMs }),
    ...(peak > 0 ? { peakBytes: Math.round(peak) } : {}),
    ...(limit === undefined ? {} : { limitBytes: limit }),
    ...(request === undefined ? {} : { requestBytes: request }),
    ...(restarts === undefined ? {} : { restarts }),
  };
}

function highest(series: Series | undefined): number {
  let most = 0;
  for (const value of series?.values ?? []) if (value > most) most = value;
  return most;
}

/** What the cluster says now goes before what a history says of the past; peaks and kills add up to the most. */
function joined(known: TopRow | undefined, seen: TopRow, killsAtMs: readonly EpochMs[]): TopRow {
  const base = { ...seen, ...known };
  const peak = Math.max(known?.peakBytes ?? 0, seen.peakBytes ?? 0);
  const last = Math.max(known?.lastKillAtMs ?? 0, ...killsAtMs);
  return {
    ...base,
    kills: Math.max(known?.kills ?? 0, killsAtMs.length),
    ...(peak > 0 ? { peakBytes: peak } : {}),
    ...(last > 0 ? { lastKillAtMs: last } : {}),
  };
}

/** From here on a container is as good as killed. */
const NEAR_RATIO = 0.9;

/** Killed or nearly so, the most kills first; then by how near its limit; then by how far above its request. */
export function worstFirst(one: TopRow, other: TopRow): number {
  return (
    Number(isBad(other)) - Number(isBad(one)) ||
    other.kills - one.kills ||
    limitRatio(other) - limitRatio(one) ||
    aboveRequest(other) - aboveRequest(one) ||
    keyOf(one).localeCompare(keyOf(other), 'en')
  );
}

function isBad(row: TopRow): boolean {
  return row.kills > 0 || limitRatio(row) >= NEAR_RATIO;
}

function limitRatio({ workingSetBytes, limitBytes }: TopRow): number {
  if (workingSetBytes === undefined || typeof limitBytes !== 'number' || limitBytes === 0) return -1;
  return workingSetBytes / limitBytes;
}

function aboveRequest({ workingSetBytes, requestBytes }: TopRow): number {
  return workingSetBytes === undefined ? -1 : workingSetBytes - (requestBytes ?? 0);
}
