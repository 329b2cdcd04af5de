/**
 * Answers of the Prometheus HTTP API (`query`, `query_range`, `series`, `label/…/values`), taken apart while they
 * arrive. An answer of many MB holds millions of samples: they are read straight from the bytes, only label sets and the
 * envelope ever become text. https://prometheus.io/docs/prometheus/latest/querying/api/
 */
import { fault, ok, type ParseFault, type Result } from '../../model/result.ts';
import type { EpochMs } from '../../units.ts';
import { answerOf, ENVELOPE_KEYS, labelsOf, type PrometheusAnswer } from './prometheus-answer.ts';
import { SampleBuffer } from './sample-buffer.ts';
import { readPair, type Pair } from './prometheus-pair.ts';
import { isSpace, joined, Skipper, textOf, valueEnd } from './json-bytes.ts';

/** One element of `result` (or of `data`, for label sets). */
export interface PrometheusSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** As sent: perhaps out of order, perhaps doubled. Parallel to `values`; samples that are not finite are left out. */
  readonly timesMs: readonly EpochMs[];
  readonly values: readonly number[];
}

export interface PrometheusHandlers {
  readonly onSeries: (series: PrometheusSeries) => void;
  /** An element of a list of names. */
  readonly onName?: (name: string) => void;
  /** More samples than this end the reading with a fault. */
  readonly maxSamples?: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** A label set, or one value of the envelope. */
const CAPTURE_LIMIT = 256 * 1024;
const MORE = -1;

/** Where in the answer the next byte belongs. */
type State = 'start' | 'top' | 'data' | 'list' | 'series' | 'values' | 'skip' | 'end';

const NO_BYTES = new Uint8Array(0);

/** Feed chunks with `push` until it gives a fault; then, or at the end, call `end`. Not for use after a fault. */
export class PrometheusReader {
  readonly #handlers: PrometheusHandlers;
  readonly #stack: State[] = ['start'];
  readonly #skipper = new Skipper();
  readonly #pair: Pair = { time: 0, value: 0 };
  /** Bytes of a token that is not complete yet. */
  #carry: Uint8Array = NO_BYTES;
  #fault: ParseFault | undefined;
  #labels: Readonly<Record<string, string>> = {};
  readonly #buffer = new SampleBuffer();
  #sawResult = false;
  #said: Record<string, unknown> = {};
  #series = 0;
  #samples = 0;
  #notFinite = 0;
  #histograms = 0;

  constructor(handlers: PrometheusHandlers) {
    this.#handlers = handlers;
  }

