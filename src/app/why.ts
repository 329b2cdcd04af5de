/** Answers one question: collects what the target needs, judges it, keeps what was asked for. */
import type { MemoryStories } from '../core/diagnose.ts';
import type { MemoryAnalysis, MemoryQuestion } from '../core/memory/types.ts';
import type { BundlePart } from '../core/model/bundle.ts';
import type { Diagnosis, DiagnosisReport } from '../core/model/diagnosis.ts';
import type { PodEvidence } from '../core/model/kubernetes.ts';
import type { LabelMatcher } from '../core/parse/label-selector.ts';
import type { EpochMs, Milliseconds } from '../core/units.ts';
import type { KeptDeaths } from './collect-ports.ts';
import type { Collection } from './collect.ts';
import { collectAll } from './collect.ts';
import type { HistorySource } from './history-ports.ts';
import type { DeathSelection, JudgeOptions } from './judge.ts';
import type { CollectRequest, EvidenceSource } from './ports.ts';

export interface Ask {
  /** Read first. Where they hold pods, `whenNoPods` is not asked. */
  readonly sources: readonly EvidenceSource[];
  /** Asked too if nothing read so far holds a pod: a kernel log alone names no workload. */
  readonly whenNoPods?: EvidenceSource;
  readonly request: CollectRequest;
  readonly selection: DeathSelection;
  /** Narrows the answer further. */
  readonly keep?: Keep;
  readonly nowMs: EpochMs;
  readonly judge: (parts: readonly BundlePart[], options: JudgeOptions) => DiagnosisReport;
  /** Where memory over time is read. It adds to the answer and never holds it back for long. */
  readonly memory?: WhyMemory;
  /** Deaths kept by a collector, beside those that the sources still show. */
  readonly kept?: KeptDeaths;
}

export interface WhyMemory {
  readonly histories: readonly HistorySource[];
  readonly analyse: () => Promise<(question: MemoryQuestion) => MemoryAnalysis>;
  readonly windowMs: Milliseconds;
  readonly budgetMs: Milliseconds;
  readonly trafficQuery?: string;
}

/** What was judged without any history, and how to judge it with. */
export interface Judged {
  readonly parts: readonly BundlePart[];
  readonly judged: DiagnosisReport;
  readonly judgeAll: (
    ask: Ask,
    parts: readonly BundlePart[],
    stories: MemoryStories,
  ) => Promise<DiagnosisReport>;
}

export interface Keep {
  readonly namespace?: string;
  readonly container?: string;
  /** Only deaths at most this long before the evidence was read: the age of a dump does not count. */
  readonly withinMs?: Milliseconds;
  /** Only pods with such labels. */
  readonly labels?: LabelMatcher;
}

export interface Answer {
  readonly report: DiagnosisReport;
  readonly failures: Collection['failures'];
  readonly interrupted: boolean;
  /** No source gave anything; the report is empty. */
  readonly nothingRead: boolean;
}

/** Rejects only for our own bugs. */
export async function why(ask: Ask): Promise<Answer> {
  const collection = await collect(ask);
  const { parts, failures, interrupted } = collection;
  if (parts.length === 0 && ask.kept === undefined) {
    return { report: emptyReport(ask.nowMs), failures, interrupted, nothingRead: true };
  }
  const judged = await judgeAll(ask, parts, undefined);
  const report = hasHistory(ask, parts) ? await tellMemory(ask, { parts, judged, judgeAll }) : judged;
  const kept = ask.keep === undefined ? report.items : keepItems(report, parts, ask.keep);
  const items = ask.selection.kind === 'newest' && isWidened(ask) ? newestOf(kept) : kept;
  return {
    report: { ...report, items, truncated: report.truncated || interrupted },
    failures,
    interrupted,
    nothingRead: parts.length === 0 && report.items.length === 0,
  };
}

/** The newest of what is kept is not always the newest of all: then everything is judged first. */
function isWidened({ keep, kept }: Ask): boolean {
  return keep !== undefined || kept !== undefined;
}

