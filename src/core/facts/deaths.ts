/** Which deaths a bundle holds. Finding is not judging: a death here may turn out an ordinary exit. */
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerEvidence, ContainerTermination, PodEvidence } from '../model/kubernetes.ts';
import type { EpochMs } from '../units.ts';
import { adoptedByPod } from './adoption.ts';
import { endsContainer, mayLag } from './first-process.ts';
import { containerIdOfKill, containerKey, objectKey, podKey, podUidOfKill } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import { toldOfOther } from './task-oom.ts';
import { tracesOfEvents, tracesOfJournals, tracesOfNodeEvents } from './traces.ts';
import type { DeathSubject } from './types.ts';

/** A death (or a target that lives), before its facts are gathered. */
export interface Death {
  readonly subject: DeathSubject;
  readonly pod?: PodEvidence;
  readonly container?: ContainerEvidence;
  /** For `kernel` and `child` deaths the report that shows it. */
  readonly kernelKills?: readonly KernelOomKill[];
  readonly atMs?: EpochMs;
  /** Of the dead instance, where only a log line names it. */
  readonly containerId?: string;
  /** Where a node itself is asked about. */
  readonly nodeName?: string;
}

/** An exit that nobody asks about: code 0, not flagged, in a container that is allowed to end. */
function isQuietExit(
  pod: PodEvidence,
  container: ContainerEvidence,
  termination: ContainerTermination,
): boolean {
  if (termination.exitCode !== 0 || termination.reason === 'OOMKilled') return false;
  if (container.role === 'init') return true;
  const oneShot =
    pod.restartPolicy === 'Never' || pod.restartPolicy === 'OnFailure' || pod.phase === 'Succeeded';
  return oneShot;
}

function containerDeaths(pod: PodEvidence, container: ContainerEvidence): Death[] {
  const { status } = container;
  const deaths: Death[] = [];
  for (const which of ['state', 'lastState'] as const) {
    const state = status?.[which];
    if (state?.kind !== 'terminated') continue;
    const { termination } = state;
    if (isQuietExit(pod, container, termination)) continue;
    deaths.push({
      subject: { kind: 'container', termination, which },
      pod,
      container,
      ...(termination.finishedAtMs === undefined ? {} : { atMs: termination.finishedAtMs }),
    });
  }
  return deaths;
}

/** A container that could not be started shows it in `waiting`; the runtime's message is the only record. */
function startFailure(pod: PodEvidence, container: ContainerEvidence): Death[] {
  const state = container.status?.state;
  if (state?.kind !== 'waiting' || state.message === undefined) return [];
  if (!START_FAILURES.has(state.reason ?? '')) return [];
  const termination: ContainerTermination = {
    exitCode: 128,
    reason: state.reason ?? 'StartError',
    message: state.message,
  };
  return [{ subject: { kind: 'container', termination, which: 'state' }, pod, container }];
}

const START_FAILURES: ReadonlySet<string> = new Set([
  'RunContainerError',
  'CreateContainerError',
  'StartError',
]);

/**
 * The pod's deletion was over when the evidence was read, and its status still says running: its end was never
 * reported (a forced deletion, a node that is gone).
 */
function unreadEnd(index: BundleIndex, pod: PodEvidence): Death[] {
  const { deletionAtMs } = pod;
  if (deletionAtMs === undefined || index.bundle.collectedAtMs < deletionAtMs) return [];
  return pod.containers.flatMap((container) =>
    container.role === 'main' && container.status?.state?.kind === 'running'
      ? [{ subject: { kind: 'trace' as const, stoppedOnly: true }, pod, container, atMs: deletionAtMs }]
      : [],
  );
}

/**
 * The pod's sandbox itself could not start for want of memory: where the containers' limits add up to the pod's, a
 * limit that is too small already hits there, and no container ever gets a status (seen on 1.34 with containerd 1.6).
 */
function sandboxFailure(index: BundleIndex, pod: PodEvidence): Death[] {
  if (pod.phase !== 'Pending') return [];
  const events = index.eventsByObject.get(objectKey('Pod', pod.namespace, pod.name)) ?? [];
  const failed = events.findLast(
    (e) => e.reason === 'FailedCreatePodSandBox' && OOM_AT_START.test(e.message),
  );
  if (failed === undefined) return [];
  const [container, ...others] = pod.containers.filter((c) => c.role === 'main');
  const atMs = failed.lastAtMs ?? failed.firstAtMs;
  return [
    {
      subject: { kind: 'pod' },
      pod,
      ...(container === undefined || others.length > 0 ? {} : { container }),
      ...(atMs === undefined ? {} : { atMs }),
    },
  ];
}

