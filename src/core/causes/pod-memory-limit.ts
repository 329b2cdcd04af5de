import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { formatBytes, formatTime } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { consumersOf, levelOf } from './level.ts';
import {
  companions,
  endExplained,
  endingKill,
  isOomSeenAbovePod,
  isSigkill,
  realKills,
  saysOomKilled,
} from './read.ts';
import { found, fromKernel, nameOf, present, pro } from './say.ts';

function assess(facts: DeathFacts): Assessment | undefined {
  const kill = endingKill(facts) ?? siblingKill(facts);
  if (kill !== undefined) {
    const level = levelOf(facts, kill);
    if (level.K4 === undefined) return undefined;
    const limit = kill.limitBytes === undefined ? '' : ` of ${formatBytes(kill.limitBytes)}`;
    const at = facts.diedAtMs === undefined ? '' : ` at ${formatTime(facts.diedAtMs)}`;
    return found(
      level.K4,
      `The kernel killed ${nameOf(facts)}${at}: the pod as a whole reached its limit${limit}, not this container alone.`,
      present([
        fromKernel(kill),
        level.reason === undefined ? undefined : pro('kernel log', level.reason, { records: [kill.id] }),
        consumers(kill),
      ]),
    );
  }
  return byFlag(facts);
}

/** Who held the memory, so that the victim is not taken for the culprit. */
function consumers(kill: KernelOomKill): Statement | undefined {
  const top = consumersOf(kill)
    .filter(({ comm }) => comm !== 'pause')
    .slice(0, 3);
  if (top.length < 2) return undefined;
  const list = top.map(
    ({ comm, processes, rssBytes }) =>
      `${comm} ${formatBytes(rssBytes)}${processes > 1 ? ` in ${processes} processes` : ''}`,
  );
  return pro('kernel log', `memory in the pod by program: ${list.join(', ')}`, { records: [kill.id] });
}

/** The report names the pod but not the container (the line was cut). */
function siblingKill(facts: DeathFacts) {
  if (!saysOomKilled(facts)) return undefined;
  return realKills(facts.podKernelKills).find(
    (kill) =>
      kill.taskCgroup?.containerId === undefined &&
      kill.atMs !== undefined &&
      facts.diedAtMs !== undefined &&
      Math.abs(kill.atMs - facts.diedAtMs) <= 5000,
  );
}

/** Without a kernel log the pod's level stays a candidate where the pod shares memory. */
function byFlag(facts: DeathFacts): Assessment | undefined {
  if (!saysOomKilled(facts) || !isSigkill(facts) || endExplained(facts)) return undefined;
  const shared =
    facts.hasPodLevelResources || (facts.pod?.memoryVolumes.length ?? 0) > 0 || companions(facts) > 0;
  if (!shared || facts.podLimitBytes === undefined) return undefined;
  const onlyPodLimit = facts.hasPodLevelResources && facts.container?.limits.memoryBytes === undefined;
  const what = facts.hasPodLevelResources
    ? 'a pod-level limit'
    : companions(facts) > 0
      ? 'several containers'
      : 'a memory-backed volume';
  return found(
    // As with K1: the flag, and one limit that can have been hit.
    onlyPodLimit && !isOomSeenAbovePod(facts) ? 0.8 : 0.5,
    `The kernel killed ${nameOf(facts)}: the pod as a whole reached its memory limit.`,
    [pro('pod spec', `the pod has ${what} under one limit of ${formatBytes(facts.podLimitBytes)}`)],
  );
}

/** K4: the pod's cgroup: pod-level resources, tmpfs volumes, several containers under one limit. */
export const podMemoryLimit: Cause = {
  code: 'K4',
  id: 'pod-memory-limit',
  title: 'pod memory limit',
  sender: 'kernel.memcg',
  memory: 'pod',
  rank: RANK.kernel + 1,
  needs: ['pod', 'kernel-log'],
  assess,
};
