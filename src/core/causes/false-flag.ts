/**
 * `OOMKilled` of a container that lost no process. On cgroup v1 a limit of the pod, or of all pods, that is hit tells
 * every container below it (mem_cgroup_oom_notify walks the subtree, mm/memcontrol.c), and the runtime flags each of
 * them. Seen with containerd 1.6.20 on kernel 6.18: the sibling of the victim ended later with exit code 1, `OOMKilled`.
 */
import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';
import { realKills, saysOomKilled } from './read.ts';

/** The status has whole seconds. */
const ROUNDING_MS = SECOND_MS;

/** The kernel's report of somebody else's process that set this container's flag; nothing where its own was killed too. */
export function foreignKill(facts: DeathFacts): KernelOomKill | undefined {
  if (!saysOomKilled(facts) || !facts.kernelLogCovers || facts.node?.cgroupVersion === 2) return undefined;
  if (realKills(facts.kernelKills).length > 0) return undefined;
  return realKills([...facts.podKernelKills, ...facts.nodeKernelKills]).find((kill) => {
    const { oomCgroup, taskCgroup, atMs } = kill;
    const above = oomCgroup?.level === 'pod' || oomCgroup?.level === 'kubepods' || oomCgroup?.level === 'qos';
    const ofPod = oomCgroup?.level !== 'pod' || oomCgroup.podUid === facts.pod?.uid;
    return above && ofPod && taskCgroup?.containerId !== undefined && lived(facts, atMs);
  });
}

/** Without the kernel's report: a sibling was flagged and ended while this container lived. */
export function siblingWasFlagged(facts: DeathFacts): boolean {
  if (!saysOomKilled(facts) || facts.node?.cgroupVersion === 2) return false;
  if (realKills(facts.kernelKills).length > 0) return false;
  return (facts.pod?.containers ?? []).some(({ name, status }) => {
    if (name === facts.container?.name) return false;
    return [status?.state, status?.lastState].some(
      (state) =>
        state?.kind === 'terminated' &&
        state.termination.reason === 'OOMKilled' &&
        lived(facts, state.termination.finishedAtMs),
    );
  });
}

function lived({ termination, diedAtMs }: DeathFacts, atMs: EpochMs | undefined): boolean {
  const startedAtMs = termination?.startedAtMs;
  if (atMs === undefined || diedAtMs === undefined || startedAtMs === undefined) return false;
  return atMs >= startedAtMs - ROUNDING_MS && atMs <= diedAtMs + ROUNDING_MS;
}
