/** One Prometheus API, asked gently: few queries at once, bounded answers, no second try of what was too heavy. */
import { SourceError } from '../../app/ports.ts';
import type { PrometheusAnswer } from '../../core/parse/history/prometheus-answer.ts';
import { PrometheusReader, type PrometheusSeries } from '../../core/parse/history/prometheus-reader.ts';
import { MIB, type Bytes, type EpochMs, type Milliseconds } from '../../core/units.ts';
import type { KubernetesClient } from '../kubernetes/client/client.ts';
import { ApiError, BrokenConnectionError } from '../kubernetes/client/errors.ts';
import { createLimiter } from '../kubernetes/client/limit.ts';
import type { Query } from '../kubernetes/client/query.ts';
import { pause, retryDelayMs } from '../kubernetes/client/retry.ts';
import { holdYoungGeneration } from '../young-generation.ts';

export interface ApiOptions {
  readonly client: Pick<KubernetesClient, 'stream'>;
  /** Before `/api/v1/…`: empty, or the path of the API server's service proxy. */
  readonly path?: string;
  /** Queries at once; 4 unless told. */
  readonly parallel?: number;
  /** One answer; 64 MiB unless told. */
  readonly maxAnswerBytes?: Bytes;
  /** All answers together; 8 GiB unless told. */
  readonly maxTotalBytes?: Bytes;
  /** Without a byte; 120 s unless told. */
  readonly timeoutMs?: Milliseconds;
  /** One query in all; 300 s unless told. */
  readonly deadlineMs?: Milliseconds;
  /** Second tries of one query; 3 unless told. */
  readonly retries?: number;
  readonly random?: () => number;
}

export interface Answer {
  readonly series: readonly PrometheusSeries[];
  readonly envelope: PrometheusAnswer;
}

/** What was asked so far. */
export interface ApiStats {
  readonly queries: number;
  /** Tries after the first. */
  readonly repeated: number;
  readonly bytes: Bytes;
  readonly samples: number;
}

export interface RangeQuery {
  readonly expression: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
}

/** The answer was too large, or too heavy for the server: a smaller question may do. */
export class TooLargeError extends SourceError {
  constructor(message: string, options?: ErrorOptions) {
    super('timeout', message, options);
    this.name = 'TooLargeError';
  }
}

/** All answers together reached the bound: nothing more is asked. */
export class BudgetError extends SourceError {
  constructor(bytes: Bytes) {
    super('protocol', `${Math.round(bytes / MIB)} MiB of answers were read, more is not asked for`);
    this.name = 'BudgetError';
  }
}

const PARALLEL = 4;
const ANSWER_BYTES = 64 * MIB;
const TOTAL_BYTES = 8192 * MIB;
const TIMEOUT_MS = 120_000;
/** A body that drips is not waited for: from the first header to the last byte. */
const DEADLINE_MS = 300_000;
const RETRIES = 3;
/** `[1700000000,"1"],` is the shortest sample. */
const SAMPLE_BYTES = 8;

interface Ask {
  readonly what: string;
  readonly query: Query;
  readonly signal: AbortSignal;
  readonly isList?: boolean;
}

