/** What the judgement answers. One `Diagnosis` per death (or per target that did not die), rendered by every front end. */
import type { MemoryAnalysis } from '../memory/types.ts';
import type { Bytes, EpochMs, MemoryLimit, Milliseconds } from '../units.ts';
import type { EvidenceGap, SourceReport } from './bundle.ts';
import type { MemoryLine } from './memory-views.ts';

/** The causes, numbered as in docs/causes. K kernel, L kubelet, P control plane, X outside, W Windows, H the runtime's own heap limit. */
export const CAUSE_CODES = [
  'K1',
  'K2',
  'K3',
  'K4',
  'K5',
  'K6',
  'K7',
  'K8',
  'K9',
  'K10',
  'L1',
  'L2',
  'L3',
  'L4',
  'L5',
  'L6',
  'L7',
  'L8',
  'L9',
  'L10',
  'L11',
  'L12',
  'L13',
  'L14',
  'L15',
  'P1',
  'P2',
  'P3',
  'P4',
  'P5',
  'X1',
  'X2',
  'X3',
  'X4',
  'X5',
  'W1',
  'H1',
] as const;

export type CauseCode = (typeof CAUSE_CODES)[number];

/** `exit-N` = an ordinary exit with code N; `reject` = refused at admission, nothing ran. */
export type DeathCode = CauseCode | 'reject' | `exit-${number}`;

/** What a verdict may carry as its one code. */
export type VerdictCode = DeathCode | 'ambiguous' | 'insufficient' | 'none';

/**
 * How sure. Words until a reliability diagram over labelled deaths earns a percentage.
 * `certain`: the deciding record itself was read (0.95 and above in the decision table).
 * `likely`: several signals agree, the deciding record was not read (0.75 to 0.95).
 * `possible`: the best single explanation, but another is not excluded (0.6 to 0.75). Below that no cause is named.
 */
export type Confidence = 'certain' | 'likely' | 'possible';

/** How far a cause is carried by the evidence. */
export type Standing = 'proven' | 'supported' | 'possible' | 'contradicted' | 'no-data';

/** Who sent the signal, for grouping and icons. */
export type Sender =
  | 'kernel.memcg'
  | 'kernel.global'
  | 'kubelet'
  | 'control-plane'
  | 'node'
  | 'runtime-daemon'
  | 'userspace-oom-daemon'
  | 'application'
  | 'nobody'
  | 'unknown';

/** One thing that was read, in words, tied to the records it comes from. */
export interface EvidenceStatement {
  readonly id: string;
  /** One sentence with the numbers in it. */
  readonly text: string;
  /** `pod status`, `events`, `kernel log`, `kubelet journal`, `metrics`, … */
  readonly source: string;
  readonly weighs: 'for' | 'against' | 'context';
  /** The causes it speaks for or against. Empty = context for all. */
  readonly codes: readonly DeathCode[];
  readonly atMs?: EpochMs;
  /** Ids of the bundle records that say so. */
  readonly records: readonly string[];
  /** The line itself, where a line is the proof. */
  readonly quote?: string;
}

/** A cause that remains, or one that was ruled out, with the reason. */
export interface Candidate {
  readonly code: DeathCode;
  /** Noun of the cause: `container-memory-limit`. */
  readonly cause: string;
  readonly title: string;
  readonly standing: Standing;
  /** For a remaining candidate: why it is possible and what would decide it; for an alternative: what speaks against it. */
  readonly reason: string;
}

export interface Verdict {
  readonly kind: 'identified' | 'ambiguous' | 'insufficient-evidence' | 'nothing-died';
  readonly code: VerdictCode;
  /** Noun of the cause; for an undecided verdict the kind itself. */
  readonly cause: string;
  /** The cause in a few words for people: `evicted: node low on memory`. Absent = say the noun. */
  readonly title?: string;
  /** Only for `identified`. */
  readonly confidence?: Confidence;
  readonly via?: DeathCode;
  readonly sender: Sender;
  /** Is it about memory at all? */
  readonly memory: 'container' | 'pod' | 'node' | 'runtime-heap' | 'none' | 'unknown';
  /** One sentence for people: the actor, the act, the number. */
  readonly summary: string;
  /** Where not identified: what remains, most probable first, at most four. */
  readonly candidates: readonly Candidate[];
}

/** Something to do. Commands are safe to paste. */
export interface Action {
  readonly kind: 'fix' | 'stop-gap' | 'rollback' | 'investigate' | 'prevent';
  readonly text: string;
  /** The same for one cell of a table, at most 60 characters; absent where the first clause of `text` says it. */
  readonly short?: string;
  readonly command?: string;
  /** What it restarts or what will undo it. */
  readonly caution?: string;
}

/** Evidence that would decide or strengthen the verdict, most useful first. */
export interface NextEvidence {
  readonly text: string;
  readonly command?: string;
  /** Why it would help: what each answer would mean. */
  readonly decides: string;
}

