/** What a death cost: time, replicas, and what may be wrong although nothing says so. */
import type { DeathFacts } from '../facts/types.ts';
import type { Impact, Verdict } from '../model/diagnosis.ts';
import type { WorkloadEvidence } from '../model/kubernetes.ts';
import type { Milliseconds } from '../units.ts';
import { isRuntime, logShowsKilledChild } from './runtime.ts';

/** Only what the facts show: an absent field means that nothing was seen, never zero. */
export function impact(facts: DeathFacts, verdict: Verdict): Impact {
  const down = downtime(facts, verdict);
  const workload = replicated(facts);
  const restartCount = facts.container?.status?.restartCount;
  return {
    ...down,
    ...(restartCount === undefined ? {} : { restartCount }),
    ...(workload?.desiredReplicas === undefined ? {} : { desiredReplicas: workload.desiredReplicas }),
    ...(workload?.readyReplicas === undefined ? {} : { readyReplicas: workload.readyReplicas }),
    risks: risks(facts, verdict),
  };
}

/** From `lastState.finishedAt` to `state.running.startedAt`; down while the container waits or lies dead but would be restarted. */
function downtime(facts: DeathFacts, verdict: Verdict): { downMs?: Milliseconds; stillDown?: boolean } {
  if (facts.subject.kind !== 'container' || verdict.kind === 'nothing-died') return {};
  const { termination, which } = facts.subject;
  const state = facts.container?.status?.state;
  if (which === 'lastState' && state?.kind === 'running') {
    const from = termination.finishedAtMs;
    const to = state.startedAtMs;
    return from === undefined || to === undefined || to < from
      ? { stillDown: false }
      : { downMs: to - from, stillDown: false };
  }
  return awaitsRestart(facts) ? { stillDown: true } : {};
}

/** A pod that ended, is being deleted or never restarts has no "down" of its own: its workload's replicas tell. */
function awaitsRestart(facts: DeathFacts): boolean {
  const { pod, termination } = facts;
  if (pod === undefined || pod.deletionAtMs !== undefined) return false;
  if (pod.phase === 'Failed' || pod.phase === 'Succeeded' || pod.restartPolicy === 'Never') return false;
  const waiting = facts.container?.status?.state?.kind === 'waiting';
  const succeeded = termination?.exitCode === 0;
  if (facts.container?.role === 'init' || pod.restartPolicy === 'OnFailure') return !succeeded;
  return waiting || facts.container?.status?.state?.kind === 'terminated';
}

function replicated(facts: DeathFacts): WorkloadEvidence | undefined {
  return facts.owners.findLast(({ kind }) =>
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'].includes(kind),
  );
}

function risks(facts: DeathFacts, verdict: Verdict): readonly string[] {
  if (verdict.kind === 'nothing-died') return [];
  return [
    ...falseSuccess(facts),
    ...lostData(facts, verdict),
    ...availability(facts),
    ...database(facts, verdict),
    ...unreachable(facts, verdict),
  ];
}

/** The kubelet looks at the exit code alone: `OOMKilled` with 0 is a success to it. */
function falseSuccess(facts: DeathFacts): readonly string[] {
  const { termination, pod, container } = facts;
  if (termination?.reason !== 'OOMKilled' || termination.exitCode !== 0) return [];
  if (container?.role === 'init') {
    return [
      `Init container ${container.name} counts as succeeded although a process in it was killed for memory: the containers after it may work on half a result.`,
    ];
  }
  const job = pod?.owner?.kind === 'Job' ? pod.owner.name : undefined;
  if (job !== undefined) {
    return [
      `Job ${job} counts this run as succeeded although a process in it was killed for memory: its output may be cut.`,
    ];
  }
  return ['The exit code 0 hides that a process was killed for memory: what it worked on may be cut.'];
}

const SURE_SIGKILL: ReadonlySet<string> = new Set([
  'kernel.memcg',
  'kernel.global',
  'kubelet',
  'control-plane',
  'userspace-oom-daemon',
]);

function lostData(facts: DeathFacts, verdict: Verdict): readonly string[] {
  const found: string[] = [];
  const killed = facts.termination?.exitCode === 137 && SURE_SIGKILL.has(verdict.sender);
  if (killed && facts.termination?.reason !== 'ContainerStatusUnknown') {
    found.push(
      'SIGKILL leaves no time to flush: what the process held only in memory is lost, and files may be half written.',
    );
  }
  const podGone =
    facts.eviction !== undefined || facts.disruption !== undefined || facts.deletion !== undefined;
  const mounted = facts.container?.memoryVolumeMounts ?? [];
  if (!podGone && mounted.length > 0 && facts.subject.kind === 'container') {
    found.push(
      `What lies in memory-backed ${mounted.length === 1 ? 'volume' : 'volumes'} ${mounted.join(', ')} survives the restart and stays charged to the pod.`,
    );
  }
  const volumes = [...(facts.pod?.memoryVolumes ?? []), ...(facts.pod?.diskVolumes ?? [])].map(
    ({ name }) => name,
  );
  if (podGone && volumes.length > 0) {
    found.push(
      `What lies in emptyDir ${volumes.length === 1 ? 'volume' : 'volumes'} ${volumes.slice(0, 5).join(', ')} goes with the pod.`,
    );
  }
  return found;
}

function availability(facts: DeathFacts): readonly string[] {
  const workload = replicated(facts);
  if (workload === undefined) return [];
  const { desiredReplicas: desired, readyReplicas: ready, kind, name } = workload;
  if (desired !== undefined && desired > 0 && ready === 0) {
    return [`No replica of ${kind} ${name} was ready when this was read.`];
  }
  return desired === 1 && kind !== 'DaemonSet'
    ? [`${kind} ${name} has a single replica: while it is down nothing else serves.`]
    : [];
}

function database(facts: DeathFacts, verdict: Verdict): readonly string[] {
  if (!isRuntime(facts, 'postgres')) return [];
  const child = ['K2', 'K3', 'K9'].includes(verdict.code) || logShowsKilledChild(facts);
  if (!child) return [];
  return [
    'PostgreSQL ends every session and replays its log after a child dies by SIGKILL: all connections of that moment were cut and open transactions rolled back.',
  ];
}

function unreachable(facts: DeathFacts, verdict: Verdict): readonly string[] {
  if (
    verdict.code === 'P4' &&
    facts.node?.conditions.some((c) => c.type === 'Ready' && c.status === 'Unknown')
  ) {
    return ['The node does not answer: its containers may still run and write, beside their replacements.'];
  }
  if (verdict.code === 'P5' || verdict.code === 'L15') {
    return [
      'Nobody saw the end of this container: what it did last, and whether it ended cleanly, is not known.',
    ];
  }
  return [];
}
