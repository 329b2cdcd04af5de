/** What the watch of pods knows, as far as figures need it: which container of which workload, and its limits. */
import { deploymentOf } from '../core/model/deployment.ts';
import type { ContainerEvidence, PodEvidence } from '../core/model/kubernetes.ts';
import type { NodeReading } from '../core/parse/node-readings.ts';
import type { EpochMs } from '../core/units.ts';
import type { ContainerIdentity, ContainerState, HistoryStore, Tick } from './collect-ports.ts';

export interface PodRegistry {
  readonly size: number;
  note(pod: PodEvidence, gone: boolean): void;
  /** Nodes that run pods. */
  nodes(): ReadonlySet<string>;
  /** Adds the readings of pods that are known to a tick. */
  addTo(draft: TickDraft, readings: readonly NodeReading[]): void;
}

/** A tick while it is gathered. */
export interface TickDraft {
  readonly atMs: EpochMs;
  readonly containers: {
    readonly identity: ContainerIdentity;
    readonly state: ContainerState;
    readonly sample: Omit<Tick['samples'][number], 'place' | 'state'>;
  }[];
  /** Readings of containers that the watch does not know. */
  unknown: number;
}

/** The tick as the store takes it. */
export function tickOf(draft: TickDraft, store: Pick<HistoryStore, 'placesOf'>): Tick {
  const places = store.placesOf(draft.containers.map(({ identity }) => identity));
  const samples = draft.containers.map(({ state, sample }, index) => ({
    ...sample,
    place: places[index] ?? 0,
    state,
  }));
  return { atMs: draft.atMs, samples: samples.filter(({ place }) => place > 0) };
}

interface KnownPod {
  readonly uid: string | undefined;
  readonly node: string | undefined;
  readonly containers: ReadonlyMap<string, KnownContainer>;
  network: { readonly atMs: EpochMs; readonly bytes: number; perSecond: number | undefined } | undefined;
}

interface KnownContainer {
  readonly identity: ContainerIdentity;
  state: ContainerState;
}

export function createPodRegistry(): PodRegistry {
  const pods = new Map<string, KnownPod>();
  return {
    get size() {
      return pods.size;
    },
    note(pod, gone) {
      const key = `${pod.namespace}/${pod.name}`;
      const known = pods.get(key);
      const isEnded = gone || pod.phase === 'Succeeded' || pod.phase === 'Failed';
      if (!isEnded) pods.set(key, knownPod(pod, known));
      // The end of an older pod of the same name may come after the start of the newer one.
      else if (known?.uid === pod.uid) pods.delete(key);
    },
    nodes() {
      const nodes = new Set<string>();
      for (const { node } of pods.values()) if (node !== undefined) nodes.add(node);
      return nodes;
    },
    addTo(draft, readings) {
      for (const reading of readings) {
        const pod = pods.get(`${reading.namespace}/${reading.pod}`);
        const container = pod?.containers.get(reading.container);
        if (pod === undefined || container === undefined) {
          draft.unknown += 1;
          continue;
        }
        const rate = networkRate(pod, reading, draft.atMs);
        const { workingSetBytes, rssBytes, startedAtMs } = reading;
        // What the node says is newer than what the pod's status says; it is the same object again and again.
        if (startedAtMs !== undefined && container.state.startedAtMs !== startedAtMs)
          container.state = { ...container.state, startedAtMs };
        draft.containers.push({
          identity: container.identity,
          state: container.state,
          sample: {
            ...(workingSetBytes === undefined ? {} : { workingSetBytes }),
            ...(rssBytes === undefined ? {} : { rssBytes }),
            ...(rate === undefined ? {} : { networkBytesPerSecond: rate }),
          },
        });
      }
    },
  };
}

function knownPod(pod: PodEvidence, before: KnownPod | undefined): KnownPod {
  const workload = workloadOf(pod);
  const containers = pod.containers.map((container): [string, KnownContainer] => [
    container.name,
    {
      identity: {
        namespace: pod.namespace,
        pod: pod.name,
        container: container.name,
        ...(pod.uid === undefined ? {} : { podUid: pod.uid }),
        ...(pod.nodeName === undefined ? {} : { nodeName: pod.nodeName }),
        ...(workload === undefined ? {} : { workload }),
      },
      state: stateOf(container),
    },
  ]);
  return {
    uid: pod.uid,
    node: pod.nodeName,
    containers: new Map(containers),
    network: before?.uid === pod.uid ? before?.network : undefined,
  };
}

/** The top owner as far as the pod itself tells. */
function workloadOf(pod: PodEvidence): ContainerIdentity['workload'] {
  const deployment = deploymentOf(pod);
  if (deployment !== undefined) return { kind: 'Deployment', name: deployment };
  const { owner } = pod;
  // The mirror pod of a static pod is owned by its node, which is no workload.
  return owner === undefined || owner.kind === 'Node' ? undefined : { kind: owner.kind, name: owner.name };
}

function stateOf({ status, limits, requests, image }: ContainerEvidence): ContainerState {
  // What the kubelet has put in force; a resize may be under way.
  const limit = status?.actualLimits?.memoryBytes ?? limits.memoryBytes;
  const request = status?.actualRequests?.memoryBytes ?? requests.memoryBytes;
  const running = status?.state?.kind === 'running' ? status.state.startedAtMs : undefined;
  return {
    limitBytes: limit ?? 'unlimited',
    ...(request === undefined ? {} : { requestBytes: request }),
    ...(status === undefined ? {} : { restarts: status.restartCount }),
    ...(running === undefined ? {} : { startedAtMs: running }),
    ...(image === undefined ? {} : { version: image }),
  };
}

/** A counter that fell belongs to a new sandbox: its rate is known with the next reading. */
function networkRate(pod: KnownPod, { networkBytes }: NodeReading, atMs: EpochMs): number | undefined {
  if (networkBytes === undefined) return undefined;
  const before = pod.network;
  // The pod's other containers carry the same figure.
  if (before?.atMs === atMs) return before.perSecond;
  const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000;
  const perSecond =
    before === undefined || seconds <= 0 || networkBytes < before.bytes
      ? undefined
      : (networkBytes - before.bytes) / seconds;
  pod.network = { atMs, bytes: networkBytes, perSecond };
  return perSecond;
}
