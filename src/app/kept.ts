/** Deaths that a collector kept: each bundle is judged by itself, because a later state of a pod hides its earlier deaths. */
import type { MemoryStories } from '../core/diagnose.ts';
import type { EvidenceGap, SourceReport } from '../core/model/bundle.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import type { EpochMs, Milliseconds } from '../core/units.ts';
import { HOUR_MS, SECOND_MS } from '../core/units.ts';
import type { KeptDeath, KeptDeaths } from './collect-ports.ts';
import { SourceError } from './ports.ts';
import type { Ask } from './why.ts';

export interface KeptAnswer {
  readonly items: readonly Diagnosis[];
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly EvidenceGap[];
}

/** The newest; a list of more is not read by anybody. */
const MOST_DEATHS = 2000;
/** Without `--since`: as long as a collector keeps deaths unless told otherwise. */
const DEFAULT_REACH_MS: Milliseconds = 30 * 24 * HOUR_MS;
const NAME = 'kept deaths';

export async function judgeKept(
  ask: Ask,
  kept: KeptDeaths,
  stories: MemoryStories | undefined,
): Promise<KeptAnswer> {
  const items: Diagnosis[] = [];
  let unreadable = 0;
  try {
    for await (const death of kept.deaths(requestOf(ask))) {
      if (death.bundle === undefined) unreadable += 1;
      else items.push(...judgeOne(ask, death, stories));
      if (ask.request.signal.aborted) break;
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return {
      items,
      sources: [{ name: NAME, state: items.length > 0 ? 'partial' : 'failed', detail: error.message }],
      gaps: [gap(`deaths kept in the history`, `earlier deaths are not listed: ${error.message}`)],
    };
  }
  return {
    items,
    sources: [{ name: NAME, state: unreadable > 0 ? 'partial' : 'read', detail: `${items.length} deaths` }],
    gaps:
      unreadable === 0
        ? []
        : [gap(`${unreadable} deaths kept in the history`, 'what was kept of them cannot be read any more')],
  };
}

function gap(what: string, cost: string): EvidenceGap {
  return { id: `kept/${what}`, what, cost, kind: 'input' };
}

function requestOf({ request, keep, nowMs }: Ask) {
  const { namespace } = request.scope;
  const fromMs: EpochMs = nowMs - (keep?.withinMs ?? DEFAULT_REACH_MS);
  return { fromMs, toMs: nowMs, most: MOST_DEATHS, ...(namespace === undefined ? {} : { namespace }) };
}

/** The bundle of a death holds its neighbours too; they have bundles of their own. */
function judgeOne(ask: Ask, death: KeptDeath, stories: MemoryStories | undefined): readonly Diagnosis[] {
  const { bundle } = death;
  if (bundle === undefined) return [];
  const selection = ask.selection.kind === 'object' ? ask.selection : ({ kind: 'all' } as const);
  const report = ask.judge([bundle], {
    selection,
    nowMs: death.atMs,
    ...(stories === undefined ? {} : { stories }),
  });
  return report.items.filter(({ target, container, verdict }) => {
    if (verdict.kind === 'nothing-died' || target.pod !== death.pod) return false;
    return death.container === undefined || container === undefined || container === death.container;
  });
}

/** Each death once. What was kept was read at the death, with its events and logs; the cluster's word is for the rest. */
export function joinDeaths(live: readonly Diagnosis[], kept: readonly Diagnosis[]): readonly Diagnosis[] {
  if (kept.length === 0) return live;
  const each = new Map<string, Diagnosis>();
  for (const item of [...live, ...kept]) {
    const known = each.get(item.id);
    if (known === undefined || rank(item) >= rank(known)) each.set(item.id, item);
  }
  const all = withoutEchoes([...each.values()]);
  const died = all.filter(({ verdict }) => verdict.kind !== 'nothing-died');
  return (died.length > 0 ? died : all).toSorted((one, other) => (other.atMs ?? 0) - (one.atMs ?? 0));
}

/** The deaths that the cluster still shows, each with what was kept of it where that proves more. */
export function strengthened(live: readonly Diagnosis[], kept: readonly Diagnosis[]): readonly Diagnosis[] {
  const byId = new Map(kept.map((item) => [item.id, item]));
  return live.map((item) => {
    const own = byId.get(item.id);
    return own !== undefined && rank(own) > rank(item) ? own : item;
  });
}

/** Clocks of kernel log and kubelet, and the time between the kill and its report. */
const SAME_DEATH_MS: Milliseconds = 3 * SECOND_MS;

/** A kernel log read at a later death tells of the earlier ones again, without what the kubelet said of them. */
function withoutEchoes(items: readonly Diagnosis[]): readonly Diagnosis[] {
  const told = Map.groupBy(
    items.filter(({ exitCode }) => exitCode !== undefined),
    placeOf,
  );
  return items.filter((item) => {
    const { atMs, exitCode } = item;
    if (exitCode !== undefined || atMs === undefined) return true;
    const same = told.get(placeOf(item)) ?? [];
    return !same.some((other) => Math.abs((other.atMs ?? Infinity) - atMs) <= SAME_DEATH_MS);
  });
}

function placeOf({ target, container }: Diagnosis): string {
  return `${target.namespace ?? ''}/${target.pod ?? ''}/${container ?? ''}`;
}

function rank({ verdict }: Diagnosis): number {
  if (verdict.kind !== 'identified') return 0;
  return verdict.confidence === 'certain' ? 3 : verdict.confidence === 'likely' ? 2 : 1;
}
