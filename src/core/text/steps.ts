/** Values that hold from one instant to the next. */
import type { Step } from '../model/series.ts';
import type { EpochMs } from '../units.ts';

/** The value that holds at an instant; before the first entry the first one is taken. */
export function stepAt<Value>(steps: readonly Step<Value>[] | undefined, atMs: EpochMs): Value | undefined {
  return (steps?.findLast(({ fromMs }) => fromMs <= atMs) ?? steps?.[0])?.value;
}
