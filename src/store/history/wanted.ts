/** Which containers a question is about, replicas together. */
import type { HistoryRequest } from '../../app/history-ports.ts';
import type { Database } from './driver.ts';
import { unpackUid } from './words.ts';

/**
 * One stay of a container in a slot. The same container has several where nobody saw it for a while, and where its pod
 * was made again under the same name.
 */
export interface Stay {
  readonly place: number;
  readonly slot: number;
}

export interface WantedContainer {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid?: string;
  readonly container: string;
  readonly nodeName?: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly stays: readonly Stay[];
}

/** Groups of replicas, in the order of their slots, so that neighbours are read together. */
export function wantedContainers(
  database: Database,
  request: HistoryRequest,
): readonly (readonly WantedContainer[])[] {
  const groups = new Map<string, Map<string, { container: WantedContainer; stays: Stay[] }>>();
  for (const { container, stay } of rowsOf(database, request)) {
    const { namespace, pod, workload } = container;
    const group = JSON.stringify([namespace, workload ?? pod, container.container]);
    const replicas = groups.get(group) ?? new Map<string, { container: WantedContainer; stays: Stay[] }>();
    groups.set(group, replicas);
    const stays = replicas.get(pod)?.stays ?? [];
    stays.push(stay);
    // Rows come oldest first: the newest says which pod and node it is.
    replicas.set(pod, { container, stays });
  }
  return [...groups.values()]
    .map((replicas) => [...replicas.values()].map(({ container, stays }) => ({ ...container, stays })))
    .toSorted((one, other) => firstSlot(one) - firstSlot(other));
}

function firstSlot(group: readonly WantedContainer[]): number {
  return group[0]?.stays[0]?.slot ?? 0;
}

function* rowsOf(
  database: Database,
  request: HistoryRequest,
): Generator<{ readonly container: WantedContainer; readonly stay: Stay }> {
  const words = new Map<number, string>();
  for (const { id, value } of database.iterate('select id, value from text'))
    words.set(Number(id), String(value));
  const word = (id: unknown): string | undefined => (typeof id === 'number' ? words.get(id) : undefined);
  const rows = database.iterate(
    `select id, namespace, pod, uid, name, node, workload_kind kind, workload, slot from container
     where first_at <= ?1 and (last_at is null or last_at >= ?2) order by first_at, slot, id`,
    request.toMs,
    request.fromMs,
  );
  for (const row of rows) {
    const kind = word(row['kind']);
    const workload = word(row['workload']);
    const podUid = unpackUid(row['uid']);
    const nodeName = word(row['node']);
    const container: WantedContainer = {
      namespace: word(row['namespace']) ?? '',
      pod: String(row['pod']),
      container: word(row['name']) ?? '',
      ...(podUid === undefined ? {} : { podUid }),
      ...(nodeName === undefined ? {} : { nodeName }),
      ...(kind === undefined || workload === undefined ? {} : { workload: { kind, name: workload } }),
      stays: [],
    };
    if (isWanted(container, request))
      yield { container, stay: { place: Number(row['id']), slot: Number(row['slot']) } };
  }
}

function isWanted(container: WantedContainer, request: HistoryRequest): boolean {
  const { namespace, pods, workload } = request;
  if (namespace !== undefined && container.namespace !== namespace) return false;
  if (request.container !== undefined && container.container !== request.container) return false;
  if (pods === undefined && workload === undefined) return true;
  const isOfWorkload =
    workload !== undefined &&
    container.workload?.kind === workload.kind &&
    container.workload.name === workload.name;
  return isOfWorkload || pods?.includes(container.pod) === true;
}
