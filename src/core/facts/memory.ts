/** Limits, requests and peaks of the dead instance, as they were at its death. */
import type { KernelOomKill, CgroupReading } from '../model/kernel.ts';
import type { ContainerEvidence, PodEvidence } from '../model/kubernetes.ts';
import type { MemorySample } from '../model/usage.ts';
import { SECOND_MS } from '../units.ts';
import type { Bytes, EpochMs, MemoryLimit } from '../units.ts';

/** The limit in force: what the kubelet actuated, else the spec; a pod-level limit where the container has none. */
export function containerLimit(
  pod: PodEvidence | undefined,
  container: ContainerEvidence | undefined,
): Bytes | undefined {
  return (
    container?.status?.actualLimits?.memoryBytes ??
    container?.limits.memoryBytes ??
    pod?.podLimits?.memoryBytes ??
    undefined
  );
}

export function containerRequest(container: ContainerEvidence | undefined): Bytes | undefined {
  const { status, requests, limits } = container ?? {};
  // A limit without a request sets the request to the limit (k8s pkg/apis/core/v1/defaults.go).
  return status?.actualRequests?.memoryBytes ?? requests?.memoryBytes ?? limits?.memoryBytes;
}

/** Is anything known of this container's resources at all? A describe fragment may lack the lines. */
export function resourcesKnown(
  container: ContainerEvidence | undefined,
  pod: PodEvidence | undefined,
): boolean {
  if (container === undefined || pod === undefined) return false;
  if (pod.origin === 'docker') return true;
  return pod.qosClass !== undefined || (pod.origin === 'api' && container.image !== undefined);
}

/**
 * `memory.max` of the pod's cgroup: the pod-level limit, else the sum of the limits if every container has one
 * (k8s pkg/kubelet/cm/helpers_linux.go, ResourceConfigForPod). Init containers count by the maximum rule.
 */
export function podLimit(pod: PodEvidence | undefined): Bytes | undefined {
  if (pod === undefined) return undefined;
  if (pod.podLimits?.memoryBytes !== undefined) return pod.podLimits.memoryBytes;
  const running = pod.containers.filter((c) => c.role === 'main' || c.role === 'sidecar');
  const limits = running.map((c) => containerLimit(undefined, c));
  if (limits.length === 0 || limits.some((limit) => limit === undefined)) return undefined;
  const sum = limits.reduce<number>((total, limit) => total + (limit ?? 0), 0);
  const init = pod.containers.filter((c) => c.role === 'init').map((c) => containerLimit(undefined, c) ?? 0);
  return Math.max(sum, ...init);
}

function figure(sample: MemorySample): Bytes | undefined {
  const values = [sample.peakBytes, sample.usageBytes, sample.workingSetBytes].filter((v) => v !== undefined);
  return values.length === 0 ? undefined : Math.max(...values);
}

interface Life {
  readonly startedAtMs: EpochMs | undefined;
  readonly diedAtMs: EpochMs | undefined;
  /** The instance still runs: samples after `diedAtMs` are its own. */
  readonly alive: boolean;
}

/** Samples taken in the dead instance's life; those of its successor start at nearly 0 and say nothing. */
export function samplesOfLife(samples: readonly MemorySample[], life: Life): readonly MemorySample[] {
  return samples.filter(({ atMs }) => {
    if (atMs === undefined) return life.alive;
    if (life.startedAtMs !== undefined && atMs < life.startedAtMs) return false;
    return life.alive || life.diedAtMs === undefined ? life.alive : atMs <= life.diedAtMs + SECOND_MS;
  });
}

export function readingsOfLife(readings: readonly CgroupReading[], life: Life): readonly CgroupReading[] {
  return readings.filter(({ atMs }) => {
    if (life.alive) return true;
    return atMs !== undefined && life.diedAtMs !== undefined && atMs <= life.diedAtMs + SECOND_MS;
  });
}

/** Largest figure seen of this instance; of the kernel's reports only those about the container's own cgroup. */
export function peakOf(parts: {
  readonly samples: readonly MemorySample[];
  readonly readings: readonly CgroupReading[];
  readonly kills: readonly KernelOomKill[];
}): Bytes | undefined {
  const own = parts.kills
    .filter((kill) => kill.oomCgroup?.level === 'container')
    .map((kill) => kill.usageBytes);
  const values = [
    ...parts.samples.map(figure),
    ...parts.readings.flatMap((r) => [r.peakBytes, r.currentBytes]),
    ...own,
  ].filter((v) => v !== undefined);
  return values.length === 0 ? undefined : Math.max(...values);
}

export function limitOrUnlimited(
  pod: PodEvidence | undefined,
  container: ContainerEvidence | undefined,
): MemoryLimit | undefined {
  const limit = containerLimit(pod, container);
  if (limit !== undefined) return limit;
  return resourcesKnown(container, pod) ? 'unlimited' : undefined;
}

/** Page cache this share of the limit, beside little anonymous memory: files filled the cgroup, not the program. */
const CACHE_FILLED = 0.5;
const LITTLE_ANON = 0.2;
/** Free memory above this share of the node's says that not all of it was in use. */
const MUCH_FREE = 0.3;

/** The page cache of a report in which it, and not the program's own memory, filled the cgroup (mm/vmscan.c, MGLRU). */
export function pageCacheThatFilled(
  kill: KernelOomKill | undefined,
): { readonly fileBytes: Bytes; readonly limitBytes: Bytes; readonly dirty: boolean } | undefined {
  const { stat, limitBytes } = kill ?? {};
  const fileBytes = stat?.fileBytes;
  if (fileBytes === undefined || typeof limitBytes !== 'number' || fileBytes < CACHE_FILLED * limitBytes)
    return undefined;
  if ((stat?.shmemBytes ?? 0) > 0.5 * fileBytes || (stat?.anonBytes ?? 0) > LITTLE_ANON * limitBytes)
    return undefined;
  return { fileBytes, limitBytes, dirty: (stat?.fileDirtyBytes ?? 0) > 0.5 * fileBytes };
}

/**
 * A whole-node report in which programs held next to nothing and little was free: the kernel itself (slab, drivers,
 * leaks) took the memory.
 */
export function kernelHeldNode(kill: KernelOomKill | undefined): boolean {
  const { totalBytes, activeAnonBytes, inactiveAnonBytes = 0, freeBytes = 0 } = kill?.nodeMemory ?? {};
  if (kill?.scope !== 'global' || totalBytes === undefined || activeAnonBytes === undefined) return false;
  return activeAnonBytes + inactiveAnonBytes < 0.1 * totalBytes && freeBytes < MUCH_FREE * totalBytes;
}

/**
 * A whole-node report while much was free, asked for by no allocation (`gfp_mask=0x0`): the page-fault path of a memcg
 * OOM says "global" on some kernels (5.15-rc, mm/oom_kill.c pagefault_out_of_memory). Other reports with free memory
 * ran out of a zone, a NUMA node or of whole blocks.
 */
export function muchWasFree(kill: KernelOomKill): boolean {
  const { totalBytes, freeBytes } = kill.nodeMemory ?? {};
  const asked = kill.invoker?.gfpMask;
  if (asked !== undefined && !/^0x0(?!\w)/.test(asked)) return false;
  return (
    kill.scope === 'global' &&
    totalBytes !== undefined &&
    freeBytes !== undefined &&
    freeBytes > MUCH_FREE * totalBytes
  );
}