/**
 * runc libcontainer/process_linux.go; crun src/libcrun/linux.c. On cgroup v1 runc cannot even set a limit below what its
 * own start uses (libcontainer/cgroups/fs/memory.go), and nothing is killed.
 */
export const OOM_AT_START =
  /container init was OOM-killed|OOM: the memory limit could be too low|unable to set memory limit to \d+ \(current usage/i;

const POD_LEVEL_REASONS: ReadonlySet<string> = new Set([
  'Evicted',
  'Preempting',
  'Terminated',
  'Shutdown',
  'NodeShutdown',
  'DeadlineExceeded',
  'NodeLost',
  'NodeAffinity',
  'UnexpectedAdmissionError',
  'UnknownReason',
]);

/** The pod was ended or refused as a whole (docs/verdicts.md); needed where no container record carries it. */
function podLevelDeath(pod: PodEvidence): Death[] {
  const reason = pod.statusReason ?? '';
  const named = POD_LEVEL_REASONS.has(reason) || reason.startsWith('OutOf');
  const disruption = pod.conditions.find((c) => c.type === 'DisruptionTarget' && c.status === 'True');
  if (!named && disruption === undefined) return [];
  const atMs =
    disruption?.lastTransitionAtMs ?? pod.conditions.find((c) => c.type === 'Ready')?.lastTransitionAtMs;
  return [{ subject: { kind: 'pod' }, pod, ...(atMs === undefined ? {} : { atMs }) }];
}

/** The instance that `state` calls running, if any. */
function runningInstance(
  container: ContainerEvidence,
): { containerId?: string; startedAtMs?: EpochMs } | undefined {
  const { status } = container;
  if (status?.state?.kind !== 'running') return undefined;
  return {
    ...(status.containerId === undefined ? {} : { containerId: status.containerId }),
    ...(status.state.startedAtMs === undefined ? {} : { startedAtMs: status.state.startedAtMs }),
  };
}

/** Signs that a process of a *running* container was OOM-killed: its counters, the kernel, the runtime. */
function childDeath(index: BundleIndex, pod: PodEvidence, container: ContainerEvidence): Death[] {
  const running = runningInstance(container);
  if (running === undefined) return [];
  const kills =
    running.containerId === undefined ? [] : (index.killsByContainer.get(running.containerId) ?? []);
  const readings = cgroupsOf(index, pod, container.name).filter((c) => (c.events?.oomKill ?? 0) > 0);
  const samples = index.samplesByContainer.get(containerKey(pod.namespace, pod.name, container.name)) ?? [];
  const counted = samples.some((s) => (s.oomEvents ?? 0) > 0);
  const { containerId } = running;
  const logged =
    containerId !== undefined &&
    (index.nodeLogByContainer.get(containerId) ?? []).some(
      (r) => r.kind === 'task-oom' && !toldOfOther(index, { pod, container, containerId }, r.atMs),
    );
  if (kills.length === 0 && readings.length === 0 && !counted && !logged) return [];
  // The status lags a second or more behind the kernel: this instance has just died, not a child of it.
  const last = kills.findLast(
    (kill) => mayLag(kill, index.bundle.collectedAtMs) && endsContainer({ pod, container }, kill),
  );
  if (last !== undefined) {
    const at = last.atMs === undefined ? {} : { atMs: last.atMs };
    return [{ subject: { kind: 'kernel' }, pod, container, kernelKills: [last], ...at }];
  }
  const atMs = kills.map((k) => k.atMs).find((at) => at !== undefined);
  return [
    {
      subject: { kind: 'child' },
      pod,
      container,
      kernelKills: kills,
      ...(atMs === undefined ? {} : { atMs }),
    },
  ];
}

/** Counter files read in this container (or, where the reading names none, in a pod of one container). */
export function cgroupsOf(index: BundleIndex, pod: PodEvidence, container: string) {
  const readings = [
    ...(pod.uid === undefined ? [] : (index.cgroupsByPod.get(pod.uid) ?? [])),
    ...(index.cgroupsByPod.get(podKey(pod.namespace, pod.name)) ?? []),
  ];
  const own = readings.filter((r) => r.container === container);
  if (own.length > 0) return own;
  const alone = pod.containers.filter((c) => c.role !== 'init').length === 1;
  const unnamed = readings.filter((r) => r.container === undefined && (alone || r.containerId !== undefined));
  if (unnamed.length > 0) return unnamed;
  // Counters pasted without any name can only be meant for the one container there is.
  const bare = index.bundle.cgroups.filter(
    (r) => r.pod === undefined && r.podUid === undefined && r.containerId === undefined,
  );
  return alone && index.bundle.pods.length === 1 ? bare : [];
}

function namesNothing(kill: KernelOomKill): boolean {
  return (
    kill.victim === undefined &&
    kill.oomCgroup === undefined &&
    kill.taskCgroup === undefined &&
    kill.scope !== 'global'
  );
}

/** Kernel reports whose victim is in no pod of the evidence. */
function orphanKills(index: BundleIndex): Death[] {
  const [pod] = index.bundle.pods;
  const adopted = pod === undefined ? new Set() : adoptedByPod(index, pod);
  return index.bundle.kernelKills
    .filter((kill) => {
      if (adopted.has(kill)) return false;
      // A report cut down to its first line proves that memory ran out somewhere, and no death.
      if (kill.outcome === 'already-exiting' || namesNothing(kill)) return false;
      const containerId = containerIdOfKill(kill);
      if (containerId !== undefined && index.podByContainerId.has(containerId)) return false;
      const uid = podUidOfKill(kill);
      return uid === undefined || !index.podByUid.has(uid);
    })
    .map((kill) => ({
      subject: { kind: 'kernel' as const },
      kernelKills: [kill],
      ...(kill.atMs === undefined ? {} : { atMs: kill.atMs }),
    }));
}

/** Reports inside a known pod whose container instance is no longer in its status: older restarts. */
function earlierKills(index: BundleIndex, pod: PodEvidence): Death[] {
  const known = new Set(pod.containers.flatMap(({ status }) => instanceIds(status)));
  const uids = [pod.uid, pod.configHash].filter((uid) => uid !== undefined);
  const kills = uids.flatMap((uid) => index.killsByPod.get(uid) ?? []);
  const adopted = adoptedByPod(index, pod);
  return kills
    .filter((kill) => {
      const id = containerIdOfKill(kill);
      return id !== undefined && !known.has(id) && !adopted.has(kill);
    })
    .map((kill) => {
      const container = onlyContainer(pod, kill);
      const containerId = containerIdOfKill(kill);
      return {
        subject: { kind: 'kernel' as const },
        pod,
        ...(container === undefined ? {} : { container }),
        ...(containerId === undefined ? {} : { containerId }),
        kernelKills: [kill],
        ...(kill.atMs === undefined ? {} : { atMs: kill.atMs }),
      };
    });
}

/** An ID that no status names any more is a former life of the one container there is; only the sandbox is beside it. */
function onlyContainer(pod: PodEvidence, kill: KernelOomKill): ContainerEvidence | undefined {
  const [container] = pod.containers;
  return pod.containers.length === 1 && kill.victim?.comm !== 'pause' ? container : undefined;
}

function instanceIds(status: ContainerEvidence['status']): string[] {
  const states = [status?.state, status?.lastState];
  const ended = states.map((s) => (s?.kind === 'terminated' ? s.termination.containerId : undefined));
  return [status?.containerId, ...ended].filter((id) => id !== undefined);
}

/** Every death of one pod, newest instance first within a container. */
export function deathsOfPod(index: BundleIndex, pod: PodEvidence): readonly Death[] {
  const ofContainers = pod.containers.flatMap((container) => [
    ...containerDeaths(pod, container),
    ...startFailure(pod, container),
    ...childDeath(index, pod, container),
  ]);
  const hasRecord = ofContainers.some((d) => d.subject.kind === 'container' && d.subject.which === 'state');
  return [
    ...ofContainers,
    ...(hasRecord ? [] : podLevelDeath(pod)),
    ...sandboxFailure(index, pod),
    ...unreadEnd(index, pod),
    ...earlierKills(index, pod),
  ];
}

/** Every death of the bundle. */
export function findDeaths(index: BundleIndex): readonly Death[] {
  const told = tracesOfEvents(index);
  return [
    ...index.bundle.pods.flatMap((pod) => deathsOfPod(index, pod)),
    ...orphanKills(index),
    ...told,
    ...tracesOfJournals(index, told),
    ...tracesOfNodeEvents(index),
  ];
}

/** The subject of a pod in which nothing died. */
export function livingSubject(pod: PodEvidence, container: ContainerEvidence | undefined): Death {
  return { subject: { kind: 'alive' }, pod, ...(container === undefined ? {} : { container }) };
}
