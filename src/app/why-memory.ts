/** Adds memory over time to an answer: reads the histories of what died for memory, and judges again with them. */
import type { MemoryStories, MemoryStory } from '../core/diagnose.ts';
import type { Diagnosis, DiagnosisReport, DiagnosisTarget } from '../core/model/diagnosis.ts';
import type { MemoryLine } from '../core/model/memory-views.ts';
import { fullestHistories } from '../core/model/fullest-histories.ts';
import type { ContainerHistory, KillMark, Series } from '../core/model/series.ts';
import { columnAt, columnRanges, type TimeSpan } from '../core/text/columns.ts';
import { groupHistories, type HistoryGroup, type MemoryEvidence, questionOf } from './memory-question.ts';
import { readClosely } from './read-closer.ts';
import { type HistoryWish, stepFor } from './read-histories.ts';
import type { Ask, Judged, WhyMemory } from './why.ts';

/** Containers of workloads that one answer asks histories for; each costs a few queries. */
const MOST_SUBJECTS = 20;
/** Read side by side: a source that others use too must not feel us. */
const AT_ONCE = 3;
/** Columns of the line that is drawn. */
const LINE_COLUMNS = 32;

/** Never rejects for a history: what fails is a gap beside the verdict. */
export async function withMemory(ask: Ask, { parts, judged, judgeAll }: Judged): Promise<DiagnosisReport> {
  const { memory } = ask;
  const subjects = subjectsOf(judged.items);
  if (memory === undefined || subjects.length === 0) return judged;
  const evidence: MemoryEvidence = {
    deaths: judged.items,
    pods: parts.flatMap(({ pods = [] }) => pods),
    workloads: parts.flatMap(({ workloads = [] }) => workloads),
    nowMs: judged.generatedAtMs,
  };
  const carried = parts.flatMap(({ histories = [] }) => histories);
  const read = await readSubjects(ask, { memory, subjects, nowMs: evidence.nowMs });
  const histories = fullestHistories([...read.histories, ...carried]);
  const report =
    histories.length === 0
      ? judged
      : await judgeAll(ask, parts, await storiesOf(histories, { evidence, memory }));
  return {
    ...report,
    sources: [...report.sources, ...read.sources],
    gaps: [...report.gaps, ...read.gaps],
  };
}

interface Subject {
  readonly target: DiagnosisTarget;
  readonly container: string;
  readonly pods: readonly string[];
}

/** What died about memory, each workload's container once, the newest first. */
function subjectsOf(items: readonly Diagnosis[]): readonly Subject[] {
  const subjects = new Map<string, { target: DiagnosisTarget; container: string; pods: Set<string> }>();
  for (const item of items) {
    const { target, container } = item;
    if (!isAboutMemory(item) || container === undefined || target.pod === undefined) continue;
    const key = keyOf(target, container);
    const known = subjects.get(key);
    if (known === undefined) subjects.set(key, { target, container, pods: new Set([target.pod]) });
    else known.pods.add(target.pod);
  }
  return [...subjects.values()]
    .slice(0, MOST_SUBJECTS)
    .map(({ target, container, pods }) => ({ target, container, pods: [...pods] }));
}

function isAboutMemory({ verdict }: Pick<Diagnosis, 'verdict'>): boolean {
  return verdict.kind !== 'nothing-died' && verdict.memory !== 'none' && verdict.memory !== 'unknown';
}

function keyOf({ namespace, workload, pod }: DiagnosisTarget, container: string): string {
  return [namespace ?? '', workload?.kind ?? 'Pod', workload?.name ?? pod ?? '', container].join('/');
}

interface SubjectReading {
  readonly memory: WhyMemory;
  readonly subjects: readonly Subject[];
  readonly nowMs: number;
}

