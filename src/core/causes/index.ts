/** The list of all causes. A new cause is one file, one line here, its cases in test/cases and its page in docs/causes. */
import type { DeathCode } from '../model/diagnosis.ts';
import { activeDeadline } from './active-deadline.ts';
import { admissionReject } from './admission-reject.ts';
import type { Cause } from './cause.ts';
import { childKilledContainerLives } from './child-killed-container-lives.ts';
import { childKilledThenExit } from './child-killed-then-exit.ts';
import { containerMemoryLimit } from './container-memory-limit.ts';
import { criticalPodPreemption } from './critical-pod-preemption.ts';
import { deletionOrRollout } from './deletion-or-rollout.ts';
import { evictionApi } from './eviction-api.ts';
import { evictionDiskInodesPids } from './eviction-disk-inodes-pids.ts';
import { evictionMemory } from './eviction-memory.ts';
import { execProcessMemory } from './exec-process-memory.ts';
import { externalSigkill } from './external-sigkill.ts';
import { livenessProbe } from './liveness-probe.ts';
import { memoryHighThrottling } from './memory-high-throttling.ts';
import { nodeAllocatableLimit } from './node-allocatable-limit.ts';
import { nodeOutOfMemory } from './node-out-of-memory.ts';
import { nodeShutdown } from './node-shutdown.ts';
import { noexecuteTaint } from './noexecute-taint.ts';
import { ordinaryExit } from './ordinary-exit.ts';
import { ownStorageLimit } from './own-storage-limit.ts';
import { podGarbageCollection } from './pod-garbage-collection.ts';
import { podMemoryLimit } from './pod-memory-limit.ts';
import { poststartHook } from './poststart-hook.ts';
import { prestopOverrun } from './prestop-overrun.ts';
import { resizeBelowUsage } from './resize-below-usage.ts';
import { restartAllContainers } from './restart-all-containers.ts';
import { runtimeHeapLimit } from './runtime-heap-limit.ts';
import { runtimeOrNodeRestart } from './runtime-or-node-restart.ts';
import { sandboxedRuntime } from './sandboxed-runtime.ts';
import { schedulerPreemption } from './scheduler-preemption.ts';
import { sidecarShutdownOrder } from './sidecar-shutdown-order.ts';
import { specOrResizeRestart } from './spec-or-resize-restart.ts';
import { startOutOfMemory } from './start-out-of-memory.ts';
import { startupProbe } from './startup-probe.ts';
import { statusLost } from './status-lost.ts';
import { stopGraceExceeded } from './stop-grace-exceeded.ts';
import { systemdOomd } from './systemd-oomd.ts';
import { userspaceOomKiller } from './userspace-oom-killer.ts';
import { windowsNoOomKiller } from './windows-no-oom-killer.ts';

export const CAUSES: readonly Cause[] = [
  containerMemoryLimit,
  childKilledContainerLives,
  childKilledThenExit,
  podMemoryLimit,
  nodeAllocatableLimit,
  nodeOutOfMemory,
  startOutOfMemory,
  resizeBelowUsage,
  execProcessMemory,
  memoryHighThrottling,
  evictionMemory,
  evictionDiskInodesPids,
  ownStorageLimit,
  livenessProbe,
  startupProbe,
  poststartHook,
  stopGraceExceeded,
  prestopOverrun,
  criticalPodPreemption,
  nodeShutdown,
  activeDeadline,
  specOrResizeRestart,
  restartAllContainers,
  sidecarShutdownOrder,
  statusLost,
  deletionOrRollout,
  schedulerPreemption,
  evictionApi,
  noexecuteTaint,
  podGarbageCollection,
  systemdOomd,
  userspaceOomKiller,
  runtimeOrNodeRestart,
  externalSigkill,
  sandboxedRuntime,
  windowsNoOomKiller,
  runtimeHeapLimit,
  admissionReject,
  ordinaryExit,
];

const BY_CODE: ReadonlyMap<string, Cause> = new Map(CAUSES.map((cause) => [cause.code, cause]));

/** The cause a code belongs to; every `exit-N` is the ordinary exit. */
export function causeOf(code: DeathCode): Cause {
  return BY_CODE.get(code) ?? ordinaryExit;
}
