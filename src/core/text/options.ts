/** How a text is to look: everything that depends on the reader's terminal, handed in as data. */
import type { EpochMs } from '../units.ts';
import type { Zone } from './instants.ts';
import type { Paint } from './paint.ts';

export interface TextOptions {
  /** Columns to wrap sentences at. */
  readonly width: number;
  /** Names and table cells are cut to fit; false where the output is no terminal, so that `grep` finds whole names. */
  readonly cut: boolean;
  readonly paint: Paint;
  /** The locale is not UTF-8: only ASCII leaves. */
  readonly ascii: boolean;
  readonly zone: Zone;
  /** The reader's now: decides whether a date is needed beside the time. */
  readonly nowMs: EpochMs;
  /** When the evidence was read: ages count from here. Absent = now. */
  readonly collectedAtMs?: EpochMs;
  /** All evidence, all reasons, the details. */
  readonly verbose: boolean;
  /** The program as the user calls it: `exit137` or `kubectl exit137`. */
  readonly program: string;
}
