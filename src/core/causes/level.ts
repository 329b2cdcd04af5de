/**
 * At which level of the cgroup tree the kernel ran out: the container's own limit (K1), the pod's (K4), all pods' (K5)
 * or the node's memory (K6). One table, read by those four causes.
 */
import { muchWasFree } from '../facts/memory.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { Bytes } from '../units.ts';
import { companions, looksLikeProgram } from './read.ts';

/** Weight per level; absent = this report does not speak for it. */
export interface LevelWeights {
  readonly K1?: number;
  readonly K4?: number;
  readonly K5?: number;
  readonly K6?: number;
  /** Why the pod's cgroup was told from the container's, in one sentence. */
  readonly reason?: string;
}

/** From here on a container's own charge counts as being at its own limit. */
const AT_LIMIT = 0.9;
/** Below this it was far from it. */
const FAR_FROM_LIMIT = 0.75;
/** tmpfs of this share of the pod's limit is a consumer worth naming. */
const LARGE_SHMEM = 0.25;
const SMALL_SHMEM = 0.1;

function rssOf(process: { anonRssBytes?: Bytes; fileRssBytes?: Bytes; shmemRssBytes?: Bytes }): Bytes {
  return (process.anonRssBytes ?? 0) + (process.fileRssBytes ?? 0) + (process.shmemRssBytes ?? 0);
}

/** Least and most that the victim's container can have been charged, from what the report shows. */
export function ownCharge(
  facts: DeathFacts,
  kill: KernelOomKill,
): { atLeastBytes: Bytes; atMostBytes?: Bytes } {
  const killed = kill.groupKill ? kill.killed : kill.victim === undefined ? [] : [kill.victim];
  // Where the kill line was cut, the victim's row of the table still has its size.
  const row = kill.processes.find(({ pid }) => pid === kill.victim?.pid);
  const tabled = row === undefined ? 0 : row.rssPages * kill.pageSizeBytes;
  const atLeastBytes = Math.max(
    facts.peakBytes ?? 0,
    tabled,
    killed.reduce((sum, process) => sum + rssOf(process), 0),
  );
  if (kill.groupKill && kill.killed.length > 0) return { atLeastBytes, atMostBytes: atLeastBytes };
  // The process table lists the whole pod without cgroups, but containers of other requests have another
  // oom_score_adj: the rows that share the victim's are the most that can be its container's.
  const adj = row?.oomScoreAdj;
  if (adj === undefined || kill.processCount > kill.processes.length) return { atLeastBytes };
  const rows = kill.processes.filter((other) => other.oomScoreAdj === adj && !isSiblings(facts, other.comm));
  const pages = rows.reduce((sum, other) => sum + other.rssPages, 0);
  return { atLeastBytes, atMostBytes: Math.max(atLeastBytes, pages * kill.pageSizeBytes) };
}

/** A row that looks like another container's program and not like this one's. */
function isSiblings(facts: DeathFacts, comm: string): boolean {
  if (looksLikeProgram(facts.container, comm)) return false;
  const siblings =
    facts.pod?.containers.filter((c) => c.role !== 'init' && c.name !== facts.container?.name) ?? [];
  return siblings.some((container) => looksLikeProgram(container, comm));
}

/** The programs of the process table by resident memory, largest first: who really held the pod's memory. */
export function consumersOf(
  kill: KernelOomKill,
): readonly { readonly comm: string; readonly processes: number; readonly rssBytes: Bytes }[] {
  const byComm = new Map<string, { processes: number; rssBytes: Bytes }>();
  for (const row of kill.processes) {
    const sum = byComm.get(row.comm) ?? { processes: 0, rssBytes: 0 };
    byComm.set(row.comm, {
      processes: sum.processes + 1,
      rssBytes: sum.rssBytes + row.rssPages * kill.pageSizeBytes,
    });
  }
  return [...byComm].map(([comm, sum]) => ({ comm, ...sum })).toSorted((a, b) => b.rssBytes - a.rssBytes);
}

function ownLimit(facts: DeathFacts): Bytes | undefined {
  return facts.container?.status?.actualLimits?.memoryBytes ?? facts.container?.limits.memoryBytes;
}

function shmemRatio(kill: KernelOomKill): number | undefined {
  const { limitBytes, stat } = kill;
  if (
    stat?.shmemBytes === undefined ||
    limitBytes === undefined ||
    limitBytes === 'unlimited' ||
    limitBytes === 0
  )
    return undefined;
  return stat.shmemBytes / limitBytes;
}