async function readSubjects(ask: Ask, { memory, subjects, nowMs }: SubjectReading) {
  const all = { histories: [] as ContainerHistory[], sources: new Map(), gaps: new Map() };
  if (memory.histories.length === 0) return { histories: [], sources: [], gaps: [] };
  const signal = AbortSignal.any([ask.request.signal, AbortSignal.timeout(memory.budgetMs)]);
  const waiting = [...subjects];
  const worker = async (): Promise<void> => {
    for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift()) {
      const reading = await readClosely(memory.histories, wishFor(subject, { memory, nowMs }), { signal });
      all.histories.push(...reading.histories);
      for (const source of reading.sources) all.sources.set(source.name, source);
      for (const gap of reading.gaps) all.gaps.set(gap.id, gap);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { histories: all.histories, sources: [...all.sources.values()], gaps: [...all.gaps.values()] };
}

function wishFor(
  { target, container, pods }: Subject,
  { memory, nowMs }: { readonly memory: WhyMemory; readonly nowMs: number },
): HistoryWish {
  return {
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    ...(target.workload === undefined ? {} : { workload: target.workload }),
    ...(memory.trafficQuery === undefined ? {} : { trafficQuery: memory.trafficQuery }),
    pods,
    container,
    fromMs: nowMs - memory.windowMs,
    toMs: nowMs,
    stepMs: stepFor(memory.windowMs),
    depth: 'analysis',
  };
}

interface StoryContext {
  readonly evidence: MemoryEvidence;
  readonly memory: WhyMemory;
}

async function storiesOf(
  histories: readonly ContainerHistory[],
  { evidence, memory }: StoryContext,
): Promise<MemoryStories> {
  const analyse = await memory.analyse();
  const groups = new Map<string, { readonly story: MemoryStory; readonly group: HistoryGroup }>();
  const killsByKey = new Map<string, readonly KillMark[]>();
  for (const group of groupHistories(histories, evidence)) {
    const question = questionOf(group, evidence);
    const [first] = group.histories;
    const target = { namespace: group.namespace, pod: first?.pod ?? '' };
    const key = keyOf(
      { ...target, ...(group.workload === undefined ? {} : { workload: group.workload }) },
      group.container,
    );
    groups.set(key, { story: { analysis: analyse(question) }, group });
    killsByKey.set(key, question.kills);
  }
  const span = { fromMs: evidence.nowMs - memory.windowMs, toMs: evidence.nowMs };
  return (death) => {
    const { target, container } = death;
    if (!isAboutMemory(death) || container === undefined) return undefined;
    const key = keyOf(target, container);
    const found = groups.get(key);
    if (found === undefined) return undefined;
    const own = found.group.histories.find(({ pod }) => pod === target.pod);
    const line = own === undefined ? undefined : lineOf(own, killsByKey.get(key) ?? [], span);
    return { ...found.story, ...(line === undefined ? {} : { line }) };
  };
}

/** The part of the window that holds samples, thinned to one line. */
function lineOf(
  history: ContainerHistory,
  kills: readonly KillMark[],
  asked: TimeSpan,
): MemoryLine | undefined {
  const series = history.workingSet ?? history.rss ?? history.usage;
  const first = series?.timesMs[0];
  const last = series?.timesMs.at(-1);
  if (series === undefined || first === undefined || last === undefined) return undefined;
  const span = {
    fromMs: Math.max(asked.fromMs, first),
    toMs: Math.max(last, Math.min(asked.toMs, last + 1)),
  };
  const own = kills.filter(
    ({ pod, atMs }) => pod === history.pod && atMs >= span.fromMs && atMs <= asked.toMs,
  );
  const { traffic } = history;
  const ranges = columnRanges(series, span, LINE_COLUMNS).filter((range) => range !== undefined);
  return {
    ...span,
    lowestBytes: Math.min(...ranges.map(({ low }) => low)),
    highestBytes: Math.max(...ranges.map(({ high }) => high)),
    memoryBytes: highs(series, span),
    killColumns: own.map(({ atMs }) => columnAt(atMs, span, LINE_COLUMNS)),
    ...(traffic === undefined
      ? {}
      : { traffic: { kind: traffic.kind, perSecond: highs(traffic.perSecond, span) } }),
  };
}

function highs(series: Series, span: TimeSpan): readonly (number | null)[] {
  return columnRanges(series, span, LINE_COLUMNS).map((range) => range?.high ?? null);
}