export interface Impact {
  /** From the death to the next start. Absent while down or unknown. */
  readonly downMs?: Milliseconds;
  readonly stillDown?: boolean;
  readonly restartCount?: number;
  readonly desiredReplicas?: number;
  readonly readyReplicas?: number;
  /** What may be lost or wrong, in sentences: a Job that counts as succeeded after a child was killed, … */
  readonly risks: readonly string[];
}

/** One difference between the revision that died and the one before it. */
export interface Change {
  readonly container: string;
  readonly field:
    | 'image'
    | 'memory request'
    | 'memory limit'
    | 'environment'
    | 'command'
    | 'args'
    | 'container';
  readonly before?: string;
  readonly after?: string;
}

export interface RevisionChange {
  readonly fromRevision?: number;
  readonly toRevision?: number;
  readonly fromName: string;
  readonly toName: string;
  /** When the newer revision was created. */
  readonly atMs?: EpochMs;
  readonly changes: readonly Change[];
  /** Present only where rolling back is plausible advice. */
  readonly rollbackCommand?: string;
  readonly caution?: string;
}

export interface DiagnosisTarget {
  readonly namespace?: string;
  readonly pod?: string;
  readonly podUid?: string;
  readonly node?: string;
  /** The top owner, such as `deploy/checkout-api`. */
  readonly workload?: { readonly kind: string; readonly name: string };
  /** For a kernel report that no pod in the evidence explains: its cgroup. */
  readonly cgroup?: string;
}

/** Details in a closed set of shapes, so that a new cause needs no new drawing. */
export type Detail =
  | {
      readonly kind: 'table';
      readonly title: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    }
  | {
      readonly kind: 'log';
      readonly title: string;
      readonly lines: readonly string[];
      readonly truncated: boolean;
    }
  | {
      readonly kind: 'facts';
      readonly title: string;
      readonly facts: readonly { readonly name: string; readonly value: string }[];
    };

/** The kernel's account of this death, for programs; text in `details`. */
export interface KernelAccount {
  readonly scope: 'memcg' | 'global' | 'unknown';
  readonly constraint?: string;
  readonly oomCgroup?: string;
  readonly taskCgroup?: string;
  readonly victimPid?: number;
  readonly victimComm?: string;
  readonly victimAnonRssBytes?: Bytes;
  readonly victimFileRssBytes?: Bytes;
  readonly victimShmemRssBytes?: Bytes;
  readonly usageBytes?: Bytes;
  readonly limitBytes?: MemoryLimit;
  readonly invoker?: string;
  readonly groupKill: boolean;
  readonly killedPids: readonly number[];
}

export interface Diagnosis {
  /** Stable: pod UID, container, finish time. Links keep working after the pod is gone. */
  readonly id: string;
  readonly target: DiagnosisTarget;
  readonly container?: string;
  /** When it died (or `collectedAtMs` where nothing died). */
  readonly atMs?: EpochMs;
  readonly exitCode?: number;
  readonly reason?: string;
  /** 9 for 137 and so on; absent where the code is a placeholder or no signal's. */
  readonly signal?: number;
  readonly containerId?: string;
  readonly startedAtMs?: EpochMs;
  readonly limitBytes?: MemoryLimit;
  readonly requestBytes?: Bytes;
  readonly peakBytes?: Bytes;
  readonly verdict: Verdict;
  readonly evidence: readonly EvidenceStatement[];
  /** Losing explanations with what speaks against each, most tempting first. */
  readonly ruledOut: readonly Candidate[];
  /** Findings beside the cause, in sentences: an earlier child OOM, a starved probe, pressure, a runtime knob above the limit. */
  readonly beside: readonly string[];
  readonly unseen: readonly EvidenceGap[];
  readonly nextEvidence: readonly NextEvidence[];
  readonly actions: readonly Action[];
  readonly impact: Impact;
  readonly changed?: RevisionChange;
  readonly logTail?: {
    readonly previous: boolean;
    readonly lines: readonly string[];
    readonly truncated: boolean;
  };
  readonly kernel?: KernelAccount;
  /** Where the death is about memory and a history was read: how memory got there, and when it will again. */
  readonly memory?: MemoryAnalysis;
  /** The same as a line to draw. */
  readonly memoryLine?: MemoryLine;
  readonly details: readonly Detail[];
}

/** The answer to one question: the diagnoses, and what they rest on. */
export interface DiagnosisReport {
  readonly generatedAtMs: EpochMs;
  readonly cluster?: string;
  readonly sources: readonly SourceReport[];
  /** Gaps of the collection itself (unreadable files, refused permissions). */
  readonly gaps: readonly EvidenceGap[];
  readonly truncated: boolean;
  readonly items: readonly Diagnosis[];
}
