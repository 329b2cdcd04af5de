/**
 * Elasticsearch and OpenSearch: a JVM whose other half of memory is Lucene's page cache and direct buffers; the vendor asks
 * for a heap of at most 50 % and sizes it so by itself since 7.11.
 */
import { formatBytes } from '../text/amounts.ts';
import { javaHeap, javaOptions } from './jvm.ts';
import { heapFlags, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

const SAFE_RATIO = 0.5;

function assess(input: RuntimeInput): RuntimeAssessment {
  const options = javaOptions(input, ['ES_JAVA_OPTS', 'OPENSEARCH_JAVA_OPTS']);
  const heap = javaHeap(options, input.limitBytes);
  const share = input.limitBytes === undefined ? undefined : shareOf(input.limitBytes, SAFE_RATIO);
  return {
    ...(heap.heapMaxBytes === undefined ? {} : { heapMaxBytes: heap.heapMaxBytes }),
    ...(heap.heapSource === undefined ? {} : { heapSource: heap.heapSource }),
    flags: heapFlags({
      what: 'The Java heap',
      heapMaxBytes: heap.heapMaxBytes,
      heapSource: heap.heapSource,
      limitBytes: input.limitBytes,
      flagAbove: SAFE_RATIO,
      rest: 'direct buffers and the page cache that Lucene lives on',
    }),
    unsetKnobs: [],
    advice: [
      input.limitBytes === undefined || share === undefined
        ? 'Give the heap at most half of the memory limit, or leave it unset (7.11 and later size it).'
        : `Give the heap at most ${share.mib} MiB (50 % of ${formatBytes(input.limitBytes)}), or leave it unset (7.11 and later size it).`,
    ],
  };
}

export const ELASTICSEARCH: Runtime = {
  id: 'elasticsearch',
  title: 'Elasticsearch or OpenSearch',
  comm: /^elasticsearch/,
  executable: /^(?:elasticsearch|opensearch|opensearch-docker-entrypoint\.sh)$/,
  variable: /^(?:ES_JAVA_OPTS|OPENSEARCH_JAVA_OPTS)$/,
  image: /^(?:elasticsearch|opensearch)/,
  refines: 'jvm',
  assess,
};
