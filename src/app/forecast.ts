/** `forecast`: which container or node is killed next, and when. Quiet about what is healthy. */
import type { ForecastRow } from '../core/model/memory-views.ts';
import type { MemoryAnalysis } from '../core/memory/types.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { ForecastView } from '../core/text/forecast.ts';
import { type EpochMs, HOUR_MS, type Milliseconds } from '../core/units.ts';
import type { Analyse } from './history.ts';
import {
  groupHistories,
  type HistoryGroup,
  type MemoryEvidence,
  questionOf,
  subjectOf,
} from './memory-question.ts';
import { readBasis, type MemoryAnswer, type MemoryAsk } from './memory-evidence.ts';
import { NodeSums } from './node-history.ts';
import { readClosely } from './read-closer.ts';
import { historyPages, type HistoryTale, type HistoryWish, stepFor } from './read-histories.ts';

export interface ForecastAsk extends MemoryAsk {
  readonly withinMs: Milliseconds;
  readonly trafficQuery?: string;
  readonly analyse: Analyse;
}

export interface ForecastAnswer extends MemoryAnswer, ForecastView {}

/** Looked at a second time with traffic and everything else: what the first, cheap look found growing. */
const MOST_CLOSE_LOOKS = 30;

export async function forecast(ask: ForecastAsk): Promise<ForecastAnswer> {
  const basis = await readBasis(ask, ask.selection);
  const { parts, nowMs, carried, evidence } = basis;
  const tale: HistoryTale = { gaps: [], sources: [] };
  const look: Look = { ask, evidence, tale };
  const seen = await lookAgainIfYoung(look, { carried, seen: await lookAtAll(look, carried) });
  const close = await lookClosely(look, seen.coming);
  const nodes = parts.flatMap(({ nodes: own = [] }) => own);
  const sums = ask.request.scope.allNamespaces ? seen.sums.histories(nodes) : [];
  const nodeRows = sums.flatMap((history) =>
    rowsOf({ ...nodeGroup(history) }, ask.analyse(nodeQuestion(history, nowMs))),
  );
  const rows = [...close, ...nodeRows].toSorted((one, other) => whenOf(one) - whenOf(other));
  const within = rows.filter((row) => whenOf(row) <= nowMs + ask.withinMs);
  const beyond = rows.find((row) => whenOf(row) > nowMs + ask.withinMs);
  return {
    generatedAtMs: nowMs,
    withinMs: ask.withinMs,
    rows: within,
    ...(beyond === undefined ? {} : { beyond }),
    looked: seen.looked,
    tooEarly: seen.tooEarly,
    sources: [...basis.sources, ...tale.sources],
    gaps: [...basis.gaps, ...tale.gaps],
    failures: basis.failures,
    interrupted: basis.interrupted,
  };
}

interface Look {
  readonly ask: ForecastAsk;
  readonly evidence: MemoryEvidence;
  readonly tale: HistoryTale;
}

interface Coming {
  readonly group: HistoryGroup;
  readonly rows: readonly ForecastRow[];
}

interface Seen {
  readonly coming: readonly Coming[];
  readonly sums: NodeSums;
  readonly looked: number;
  readonly tooEarly: number;
}

function wishOf({ ask, evidence }: Look, depth: HistoryWish['depth']): HistoryWish {
  const { scope, target } = ask.request;
  const subject = target.kind === 'object' ? subjectOf(evidence) : undefined;
  return {
    ...(scope.namespace === undefined ? {} : { namespace: scope.namespace }),
    ...(ask.container === undefined ? {} : { container: ask.container }),
    ...(ask.trafficQuery === undefined ? {} : { trafficQuery: ask.trafficQuery }),
    ...subject,
    fromMs: evidence.nowMs - ask.windowMs,
    toMs: evidence.nowMs,
    stepMs: stepFor(ask.windowMs),
    depth,
  };
}

/** Samples at the distance of a week are too few of most: then what there is is young, and deserves a shorter distance. */
const YOUNG_RATIO = 0.5;
const YOUNG_WINDOW_MS = 8 * HOUR_MS;

async function lookAgainIfYoung(
  look: Look,
  { carried, seen }: { readonly carried: readonly ContainerHistory[]; readonly seen: Seen },
): Promise<Seen> {
  const { ask, tale } = look;
  const isCloser = stepFor(YOUNG_WINDOW_MS) < stepFor(ask.windowMs);
  const hasAnswered = tale.sources.some(({ state }) => state === 'read');
  const isOld = seen.looked > 0 && seen.tooEarly <= YOUNG_RATIO * seen.looked;
  if (!isCloser || !hasAnswered || isOld) return seen;
  // What could not be read was said by the first look.
  const own: HistoryTale = { gaps: [], sources: [] };
  const closer = await lookAtAll({ ...look, ask: { ...ask, windowMs: YOUNG_WINDOW_MS }, tale: own }, carried);
  return closer.looked - closer.tooEarly > seen.looked - seen.tooEarly ? closer : seen;
}

