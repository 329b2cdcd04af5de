/** Momentary figures of every container: kubelet by kubelet through `nodes/proxy`, or one list of metrics.k8s.io. */
import { setMaxListeners } from 'node:events';
import type { NodeAnswer, SampleSource } from '../../app/collect-ports.ts';
import {
  createResourceMetricsReader,
  readPodMetrics,
  readSummary,
  type NodeReadings,
} from '../../core/parse/node-readings.ts';
import type { EpochMs } from '../../core/units.ts';
import { bounded } from './bounded.ts';
import type { KubernetesClient } from './client/client.ts';
import { BrokenConnectionError } from './client/errors.ts';
import { textLines } from './kubelet.ts';
import { NODES, pathOf, POD_METRICS } from './resources.ts';

/** A kubelet that takes longer is too busy to be asked. */
const NODE_TIMEOUT_MS = 5000;
const LIST_TIMEOUT_MS = 10_000;

export interface SamplerOptions {
  readonly client: KubernetesClient;
  readonly nodeAccess: boolean;
  readonly now: () => EpochMs;
}

export function createSampler({ client, nodeAccess, now }: SamplerOptions): SampleSource {
  if (!nodeAccess) {
    return {
      name: 'metrics.k8s.io',
      reach: 'cluster',
      read: async ({ signal }) => {
        const list = await client.list(pathOf(POD_METRICS, {}), {
          trim: readPodMetrics,
          signal,
          retries: 0,
          timeoutMs: LIST_TIMEOUT_MS,
        });
        return { readings: list.items.flat(), dropped: 0 };
      },
    };
  }
  return {
    name: 'kubelets',
    reach: 'nodes',
    read: async ({ node = '', depth, signal }) => {
      // Every request under way listens to it, which is no leak.
      setMaxListeners(0, signal);
      const base = `${pathOf(NODES, { name: node })}/proxy`;
      const options = { signal, retries: 0, timeoutMs: NODE_TIMEOUT_MS };
      return onceMore(async () => {
        if (depth === 'full')
          return answerOf(readSummary(await client.get(`${base}/stats/summary`, options)), now());
        const reader = createResourceMetricsReader();
        const page = client.stream(`${base}/metrics/resource`, options);
        for await (const line of textLines(bounded(page))) reader.push(line);
        return answerOf(reader.end(), now());
      });
    },
  };
}

/** A connection that was kept open may be closed by the other side at the moment it is used again. */
async function onceMore<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof BrokenConnectionError)) throw error;
    return task();
  }
}

function answerOf({ readings, newestAtMs, dropped }: NodeReadings, nowMs: EpochMs): NodeAnswer {
  return { readings, dropped, ...(newestAtMs === undefined ? {} : { clockAheadMs: newestAtMs - nowMs }) };
}
