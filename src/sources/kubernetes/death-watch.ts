/** Watches pods and tells each death once: a container's new end, or a pod that is deleted with something still running. */
import { setMaxListeners } from 'node:events';
import type { DeathFeed, DeathFeedOptions, DeathNotice } from '../../app/record.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { parsePod } from '../../core/parse/pod.ts';
import type { EpochMs } from '../../core/units.ts';
import type { KubernetesClient } from './client/client.ts';
import { watchResource } from './client/watch.ts';
import { Collector } from './collector.ts';
import { endedContainers } from './deaths.ts';
import { pathOf, PODS } from './resources.ts';
import type { Run } from './reader.ts';
import { createPodPacker, endKey, type PackedPod } from './packed-pod.ts';
import { collectAround } from './why.ts';

/** Pods whose last state is kept; the longest unchanged is forgotten first. */
const PODS_REMEMBERED = 50_000;

export interface DeathFeedSettings {
  readonly client: KubernetesClient;
  readonly now?: () => number;
  /** Delay after the first failure of the watch. */
  readonly backoffMs?: number;
}

export function deathFeedOf(settings: DeathFeedSettings): DeathFeed {
  const { client } = settings;
  const now = settings.now ?? Date.now;
  return {
    name: `cluster ${client.connection.name}`,
    watch: (options) => watchDeaths(settings, options),
    collect: (notice, request) => collectOne({ client, request, collector: new Collector(), now }, notice),
  };
}

async function collectOne(run: Run, notice: DeathNotice): Promise<BundlePart> {
  const { pod } = notice;
  await collectAround(run, { close: [pod], others: [], workloads: [], label: `pod ${pod.name}` });
  const { connection } = run.client;
  return {
    collectedAtMs: run.now(),
    cluster: connection.clusterName ?? connection.name,
    ...run.collector.part(),
  };
}

async function watchDeaths(settings: DeathFeedSettings, options: DeathFeedOptions): Promise<void> {
  const { client } = settings;
  const { scope } = options;
  const namespace = scope.allNamespaces ? undefined : (scope.namespace ?? client.connection.namespace);
  const memory = new PodMemory(options, settings.now ?? Date.now);
  const pack = createPodPacker();
  // Every request under way listens to it, which is no leak.
  setMaxListeners(0, options.signal);
  await watchResource(
    client,
    {
      path: pathOf(PODS, namespace === undefined ? {} : { namespace }),
      ...(scope.labelSelector === undefined ? {} : { query: { labelSelector: scope.labelSelector } }),
      signal: options.signal,
      ...(settings.backoffMs === undefined ? {} : { backoffMs: settings.backoffMs }),
      trim: (raw) => {
        const pod = parsePod(raw, { source: 'pods' });
        if (!pod.ok || options.wanted?.(pod.value) === false) return undefined;
        options.onPod?.(pod.value, false);
        return pack(pod.value);
      },
    },
    {
      onList: (pods) => memory.replace(pods),
      onChange: (type, pod) => (type === 'DELETED' ? memory.remove(pod) : memory.update(pod)),
      ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
    },
  );
}

/** Last state of each pod, and the ends that were told. */
class PodMemory {
  readonly #options: DeathFeedOptions;
  readonly #now: () => EpochMs;
  readonly #pods = new Map<string, PackedPod>();
  #listed = false;

  constructor(options: DeathFeedOptions, now: () => EpochMs) {
    this.#options = options;
    this.#now = now;
  }

  /** The first list is the state of the world: what died before is not news. Later ones fill a hole in the watch. */
  replace(pods: readonly PackedPod[]): void {
    const present = new Set(pods.map(({ key }) => key));
    const gone = [...this.#pods.values()].filter(({ key }) => !present.has(key));
    for (const pod of pods) {
      if (this.#listed) this.update(pod);
      else this.#keep(pod);
    }
    for (const pod of gone) this.remove(pod);
    if (!this.#listed) this.#options.onReady?.(pods.length);
    this.#listed = true;
  }

  update(packed: PackedPod): void {
    const known = this.#pods.get(packed.key);
    const told = new Set(known?.ends);
    this.#keep(packed);
    if (packed.ends.some((end) => !told.has(end))) this.#tellEnds(packed.unpack(), told);
    const hasEnded = packed.isEnded && known !== undefined && !known.isEnded;
    if (hasEnded && packed.ends.length === 0) this.#options.onDeath({ pod: packed.unpack(), deleted: false });
  }

  #tellEnds(pod: PodEvidence, told: Set<string>): void {
    for (const ended of endedContainers(pod)) {
      const key = endKey(ended.container, ended.termination);
      if (told.has(key)) continue;
      told.add(key);
      const atMs = ended.termination.finishedAtMs;
      this.#options.onDeath({
        pod,
        container: ended.container,
        deleted: false,
        ...(atMs === undefined ? {} : { atMs }),
      });
    }
  }

  remove(packed: PackedPod): void {
    this.update(packed);
    this.#pods.delete(packed.key);
    const last = packed.unpack();
    this.#options.onPod?.(last, true);
    const running = last.containers.some(({ status }) => status?.state?.kind === 'running');
    if (!running || last.phase === 'Succeeded') return;
    // A deletion without grace (kubectl delete --force) never shows in the object: the watch alone has seen it.
    const pod = last.deletionAtMs === undefined ? { ...last, deletionAtMs: this.#now() } : last;
    this.#options.onDeath({ pod, deleted: true });
  }

  #keep(pod: PackedPod): void {
    this.#pods.delete(pod.key);
    this.#pods.set(pod.key, pod);
    if (this.#pods.size <= PODS_REMEMBERED) return;
    const [oldest] = this.#pods.keys();
    if (oldest !== undefined) this.#pods.delete(oldest);
  }
}
