/** Deaths grouped by workload and cause, worst first: one row per thing to fix. */
import type { Diagnosis, DiagnosisTarget, Verdict } from './model/diagnosis.ts';
import type { EpochMs } from './units.ts';

export interface KillGroup {
  readonly target: DiagnosisTarget;
  /** Absent where the deaths are of several containers. */
  readonly container?: string;
  /** Of the newest death in the group. */
  readonly verdict: Verdict;
  readonly count: number;
  readonly firstAtMs?: EpochMs;
  readonly lastAtMs?: EpochMs;
  /** Newest first. */
  readonly deaths: readonly Diagnosis[];
}

/**
 * Groups by namespace, workload (the pod or cgroup where none is known), container and code. What did not die is left
 * out. Order: deaths by a signal or a decision before ordinary exits and refusals, then by number, then the newest.
 */
export function groupKills(items: readonly Diagnosis[], sinceMs?: EpochMs): readonly KillGroup[] {
  const groups = new Map<string, Diagnosis[]>();
  for (const item of items) {
    if (item.verdict.kind === 'nothing-died') continue;
    if (sinceMs !== undefined && (item.atMs ?? sinceMs) < sinceMs) continue;
    const key = groupKey(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()].map(toGroup).toSorted(compareGroups);
}

function groupKey({ target, container, verdict }: Diagnosis): string {
  const { workload } = target;
  const object =
    workload === undefined
      ? (target.pod ?? target.cgroup ?? target.node)
      : `${workload.kind}/${workload.name}`;
  return JSON.stringify([target.namespace, object, container, verdict.code]);
}

function toGroup(deaths: readonly Diagnosis[]): KillGroup {
  const ordered = deaths.toSorted((one, other) => (other.atMs ?? 0) - (one.atMs ?? 0));
  const [newest] = ordered;
  if (newest === undefined) throw new RangeError('a group holds at least one death');
  const instants = ordered.map(({ atMs }) => atMs).filter((atMs) => atMs !== undefined);
  const firstAtMs = instants.at(-1);
  const [lastAtMs] = instants;
  return {
    target: newest.target,
    ...(newest.container === undefined ? {} : { container: newest.container }),
    verdict: newest.verdict,
    count: ordered.length,
    ...(firstAtMs === undefined ? {} : { firstAtMs }),
    ...(lastAtMs === undefined ? {} : { lastAtMs }),
    deaths: ordered,
  };
}

/** An ordinary exit or a refusal is not a kill: it is listed, but last. */
function isKill({ verdict }: KillGroup): boolean {
  return verdict.code !== 'reject' && !verdict.code.startsWith('exit-');
}

function compareGroups(one: KillGroup, other: KillGroup): number {
  return (
    Number(isKill(other)) - Number(isKill(one)) ||
    other.count - one.count ||
    (other.lastAtMs ?? 0) - (one.lastAtMs ?? 0) ||
    (one.target.pod ?? '').localeCompare(other.target.pod ?? '', 'en')
  );
}
