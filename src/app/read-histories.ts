/** Reads histories from several sources, page by page. A source that fails is a gap; one that hangs is left. */
import type { EvidenceGap, SourceReport } from '../core/model/bundle.ts';
import { historyKey, fullestHistories } from '../core/model/fullest-histories.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { Milliseconds } from '../core/units.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import type { HistoryRequest, HistorySource } from './history-ports.ts';
import { SourceError } from './ports.ts';

export type HistoryWish = Omit<HistoryRequest, 'signal'>;

export interface HistoryReadOptions {
  readonly signal: AbortSignal;
  /** All sources together; what has not come by then is a gap. */
  readonly budgetMs?: Milliseconds;
  readonly onContainers?: (read: number) => void;
}

/** What became of the sources; complete once the pages are at their end. */
export interface HistoryTale {
  readonly gaps: EvidenceGap[];
  readonly sources: SourceReport[];
}

export interface HistoryReading {
  readonly histories: readonly ContainerHistory[];
  readonly gaps: readonly EvidenceGap[];
  readonly sources: readonly SourceReport[];
}

/** Samples wanted of one series at most: a week at five minutes. */
const WANTED_SAMPLES = 2016;
const STEPS_MS: readonly Milliseconds[] = [
  15 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
];

/** The distance of samples that a window deserves. */
export function stepFor(windowMs: Milliseconds): Milliseconds {
  return STEPS_MS.find((stepMs) => windowMs / stepMs <= WANTED_SAMPLES) ?? HOUR_MS;
}

/** Everything at once: for questions about one target. */
export async function readHistories(
  sources: readonly HistorySource[],
  wish: HistoryWish,
  options: HistoryReadOptions,
): Promise<HistoryReading> {
  const tale: HistoryTale = { gaps: [], sources: [] };
  const histories: ContainerHistory[] = [];
  for await (const page of historyPages(sources, { wish, tale }, options)) histories.push(...page);
  return { histories: fullestHistories(histories), ...tale };
}

interface HistoryRun {
  readonly wish: HistoryWish;
  readonly tale: HistoryTale;
}

/** Page after page, source after source; a container that an earlier source gave is not given again. */
export async function* historyPages(
  sources: readonly HistorySource[],
  { wish, tale }: HistoryRun,
  options: HistoryReadOptions,
): AsyncGenerator<readonly ContainerHistory[]> {
  const budget = options.budgetMs === undefined ? [] : [AbortSignal.timeout(options.budgetMs)];
  const signal = AbortSignal.any([options.signal, ...budget]);
  const seen = new Set<string>();
  for (const source of sources) {
    let given = 0;
    const left = leaveOn(signal);
    const pages = source.read({ ...wish, signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await Promise.race([pages.next(), left.promise]);
        if (next.done === true) break;
        tale.gaps.push(...next.value.gaps);
        const fresh = next.value.histories.filter((history) => !seen.has(historyKey(history)));
        for (const history of fresh) seen.add(historyKey(history));
        given += fresh.length;
        options.onContainers?.(seen.size);
        if (fresh.length > 0) yield fresh;
      }
      tale.sources.push({ name: source.name, state: 'read', detail: containers(given) });
    } catch (error) {
      if (!(error instanceof SourceError) && !signal.aborted) throw error;
      const failure =
        error instanceof SourceError ? error : new SourceError('timeout', 'it did not answer in time');
      tale.sources.push({
        name: source.name,
        state: given > 0 ? 'partial' : 'failed',
        detail: failure.message,
      });
      tale.gaps.push(gapOf(source.name, failure));
    } finally {
      left.stop();
    }
  }
}

function containers(given: number): string {
  return given === 1 ? '1 container' : `${given} containers`;
}

/** Rejects when the signal fires, so that a source that does not listen cannot hold the answer back. */
function leaveOn(signal: AbortSignal): { readonly promise: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>();
  const leave = (): void => reject(new SourceError('timeout', 'it did not answer in time'));
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  // Nobody may be racing against it at that moment.
  promise.catch(() => {});
  return { promise, stop: () => signal.removeEventListener('abort', leave) };
}

/** Of gaps that say that a source gave nothing, and why. */
export const NOTHING_READ = 'history/';

function gapOf(name: string, { message, code }: SourceError): EvidenceGap {
  const fix = FIXES[code];
  return {
    id: `${NOTHING_READ}${name}`,
    what: `memory over time from ${name} (${message.replace(/\.$/, '')})`,
    cost: 'A leak cannot be told from a spike or a low limit.',
    kind: 'usage',
    ...(fix === undefined ? {} : { fix }),
  };
}

const FIXES: Readonly<Partial<Record<SourceError['code'], string>>> = {
  unauthorized:
    'Give credentials: --prometheus-token-file, or --prometheus-user with --prometheus-password-file.',
  forbidden: 'Ask for a namespace or tenant that these credentials may read (-n, --tenant).',
  unreachable:
    'Check the address, and --prometheus-ca where its certificate is from an authority of your own.',
  timeout:
    'Check that it answers at this address; ask for less with --since, or give it longer with --request-timeout.',
  protocol: 'Give the address that /api/v1 follows, such as https://prometheus.example/prometheus.',
};
