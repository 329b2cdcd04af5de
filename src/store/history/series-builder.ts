/**
 * Figures of any tier as samples. A bin gives its last figure at its end, and its least and highest within it where
 * they differ: the floor and the peaks of a shape stay what they were.
 */
import type { Series } from '../../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../../core/units.ts';

/** What was measured in `fromMs <= time <= toMs`; one tick has both the same. */
export interface Bin {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly last: number;
  readonly least: number;
  readonly highest: number;
}

export interface BuilderOptions {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  /** Finer figures are joined to bins of this length; 0 = they are given as they are. */
  readonly binMs: Milliseconds;
  /** Starts of the container, ascending: what came before one is not mixed with what came after. */
  readonly starts: readonly EpochMs[];
}

export class SeriesBuilder {
  readonly #options: BuilderOptions;
  readonly #timesMs: EpochMs[] = [];
  readonly #values: number[] = [];
  #open:
    | { key: number; fromMs: EpochMs; toMs: EpochMs; last: number; least: number; highest: number }
    | undefined;

  constructor(options: BuilderOptions) {
    this.#options = options;
  }

  /** In the order of time. */
  add(bin: Bin): void {
    const { binMs, fromMs, toMs } = this.#options;
    if (bin.toMs < fromMs || bin.fromMs > toMs) return;
    if (binMs === 0) return this.#emit(bin);
    const key = Math.floor(bin.fromMs / binMs);
    const open = this.#open;
    if (open === undefined || open.key !== key || this.#startBetween(open.toMs, bin.toMs) !== undefined) {
      this.#flush();
      this.#open = { ...bin, key };
      return;
    }
    open.toMs = bin.toMs;
    open.last = bin.last;
    open.least = Math.min(open.least, bin.least);
    open.highest = Math.max(open.highest, bin.highest);
  }

  series(): Series | undefined {
    this.#flush();
    return this.#timesMs.length === 0 ? undefined : { timesMs: this.#timesMs, values: this.#values };
  }

  #flush(): void {
    if (this.#open !== undefined) this.#emit(this.#open);
    this.#open = undefined;
  }

  #emit(bin: Bin): void {
    const span = bin.toMs - bin.fromMs;
    const start = this.#startBetween(bin.fromMs, bin.toMs);
    if (span > 2 && start !== undefined) {
      // The old container's peak must not open the life of the new one; which of the two was least is not known.
      if (bin.highest !== bin.last) this.#push(Math.max(bin.fromMs, start - 1), bin.highest);
    } else if (span > 2) {
      const before = this.#values.at(-1) ?? bin.least;
      const isRising = Math.abs(before - bin.least) <= Math.abs(before - bin.highest);
      const [first, second] = isRising ? [bin.least, bin.highest] : [bin.highest, bin.least];
      if (first !== bin.last) this.#push(bin.fromMs + Math.round(span / 3), first);
      if (second !== bin.last) this.#push(bin.fromMs + Math.round((2 * span) / 3), second);
    }
    this.#push(bin.toMs, bin.last);
  }

  #startBetween(fromMs: EpochMs, toMs: EpochMs): EpochMs | undefined {
    return this.#options.starts.find((start) => start > fromMs && start <= toMs);
  }

  #push(atMs: EpochMs, value: number): void {
    const newest = this.#timesMs.at(-1);
    if (newest !== undefined && atMs <= newest) return;
    if (atMs < this.#options.fromMs || atMs > this.#options.toMs) return;
    this.#timesMs.push(atMs);
    this.#values.push(value);
  }
}
