/** Public door of the room, for the CLI's wiring. Loaded only when a cluster is asked. */
import { createClient, type ClientOptions, type KubernetesClient } from './client/client.ts';
import type { ConnectionOptions } from './client/connection.ts';
import { readKubeconfig } from './client/kubeconfig-file.ts';
import { inClusterConnection, resolveConnection } from './client/resolve.ts';
import type { SampleSource } from '../../app/collect-ports.ts';
import type { EvidenceSource } from '../../app/ports.ts';
import type { ClusterProbe } from '../../app/check.ts';
import type { DeathFeed } from '../../app/record.ts';
import { deathFeedOf } from './death-watch.ts';
import { probeOfClient } from './probe.ts';
import { createSampler } from './sampler.ts';
import { sourceOfClient } from './source.ts';

export type { KubernetesClient } from './client/client.ts';
export type { ConnectionOptions } from './client/connection.ts';

export type ConnectOptions = ConnectionOptions & Pick<ClientOptions, 'version' | 'timeoutMs'>;

/** A live cluster. Nothing is sent before `collect`. Throws `SourceError` (`bad-config`). */
export async function createClusterSource(options: ConnectOptions): Promise<EvidenceSource> {
  const client = await connectCluster(options);
  const source = sourceOfClient({ client, ...(options.now === undefined ? {} : { now: options.now }) });
  return {
    name: source.name,
    collect: (request) => source.collect(request).finally(() => client.close()),
  };
}

/** For `check`. Call `close` at the end. */
export async function createClusterProbe(
  options: ConnectOptions,
): Promise<{ readonly probe: ClusterProbe; close(): void }> {
  const client = await connectCluster(options);
  return { probe: probeOfClient(client), close: () => client.close() };
}

/** For `record --watch`. Call `close` at the end. */
export async function createDeathFeed(
  options: ConnectOptions,
): Promise<{ readonly feed: DeathFeed; close(): void }> {
  const client = await connectCluster(options);
  return { feed: deathFeedOf({ client }), close: () => client.close() };
}

/** Kubelets that are asked at the same time. */
const PARALLEL_SAMPLES = 8;

/**
 * For `collect`: who measures, and the watch of pods. Two clients, so that the evidence of a death does not wait for
 * slow kubelets. Call `close` at the end. Throws `SourceError` (`bad-config`).
 */
export async function createCollectorSources(
  options: ConnectOptions,
  { nodeAccess }: { readonly nodeAccess: boolean },
): Promise<{ readonly source: SampleSource; readonly feed: DeathFeed; close(): void }> {
  const client = await connectCluster(options);
  const sampling = createClient({
    connection: client.connection,
    version: options.version,
    env: options.env,
    parallelRequests: PARALLEL_SAMPLES,
  });
  return {
    source: createSampler({ client: sampling, nodeAccess, now: options.now ?? Date.now }),
    feed: deathFeedOf({ client }),
    close: () => {
      client.close();
      sampling.close();
    },
  };
}

/** Resolves the configuration and makes a client; nothing is sent yet. Throws `SourceError` (`bad-config`). */
export async function connectCluster(options: ConnectOptions): Promise<KubernetesClient> {
  const connection = await resolveConnection(options);
  return createClient({
    connection,
    version: options.version,
    env: options.env,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
}

/** A kubeconfig with a cluster, or a service account, is at hand. Nothing is sent. */
export async function hasClusterConfig(options: ConnectionOptions): Promise<boolean> {
  const config = await readKubeconfig(options).catch(() => undefined);
  if (config !== undefined && config.clusters.size > 0) return true;
  return (await inClusterConnection(options).catch(() => undefined)) !== undefined;
}
