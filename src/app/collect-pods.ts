/** What the watch of pods knows, as far as figures need it: which container of which workload, and its limits. */
import { deploymentOf } from '../core/model/deployment.ts';
import type { ContainerEvidence, PodEvidence } from '../core/model/kubernetes.ts';
import type { NodeReading } from '../core/parse/node-readings.ts';
import type { EpochMs } from '../core/units.ts';
import type { ContainerIdentity, ContainerState, HistoryStore, Tick } from './collect-ports.ts';

export interface PodRegistry {
  readonly size: number;
  /** Of all pods. */
  readonly containers: number;
  note(pod: PodEvidence, gone: boolean): void;
  /** Nodes that run pods. */
  nodes(): ReadonlySet<string>;
  /** Adds the readings of pods that are known to a tick. */
  addTo(draft: TickDraft, readings: readonly NodeReading[]): void;
}

/** A tick while it is gathered. */
export interface TickDraft {
  readonly atMs: EpochMs;
  /** Whose `samples` are, in the same order. */
  readonly identities: ContainerIdentity[];
  /** Their places come when all are together: tens of thousands, built once. */
  readonly samples: { -readonly [Key in keyof Tick['samples'][number]]: Tick['samples'][number][Key] }[];
  /** Readings of containers that the watch does not know. */
  unknown: number;
}

/** The tick as the store takes it. */
export function tickOf(draft: TickDraft, store: Pick<HistoryStore, 'placesOf'>): Tick {
  const { atMs, samples } = draft;
  const places = store.placesOf(draft.identities);
  for (const [index, sample] of samples.entries()) sample.place = places[index] ?? 0;
  return { atMs, samples: samples.every(({ place }) => place > 0) ? samples : samples.filter(hasPlace) };
}

function hasPlace({ place }: { readonly place: number }): boolean {
  return place > 0;
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
  const words = createWords();
  let containers = 0;
  return {
    get size() {
      return pods.size;
    },
    get containers() {
      return containers;
    },
    note(pod, gone) {
      const key = `${pod.namespace}/${pod.name}`;
      const known = pods.get(key);
      const isEnded = gone || pod.phase === 'Succeeded' || pod.phase === 'Failed';
      // The end of an older pod of the same name may come after the start of the newer one.
      if (isEnded && known?.uid !== pod.uid) return;
      containers -= known?.containers.size ?? 0;
      if (isEnded) return void pods.delete(key);
      const kept = knownPod(pod, known, words);
      containers += kept.containers.size;
      pods.set(key, kept);
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
        const sample: TickDraft['samples'][number] = { place: 0, state: container.state };
        if (workingSetBytes !== undefined) sample.workingSetBytes = workingSetBytes;
        if (rssBytes !== undefined) sample.rssBytes = rssBytes;
        if (rate !== undefined) sample.networkBytesPerSecond = rate;
        draft.identities.push(container.identity);
        draft.samples.push(sample);
      }
    },
  };
}

/** Gives the same string for the same text: each object that is read brings its own. */
type Words = (text: string) => string;

/** More different names and images than this are not what a cluster repeats. */
const MOST_WORDS = 50_000;

function createWords(): Words {
  const known = new Map<string, string>();
  return (text) => {
    const word = known.get(text);
    if (word !== undefined) return word;
    if (known.size >= MOST_WORDS) known.clear();
    known.set(text, text);
    return text;
  };
}

function knownPod(pod: PodEvidence, before: KnownPod | undefined, words: Words): KnownPod {
  const workload = workloadOf(pod);
  const owner = workload && { kind: words(workload.kind), name: words(workload.name) };
  const node = pod.nodeName === undefined ? undefined : words(pod.nodeName);
  const containers = pod.containers.map((container): [string, KnownContainer] => {
    const name = words(container.name);
    const identity = {
      namespace: words(pod.namespace),
      pod: pod.name,
      container: name,
      ...(pod.uid === undefined ? {} : { podUid: pod.uid }),
      ...(node === undefined ? {} : { nodeName: node }),
      ...(owner === undefined ? {} : { workload: owner }),
    };
    return [name, { identity, state: stateOf(container, words) }];
  });
  return {
    uid: pod.uid,
    node,
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

function stateOf({ status, limits, requests, image }: ContainerEvidence, words: Words): ContainerState {
  // What the kubelet has put in force; a resize may be under way.
  const limit = status?.actualLimits?.memoryBytes ?? limits.memoryBytes;
  const request = status?.actualRequests?.memoryBytes ?? requests.memoryBytes;
  const running = status?.state?.kind === 'running' ? status.state.startedAtMs : undefined;
  return {
    limitBytes: limit ?? 'unlimited',
    ...(request === undefined ? {} : { requestBytes: request }),
    ...(status === undefined ? {} : { restarts: status.restartCount }),
    ...(running === undefined ? {} : { startedAtMs: running }),
    ...(image === undefined ? {} : { version: words(image) }),
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
