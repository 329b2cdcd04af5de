/** A namespace cut into pages: all replicas of a workload in one, each page small enough to hold. */
import type { HistoryRequest } from '../../app/history-ports.ts';
import type { PodEntry } from './catalog.ts';
import type { Shard } from './expressions.ts';

export interface Page {
  readonly namespace: string;
  readonly pods: readonly PodEntry[];
  /** Questions that together cover the page. */
  readonly shards: readonly Shard[];
  /** Points of one fine metric, as far as can be told beforehand. */
  readonly points: number;
}

/** One fine metric of a page: 15 MB of JSON, 5 MB of numbers. */
const PAGE_POINTS = 600_000;
/** Pod names in one expression: proxies take 8 KiB of address, two thirds of it after escaping. */
const NAMES_LENGTH = 3500;

export interface PlanOptions {
  readonly namespace: string;
  readonly pods: readonly PodEntry[];
  /** Containers that run at once. */
  readonly running: number;
  readonly pointsPerSeries: number;
  readonly request: Pick<HistoryRequest, 'pods' | 'workload' | 'container'>;
  readonly pagePoints?: number;
}

export function planPages(options: PlanOptions): readonly Page[] {
  const { namespace, request, pagePoints = PAGE_POINTS } = options;
  const wanted = options.pods.filter((entry) => isWanted(entry, request));
  if (wanted.length === 0) return [];
  // Pods that come and go share the containers that run at once.
  const perPod = (Math.max(1, options.running) * options.pointsPerSeries) / Math.max(1, options.pods.length);
  const perPage = Math.max(1, Math.floor(pagePoints / perPod));
  const container = request.container === undefined ? {} : { container: request.container };
  if (wanted.length === options.pods.length && wanted.length <= perPage) {
    return [
      { namespace, pods: wanted, shards: [{ namespace, ...container }], points: wanted.length * perPod },
    ];
  }
  return packed(unitsOf(wanted), perPage).map((pods) => ({
    namespace,
    pods,
    shards: shardsOf(pods, perPage).map((names) => ({ namespace, pods: names, ...container })),
    points: pods.length * perPod,
  }));
}

function isWanted(entry: PodEntry, request: PlanOptions['request']): boolean {
  const { pods, workload } = request;
  if (pods === undefined && workload === undefined) return true;
  if (pods?.includes(entry.pod) === true) return true;
  if (workload === undefined || entry.workload === undefined) return false;
  return entry.workload.kind === workload.kind && entry.workload.name === workload.name;
}

/** Pods of one workload; a pod of nobody is a unit of its own. */
function unitsOf(pods: readonly PodEntry[]): readonly (readonly PodEntry[])[] {
  const units = Map.groupBy(pods, ({ pod, workload }) =>
    workload === undefined ? `/${pod}` : `${workload.kind}/${workload.name}`,
  );
  return [...units.values()];
}

function packed(units: readonly (readonly PodEntry[])[], perPage: number): readonly (readonly PodEntry[])[] {
  const pages: PodEntry[][] = [];
  for (const unit of units) {
    const last = pages.at(-1);
    if (last === undefined || last.length + unit.length > perPage) pages.push([...unit]);
    else last.push(...unit);
  }
  return pages;
}

/** Names in groups that one expression can hold. */
export function shardsOf(
  pods: readonly { readonly pod: string }[],
  most: number,
): readonly (readonly string[])[] {
  const shards: string[][] = [];
  let length = 0;
  for (const { pod } of pods) {
    const last = shards.at(-1);
    // An escaped dot takes 5 characters of an address, the bar 3.
    const cost = encodeURIComponent(pod).length + 3 + 9 * (pod.split('.').length - 1);
    if (last === undefined || last.length >= most || length + cost > NAMES_LENGTH) {
      shards.push([pod]);
      length = cost;
    } else {
      last.push(pod);
      length += cost;
    }
  }
  return shards;
}
