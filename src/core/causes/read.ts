/** Questions that several causes ask of the facts of one death. */
import { timingOf } from '../facts/kill-decisions.ts';
import type { DeathFacts, KillDecision } from '../facts/types.ts';
import { within } from '../facts/window.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerEvidence, EventEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { formatBytes } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';
import type { Bytes } from '../units.ts';

export const SIGKILL_EXIT = 137;
export const SIGTERM_EXIT = 143;

/** The kernel's report and the container's exit are this close when the one caused the other. */
const KERNEL_TO_EXIT_MS = 5 * SECOND_MS;

/** Deletion's end and the exit are this close when the grace period ran out. */
const DELETION_END_MS = 5 * SECOND_MS;

export function exitCode(facts: DeathFacts): number | undefined {
  return facts.termination?.exitCode;
}

export function isSigkill(facts: DeathFacts): boolean {
  return exitCode(facts) === SIGKILL_EXIT;
}

export function saysOomKilled(facts: DeathFacts): boolean {
  return facts.termination?.reason === 'OOMKilled';
}

/** Exit codes the kubelet itself made up for an instance whose status it lost. */
export function isPlaceholder(facts: DeathFacts): boolean {
  const reason = facts.termination?.reason;
  return reason === 'ContainerStatusUnknown' || reason === 'RestartingAllContainers';
}

/** The pod's own end explains only the instance that it ended, never an earlier restart. */
export function endedWithPod(facts: DeathFacts): boolean {
  const { subject } = facts;
  if (subject.kind === 'pod' || subject.kind === 'trace') return true;
  return subject.kind === 'container' && subject.which === 'state';
}

/** Reports that really killed somebody, or were cut before saying so. */
export function realKills(kills: readonly KernelOomKill[]): readonly KernelOomKill[] {
  return kills.filter((kill) => kill.outcome === 'killed' || kill.outcome === 'unknown');
}

/** Lines in which the runtime or systemd says that an OOM kill hit this container. */
export function oomLines(facts: DeathFacts): readonly NodeLogRecord[] {
  return facts.nodeLog.filter((record) => record.kind === 'task-oom' || record.kind === 'scope-oom');
}

/** An OOM kill hit some process of this container in its life: the flag, the runtime's line, or the kernel. */
export function oomHitContainer(facts: DeathFacts): boolean {
  return saysOomKilled(facts) || oomLines(facts).length > 0 || realKills(facts.kernelKills).length > 0;
}

/**
 * The kernel report that ended this instance: at the time of its exit, or undated where nothing else explains the
 * exit. `undefined` if the reports are older: then a child died earlier. A container's ID exists once and nothing is
 * killed after its end, so a report dated later shows a drifted clock (`dmesg -T` after suspend), not another death;
 * and a group kill leaves nobody who could live on.
 */
export function endingKill(facts: DeathFacts): KernelOomKill | undefined {
  const kills = realKills(facts.kernelKills);
  const { diedAtMs } = facts;
  const dated = kills.filter((kill) => kill.atMs !== undefined);
  if (diedAtMs !== undefined && dated.length > 0) {
    const at = dated.findLast((kill) => Math.abs((kill.atMs ?? 0) - diedAtMs) <= KERNEL_TO_EXIT_MS);
    const drifted = (kill: KernelOomKill): boolean => (kill.atMs ?? 0) > diedAtMs || kill.groupKill;
    return at ?? (stopExplains(facts) === undefined ? dated.findLast(drifted) : undefined);
  }
  return stopExplains(facts) === undefined ? kills.at(-1) : undefined;
}

/** Reports of this instance that came well before its exit. */
export function earlierChildKill(facts: DeathFacts): KernelOomKill | undefined {
  const { diedAtMs } = facts;
  if (diedAtMs === undefined) return undefined;
  return realKills(facts.kernelKills).find(
    (kill) => !kill.groupKill && kill.atMs !== undefined && diedAtMs - kill.atMs > KERNEL_TO_EXIT_MS,
  );
}

/**
 * The newest report of this instance where the log ends between it and an exit with `OOMKilled` and 137: the report of
 * the exit itself was not read, and the earlier one shows whose limit this container was running into.
 */
export function lastReadKill(facts: DeathFacts): KernelOomKill | undefined {
  if (!isSigkill(facts) || !saysOomKilled(facts) || facts.kernelLogCovers) return undefined;
  if (endingKill(facts) !== undefined) return undefined;
  // A log that ends in the middle of a report leaves its first line only, which says nothing of the level.
  return realKills(facts.kernelKills).findLast((kill) => kill.oomCgroup !== undefined);
}

/** When the runtime saw the victim's container end, where its pod is not in the evidence. */
export function loggedExit(facts: DeathFacts): NodeLogRecord | undefined {
  if (facts.subject.kind !== 'kernel') return undefined;
  return facts.nodeLog.findLast((record) => record.kind === 'task-exit');
}

