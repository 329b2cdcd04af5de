/** `history`: the memory of one target over time, what it means and what comes next. */
import type { ContainerMemory } from '../core/model/memory-views.ts';
import type { MemoryAnalysis, MemoryQuestion } from '../core/memory/types.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import { type EpochMs, MINUTE_MS } from '../core/units.ts';
import { subjectsByName } from './history-evidence.ts';
import { readBasis, type MemoryAnswer, type MemoryAsk } from './memory-evidence.ts';
import type { HistoryGroup, MemoryEvidence, Subject } from './memory-question.ts';
import { groupHistories, questionOf, subjectOf } from './memory-question.ts';
import type { HistoryWish } from './read-histories.ts';
import { firstSampleMs, readClosely } from './read-closer.ts';
import { type readHistories, stepFor } from './read-histories.ts';

export type Analyse = (question: MemoryQuestion) => MemoryAnalysis;

export interface HistoryAsk extends MemoryAsk {
  readonly trafficQuery?: string;
  readonly analyse: Analyse;
}

export interface HistoryAnswer extends MemoryAnswer {
  /** The most telling first. */
  readonly memories: readonly ContainerMemory[];
}

/** Containers that one answer shows. */
const MOST_GROUPS = 20;
/** Pods named in a request; a workload with more is asked for by its name alone. */
const MOST_PODS = 100;

export async function historyOf(ask: HistoryAsk): Promise<HistoryAnswer> {
  const basis = await readBasis(ask, ask.selection);
  const { evidence, nowMs, carried } = basis;
  const reading = await readFirst(ask, evidence, nowMs);
  const wanted = wantedBy(ask, evidence);
  const histories = [...reading.histories, ...carried].filter(wanted);
  const span = filledSpan(
    spanOf(histories, { fromMs: nowMs - ask.windowMs, toMs: nowMs }),
    histories,
    evidence,
  );
  const memories = groupHistories(distinct(histories), evidence)
    .slice(0, MOST_GROUPS)
    .map((group) =>
      memoryOf(group, { evidence: { ...evidence, nowMs: span.toMs }, span, analyse: ask.analyse }),
    );
  return {
    generatedAtMs: nowMs,
    memories: memories.toSorted(byHarm),
    sources: [...basis.sources, ...reading.sources],
    gaps: [...basis.gaps, ...reading.gaps],
    failures: basis.failures,
    interrupted: basis.interrupted,
  };
}

/** Of two sources for one container the first that was named stays. */
function distinct(histories: readonly ContainerHistory[]): readonly ContainerHistory[] {
  const each = new Map<string, ContainerHistory>();
  for (const history of histories) {
    const key = `${history.namespace}/${history.pod}/${history.container}`;
    if (!each.has(key)) each.set(key, history);
  }
  return [...each.values()];
}

interface Span {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** Files hold their own time: where nothing lies in the window asked for, the window is theirs. */
function spanOf(histories: readonly ContainerHistory[], asked: Span): Span {
  const newest = histories.reduce((latest, { toMs }) => Math.max(latest, toMs), 0);
  if (histories.length === 0 || newest >= asked.fromMs) return asked;
  return { fromMs: newest - (asked.toMs - asked.fromMs), toMs: newest };
}

/** Room before the first sample, of the time that is shown. */
const MARGIN_RATIO = 0.02;
const LEAST_SPAN_MS = MINUTE_MS;

/** Without the time before the first sample and the first death: hours in a week would be a dot at its edge. */
function filledSpan(span: Span, histories: readonly ContainerHistory[], { deaths }: MemoryEvidence): Span {
  const pods = new Set(histories.map(({ namespace, pod }) => `${namespace}/${pod}`));
  const diedMs = deaths.flatMap(({ atMs, target }) =>
    atMs !== undefined && pods.has(`${target.namespace ?? ''}/${target.pod ?? ''}`) ? [atMs] : [],
  );
  const firstMs = Math.min(firstSampleMs(histories) ?? span.fromMs, ...diedMs);
  const marginMs = Math.max(LEAST_SPAN_MS, (span.toMs - firstMs) * MARGIN_RATIO);
  return { ...span, fromMs: Math.max(span.fromMs, Math.round(firstMs - marginMs)) };
}

export interface MemoryContext {
  readonly evidence: MemoryEvidence;
  readonly span: Span;
  readonly analyse: Analyse;
}

export function memoryOf(group: HistoryGroup, { evidence, span, analyse }: MemoryContext): ContainerMemory {
  const question = questionOf(group, evidence);
  return {
    ...group,
    ...span,
    histories: question.histories,
    kills: question.kills,
    changes: question.changes.filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs),
    analysis: analyse(question),
  };
}

