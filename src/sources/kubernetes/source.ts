/** A live cluster as an `EvidenceSource`. */
import { setMaxListeners } from 'node:events';
import type { CollectRequest, EvidenceSource } from '../../app/ports.ts';
import { SourceError } from '../../app/ports.ts';
import type { BundlePart } from '../../core/model/bundle.ts';
import type { KubernetesClient } from './client/client.ts';
import { Collector } from './collector.ts';
import { collectKills } from './kills.ts';
import type { Run } from './reader.ts';
import { collectTop } from './top.ts';
import { collectWhy } from './why.ts';

export interface ClusterSourceOptions {
  readonly client: KubernetesClient;
  readonly now?: () => number;
}

/**
 * Every refusal is a gap in the answer. Throws `SourceError` only where nothing at all could be read, or the
 * target is not there (`not-found`, with near names).
 */
export function sourceOfClient(options: ClusterSourceOptions): EvidenceSource {
  const { client } = options;
  return {
    name: `cluster ${client.connection.name}`,
    collect: (request) => {
      // Every request under way listens to it, which is no leak.
      setMaxListeners(0, request.signal);
      return collect({ client, request, collector: new Collector(), now: options.now ?? Date.now });
    },
  };
}

const COLLECT: Readonly<Record<CollectRequest['depth'], (run: Run) => Promise<unknown>>> = {
  why: collectWhy,
  kills: collectKills,
  top: collectTop,
};

async function collect(run: Run): Promise<BundlePart> {
  const { collector } = run;
  try {
    await COLLECT[run.request.depth](run);
  } catch (error) {
    // Interrupted: what is there already is handed over.
    if (!(error instanceof SourceError) || error.code !== 'aborted' || !collector.hasRead) throw error;
  }
  if (!collector.hasRead && collector.firstError !== undefined) throw collector.firstError;
  const part = collector.part();
  return {
    collectedAtMs: run.now(),
    cluster: run.client.connection.clusterName ?? run.client.connection.name,
    ...part,
  };
}
