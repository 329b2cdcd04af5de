/** Memory over time from the core's types to the wire: instants as text, durations in seconds, nothing judged. */
import type { EvidenceGap, SourceReport } from '../core/model/bundle.ts';
import type { ContainerMemory, ForecastRow, TopRow } from '../core/model/memory-views.ts';
import type { ChangeMark, ContainerHistory, KillMark, Series, Step } from '../core/model/series.ts';
import type { Forecast, Life, MemoryAnalysis } from '../core/memory/types.ts';
import { toRfc3339 } from '../core/text/instants.ts';
import type { EpochMs } from '../core/units.ts';
import { envelope, instant, without } from './envelope.ts';
import type {
  WireChange,
  WireForecast,
  WireForecastList,
  WireForecastRow,
  WireHistory,
  WireHistoryList,
  WireKillMark,
  WireLife,
  WireMemory,
  WirePodHistory,
  WireSeries,
  WireStep,
  WireTopList,
  WireTopRow,
} from './memory-wire.ts';

/** What every envelope says of where its items come from. */
export interface MemoryReport {
  readonly generatedAtMs: EpochMs;
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly EvidenceGap[];
  readonly interrupted: boolean;
}

function reportOf({ interrupted, ...report }: MemoryReport) {
  return { ...report, truncated: interrupted };
}

export function toWireHistories(report: MemoryReport, memories: readonly ContainerMemory[]): WireHistoryList {
  return envelope('HistoryList', reportOf(report), memories.map(toWireHistory));
}

export function toWireTop(report: MemoryReport, rows: readonly TopRow[]): WireTopList {
  return envelope('TopList', reportOf(report), rows.map(toWireTopRow));
}

export function toWireForecasts(report: MemoryReport, rows: readonly ForecastRow[]): WireForecastList {
  return envelope('ForecastList', reportOf(report), rows.map(toWireForecastRow));
}

export function toWireMemory(analysis: MemoryAnalysis): WireMemory {
  const { lives, since, forecast, typicalLifeMs } = analysis;
  return {
    ...without(analysis, 'lives', 'since', 'forecast', 'typicalLifeMs'),
    lives: lives.map(toWireLife),
    ...(since === undefined ? {} : { since: toWireChange(since) }),
    forecast: toWireForecast(forecast),
    ...(typicalLifeMs === undefined ? {} : { typicalLifeSeconds: typicalLifeMs / 1000 }),
  };
}

function toWireLife(life: Life): WireLife {
  return {
    ...without(life, 'fromMs', 'toMs'),
    from: toRfc3339(life.fromMs),
    to: toRfc3339(life.toMs),
  };
}

function toWireForecast(forecast: Forecast): WireForecast {
  return {
    ...without(forecast, 'atMs', 'earliestMs', 'latestMs'),
    ...instant('at', forecast.atMs),
    ...instant('earliestAt', forecast.earliestMs),
    ...instant('latestAt', forecast.latestMs),
  };
}

function toWireChange({ atMs, kind, label }: ChangeMark): WireChange {
  return { at: toRfc3339(atMs), kind, label };
}

function toWireKill(kill: KillMark): WireKillMark {
  return { ...without(kill, 'atMs'), at: toRfc3339(kill.atMs) };
}

function toWireHistory(memory: ContainerMemory): WireHistory {
  const { namespace, workload, container, fromMs, toMs } = memory;
  return {
    namespace,
    ...(workload === undefined ? {} : { workload }),
    container,
    from: toRfc3339(fromMs),
    to: toRfc3339(toMs),
    memory: toWireMemory(memory.analysis),
    kills: memory.kills.map(toWireKill),
    changes: memory.changes.map(toWireChange),
    pods: memory.histories.map(toWirePod),
  };
}

function toWirePod(history: ContainerHistory): WirePodHistory {
  const { traffic, nodeName, podUid, notes, limit, request, version } = history;
  return {
    pod: history.pod,
    ...(podUid === undefined ? {} : { podUid }),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    source: history.source,
    stepSeconds: history.stepMs / 1000,
    ...seriesOf(history),
    ...(limit === undefined ? {} : { limit: toWireSteps(limit) }),
    ...(request === undefined ? {} : { request: toWireSteps(request) }),
    ...(version === undefined ? {} : { version: toWireSteps(version) }),
    ...(traffic === undefined ? {} : { traffic: { ...traffic, perSecond: toWireSeries(traffic.perSecond) } }),
    ...(notes === undefined ? {} : { notes }),
  };
}

const SERIES = ['workingSet', 'rss', 'cache', 'shmem', 'usage', 'peak', 'restarts', 'oomEvents'] as const;

function seriesOf(history: ContainerHistory): Partial<Record<(typeof SERIES)[number], WireSeries>> {
  return Object.fromEntries(
    SERIES.flatMap((name) => {
      const series = history[name];
      return series === undefined ? [] : [[name, toWireSeries(series)]];
    }),
  );
}

function toWireSeries({ timesMs, values }: Series): WireSeries {
  return { at: timesMs.map(toRfc3339), values };
}

function toWireSteps<Value>(steps: readonly Step<Value>[]): readonly WireStep<Value>[] {
  return steps.map(({ fromMs, value }) => ({ from: toRfc3339(fromMs), value }));
}

function toWireTopRow(row: TopRow): WireTopRow {
  const { nodeName, sampledAtMs, lastKillAtMs } = row;
  return {
    ...without(row, 'nodeName', 'sampledAtMs', 'lastKillAtMs'),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...instant('sampledAt', sampledAtMs),
    ...instant('lastKillAt', lastKillAtMs),
  };
}

function toWireForecastRow(row: ForecastRow): WireForecastRow {
  const { nodeName, forecast, typicalLifeMs } = row;
  return {
    ...without(row, 'nodeName', 'forecast', 'typicalLifeMs'),
    ...(nodeName === undefined ? {} : { node: nodeName }),
    forecast: toWireForecast(forecast),
    ...(typicalLifeMs === undefined ? {} : { typicalLifeSeconds: typicalLifeMs / 1000 }),
  };
}