/** The pod's cgroup hit its limit, and the pod is known. */
function podLevel(facts: DeathFacts, kill: KernelOomKill): LevelWeights {
  const limit = ownLimit(facts);
  const { atLeastBytes, atMostBytes } = ownCharge(facts, kill);
  const shared = facts.hasPodLevelResources || (facts.pod?.memoryVolumes.length ?? 0) > 0;
  const shmem = shmemRatio(kill);
  if (!shared && companions(facts) === 0) {
    return {
      K1: 0.97,
      reason:
        'the pod has one container, so the limit of the pod is that of the container (the pause process reaches it first)',
    };
  }
  if (limit !== undefined && atLeastBytes >= AT_LIMIT * limit) {
    return { K1: 0.97, reason: "the container's own charge had reached its own limit" };
  }
  if (shmem !== undefined && shmem >= LARGE_SHMEM && (facts.pod?.memoryVolumes.length ?? 0) > 0) {
    return { K4: 0.95, reason: 'memory-backed volumes filled much of it' };
  }
  if (limit === undefined && facts.hasPodLevelResources) {
    return { K4: 0.95, reason: 'the limit belongs to the pod as a whole' };
  }
  if (limit !== undefined && atMostBytes !== undefined && atMostBytes < FAR_FROM_LIMIT * limit) {
    return { K4: 0.95, reason: "the victim's container was far below its own limit" };
  }
  if (facts.hasPodLevelResources)
    return { K4: 0.85, reason: 'the pod has a limit of its own, and this container was not seen at its own' };
  if (companions(facts) === 0 && shmem !== undefined && shmem < SMALL_SHMEM) {
    return { K1: 0.95, reason: 'the memory-backed volume was nearly empty' };
  }
  return { K1: 0.5, K4: 0.5, reason: 'the report does not show which container of the pod held the memory' };
}

/** The pod's cgroup hit its limit, and nothing is known of the pod. */
function unknownPod(facts: DeathFacts, kill: KernelOomKill): LevelWeights {
  const { limitBytes } = kill;
  if (limitBytes === undefined || limitBytes === 'unlimited') return { K1: 0.5, K4: 0.5 };
  const shmem = shmemRatio(kill);
  if (shmem !== undefined && shmem >= 0.5) return { K4: 0.8, reason: 'most of the memory was shmem (tmpfs)' };
  const { atLeastBytes } = ownCharge(facts, kill);
  const programs = consumersOf(kill).filter(({ comm }) => comm !== 'pause');
  const others = programs.filter(({ comm }) => comm !== kill.victim?.comm);
  const rest = others.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
  if (atLeastBytes >= 0.6 * limitBytes && rest < 0.1 * limitBytes) {
    return { K1: 0.85, reason: "the victim alone held most of the pod's limit" };
  }
  if (
    kill.processCount === kill.processes.length &&
    programs.length === 1 &&
    programs[0]?.comm === kill.victim?.comm
  ) {
    return { K1: 0.8, reason: 'only one program ran in the pod' };
  }
  return { K1: 0.5, K4: 0.5, reason: 'without the pod it is not known how many containers share this limit' };
}

/** A cgroup outside kubepods: plain docker, LXC, a test group. */
function otherLevel(kill: KernelOomKill): LevelWeights {
  const oom = kill.oomCgroup?.path;
  const task = kill.taskCgroup?.path;
  const parent =
    oom !== undefined &&
    task !== undefined &&
    task !== oom &&
    task.startsWith(oom.endsWith('/') ? oom : `${oom}/`);
  return parent ? { K5: 0.8, reason: `the limit of a parent, ${oom}, was hit` } : { K1: 0.97 };
}

export function levelOf(facts: DeathFacts, kill: KernelOomKill): LevelWeights {
  if (kill.scope === 'global') return muchWasFree(kill) ? { K6: 0.6, K1: 0.4 } : { K6: 0.99 };
  switch (kill.oomCgroup?.level) {
    case 'container':
      return { K1: 0.99 };
    case 'pod':
      return facts.pod === undefined || facts.pod.containers.length === 0
        ? unknownPod(facts, kill)
        : podLevel(facts, kill);
    case 'qos':
    case 'kubepods':
      return { K5: 0.99 };
    case 'root':
      return { K6: 0.95 };
    case 'other':
      return otherLevel(kill);
    case undefined:
      return byLimit(facts, kill);
  }
}

/** Only the kill line survived: the limit it was printed with, if any, still tells the container's from others. */
function byLimit(facts: DeathFacts, kill: KernelOomKill): LevelWeights {
  if (kill.scope === 'unknown') return {};
  const limit = ownLimit(facts);
  if (limit === undefined || kill.limitBytes !== limit) return { K1: 0.7 };
  // The pod's limit may be the same number, and what lies in tmpfs counts towards the pod's.
  return kill.limitBytes === facts.podLimitBytes ? podLevel(facts, kill) : { K1: 0.95 };
}
