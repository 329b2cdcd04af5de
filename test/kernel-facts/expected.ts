/** The label of a kernel fact: what was staged, never what the product answered. */
import type { CauseCode } from '../../src/core/model/diagnosis.ts';

export interface Expected {
  /** `uname -r` of the kernel that killed. */
  readonly kernel: string;
  /** `none` = nothing died. */
  readonly truth: CauseCode | 'none';
  /** Codes that are right too, because the evidence cannot tell more. */
  readonly allowed?: readonly CauseCode[];
  readonly container: string;
  /** The first report the kernel wrote. Absent = it killed nothing. */
  readonly report?: {
    readonly scope: 'memcg' | 'global';
    readonly level?: 'container' | 'pod' | 'kubepods';
    readonly victim: string;
    readonly groupKill: boolean;
    readonly killed: number;
  };
  /** `oom_kill` of the container's memory.events. */
  readonly oomKills: number;
}
