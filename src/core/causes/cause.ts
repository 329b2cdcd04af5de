/** The contract of a cause: what it is called, what it needs, and what it makes of the facts of one death. */
import type { DeathFacts } from '../facts/types.ts';
import type { EvidenceKind } from '../model/bundle.ts';
import type { DeathCode, EvidenceStatement, Sender, Verdict } from '../model/diagnosis.ts';

/** A statement before the verdict numbers it. */
export type Statement = Omit<EvidenceStatement, 'id'>;

export interface Assessment {
  /**
   * How far the evidence carries the cause, 0 to 1: the starting values of the decision table (docs/verdicts.md).
   * From 0.95 the deciding record was read; from 0.75 several signals agree; from 0.6 it is the best single
   * explanation; below that it only remains a candidate; 0 = contradicted.
   */
  readonly weight: number;
  readonly because: readonly Statement[];
  readonly against: readonly Statement[];
  /** One sentence: the actor, the act, the number. Present where the cause could be named (0.6 and above). */
  readonly summary?: string;
  /** The mechanism beside a decision: L7, L8 or L14. */
  readonly via?: DeathCode;
  /** Where one cause stands for many codes (`exit-N`). */
  readonly code?: DeathCode;
}

export interface Cause {
  readonly code: DeathCode;
  /** Noun, as in docs/causes. */
  readonly id: string;
  readonly title: string;
  readonly sender: Sender;
  readonly memory: Verdict['memory'];
  /**
   * "One death, one code": where several causes are carried equally well the lowest rank names the death.
   * Who decided comes first, then probes and hooks, then the stop's mechanism, then the kernel's level, then the rest.
   */
  readonly rank: number;
  /** Kinds of evidence of which at least one must be there; without them the runner does not ask. */
  readonly needs: readonly EvidenceKind[];
  /** Nothing to say = undefined. A cause that the facts exclude answers weight 0 with the reason in `against`. */
  readonly assess: (facts: DeathFacts) => Assessment | undefined;
}

/** Ranks of the groups; causes add small steps within theirs. */
export const RANK = {
  refused: 0,
  decision: 10,
  probe: 20,
  mechanism: 30,
  kernel: 40,
  outside: 60,
  exit: 90,
} as const;

/** From here on a cause counts as proven. */
export const CERTAIN_FROM = 0.95;
export const LIKELY_FROM = 0.75;
/** Below this no cause is named. */
export const POSSIBLE_FROM = 0.6;
