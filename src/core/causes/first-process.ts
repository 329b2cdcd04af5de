/** Whose process the kernel killed: the container's first (PID 1) or another one of it. */
import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { companions, looksLikeProgram } from './read.ts';

/**
 * PID 1 of a container is older than every other process in it, so it has the lowest pid. The report's table lists the
 * cgroup that was full: the container's own, or the pod's, which is the same with one container beside `pause`. `unknown`
 * where the table is cut or holds other containers.
 */
export function wasFirstProcess(facts: DeathFacts, kill: KernelOomKill): 'yes' | 'no' | 'unknown' {
  const { victim, oomCgroup, processes, processCount } = kill;
  if (victim === undefined || processCount > processes.length) return 'unknown';
  const alone = facts.pod !== undefined && facts.pod.containers.length > 0 && companions(facts) === 0;
  if (oomCgroup?.level !== 'container' && !(oomCgroup?.level === 'pod' && alone)) return 'unknown';
  const row = processes.find(({ pid }) => pid === victim.pid);
  if (row === undefined) return 'unknown';
  // The sandbox's process has another score than the containers' (k8s pkg/kubelet/qos/policy.go), or is called pause.
  const own = processes.filter((other) => other.comm !== 'pause' && other.oomScoreAdj === row.oomScoreAdj);
  return own.every((other) => (other.tgid ?? other.pid) >= victim.pid) ? 'yes' : 'no';
}

/**
 * The victim is not the container's first process and bears no name that its spec explains: a child of its own, or
 * something run into it by exec. The kernel's report cannot tell these two apart, and containerd logs no exec.
 */
export function isStranger(facts: DeathFacts, kill: KernelOomKill): boolean {
  const comm = kill.victim?.comm;
  const { container } = facts;
  if (comm === undefined || container === undefined || wasFirstProcess(facts, kill) !== 'no') return false;
  const words = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  return !looksLikeProgram(container, comm) && !words.includes(comm);
}
