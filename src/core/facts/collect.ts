/** A death and the whole bundle -> the facts of this death. Correlates, never judges. */
import type { EvidenceGap } from '../model/bundle.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { EventEvidence, ObjectRef, PodEvidence, WorkloadEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { defined } from '../parse/fields.ts';
import { oomSeenBeside } from './task-oom.ts';
import { MINUTE_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';
import { cgroupsOf } from './deaths.ts';
import type { Death } from './deaths.ts';
import { containerKey, objectKey, podKey } from './index-bundle.ts';
import type { BundleIndex } from './index-bundle.ts';
import { instanceOf, kernelFacts } from './instance.ts';
import type { Instance } from './instance.ts';
import { DEFAULT_GRACE_SECONDS, killDecisions } from './kill-decisions.ts';
import {
  containerRequest,
  limitOrUnlimited,
  peakOf,
  podLimit,
  readingsOfLife,
  samplesOfLife,
} from './memory.ts';
import { deletionOf, disruptionOf, evictionOf, evictionOfJournal } from './pod-level.ts';
import type { DeathFacts } from './types.ts';
import { deathWindow, eventsAreLimited, eventsCover, logCovers, within } from './window.ts';

/** Instances of one node that ended this close together are looked at as one happening. */
const COHORT_MS = MINUTE_MS;
/** Owners above a pod: ReplicaSet, Deployment and at most two custom controllers. */
const OWNER_DEPTH = 4;

function eventsOf(
  index: BundleIndex,
  ref: ObjectRef & { readonly namespace?: string },
): readonly EventEvidence[] {
  return index.eventsByObject.get(objectKey(ref.kind, ref.namespace, ref.name)) ?? [];
}

/** Events of a pod of the same name but another UID belong to its predecessor (StatefulSets reuse names). */
function podEventsOf(index: BundleIndex, pod: PodEvidence | undefined): readonly EventEvidence[] {
  if (pod === undefined) return [];
  return eventsOf(index, { kind: 'Pod', namespace: pod.namespace, name: pod.name }).filter(
    ({ regarding }) => regarding.uid === undefined || pod.uid === undefined || regarding.uid === pod.uid,
  );
}

function ownersOf(index: BundleIndex, pod: PodEvidence | undefined): WorkloadEvidence[] {
  const owners: WorkloadEvidence[] = [];
  if (pod === undefined) return owners;
  let ref = pod.owner;
  while (ref !== undefined && owners.length < OWNER_DEPTH) {
    const owner = index.workloadByKey.get(objectKey(ref.kind, pod.namespace, ref.name));
    if (owner === undefined) break;
    owners.push(owner);
    ref = owner.owner;
  }
  return owners;
}

/** Owner references name owners even when the owners themselves were not read. */
function ownerRefs(pod: PodEvidence | undefined, owners: readonly WorkloadEvidence[]): ObjectRef[] {
  const last = owners.at(-1)?.owner;
  const named = owners.map(({ kind, name }) => ({ kind, name }));
  const unread = owners.length === 0 ? pod?.owner : last;
  return unread === undefined ? named : [...named, unread];
}

function ownerEventsOf(
  index: BundleIndex,
  pod: PodEvidence | undefined,
  owners: readonly WorkloadEvidence[],
): EventEvidence[] {
  if (pod === undefined) return [];
  const direct = ownerRefs(pod, owners).flatMap(({ kind, name }) =>
    eventsOf(index, { kind, name, namespace: pod.namespace }),
  );
  if (direct.length > 0) return direct;
  // A vanished pod names no owner; its owner's events still name the pod.
  return index.bundle.events.filter(
    (e) =>
      e.regarding.kind !== 'Pod' &&
      (e.namespace ?? e.regarding.namespace) === pod.namespace &&
      e.message.includes(pod.name),
  );
}

function revisionsOf(index: BundleIndex, owners: readonly WorkloadEvidence[]): WorkloadEvidence[] {
  const top = owners.at(-1);
  if (top === undefined) return [];
  const owned = index.workloadsByOwner.get(objectKey(top.kind, top.namespace, top.name)) ?? [];
  return owned
    .filter((w) => w.kind === 'ReplicaSet' || w.kind === 'ControllerRevision')
    .toSorted((a, b) => (b.revision ?? 0) - (a.revision ?? 0) || (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0));
}

function nodeLogOf(
  index: BundleIndex,
  death: Death,
  instance: Instance,
  window: DeathFacts['window'],
): NodeLogRecord[] {
  const { pod, container } = death;
  const byId =
    instance.containerId === undefined ? [] : (index.nodeLogByContainer.get(instance.containerId) ?? []);
  const id = instance.containerId ?? '';
  const byShortId = index.nodeLogByShortId
    .filter(({ shortId }) => id.length > shortId.length && id.startsWith(shortId))
    .map(({ record }) => record);
  const podKeys = pod === undefined ? [] : [pod.uid, podKey(pod.namespace, pod.name)];
  const byPod = podKeys
    .flatMap((key) => (key === undefined ? [] : (index.nodeLogByPod.get(key) ?? [])))
    .filter((record) => {
      if ('containerId' in record && record.containerId !== undefined)
        return record.containerId === instance.containerId;
      const named = 'container' in record ? record.container : undefined;
      if (named !== undefined && container !== undefined && named !== container.name) return false;
      return instance.alive || within(window, record.atMs);
    });
  const general = index.nodeLogGeneral.filter(
    (record) =>
      within(window, record.atMs) &&
      (record.nodeName === undefined || pod?.nodeName === undefined || record.nodeName === pod.nodeName),
  );
  return [...new Set([...byId, ...byShortId, ...byPod, ...general])].toSorted(
    (a, b) => (a.atMs ?? 0) - (b.atMs ?? 0),
  );
}

function gapsOf(index: BundleIndex, pod: PodEvidence | undefined): readonly EvidenceGap[] {
  return index.bundle.gaps.filter(
    (gap) =>
      (gap.pod === undefined || gap.pod === pod?.name) &&
      (gap.namespace === undefined || gap.namespace === pod?.namespace) &&
      (gap.nodeName === undefined || gap.nodeName === pod?.nodeName),
  );
}

function cohortOf(index: BundleIndex, death: Death, diedAtMs: EpochMs | undefined): DeathFacts['cohort'] {
  const { pod } = death;
  if (pod?.nodeName === undefined || diedAtMs === undefined) return [];
  return (index.endedByNode.get(pod.nodeName) ?? []).filter(
    (other) =>
      Math.abs(other.atMs - diedAtMs) <= COHORT_MS &&
      !(other.podId === pod.id && other.container === death.container?.name),
  );
}

function logTailOf(index: BundleIndex, death: Death) {
  const { pod, container, subject } = death;
  if (pod === undefined || container === undefined) return undefined;
  const tails = index.tailsByContainer.get(containerKey(pod.namespace, pod.name, container.name)) ?? [];
  const wantsPrevious = subject.kind === 'container' && subject.which === 'lastState';
  return tails.find((tail) => tail.previous === wantsPrevious) ?? (wantsPrevious ? undefined : tails[0]);
}

function memoryFacts(index: BundleIndex, death: Death, instance: Instance, kills: readonly KernelOomKill[]) {
  const { pod, container } = death;
  const all =
    pod === undefined || container === undefined
      ? []
      : (index.samplesByContainer.get(containerKey(pod.namespace, pod.name, container.name)) ?? []);
  const samples = samplesOfLife(all, instance);
  const readings = pod === undefined || container === undefined ? [] : cgroupsOf(index, pod, container.name);
  const cgroups = readingsOfLife(readings, instance);
  return {
    samples,
    cgroups,
    hasPodLevelResources: pod?.podLimits?.memoryBytes !== undefined,
    ...defined({
      limitBytes: limitOrUnlimited(pod, container),
      requestBytes: containerRequest(container),
      podLimitBytes: podLimit(pod),
      peakBytes: peakOf({ samples, readings: cgroups, kills }),
    }),
  };
}

function who(index: BundleIndex, death: Death) {
  const { pod, container, subject } = death;
  const nodeName =
    death.nodeName ??
    pod?.nodeName ??
    death.kernelKills?.find((kill) => kill.nodeName !== undefined)?.nodeName;
  const node = nodeName === undefined ? undefined : index.nodeByName.get(nodeName);
  const termination = subject.kind === 'container' ? subject.termination : undefined;
  return defined({ pod, container, termination, nodeName, node });
}

interface Correlated {
  readonly death: Death;
  readonly instance: Instance;
  readonly diedAtMs: EpochMs | undefined;
  readonly window: DeathFacts['window'];
  readonly nodeName: string | undefined;
}

function logFacts(index: BundleIndex, about: Correlated) {
  const { death, instance, diedAtMs, window, nodeName } = about;
  const { bundle } = index;
  const { kernelKills, podKernelKills } = kernelFacts(index, death, instance);
  return {
    kernelKills,
    podKernelKills,
    nodeKernelKills: bundle.kernelKills.filter(
      (kill) =>
        !kernelKills.includes(kill) &&
        !podKernelKills.includes(kill) &&
        within(window, kill.atMs) &&
        (kill.nodeName === undefined || nodeName === undefined || kill.nodeName === nodeName),
    ),
    kernelLogCovers: logCovers(bundle, ['kernel'], { nodeName, diedAtMs }),
    runtimeLogCovers: logCovers(bundle, ['runtime', 'kubelet'], { nodeName, diedAtMs }),
    nodeLog: nodeLogOf(index, death, instance, window),
  };
}

function eventFacts(index: BundleIndex, about: Correlated, owners: readonly WorkloadEvidence[]) {
  const { death, window, nodeName } = about;
  const podEvents = podEventsOf(index, death.pod);
  const limited = eventsAreLimited(podEvents);
  return {
    podEvents,
    nodeEvents: nodeName === undefined ? [] : eventsOf(index, { kind: 'Node', name: nodeName }),
    ownerEvents: ownerEventsOf(index, death.pod, owners),
    eventsLimited: limited,
    eventsCoverWindow: limited ? ('no' as const) : eventsCover(index.bundle, death.pod, window),
  };
}

function decisionsOf(about: Correlated, events: readonly EventEvidence[], records: readonly NodeLogRecord[]) {
  const { death, instance, diedAtMs } = about;
  const { pod, container } = death;
  if (container === undefined || instance.alive) return [];
  const { startedAtMs, containerId } = instance;
  return killDecisions(events, records, { pod, container, diedAtMs, startedAtMs, containerId });
}

/** The journal tells of an eviction only where neither pod nor event does. */
function evictionFacts(death: Death, events: readonly EventEvidence[], records: readonly NodeLogRecord[]) {
  const told = evictionOf(death.pod, events);
  return told.eviction === undefined && death.subject.kind === 'trace' ? evictionOfJournal(records) : told;
}

export function collectFacts(index: BundleIndex, death: Death): DeathFacts {
  const { pod } = death;
  const instance = instanceOf(death);
  const diedAtMs = instance.diedAtMs ?? death.atMs;
  const graceSeconds = pod?.terminationGraceSeconds ?? DEFAULT_GRACE_SECONDS;
  const window =
    diedAtMs === undefined ? undefined : deathWindow(diedAtMs, pod?.deletionGraceSeconds ?? graceSeconds);
  const owners = ownersOf(index, pod);
  const identity = who(index, death);
  const about: Correlated = { death, instance, diedAtMs, window, nodeName: identity.nodeName };
  const logs = logFacts(index, about);
  const events = eventFacts(index, about, owners);
  return {
    ...identity,
    ...logs,
    ...events,
    ...memoryFacts(index, death, instance, logs.kernelKills),
    ...evictionFacts(death, events.podEvents, logs.nodeLog),
    ...defined({
      containerId: death.containerId,
      diedAtMs,
      window,
      deletion: deletionOf(pod),
      oomSeenBeside: oomSeenBeside(index, logs.nodeLog),
      disruption: disruptionOf(pod),
      logTail: logTailOf(index, death),
    }),
    subject: death.subject,
    nowMs: index.bundle.collectedAtMs,
    owners,
    revisions: revisionsOf(index, owners),
    nodeSamples: index.nodeSamples.get(identity.nodeName ?? '') ?? [],
    killDecisions: decisionsOf(about, events.podEvents, logs.nodeLog),
    cohort: cohortOf(index, death, diedAtMs),
    graceSeconds,
    gaps: gapsOf(index, pod),
  };
}