const HARMLESS = new Set(['healthy', 'no-data', 'plateau', 'periodic']);

/** Kills first, then shapes that lead to one. */
function byHarm(one: ContainerMemory, other: ContainerMemory): number {
  return harmOf(other) - harmOf(one);
}

function harmOf({ kills, analysis }: ContainerMemory): number {
  return kills.length * 10 + (HARMLESS.has(analysis.shape) ? 0 : 5) + (analysis.shape === 'no-data' ? 0 : 1);
}

/** Asks with what the evidence says of the target; without evidence by its name, in each sense a name can have. */
async function readFirst(ask: HistoryAsk, evidence: MemoryEvidence, nowMs: EpochMs) {
  let last: Awaited<ReturnType<typeof readHistories>> = { histories: [], gaps: [], sources: [] };
  for (const wish of wishesFor(ask, evidence, nowMs)) {
    last = await readClosely(ask.histories, wish, { signal: ask.request.signal });
    if (last.histories.length > 0 || last.gaps.length > 0) return last;
  }
  return last;
}

function wishesFor(ask: HistoryAsk, evidence: MemoryEvidence, nowMs: EpochMs): readonly HistoryWish[] {
  const { request, windowMs, container, trafficQuery } = ask;
  const base = {
    ...(container === undefined ? {} : { container }),
    ...(trafficQuery === undefined ? {} : { trafficQuery }),
    fromMs: nowMs - windowMs,
    toMs: nowMs,
    stepMs: stepFor(windowMs),
    depth: 'analysis' as const,
  };
  const place = namespaceOf(ask, evidence);
  const scoped = place === undefined ? base : { ...base, namespace: place };
  const subject = subjectOf(evidence);
  if (subject !== undefined) return [{ ...scoped, ...subject, pods: subject.pods.slice(0, MOST_PODS) }];
  return subjectsByName(request.target).map((one) => ({ ...scoped, ...one }));
}

function namespaceOf({ request }: HistoryAsk, { deaths, pods }: MemoryEvidence): string | undefined {
  const named = request.scope.namespace ?? deaths[0]?.target.namespace ?? pods[0]?.namespace;
  return named === '' ? undefined : named;
}

/** Sources may give more than was asked for; a file always gives all it has. */
function wantedBy(ask: HistoryAsk, evidence: MemoryEvidence): (history: ContainerHistory) => boolean {
  const { request, container } = ask;
  const subject = subjectOf(evidence);
  const known = new Set(subject?.pods);
  const { target, scope } = request;
  return (history) => {
    if (container !== undefined && history.container !== container) return false;
    if (scope.namespace !== undefined && history.namespace !== '' && history.namespace !== scope.namespace)
      return false;
    if (known.has(history.pod) || isOf(history, subject)) return true;
    if (target.kind !== 'object') return subject === undefined;
    const { name } = target;
    if (history.pod === name || history.workload?.name === name) return true;
    return subject === undefined && history.workload === undefined && history.pod.startsWith(`${name}-`);
  };
}

function isOf({ workload }: ContainerHistory, subject: Subject | undefined): boolean {
  return workload !== undefined && subject?.workload !== undefined && workload.name === subject.workload.name;
}