/** What was read now, and with it what was kept of deaths that the cluster has forgotten. */
async function judgeAll(
  ask: Ask,
  parts: readonly BundlePart[],
  stories: MemoryStories | undefined,
): Promise<DiagnosisReport> {
  const narrowed = ask.selection.kind === 'newest' && isWidened(ask);
  const options: JudgeOptions = {
    selection: narrowed ? { kind: 'all' } : ask.selection,
    nowMs: ask.nowMs,
    ...(stories === undefined ? {} : { stories }),
  };
  const live =
    parts.length === 0 ? { ...emptyReport(ask.nowMs), truncated: false } : ask.judge(parts, options);
  if (ask.kept === undefined) return live;
  const { judgeKept, joinDeaths, strengthened } = await import('./kept.ts');
  const answer = await judgeKept(ask, ask.kept, stories);
  // The newest death of a target that the cluster still knows is the answer; older ones are for lists.
  const isAnswered =
    ask.selection.kind === 'object' && live.items.some(({ verdict }) => verdict.kind !== 'nothing-died');
  return {
    ...live,
    items: isAnswered
      ? strengthened(live.items, answer.items)
      : onlyNewest(ask, joinDeaths(live.items, answer.items)),
    sources: [...live.sources, ...answer.sources],
    gaps: [...live.gaps, ...answer.gaps],
  };
}

/** Of a target the newest death of each container, as the cluster would have told it. */
function onlyNewest({ selection }: Ask, items: readonly Diagnosis[]): readonly Diagnosis[] {
  if (selection.kind !== 'object') return items;
  const seen = new Set<string>();
  return items.filter(({ target, container }) => {
    const key = `${target.namespace ?? ''}/${target.workload?.name ?? target.pod ?? ''}/${container ?? ''}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

function hasHistory({ memory }: Ask, parts: readonly BundlePart[]): boolean {
  if (memory === undefined) return false;
  return memory.histories.length > 0 || parts.some(({ histories = [] }) => histories.length > 0);
}

/** Loaded only where there is a history: most questions have none. */
async function tellMemory(ask: Ask, first: Judged): Promise<DiagnosisReport> {
  const { withMemory } = await import('./why-memory.ts');
  return withMemory(ask, first);
}

async function collect(ask: Ask): Promise<Collection> {
  const first = await collectAll(ask.sources, ask.request);
  const hasPods = first.parts.some((part) => (part.pods?.length ?? 0) > 0);
  if (ask.whenNoPods === undefined || hasPods || first.interrupted) return first;
  const second = await collectAll([ask.whenNoPods], ask.request);
  return {
    parts: [...first.parts, ...second.parts],
    failures: [...first.failures, ...second.failures],
    interrupted: second.interrupted,
  };
}

function keepItems(
  { items, generatedAtMs }: DiagnosisReport,
  parts: readonly BundlePart[],
  keep: Keep,
): readonly Diagnosis[] {
  const { namespace, container, withinMs, labels } = keep;
  const pods = labels === undefined ? undefined : podsWith(parts, labels);
  return items.filter(({ target, container: own, atMs }) => {
    if (namespace !== undefined && target.namespace !== undefined && target.namespace !== namespace) {
      return false;
    }
    if (container !== undefined && own !== container) return false;
    if (pods !== undefined && !pods.has(podKey(target.namespace, target.pod))) return false;
    return withinMs === undefined || atMs === undefined || atMs >= generatedAtMs - withinMs;
  });
}

/** A pod whose labels were not read does not have them. */
function podsWith(parts: readonly BundlePart[], labels: LabelMatcher): ReadonlySet<string> {
  const pods: readonly PodEvidence[] = parts.flatMap((part) => part.pods ?? []);
  return new Set(
    pods.filter((pod) => labels(pod.labels ?? {})).map((pod) => podKey(pod.namespace, pod.name)),
  );
}

function podKey(namespace: string | undefined, name: string | undefined): string {
  return `${namespace ?? ''}/${name ?? ''}`;
}

function newestOf(items: readonly Diagnosis[]): readonly Diagnosis[] {
  const died = items.filter(({ verdict }) => verdict.kind !== 'nothing-died');
  const pool = died.length > 0 ? died : items;
  return pool.toSorted((one, other) => (other.atMs ?? 0) - (one.atMs ?? 0)).slice(0, 1);
}

function emptyReport(nowMs: EpochMs): DiagnosisReport {
  return { generatedAtMs: nowMs, sources: [], gaps: [], truncated: true, items: [] };
}
