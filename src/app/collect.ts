/** Runs sources side by side. One dead source never ends a run: it becomes a failed source and a gap. */
import type { BundlePart, EvidenceGap, SourceReport } from '../core/model/bundle.ts';
import type { CollectRequest, EvidenceSource } from './ports.ts';
import { SourceError } from './ports.ts';

export interface Collection {
  readonly parts: readonly BundlePart[];
  readonly failures: readonly { readonly name: string; readonly error: SourceError }[];
  /** The user interrupted: sources that had not answered by then are missing. */
  readonly interrupted: boolean;
}

/** After an interrupt a source gets this long to hand over what it has. */
const GRACE_AFTER_ABORT_MS = 1500;

type Outcome =
  | { readonly kind: 'part'; readonly part: BundlePart }
  | { readonly kind: 'failed'; readonly error: SourceError }
  | { readonly kind: 'missing' };

/** Never rejects because of a source; an error that is no `SourceError` is our bug and does reject. */
export async function collectAll(
  sources: readonly EvidenceSource[],
  request: CollectRequest,
): Promise<Collection> {
  const late = afterAbort(request.signal);
  const outcomes = await Promise.all(
    sources.map(async (source) => ({
      name: source.name,
      outcome: await Promise.race([outcomeOf(source, request), late.missing]),
    })),
  );
  late.stop();
  const parts: BundlePart[] = [];
  const failures: { name: string; error: SourceError }[] = [];
  for (const { name, outcome } of outcomes) {
    if (outcome.kind === 'part') parts.push(outcome.part);
    if (outcome.kind === 'failed') failures.push({ name, error: outcome.error });
    if (outcome.kind === 'missing') {
      failures.push({ name, error: new SourceError('aborted', 'interrupted before it answered') });
    }
  }
  if (parts.length > 0) parts.push(...failures.map(({ name, error }) => failurePart(name, error)));
  return { parts, failures, interrupted: request.signal.aborted };
}

async function outcomeOf(source: EvidenceSource, request: CollectRequest): Promise<Outcome> {
  try {
    return { kind: 'part', part: await source.collect(request) };
  } catch (error) {
    if (error instanceof SourceError) return { kind: 'failed', error };
    if (request.signal.aborted) return { kind: 'missing' };
    throw error;
  }
}

function afterAbort(signal: AbortSignal): { readonly missing: Promise<Outcome>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const start = (): void => {
    timer = setTimeout(() => resolve({ kind: 'missing' }), GRACE_AFTER_ABORT_MS);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return {
    missing: promise,
    stop: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', start);
    },
  };
}

function failurePart(name: string, error: SourceError): BundlePart {
  const source: SourceReport = { name, state: 'failed', detail: error.message };
  const gap: EvidenceGap = {
    id: `source/${name}`,
    what: name,
    cost: `nothing of it could be read: ${error.message}`,
    kind: 'input',
  };
  return { sources: [source], gaps: [gap] };
}
