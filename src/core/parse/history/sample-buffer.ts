/** Samples of the series that is being read, in memory that is used again for the next. */
import type { EpochMs } from '../../units.ts';

const FIRST_ROOM = 1024;

export class SampleBuffer {
  #timesMs = new Float64Array(FIRST_ROOM);
  #values = new Float64Array(FIRST_ROOM);
  #length = 0;
  /** Of the series before: most have the same instants, and then share the array. */
  #lastTimesMs: readonly EpochMs[] = [];

  add(timeMs: EpochMs, value: number): void {
    if (this.#length === this.#values.length) {
      this.#timesMs = grown(this.#timesMs);
      this.#values = grown(this.#values);
    }
    this.#timesMs[this.#length] = timeMs;
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** What was added since the last time. */
  take(): { readonly timesMs: readonly EpochMs[]; readonly values: readonly number[] } {
    const length = this.#length;
    if (!isSame(this.#lastTimesMs, this.#timesMs, length)) this.#lastTimesMs = listOf(this.#timesMs, length);
    this.#length = 0;
    return { timesMs: this.#lastTimesMs, values: listOf(this.#values, length) };
  }
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

function isSame(list: readonly number[], numbers: Float64Array, length: number): boolean {
  if (list.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (list[at] !== numbers[at]) return false;
  return true;
}

/** Of exactly the length: a list that grows leaves three times its size as garbage. */
function listOf(numbers: Float64Array, length: number): readonly number[] {
  return Array.from(numbers.subarray(0, length));
}
