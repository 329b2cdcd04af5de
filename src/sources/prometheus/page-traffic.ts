/** Traffic of a page's pods: the first system of the table that knows a pod, and the next for those still without. */
import type { TrafficHistory } from '../../core/model/series.ts';
import { cleanSeries } from '../../core/parse/history/clean-series.ts';
import type { PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import { MINUTE_MS, type Milliseconds } from '../../core/units.ts';
import { askAll } from './ask.ts';
import type { Catalog } from './catalog.ts';
import type { Draft } from './draft.ts';
import { perSecond, selector, type Shard } from './expressions.ts';
import type { PageReading } from './page.ts';
import { shardsOf } from './plan.ts';
import type { TrafficSystem } from './traffic.ts';
import type { TimeWindow } from './window.ts';

/** A rate needs two samples; four distances of them survive two lost scrapes. */
const SCRAPES_A_RATE = 4;
const UNKNOWN_SCRAPE_MS: Milliseconds = MINUTE_MS;

export async function addTraffic(run: PageReading): Promise<void> {
  const { request, catalog, gaps, namedTraffic } = run.reading;
  if (request.depth === 'memory') return;
  if (namedTraffic !== undefined) {
    for (const draft of run.drafts) draft.traffic = namedTraffic.of(draft);
    return;
  }
  for (const { system, namespaces, isSplit } of catalog.traffic) {
    const without = run.drafts.filter((draft) => draft.traffic === undefined);
    if (without.length === 0) return;
    if (namespaces !== undefined && !namespaces.has(run.page.namespace)) continue;
    const about = {
      id: `gap:prometheus/traffic/${system.metric}/${run.page.namespace}`,
      what: `traffic of namespace ${run.page.namespace} from ${system.metric}`,
      cost: 'Growth that follows demand cannot be told from a leak there.',
      namespace: run.page.namespace,
    };
    await gaps.attempt(about, () => askSystem(run, { system, isSplit }, without));
  }
}

async function askSystem(
  run: PageReading,
  { system, isSplit }: Catalog['traffic'][number],
  without: readonly Draft[],
): Promise<void> {
  const { api, window, signal } = run.reading;
  const names = [
    ...new Set(without.map((draft) => nameOf(draft, system)).filter((name) => name !== undefined)),
  ];
  if (names.length === 0) return;
  const series = await askAll(api, {
    shards: shardsFor(run, system, names),
    pods: names,
    window,
    stepMs: window.stepMs,
    expression: (shard) => expressionOf({ system, isSplit }, shard, window),
    signal,
    onEnvelope: (envelope) => run.noteEnvelope(envelope),
  });
  const byName = new Map<string, PrometheusSeries>();
  for (const one of series) {
    const label = one.labels[system.nameLabel] ?? '';
    const name = system.within === undefined ? label : system.within.nameOf(label, run.page.namespace);
    if (name !== undefined && name !== '') byName.set(name, one);
  }
  const known = new Map<string, TrafficHistory | undefined>();
  for (const draft of without) {
    const name = nameOf(draft, system);
    const one = name === undefined ? undefined : byName.get(name);
    if (name === undefined || one === undefined) continue;
    if (!known.has(name)) known.set(name, trafficOf(run, system, one));
    draft.traffic = known.get(name);
  }
}

function nameOf(draft: Draft, system: TrafficSystem): string | undefined {
  return system.scope === 'pod' ? draft.pod : draft.workload?.name;
}

/** The page's own shards as long as they are all that is missing; else the names. */
function shardsFor(run: PageReading, system: TrafficSystem, names: readonly string[]): readonly Shard[] {
  const { namespace } = run.page;
  if (system.within !== undefined) return [{ namespace }];
  if (system.scope === 'pod' && names.length === run.page.pods.length)
    return run.page.shards.map(({ pods }) => (pods === undefined ? { namespace } : { namespace, pods }));
  return shardsOf(
    names.map((pod) => ({ pod })),
    names.length,
  ).map((pods) => ({ namespace, pods }));
}

function expressionOf(
  { system, isSplit }: Catalog['traffic'][number],
  shard: Shard,
  window: TimeWindow,
): string {
  const { metric, namespaceLabel, nameLabel, within } = system;
  const matchers = [
    ...(system.matchers ?? []),
    ...(within === undefined ? [] : [within.matcher(shard.namespace)]),
  ];
  const selected =
    namespaceLabel === undefined
      ? selector(metric, undefined, { matchers })
      : selector(metric, shard, {
          labels: { namespace: namespaceLabel, pod: nameLabel, container: '' },
          matchers,
        });
  const windowMs = Math.max(window.stepMs, SCRAPES_A_RATE * (window.scrapeMs ?? UNKNOWN_SCRAPE_MS));
  return perSecond(selected, {
    windowMs,
    round: system.kind === 'network-bytes' ? 1 : 0.001,
    ...(isSplit ? { by: namespaceLabel === undefined ? [nameLabel] : [namespaceLabel, nameLabel] } : {}),
  });
}

function trafficOf(
  run: PageReading,
  system: TrafficSystem,
  raw: PrometheusSeries,
): TrafficHistory | undefined {
  const { window, grid } = run.reading;
  const { series } = cleanSeries(raw, { name: 'traffic', fromMs: window.fromMs, toMs: window.toMs });
  if (series === undefined) return undefined;
  const perSecondSeries = { timesMs: grid.shared(series.timesMs), values: series.values };
  return { kind: system.kind, metric: system.metric, perSecond: perSecondSeries, scope: system.scope };
}