export class PrometheusApi {
  readonly #options: ApiOptions;
  readonly #limiter;
  readonly #maxAnswerBytes: Bytes;
  readonly #maxTotalBytes: Bytes;
  #queries = 0;
  #repeated = 0;
  #bytes = 0;
  #samples = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#limiter = createLimiter(options.parallel ?? PARALLEL);
    this.#maxAnswerBytes = options.maxAnswerBytes ?? ANSWER_BYTES;
    this.#maxTotalBytes = options.maxTotalBytes ?? TOTAL_BYTES;
  }

  get stats(): ApiStats {
    return { queries: this.#queries, repeated: this.#repeated, bytes: this.#bytes, samples: this.#samples };
  }

  /** `query_range`. All methods throw `SourceError`; `TooLargeError` where asking for less may help. */
  range(query: RangeQuery, signal: AbortSignal): Promise<Answer> {
    const { expression, fromMs, toMs, stepMs } = query;
    return this.#ask({
      what: 'query_range',
      query: { query: expression, start: fromMs / 1000, end: toMs / 1000, step: stepMs / 1000 },
      signal,
    });
  }

  /** `query` at one instant; without one, at the server's own present. */
  instant(expression: string, atMs: EpochMs | undefined, signal: AbortSignal): Promise<Answer> {
    const time = atMs === undefined ? undefined : atMs / 1000;
    return this.#ask({ what: 'query', query: { query: expression, time }, signal });
  }

  /** Values that a label has in the window on the series that `match` selects: the index alone is read for it. */
  async labelValues(
    label: string,
    match: string,
    window: { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly signal: AbortSignal },
  ): Promise<readonly string[]> {
    const query = { 'match%5B%5D': match, start: window.fromMs / 1000, end: window.toMs / 1000 };
    const what = `label/${encodeURIComponent(label)}/values`;
    const { names } = await this.#ask({ what, query, signal: window.signal, isList: true });
    return names;
  }

  /** Label sets of the series that `match` selects in the window. */
  async labelSets(
    match: string,
    window: { readonly fromMs: EpochMs; readonly toMs: EpochMs; readonly signal: AbortSignal },
  ): Promise<readonly PrometheusSeries['labels'][]> {
    const query = { 'match%5B%5D': match, start: window.fromMs / 1000, end: window.toMs / 1000 };
    const { series } = await this.#ask({ what: 'series', query, signal: window.signal, isList: true });
    return series.map(({ labels }) => labels);
  }

  async #ask(ask: Ask): Promise<Answer & { readonly names: readonly string[] }> {
    for (let tried = 0; ; tried += 1) {
      try {
        return await this.#limiter.run(() => this.#once(ask));
      } catch (error) {
        if (tried >= (this.#options.retries ?? RETRIES) || !mayRepeat(error)) throw asTooLarge(error);
        this.#repeated += 1;
        await pause(retryDelayMs(error, tried, this.#options.random ?? Math.random), ask.signal);
      }
    }
  }

  async #once(ask: Ask): Promise<Answer & { readonly names: readonly string[] }> {
    if (ask.signal.aborted) throw new SourceError('aborted', 'interrupted');
    if (this.#bytes > this.#maxTotalBytes) throw new BudgetError(this.#bytes);
    this.#queries += 1;
    const series: PrometheusSeries[] = [];
    const names: string[] = [];
    const reader = new PrometheusReader({
      onSeries: (one) => series.push(one),
      maxSamples: this.#maxAnswerBytes / SAMPLE_BYTES,
      ...(ask.isList === true ? { onName: (name: string) => names.push(name) } : {}),
    });
    await this.#readBody(ask, reader);
    const end = reader.end();
    if (!end.ok) throw new SourceError('protocol', end.error.message);
    const envelope = end.value;
    if (envelope.status === 'error') {
      throw new SourceError('protocol', `${envelope.errorType ?? 'error'}: ${envelope.error ?? ''}`);
    }
    this.#samples += envelope.samples;
    return { series, names, envelope };
  }

  async #readBody(ask: Ask, reader: PrometheusReader): Promise<void> {
    const deadline = AbortSignal.timeout(this.#options.deadlineMs ?? DEADLINE_MS);
    const body = this.#options.client.stream(`${this.#options.path ?? ''}/api/v1/${ask.what}`, {
      query: ask.query,
      signal: AbortSignal.any([ask.signal, deadline]),
      timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS,
    });
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        this.#bytes += chunk.length;
        if (bytes > this.#maxAnswerBytes)
          throw new TooLargeError(`the answer is larger than ${Math.round(this.#maxAnswerBytes / MIB)} MiB`);
        holdYoungGeneration();
        const bad = reader.push(chunk);
        if (bad !== undefined) throw new SourceError('protocol', bad.message);
      }
    } catch (error) {
      if (!deadline.aborted || ask.signal.aborted) throw error;
      throw new TooLargeError('the answer did not end in time', { cause: error });
    }
  }
}

/**
 * 429 and gateways without a backend heal by waiting. A query that ran out of time or memory does not: sending it again
 * would only load the server again.
 */
function mayRepeat(error: unknown): boolean {
  if (error instanceof BrokenConnectionError) return true;
  if (!(error instanceof ApiError)) return false;
  if (error.status === 429 || error.status === 502) return true;
  return error.status === 503 && !isTooHeavy(error);
}

/** Words of Prometheus, Thanos and Mimir for a query that ran out of time, memory or its limits. */
function isTooHeavy(error: ApiError): boolean {
  return /timed? ?out|"errorType":\s*"(?:timeout|canceled)"|too many samples|limit|exceeded/i.test(
    error.message,
  );
}

function asTooLarge(error: unknown): unknown {
  if (error instanceof ApiError) {
    const heavy = error.status === 422 || error.status === 413 || error.status === 504;
    if (heavy || (error.status === 503 && isTooHeavy(error)))
      return new TooLargeError(error.message, { cause: error });
  }
  if (error instanceof SourceError && error.code === 'timeout' && !(error instanceof ApiError)) {
    return new TooLargeError(error.message, { cause: error });
  }
  return error;
}
