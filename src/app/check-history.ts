/** Whether memory over time can be read: one small question to each source, until one answers. */
import type { EpochMs } from '../core/units.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';
import type { HistoryCheck } from './check.ts';
import type { HistorySource } from './history-ports.ts';
import { historyPages, type HistoryTale } from './read-histories.ts';

const WINDOW_MS = 15 * MINUTE_MS;
const PATIENCE_MS = 15 * SECOND_MS;
const COST =
  'A leak cannot be told from a spike or a low limit, nothing is forecast, and kills older than the events are not known.';

export async function checkHistory(
  sources: readonly HistorySource[],
  at: { readonly namespace: string; readonly nowMs: EpochMs; readonly signal: AbortSignal },
): Promise<HistoryCheck> {
  const tale: HistoryTale = { gaps: [], sources: [] };
  const wish = {
    namespace: at.namespace,
    fromMs: at.nowMs - WINDOW_MS,
    toMs: at.nowMs,
    stepMs: MINUTE_MS,
    depth: 'memory' as const,
  };
  const options = { signal: at.signal, budgetMs: PATIENCE_MS };
  for await (const page of historyPages(sources, { wish, tale }, options)) {
    const [first] = page;
    if (first !== undefined) return { state: 'ok', source: first.source, cost: COST };
  }
  const [gap] = tale.gaps;
  const answering = tale.sources.find(({ state }) => state === 'read');
  if (gap === undefined && answering !== undefined) {
    const detail = `${answering.name} answers, but holds nothing of namespace ${at.namespace} of the last 15 min`;
    return { state: 'failed', cost: COST, detail };
  }
  if (gap === undefined) return { state: 'missing', cost: COST };
  return { state: 'failed', cost: COST, detail: gap.what };
}