/** Streams: only what a kill is forecast for stays. */
async function lookAtAll(look: Look, carried: readonly ContainerHistory[]): Promise<Seen> {
  const { ask, evidence, tale } = look;
  const isOne = ask.request.target.kind === 'object';
  const wish = wishOf(look, isOne ? 'analysis' : 'memory');
  const sums = new NodeSums(wish);
  const coming: Coming[] = [];
  let looked = 0;
  let tooEarly = 0;
  const take = (page: readonly ContainerHistory[]): void => {
    for (const history of page) sums.add(history);
    for (const group of groupHistories(
      page.filter((one) => isWanted(one, ask)),
      evidence,
    )) {
      const analysis = ask.analyse(questionOf(group, evidence));
      looked += group.histories.length;
      if (analysis.shape === 'no-data') tooEarly += group.histories.length;
      const rows = rowsOf(group, analysis);
      if (rows.length > 0) coming.push({ group: isOne ? group : withoutSamples(group), rows });
    }
  };
  take(carried);
  const { signal, onProgress } = ask.request;
  const options = {
    signal,
    onContainers: (done: number) => onProgress?.({ what: 'memory over time', done, unit: 'containers' }),
  };
  for await (const page of historyPages(ask.histories, { wish, tale }, options)) take(page);
  return { coming, sums, looked, tooEarly };
}

function isWanted(history: ContainerHistory, { container, request }: ForecastAsk): boolean {
  if (container !== undefined && history.container !== container) return false;
  const { namespace } = request.scope;
  if (namespace !== undefined && history.namespace !== '' && history.namespace !== namespace) return false;
  const { target } = request;
  if (target.kind !== 'object') return true;
  if (history.pod === target.name || history.workload?.name === target.name) return true;
  return history.pod.startsWith(`${target.name}-`);
}

function withoutSamples(group: HistoryGroup): HistoryGroup {
  return {
    ...group,
    histories: group.histories.map(({ namespace, pod, container, source, stepMs, fromMs, toMs }) => ({
      namespace,
      pod,
      container,
      source,
      stepMs,
      fromMs,
      toMs,
    })),
  };
}

/** A cheap look knows neither traffic nor page cache; what it found is asked again with both. */
async function lookClosely(look: Look, coming: readonly Coming[]): Promise<readonly ForecastRow[]> {
  const { ask, evidence } = look;
  if (ask.request.target.kind === 'object' || ask.histories.length === 0) {
    return coming.flatMap(({ rows }) => rows);
  }
  const soonest = coming.toSorted((one, other) => soonestOf(one) - soonestOf(other));
  const rows: ForecastRow[] = soonest.slice(MOST_CLOSE_LOOKS).flatMap((one) => one.rows);
  for (const { group, rows: cheap } of soonest.slice(0, MOST_CLOSE_LOOKS)) {
    const wish: HistoryWish = {
      ...wishOf(look, 'analysis'),
      namespace: group.namespace,
      container: group.container,
      pods: group.histories.map(({ pod }) => pod),
      ...(group.workload === undefined ? {} : { workload: group.workload }),
    };
    const { histories } = await readClosely(ask.histories, wish, { signal: ask.request.signal });
    const own = groupHistories(histories, evidence).find(
      ({ container, namespace }) => container === group.container && namespace === group.namespace,
    );
    if (own === undefined) rows.push(...cheap);
    else rows.push(...rowsOf(own, ask.analyse(questionOf(own, evidence))));
  }
  return rows;
}

function soonestOf({ rows }: Coming): number {
  return Math.min(...rows.map(whenOf));
}

function whenOf({ forecast: { atMs } }: ForecastRow): number {
  return atMs ?? Number.POSITIVE_INFINITY;
}

/** One row: the pod that is next. Nothing where no crossing is forecast. */
function rowsOf(group: HistoryGroup, analysis: MemoryAnalysis): readonly ForecastRow[] {
  if (analysis.forecast.atMs === undefined) return [];
  const { namespace, workload, container, histories } = group;
  const next = histories.find(({ pod }) => pod === analysis.forecast.pod) ?? histories[0];
  const usedBytes = (next?.workingSet ?? next?.rss)?.values.at(-1);
  const isNode = workload?.kind === 'Node';
  return [
    {
      kind: isNode ? 'node' : 'container',
      ...(isNode ? {} : { namespace, container, ...(workload === undefined ? {} : { workload }) }),
      ...(next === undefined || isNode ? {} : { pod: next.pod }),
      ...(next?.nodeName === undefined ? {} : { nodeName: next.nodeName }),
      shape: analysis.shape,
      state: analysis.state,
      forecast: analysis.forecast,
      ...(usedBytes === undefined ? {} : { usedBytes: Math.round(usedBytes) }),
      ...(analysis.growthBytesPerHour === undefined
        ? {}
        : { growthBytesPerHour: analysis.growthBytesPerHour }),
      ...(analysis.typicalLifeMs === undefined ? {} : { typicalLifeMs: analysis.typicalLifeMs }),
      summary: analysis.summary,
    },
  ];
}

function nodeGroup(history: ContainerHistory): HistoryGroup {
  return {
    namespace: '',
    workload: { kind: 'Node', name: history.pod },
    container: history.container,
    histories: [history],
  };
}

function nodeQuestion(history: ContainerHistory, nowMs: EpochMs) {
  return { histories: [history], kills: [], changes: [], nowMs };
}
