/** K4, K5, K6: a limit above the container was hit. The victim is often not the one who took the memory. */
import { kernelHeldNode, muchWasFree } from '../facts/memory.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { formatBytes } from '../text/amounts.ts';
import { commandLine, isSafeName } from '../text/shell.ts';
import { deletePod } from './commands.ts';
import { rollbackActions } from './rollback.ts';
import { theContainer } from './words.ts';

/** K4: name the consumers of the pod's memory; tmpfs first, because a restart does not empty it. */
export function advisePodLimit(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    ...rollbackActions(facts, verdict),
    ...tmpfsActions(facts),
    consumersOfPod(facts),
    {
      kind: 'fix',
      text: `Size the pod's limit${podLimitText(facts)} as the sum of what all its containers need at once, plus every memory-backed volume at its sizeLimit.`,
    },
  ];
}

function podLimitText(facts: DeathFacts): string {
  return facts.podLimitBytes === undefined ? '' : ` (now ${formatBytes(facts.podLimitBytes)})`;
}

function tmpfsActions(facts: DeathFacts): readonly Action[] {
  const volumes = facts.pod?.memoryVolumes ?? [];
  if (volumes.length === 0) return [];
  const names = volumes.map(({ name }) => name).join(', ');
  const unbounded = volumes
    .filter(({ sizeLimitBytes }) => sizeLimitBytes === undefined)
    .map(({ name }) => name);
  const shmem = facts.kernelKills.find(({ stat }) => stat?.shmemBytes !== undefined)?.stat?.shmemBytes;
  const held = shmem === undefined ? '' : ` The kernel counted ${formatBytes(shmem)} of it.`;
  return [
    {
      kind: 'fix',
      text:
        unbounded.length > 0
          ? `Give the memory-backed ${unbounded.length === 1 ? 'volume' : 'volumes'} ${unbounded.join(', ')} a sizeLimit: without one it may fill the pod's memory.${held}`
          : `Check the sizeLimit of the memory-backed ${volumes.length === 1 ? 'volume' : 'volumes'} ${names} against the pod's limit: what is written there is charged to the pod.${held}`,
    },
    {
      kind: 'stop-gap',
      text: `Replace the pod rather than wait: the files in ${names} survive a container's restart and stay charged, so it dies again at once.`,
      ...deletePod(facts),
    },
  ];
}

function consumersOfPod(facts: DeathFacts): Action {
  const own = theContainer(facts);
  const names = (facts.pod?.containers ?? []).filter(({ role }) => role !== 'init').map(({ name }) => name);
  const others = names.filter((name) => name !== facts.container?.name);
  const list =
    others.length === 0 ? 'the files and kernel memory of the pod' : `its neighbours ${others.join(', ')}`;
  const taken = biggestProcess(facts.kernelKills);
  return {
    kind: 'investigate',
    text: `Look at ${list}, not only at ${own}: the kernel picks its victim by size within the pod, which does not make it the one that grew.${taken}`,
  };
}

/** The largest process of the kernel's table, unless it is the victim: repeating that one would blame it. */
function biggestProcess(kills: readonly KernelOomKill[]): string {
  for (const kill of kills) {
    const row = kill.processes[0];
    if (row === undefined || row.pid === kill.victim?.pid) continue;
    return ` Largest in its table: ${row.comm} (pid ${row.pid}) with ${formatBytes(row.rssPages * kill.pageSizeBytes)}.`;
  }
  return '';
}

/** K5: all pods together reached the node's allocatable memory. */
export function adviseAllocatable(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const parent = facts.kernelKills.find(({ oomCgroup }) => oomCgroup?.level === 'other')?.oomCgroup;
  if (parent !== undefined) return adviseParent(facts, parent.path);
  return [
    ...rollbackActions(facts, verdict),
    offenders(facts),
    {
      kind: 'prevent',
      text: `All pods of the node together reached its allocatable memory${allocatableText(facts)}: requests must add up to what pods really use, or the scheduler keeps packing the node too full.`,
    },
    ...spareVictim(facts),
  ];
}

