/** Files of memory over time as a source of history. */
import type { HistoryPage, HistoryRequest, HistorySource } from '../../app/history-ports.ts';
import { SourceError } from '../../app/ports.ts';
import type { ContainerHistory } from '../../core/model/series.ts';
import { clipHistory } from '../../core/parse/history/clip.ts';
import { mergeHistories } from '../../core/parse/history/merge-histories.ts';
import { historiesOfSamples } from '../../core/parse/history/of-samples.ts';
import type { EpochMs } from '../../core/units.ts';
import { Gathering } from './gather.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Parsers } from './parsers.ts';
import { readRoot, type FilesSourceOptions } from './source.ts';

export function createFilesHistoryWith(parsers: Parsers, options: FilesSourceOptions): HistorySource {
  return { name: 'files', read: (request) => read(request, parsers, options) };
}

/** One page: files are bounded, and any of them may hold a replica of any workload. */
async function* read(
  request: HistoryRequest,
  parsers: Parsers,
  options: FilesSourceOptions,
): AsyncGenerator<HistoryPage> {
  const run = new Gathering({
    parsers,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    request: {
      target: { kind: 'all' },
      scope: { allNamespaces: true },
      depth: 'kills',
      nodeAccess: false,
      logLines: 0,
      signal: request.signal,
    },
    nowMs: options.nowMs,
    wantsHistory: true,
  });
  run.throwIfAborted();
  for (const path of options.paths) await readRoot(path, run, options);
  const samples = run.parts.flatMap((part) => part.samples ?? []);
  const all = mergeHistories([...(run.histories ?? []), ...historiesOfSamples(samples, options.nowMs)]);
  const gaps = run.allGaps();
  if (all.length === 0) {
    const said = gaps.slice(0, 3).map(({ what }) => what);
    throw new SourceError('unreadable', said.join('; ') || 'no file holds memory over time');
  }
  const window = windowOf(all, request);
  const histories = all
    .filter((history) => isWanted(history, request))
    .map((history) => clipHistory(history, window))
    .filter((history) => history !== undefined)
    .map((history) => atDepth(history, request.depth));
  yield { histories, gaps };
}

/** A file of last year has no sample of the last days: its own last days are meant. */
function windowOf(
  histories: readonly ContainerHistory[],
  request: HistoryRequest,
): { readonly fromMs: EpochMs; readonly toMs: EpochMs } {
  const { fromMs, toMs } = request;
  let newestMs = 0;
  for (const history of histories) newestMs = Math.max(newestMs, history.toMs);
  return newestMs >= fromMs ? { fromMs, toMs } : { fromMs: newestMs - (toMs - fromMs), toMs: newestMs };
}

function isWanted(history: ContainerHistory, request: HistoryRequest): boolean {
  const { namespace, pods, workload, container } = request;
  // Tables and `docker stats` often know no namespace.
  if (namespace !== undefined && history.namespace !== '' && history.namespace !== namespace) return false;
  if (container !== undefined && history.container !== container) return false;
  if (pods?.includes(history.pod) === true) return true;
  if (workload !== undefined && isOf(history, workload)) return true;
  return pods === undefined && workload === undefined;
}

function isOf(
  history: ContainerHistory,
  workload: { readonly kind: string; readonly name: string },
): boolean {
  const owner = history.workload;
  return owner?.kind === workload.kind && owner.name === workload.name;
}

function atDepth(history: ContainerHistory, depth: HistoryRequest['depth']): ContainerHistory {
  if (depth === 'analysis') return history;
  const { traffic: _traffic, cache: _cache, peak: _peak, cpuSeconds: _cpu, ...memory } = history;
  return memory;
}
