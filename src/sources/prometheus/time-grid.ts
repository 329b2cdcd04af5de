/** Answers of one step share their instants: one array for all the series that have the same. */
import type { EpochMs, Milliseconds } from '../../core/units.ts';

export class TimeGrid {
  readonly #stepMs: Milliseconds;
  readonly #known = new Map<string, readonly EpochMs[]>();

  constructor(stepMs: Milliseconds) {
    this.#stepMs = stepMs;
  }

  /** The same instants, in the array that was given first. Only for series without gaps; others keep their own. */
  shared(timesMs: readonly EpochMs[]): readonly EpochMs[] {
    const [first] = timesMs;
    const last = timesMs.at(-1);
    if (first === undefined || last === undefined) return timesMs;
    // Strictly ascending multiples of the step, as many as fit: then there is but one such series.
    if (last - first !== (timesMs.length - 1) * this.#stepMs || !this.#isRegular(timesMs)) return timesMs;
    const key = `${first}:${timesMs.length}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, timesMs);
    return timesMs;
  }

  #isRegular(timesMs: readonly EpochMs[]): boolean {
    for (let at = 1; at < timesMs.length; at += 1) {
      if ((timesMs[at] as EpochMs) - (timesMs[at - 1] as EpochMs) !== this.#stepMs) return false;
    }
    return true;
  }
}