  /** Undefined = go on. */
  push(chunk: Uint8Array): ParseFault | undefined {
    if (this.#fault !== undefined) return this.#fault;
    const bytes = this.#carry.length === 0 ? chunk : joined(this.#carry, chunk);
    let at = 0;
    while (at < bytes.length) {
      const next = this.#step(bytes, at);
      if (this.#fault !== undefined) return this.#fault;
      if (next === MORE) break;
      at = next;
    }
    this.#carry = at >= bytes.length ? NO_BYTES : bytes.slice(at);
    if (this.#carry.length > CAPTURE_LIMIT) this.#fail('prometheus.token', 'one value in it is too long');
    return this.#fault;
  }

  end(): Result<PrometheusAnswer> {
    if (this.#fault !== undefined) return { ok: false, error: this.#fault };
    if (this.#stack.at(-1) !== 'end') return fault('prometheus.cut', 'the answer ended early');
    const status = this.#said['status'];
    if (status !== 'error' && !this.#sawResult) {
      return fault('prometheus.shape', 'it is not an answer of the Prometheus API');
    }
    return ok(
      answerOf(this.#said, {
        series: this.#series,
        samples: this.#samples,
        notFinite: this.#notFinite,
        histograms: this.#histograms,
      }),
    );
  }

  /** Handles one token at `at`; the place behind it, or `MORE`. */
  #step(bytes: Uint8Array, at: number): number {
    const state = this.#stack.at(-1) as State;
    switch (state) {
      case 'values':
        return this.#readValues(bytes, at);
      case 'skip': {
        const next = this.#skipper.skip(bytes, at);
        if (this.#skipper.done) this.#stack.pop();
        return next;
      }
      case 'top':
      case 'data':
      case 'series':
        return this.#member(bytes, at, state);
      case 'list':
        return this.#element(bytes, at);
      case 'start':
      case 'end':
        return this.#outside(bytes, at, state);
      default:
        return state satisfies never;
    }
  }

  #outside(bytes: Uint8Array, at: number, state: 'start' | 'end'): number {
    const byte = bytes[at] as number;
    if (isSpace(byte)) return at + 1;
    if (state === 'start' && byte === OPEN_BRACE) {
      this.#stack.push('top');
      return at + 1;
    }
    if (state === 'start' && byte === OPEN_BRACKET) {
      // `promtool query range -o json` prints the bare list.
      this.#sawResult = true;
      this.#stack.push('list');
      return at + 1;
    }
    if (byte === 0x3c) {
      return this.#fail(
        'prometheus.html',
        'a web page came instead of an answer (a login page or a wrong path)',
      );
    }
    return this.#fail('prometheus.shape', 'it is not an answer of the Prometheus API', bytes, at);
  }

  /** A `"key": value` of an object, or its end. */
  #member(bytes: Uint8Array, at: number, state: 'top' | 'data' | 'series'): number {
    const byte = bytes[at] as number;
    if (isSpace(byte) || byte === COMMA) return at + 1;
    if (byte === CLOSE_BRACE) {
      if (state === 'series') this.#emit();
      this.#close();
      return at + 1;
    }
    if (byte !== QUOTE) return this.#fail('prometheus.syntax', 'it is not valid JSON', bytes, at);
    const keyEnd = valueEnd(bytes, at);
    if (keyEnd === MORE) return MORE;
    let from = keyEnd;
    while (from < bytes.length && (isSpace(bytes[from] as number) || bytes[from] === COLON)) from += 1;
    if (from >= bytes.length) return MORE;
    const key = keyEnd - at > 64 ? '' : textOf(bytes, at + 1, keyEnd - 1);
    return this.#value({ bytes, from, key, state });
  }

  #value(at: ValuePlace): number {
    const { bytes, from, key, state } = at;
    const first = bytes[from] as number;
    if (state === 'series') return this.#seriesValue(at);
    if (key === 'data' && state === 'top' && first === OPEN_BRACE) {
      this.#stack.push('data');
      return from + 1;
    }
    if ((key === 'result' || (key === 'data' && state === 'top')) && first === OPEN_BRACKET) {
      this.#sawResult = true;
      return this.#openResult(bytes, from);
    }
    if (!ENVELOPE_KEYS.has(key)) return this.#skip(from);
    const end = valueEnd(bytes, from);
    if (end === MORE) return MORE;
    this.#said[key] = this.#json(bytes, from, end);
    return end;
  }

  /** A list of series; or, for scalars, the one pair, which belongs to no series. */
  #openResult(bytes: Uint8Array, from: number): number {
    let at = from + 1;
    while (at < bytes.length && isSpace(bytes[at] as number)) at += 1;
    if (at >= bytes.length) return MORE;
    const first = bytes[at] as number;
    const isPair = first !== OPEN_BRACE && first !== QUOTE && first !== CLOSE_BRACKET;
    if (!isPair) {
      this.#stack.push('list');
      return from + 1;
    }
    const next = readPair(bytes, from, this.#pair);
    if (next < 0) return next === MORE ? MORE : this.#fail('prometheus.syntax', 'a sample is malformed');
    this.#keepPair();
    this.#emit();
    return next;
  }