/** The container of a kernel report without a pod lived on for a while: the report killed a child. */
export function outlivedKill(facts: DeathFacts): NodeLogRecord | undefined {
  const exit = loggedExit(facts);
  const killedAtMs = facts.kernelKills.at(-1)?.atMs;
  if (exit?.atMs === undefined || killedAtMs === undefined) return undefined;
  return exit.atMs - killedAtMs > KERNEL_TO_EXIT_MS ? exit : undefined;
}

export interface StopExplanation {
  readonly decision: KillDecision;
  /** The decision table's value for how well its time fits the exit. */
  readonly weight: number;
}

/**
 * How well a decision of the kubelet explains this exit. At the end of the grace period: SIGKILL. Before it with
 * another code: the application obeyed SIGTERM. Before it with 137: somebody else killed it meanwhile.
 */
export function weightOfDecision(facts: DeathFacts, decision: KillDecision, confirmed: boolean): number {
  // A pod that is gone left no record of its end: the decision is all there is.
  if (facts.termination === undefined) return 0.9;
  const timing = timingOf(decision, facts.diedAtMs);
  const killed = isSigkill(facts);
  switch (timing) {
    case 'matches':
      return confirmed ? 0.97 : 0.95;
    case 'early':
      return killed ? 0.6 : 0.95;
    case 'late':
      return 0.75;
    case 'unknown':
      // Without a time it may belong to another life, and the OOM flag speaks for this one.
      return killed && saysOomKilled(facts) ? 0.6 : 0.8;
  }
}

export function stopExplains(facts: DeathFacts): StopExplanation | undefined {
  const weighed = facts.killDecisions.map((decision) => ({
    decision,
    weight: weightOfDecision(facts, decision, false),
  }));
  const fitting = weighed.filter(({ weight }) => weight >= 0.75);
  return fitting.toSorted((a, b) => b.weight - a.weight)[0];
}

/** The deletion of the pod was under way when this instance ended. */
export function diedInDeletion(facts: DeathFacts): boolean {
  const { deletion, diedAtMs, subject } = facts;
  if (deletion === undefined || !endedWithPod(facts)) return false;
  if (diedAtMs === undefined) return subject.kind !== 'trace';
  return diedAtMs >= deletion.requestedAtMs - 2 * SECOND_MS || wasNotRestarted(facts);
}

/**
 * With restartPolicy Always the kubelet starts an ended container again, unless its pod is ending
 * (pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions). Holds also where finalizers kept the pod and
 * its deletionTimestamp no longer tells when the first delete came.
 */
export function wasNotRestarted(facts: DeathFacts): boolean {
  const { subject, container, pod } = facts;
  if (subject.kind !== 'container' || subject.which !== 'state' || saysOomKilled(facts)) return false;
  return container?.role === 'main' && pod?.restartPolicy === 'Always' && pod.phase === 'Running';
}

/**
 * SIGKILL well before the grace period of the stop under way had ended: the stop did not send it. A forced delete
 * gives no grace, and looks like the kubelet's last delete, so it proves nothing here.
 */
export function killedBeforeGraceEnded(facts: DeathFacts): boolean {
  const { deletion, diedAtMs, pod } = facts;
  if (!isSigkill(facts) || !endedWithPod(facts) || diedAtMs === undefined) return false;
  const stop = facts.killDecisions.find(({ decision }) => decision === 'stopping');
  if (stop !== undefined && timingOf(stop, diedAtMs) !== 'unknown')
    return timingOf(stop, diedAtMs) === 'early';
  if (deletion === undefined || pod?.deletionGraceSeconds === 0) return false;
  return diedAtMs >= deletion.requestedAtMs && diedAtMs < deletion.endsAtMs - DELETION_END_MS;
}

/**
 * The runtime was asked to stop this instance, or ended it after the time-out, while its pod lives on: the kubelet
 * does that for a failed probe or hook and for a changed definition, and no line says for which.
 */
export function stoppedInPlace(facts: DeathFacts): boolean {
  const { subject, pod } = facts;
  if (subject.kind !== 'container' || facts.killDecisions.length > 0 || endExplained(facts)) return false;
  if (subject.which === 'state' && (pod?.deletionAtMs !== undefined || pod?.statusReason !== undefined))
    return false;
  return facts.nodeLog.some(({ kind }) => kind === 'sigkill-sent' || kind === 'stop-requested');
}

/** Weight of each of so many reasons for which the kubelet may have stopped an instance in place. */
export function weightInPlace(facts: DeathFacts): number {
  const { livenessProbe, startupProbe, postStart } = facts.container ?? {};
  const reasons = [livenessProbe, startupProbe, postStart].filter((reason) => reason !== undefined).length;
  return reasons === 1 ? 0.8 : 0.5;
}

/** Below -1 there are only NTSTATUS values (as int32); CRI-O writes -1 where it has no exit code. */
export function isWindows(facts: DeathFacts): boolean {
  const { pod, node } = facts;
  if (pod?.os === 'windows' || node?.operatingSystem?.toLowerCase() === 'windows') return true;
  return (exitCode(facts) ?? 0) < -1;
}

