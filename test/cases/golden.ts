/** The shape of a golden death: evidence, the verdict it supports, and why. */
import type { EvidenceBundle } from '../../src/core/model/bundle.ts';
import type { Confidence, Verdict, VerdictCode } from '../../src/core/model/diagnosis.ts';

/** Which diagnosis of the report is judged. */
export interface Selected {
  readonly namespace?: string;
  readonly pod: string;
  readonly container?: string;
}

export interface Expected {
  /** Absent = the newest death of the bundle. */
  readonly select?: Selected;
  /** More than one only where the facts themselves leave room. The first is the preferred answer. */
  readonly kind: Verdict['kind'] | readonly Verdict['kind'][];
  readonly code: VerdictCode | readonly VerdictCode[];
  /** Checked when the answer is `identified`. */
  readonly confidence?: Confidence | readonly Confidence[];
  readonly via?: string;
  /** Codes that must be among the candidates where nothing is identified; `A|B` = one of them. */
  readonly candidates?: readonly string[];
  /** Codes that must not be among the candidates: the evidence contradicts them. */
  readonly notCandidates?: readonly string[];
  /** Case-insensitive patterns that must not occur in the summary or in the actions. */
  readonly mustNotSay?: readonly string[];
  /** Case-insensitive patterns that must not occur anywhere in the diagnosis. */
  readonly mustNotClaim?: readonly string[];
  /** Case-insensitive patterns that must occur in the summary: who decided, in words. */
  readonly summarySays?: readonly string[];
  /** Case-insensitive patterns that must occur somewhere in the diagnosis. */
  readonly mustSay?: readonly string[];
}

export interface GoldenCase {
  readonly name: string;
  /** What happened, the fact it rests on, why this label and confidence, what would be wrong to say. */
  readonly about: string;
  readonly expected: Expected;
  readonly bundle: EvidenceBundle;
}