  #seriesValue({ bytes, from, key }: ValuePlace): number {
    const first = bytes[from] as number;
    if (key === 'values' && first === OPEN_BRACKET) {
      this.#stack.push('values');
      return from + 1;
    }
    if (key === 'value' && first === OPEN_BRACKET) {
      const next = readPair(bytes, from, this.#pair);
      if (next < 0)
        return next === MORE ? MORE : this.#fail('prometheus.syntax', 'a sample is malformed', bytes, from);
      this.#keepPair();
      return next;
    }
    if (key === 'metric' && first === OPEN_BRACE) {
      const end = valueEnd(bytes, from);
      if (end === MORE) return MORE;
      this.#labels = labelsOf(this.#json(bytes, from, end));
      return end;
    }
    if (key === 'histograms' || key === 'histogram') this.#histograms += 1;
    return this.#skip(from);
  }

  /** An element of `result` or of a bare list. */
  #element(bytes: Uint8Array, at: number): number {
    const byte = bytes[at] as number;
    if (isSpace(byte) || byte === COMMA) return at + 1;
    if (byte === CLOSE_BRACKET) {
      this.#close();
      return at + 1;
    }
    if (byte === QUOTE) {
      const end = valueEnd(bytes, at);
      if (end === MORE) return MORE;
      const name = this.#json(bytes, at, end);
      if (typeof name === 'string') this.#handlers.onName?.(name);
      return end;
    }
    if (byte !== OPEN_BRACE) return this.#fail('prometheus.syntax', 'it is not valid JSON', bytes, at);
    if (this.#handlers.onName !== undefined) {
      const end = valueEnd(bytes, at);
      if (end === MORE) return MORE;
      this.#labels = labelsOf(this.#json(bytes, at, end));
      this.#emit();
      return end;
    }
    this.#stack.push('series');
    return at + 1;
  }

  #readValues(bytes: Uint8Array, start: number): number {
    let at = start;
    for (;;) {
      while (at < bytes.length) {
        const byte = bytes[at] as number;
        if (byte !== COMMA && !isSpace(byte)) break;
        at += 1;
      }
      if (at >= bytes.length) return at;
      if (bytes[at] === CLOSE_BRACKET) {
        this.#stack.pop();
        return at + 1;
      }
      const next = readPair(bytes, at, this.#pair);
      if (next < 0) {
        if (next !== MORE) return this.#fail('prometheus.syntax', 'a sample is malformed', bytes, at);
        // What was read stays read: the rest of the chunk is one unfinished pair.
        return at > start ? at : MORE;
      }
      this.#keepPair();
      if (this.#fault !== undefined) return MORE;
      at = next;
    }
  }

  #keepPair(): void {
    const { time, value } = this.#pair;
    this.#samples += 1;
    if (this.#samples > (this.#handlers.maxSamples ?? Number.POSITIVE_INFINITY)) {
      this.#fail('prometheus.too-many', 'it holds more samples than were asked for');
      return;
    }
    if (!Number.isFinite(value) || !Number.isFinite(time)) {
      this.#notFinite += 1;
      return;
    }
    this.#buffer.add(Math.round(time * 1000), value);
  }

  #emit(): void {
    this.#series += 1;
    const series = { labels: this.#labels, ...this.#buffer.take() };
    this.#labels = {};
    this.#handlers.onSeries(series);
  }

  #skip(from: number): number {
    this.#skipper.begin();
    this.#stack.push('skip');
    return from;
  }

  #close(): void {
    this.#stack.pop();
    if (this.#stack.length === 1) this.#stack[0] = 'end';
  }

  #json(bytes: Uint8Array, from: number, end: number): unknown {
    try {
      return JSON.parse(textOf(bytes, from, end));
    } catch {
      this.#fail('prometheus.syntax', 'it is not valid JSON', bytes, from);
      return undefined;
    }
  }

  #fail(code: string, message: string, bytes?: Uint8Array, at = 0): number {
    const excerpt =
      bytes === undefined ? {} : { excerpt: textOf(bytes, at, Math.min(bytes.length, at + 80)) };
    this.#fault ??= { code, message, ...excerpt };
    return MORE;
  }
}

interface ValuePlace {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly key: string;
  readonly state: 'top' | 'data' | 'series';
}