/** Somebody ended the pod as a whole, or the kubelet stopped the container, and the time fits. */
export function endExplained(facts: DeathFacts): boolean {
  if (stopExplains(facts) !== undefined) return true;
  // Within its grace period nobody but the kernel sends SIGKILL to a container that says OOMKilled.
  if (saysOomKilled(facts) && killedBeforeGraceEnded(facts)) return false;
  if (diedInDeletion(facts)) return true;
  return endedWithPod(facts) && (facts.eviction !== undefined || facts.disruption !== undefined);
}

/** Usage over limit, where both are known. */
export function peakRatio(facts: DeathFacts): number | undefined {
  const { peakBytes, limitBytes } = facts;
  if (peakBytes === undefined || limitBytes === undefined || limitBytes === 'unlimited' || limitBytes === 0)
    return undefined;
  return peakBytes / limitBytes;
}

export function limitOf(facts: DeathFacts): Bytes | undefined {
  return facts.limitBytes === 'unlimited' ? undefined : facts.limitBytes;
}

/** The node has less memory than this limit allows, so the node runs out before the limit is reached. */
export function exceedsNode(facts: DeathFacts, limitBytes: Bytes): boolean {
  const room = facts.node?.capacityMemoryBytes;
  return room !== undefined && limitBytes > room;
}

/** The runtime saw an OOM in more containers at once than this pod has with its sandbox: in a cgroup above the pods. */
export function isOomSeenAbovePod({ pod, node, oomSeenBeside = 0 }: DeathFacts): boolean {
  if (pod === undefined || node?.cgroupVersion === 2) return false;
  // Beside this container: the others of its pod, the sandbox, and at least one more pod with its own sandbox.
  return oomSeenBeside >= pod.containers.length + 2;
}

/** Why no limit of the container and none of its pod can have been hit, in words; absent where one can, or may exist. */
export function whyNoLimitOfItsPod(facts: DeathFacts): string | undefined {
  const { limitBytes, podLimitBytes, node } = facts;
  const isOutOfReach = (limit: Bytes | 'unlimited'): boolean =>
    limit === 'unlimited' || exceedsNode(facts, limit);
  if (limitBytes === undefined || !isOutOfReach(limitBytes)) return undefined;
  if (podLimitBytes !== undefined && !isOutOfReach(podLimitBytes)) return undefined;
  if (limitBytes === 'unlimited' && podLimitBytes === undefined)
    return 'neither the container nor the pod has a memory limit';
  const limit = limitBytes === 'unlimited' ? podLimitBytes : limitBytes;
  return `the limit of ${formatBytes(limit ?? 0)} is more than the node has (${formatBytes(node?.capacityMemoryBytes ?? 0)})`;
}

export function nodeEventsInWindow(facts: DeathFacts, reasons: readonly string[]): readonly EventEvidence[] {
  return facts.nodeEvents.filter(
    (event) =>
      reasons.includes(event.reason) &&
      (within(facts.window, event.lastAtMs) || within(facts.window, event.firstAtMs)),
  );
}

/** Kinds of pod events inside the window. */
export function podEventsInWindow(facts: DeathFacts, reasons: readonly string[]): readonly EventEvidence[] {
  return facts.podEvents.filter((event) => {
    if (!reasons.includes(event.reason)) return false;
    const { firstAtMs, lastAtMs } = event;
    if (facts.window === undefined || (firstAtMs === undefined && lastAtMs === undefined)) return true;
    const { fromMs, toMs } = facts.window;
    return (lastAtMs ?? firstAtMs ?? 0) >= fromMs && (firstAtMs ?? lastAtMs ?? 0) <= toMs;
  });
}

/** Containers of the pod that run side by side with this one. */
export function companions(facts: DeathFacts): number {
  const running = facts.pod?.containers.filter((c) => c.role === 'main' || c.role === 'sidecar') ?? [];
  return running.filter((c) => c.name !== facts.container?.name).length;
}

/** Sandboxed runtimes hide their guest's kernel. */
export function isSandboxed(facts: DeathFacts): boolean {
  const name = facts.pod?.runtimeClassName;
  return name !== undefined && /gvisor|runsc|kata|firecracker|confidential|peer-?pod/i.test(name);
}

/** First word's last path part of the process the container was told to run. */
export function entrypointOf(container: ContainerEvidence | undefined): string | undefined {
  const first =
    container?.command?.[0] ?? (container?.command === undefined ? container?.args?.[0] : undefined);
  return first?.split('/').at(-1);
}

/** Does a kernel task name (15 characters at most, may be a thread's) look like this container's program? */
export function looksLikeProgram(container: ContainerEvidence | undefined, comm: string): boolean {
  const words = [
    entrypointOf(container),
    container?.name,
    container?.image?.split('/').at(-1)?.split(/[:@]/)[0],
  ];
  const short = comm.toLowerCase();
  return words.some((word) => {
    const name = word?.toLowerCase().slice(0, 15) ?? '';
    return name.length >= 3 && short.length >= 3 && (name.startsWith(short) || short.startsWith(name));
  });
}
