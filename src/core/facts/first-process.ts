/** Whose process the kernel killed: the container's first (PID 1) or another one of it. */
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';

/**
 * PID 1 of a container is older than every other process in it, so it has the lowest pid. The report's table lists the
 * cgroup that was full: the container's own, or the pod's, which is the same with one container beside `pause`. `unknown`
 * where the table is cut or holds other containers.
 */
export function wasFirstProcess(
  of: { readonly pod?: PodEvidence; readonly container?: ContainerEvidence },
  kill: KernelOomKill,
): 'yes' | 'no' | 'unknown' {
  const { victim, oomCgroup, processes, processCount } = kill;
  if (victim === undefined || processCount > processes.length) return 'unknown';
  const running = of.pod?.containers.filter((c) => c.role === 'main' || c.role === 'sidecar') ?? [];
  const alone = running.length === 1 && running[0]?.name === of.container?.name;
  if (oomCgroup?.level !== 'container' && !(oomCgroup?.level === 'pod' && alone)) return 'unknown';
  const row = processes.find(({ pid }) => pid === victim.pid);
  if (row === undefined) return 'unknown';
  // The sandbox's process has another score than the containers' (k8s pkg/kubelet/qos/policy.go), or is called pause.
  const own = processes.filter((other) => other.comm !== 'pause' && other.oomScoreAdj === row.oomScoreAdj);
  return own.every((other) => (other.tgid ?? other.pid) >= victim.pid) ? 'yes' : 'no';
}

/** The kubelet relists every second and writes status some seconds later at most (pkg/kubelet/pleg, pkg/kubelet/status). */
const STATUS_LAG_MS = 15 * SECOND_MS;

/** A status read this soon after the kill may not know of it yet; a later one that still runs shows that it lives. */
export function mayLag(kill: KernelOomKill, readAtMs: EpochMs): boolean {
  return kill.atMs !== undefined && readAtMs - kill.atMs < STATUS_LAG_MS;
}

/** Nobody of the container is left after this: all were killed, or its first process was. */
export function endsContainer(
  of: { readonly pod?: PodEvidence; readonly container?: ContainerEvidence },
  kill: KernelOomKill,
): boolean {
  const killed = kill.outcome === 'killed' || kill.outcome === 'unknown';
  return killed && (kill.groupKill || wasFirstProcess(of, kill) === 'yes');
}