/** Outside Kubernetes (LXC, a slice, docker in docker): whatever lies in that cgroup shares its limit. */
function adviseParent(facts: DeathFacts, path: string): readonly Action[] {
  return [
    {
      kind: 'fix',
      text: `Find what else runs in the cgroup ${path}: all of it together reached the limit set there, not ${theContainer(facts)} alone.${biggestProcess(facts.kernelKills)}`,
    },
    {
      kind: 'prevent',
      text: `Give each container below ${path} a limit of its own, so that one that grows is stopped before the others pay; raise the limit of ${path} only if their sum is meant to be larger.`,
    },
  ];
}

function allocatableText(facts: DeathFacts): string {
  const bytes = facts.node?.allocatableMemoryBytes;
  return bytes === undefined ? '' : ` (${formatBytes(bytes)})`;
}

/** K6: the node ran out, with what lies outside the pods included. */
export function adviseNode(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  if (facts.kernelKills.some(kernelHeldNode)) return [KERNEL_MEMORY];
  if (facts.kernelKills.some(muchWasFree)) return [FALSE_REPORT];
  return [
    ...rollbackActions(facts, verdict),
    offenders(facts),
    {
      kind: 'prevent',
      text: 'Reserve memory for the system (systemReserved, kubeReserved) and leave the eviction threshold room: the kubelet should evict before the kernel has to kill. Fewer BestEffort pods, or a larger node, where requests are honest already.',
    },
    ...spareVictim(facts),
  ];
}

const FALSE_REPORT: Action = {
  kind: 'investigate',
  text: 'Look for a cgroup whose limit was hit at that moment, and for a newer kernel: much memory was free, so neither the pods nor the size of the node explain this report. With vm.panic_on_oom set, such a false report takes the whole node down.',
};

const KERNEL_MEMORY: Action = {
  kind: 'investigate',
  text: 'Look at the memory of the kernel itself: programs held almost nothing of the node when it ran out. Compare Slab, SUnreclaim, VmallocUsed and Percpu of /proc/meminfo over time and slabtop on a node of the same image; suspects are file-system servers and clients, network drivers and recent kernel updates. No request or limit of a pod changes this.',
};

function offenders(facts: DeathFacts): Action {
  const taken = biggestProcess([...facts.kernelKills, ...facts.nodeKernelKills]);
  const node = facts.nodeName;
  const command =
    node !== undefined && isSafeName(node)
      ? commandLine(['kubectl', 'get', 'pods', '-A', '-o', 'wide', `--field-selector=spec.nodeName=${node}`])
      : undefined;
  return {
    kind: 'fix',
    text: `Find the pods of ${node === undefined ? 'the node' : `node ${node}`} that use far more than they request, and raise their requests to their use; a limit only for those that must be stopped.${taken}`,
    ...(command === undefined ? {} : { command }),
  };
}

/** The order of killing follows oom_score_adj, which follows the memory request (k8s pkg/kubelet/qos/policy.go). */
function spareVictim(facts: DeathFacts): readonly Action[] {
  const { subject, kernelKills } = facts;
  // A process of the node itself has neither request nor limit.
  if (
    subject.kind === 'kernel' &&
    kernelKills.every(({ taskCgroup }) => taskCgroup?.containerId === undefined)
  )
    return [];
  const request = facts.requestBytes;
  const own = theContainer(facts);
  return [
    {
      kind: 'prevent',
      text:
        request === undefined
          ? `Give ${own} a memory request: without one the kernel kills it first, whoever took the memory. Its limit was not the reason.`
          : `The limit of ${own} was not the reason; its request of ${formatBytes(request)} decides how early the kernel picks it, so keep the request at what it really uses.`,
    },
  ];
}
