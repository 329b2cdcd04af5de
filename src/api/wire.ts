/** The JSON that leaves the program. Instants are RFC 3339 UTC, bytes are integers; absent means unknown, never 0. */
import type { Confidence, DeathCode, Sender, Verdict, VerdictCode } from '../core/model/diagnosis.ts';

import type { WireMemory } from './memory-wire.ts';

export const API_VERSION = 'exit137/v1';

/** RFC 3339, UTC, `2025-11-20T03:07:41Z`. */
export type WireInstant = string;
/** Integer bytes, or `unlimited`. */
export type WireLimit = number | 'unlimited';

export interface WireSource {
  readonly name: string;
  readonly state: 'read' | 'partial' | 'failed' | 'not-asked';
  readonly detail?: string;
}

export interface WireEnvelope<Kind extends string, Item> {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: Kind;
  readonly generatedAt: WireInstant;
  readonly cluster?: string;
  readonly sources: readonly WireSource[];
  /** Something was left out: interrupted, or a bound was reached. */
  readonly truncated: boolean;
  /** What the collection itself could not read. */
  readonly gaps: readonly WireGap[];
  readonly items: readonly Item[];
}

export interface WireTarget {
  readonly namespace?: string;
  readonly pod?: string;
  readonly podUid?: string;
  readonly node?: string;
  readonly workload?: { readonly kind: string; readonly name: string };
  readonly cgroup?: string;
}

export interface WireCandidate {
  readonly code: DeathCode;
  readonly cause: string;
  readonly title: string;
  readonly reason: string;
}

export interface WireVerdict {
  readonly kind: Verdict['kind'];
  readonly code: VerdictCode;
  readonly cause: string;
  /** The cause in a few words for people. */
  readonly title?: string;
  /** Only where `kind` is `identified`. */
  readonly confidence?: Confidence;
  readonly via?: DeathCode;
  readonly memory: Verdict['memory'];
  readonly summary: string;
  /** At most four. */
  readonly candidates: readonly WireCandidate[];
}

export interface WireEvidence {
  readonly id: string;
  /** The codes it speaks for or against. */
  readonly supports: readonly DeathCode[];
  readonly weighs: 'for' | 'against' | 'context';
  readonly text: string;
  readonly source: string;
  readonly at?: WireInstant;
  readonly quote?: string;
}

export interface WireGap {
  readonly what: string;
  readonly cost: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly pod?: string;
  readonly node?: string;
  readonly file?: string;
  readonly place?: string;
  readonly permission?: { readonly verb: string; readonly resource: string; readonly namespace?: string };
  readonly fix?: string;
  readonly command?: string;
}

export interface WireAction {
  readonly kind: 'fix' | 'stop-gap' | 'rollback' | 'investigate' | 'prevent';
  readonly text: string;
  /** For a cell of a table. */
  readonly short?: string;
  readonly command?: string;
  readonly caution?: string;
}

export interface WireImpact {
  readonly downSeconds?: number;
  readonly stillDown?: boolean;
  readonly restartCount?: number;
  readonly desiredReplicas?: number;
  readonly readyReplicas?: number;
  readonly risks: readonly string[];
}

export interface WireChanged {
  readonly fromRevision?: number;
  readonly toRevision?: number;
  readonly fromName: string;
  readonly toName: string;
  readonly at?: WireInstant;
  readonly changes: readonly {
    readonly container: string;
    readonly field: string;
    readonly before?: string;
    readonly after?: string;
  }[];
  readonly rollbackCommand?: string;
  readonly caution?: string;
}

export interface WireKernel {
  readonly scope: 'memcg' | 'global' | 'unknown';
  readonly constraint?: string;
  readonly oomCgroup?: string;
  readonly taskCgroup?: string;
  readonly victimPid?: number;
  readonly victimComm?: string;
  readonly victimAnonRssBytes?: number;
  readonly victimFileRssBytes?: number;
  readonly victimShmemRssBytes?: number;
  readonly usageBytes?: number;
  readonly limitBytes?: WireLimit;
  readonly invoker?: string;
  readonly groupKill: boolean;
  readonly killedPids: readonly number[];
}

export interface WireDiagnosis {
  readonly id: string;
  readonly at?: WireInstant;
  readonly target: WireTarget;
  readonly container?: string;
  readonly containerId?: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly signal?: number;
  readonly sender: Sender;
  readonly verdict: WireVerdict;
  readonly evidence: readonly WireEvidence[];
  readonly ruledOut: readonly WireCandidate[];
  readonly beside: readonly string[];
  readonly unseen: readonly WireGap[];
  readonly nextEvidence: readonly {
    readonly text: string;
    readonly command?: string;
    readonly decides: string;
  }[];
  readonly actions: readonly WireAction[];
  readonly impact: WireImpact;
  readonly changed?: WireChanged;
  readonly logTail?: {
    readonly previous: boolean;
    readonly lines: readonly string[];
    readonly truncated: boolean;
  };
  readonly kernel?: WireKernel;
  /** Where the death is about memory and a history was read. */
  readonly memory?: WireMemory;
  readonly startedAt?: WireInstant;
  readonly limitBytes?: WireLimit;
  readonly requestBytes?: number;
  readonly peakBytes?: number;
}

export interface WireKillGroup {
  readonly target: WireTarget;
  readonly container?: string;
  readonly verdict: WireVerdict;
  readonly count: number;
  readonly firstAt?: WireInstant;
  readonly lastAt?: WireInstant;
  /** Newest first; only what tells deaths apart. */
  readonly deaths: readonly WireDeath[];
}

export interface WireDeath {
  readonly id: string;
  readonly at?: WireInstant;
  readonly target: WireTarget;
  readonly container?: string;
  readonly exitCode?: number;
  readonly reason?: string;
  readonly verdict: Pick<WireVerdict, 'kind' | 'code' | 'cause' | 'confidence' | 'summary'>;
}

export type WireDiagnosisList = WireEnvelope<'DiagnosisList', WireDiagnosis>;
export type WireKillList = WireEnvelope<'KillList', WireKillGroup>;
