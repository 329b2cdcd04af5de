/** Everything that was collected about one or many deaths: the only input of the judgement. Plain JSON. */
import type { EpochMs } from '../units.ts';
import type { CgroupReading, KernelOomKill } from './kernel.ts';
import type { EventEvidence, NodeEvidence, PodEvidence, WorkloadEvidence } from './kubernetes.ts';
import type { ContainerLogTail, LogCoverage, NodeLogRecord } from './node-log.ts';
import type { ContainerHistory } from './series.ts';
import type { MemorySample, NodeSample } from './usage.ts';

/** Raised with every change of the format; `upgrade.ts` brings older bundles up. See docs/format/bundle.md. */
export const BUNDLE_VERSION = 1;

/** A source that was asked, and how that went. */
export interface SourceReport {
  /** `pods`, `events`, `nodes`, `workloads`, `logs`, `metrics`, `kubelet`, `node-logs`, or a file's name. */
  readonly name: string;
  readonly state: 'read' | 'partial' | 'failed' | 'not-asked';
  readonly detail?: string;
}

/** Something that could not be seen, and what that costs the verdict. */
export interface EvidenceGap {
  readonly id: string;
  /** What is missing, such as `kernel log of node n1`. */
  readonly what: string;
  /** What the verdict loses by it. */
  readonly cost: string;
  /** The evidence kind that is missing, so that causes can name it. */
  readonly kind: EvidenceKind | 'input';
  readonly namespace?: string;
  readonly pod?: string;
  readonly nodeName?: string;
  /** The permission that was refused, in RBAC's words. */
  readonly permission?: { readonly verb: string; readonly resource: string; readonly namespace?: string };
  /** The file (and place in it) that could not be understood. */
  readonly file?: string;
  readonly place?: string;
  /** How to fill the gap; `command` is safe to paste. */
  readonly fix?: string;
  readonly command?: string;
}

export type EvidenceKind =
  | 'pod'
  | 'pod-events'
  | 'node'
  | 'node-events'
  | 'owner-events'
  | 'workload'
  | 'kernel-log'
  | 'node-log'
  | 'cgroup'
  | 'usage'
  | 'container-log';

/** How far back the events reach, so that a missing event can be told from an expired one. */
export interface EventCoverage {
  readonly source: string;
  /** Absent = every namespace. */
  readonly namespace?: string;
  /** Events of this one object only, where the list was narrowed to it. */
  readonly regarding?: { readonly kind: string; readonly name: string };
  /** Oldest instant seen in any event of the list. Absent = the list was empty. */
  readonly oldestAtMs?: EpochMs;
  /** When the list was read. */
  readonly readAtMs?: EpochMs;
}

export interface EvidenceBundle {
  readonly apiVersion: 'exit137/v1';
  readonly kind: 'EvidenceBundle';
  readonly bundleVersion: typeof BUNDLE_VERSION;
  /** When the evidence was read; the judgement's only clock. For dumps: the newest instant in them if nothing says more. */
  readonly collectedAtMs: EpochMs;
  readonly cluster?: string;
  readonly sources: readonly SourceReport[];
  readonly gaps: readonly EvidenceGap[];
  readonly pods: readonly PodEvidence[];
  readonly nodes: readonly NodeEvidence[];
  readonly workloads: readonly WorkloadEvidence[];
  readonly events: readonly EventEvidence[];
  readonly eventCoverage: readonly EventCoverage[];
  readonly kernelKills: readonly KernelOomKill[];
  readonly nodeLog: readonly NodeLogRecord[];
  readonly logCoverage: readonly LogCoverage[];
  readonly cgroups: readonly CgroupReading[];
  readonly samples: readonly MemorySample[];
  readonly nodeSamples: readonly NodeSample[];
  readonly logTails: readonly ContainerLogTail[];
  /** Memory over time of the containers asked about, where a history was read; bounded (`MOST_HISTORIES`). */
  readonly histories?: readonly ContainerHistory[];
}

/** Histories a bundle holds at most, and samples of one series of them: a week at five minutes, with room. */
export const MOST_HISTORIES = 200;
export const MOST_SAMPLES = 20_000;

/** The part of a bundle that one parser or one source contributes. */
export type BundlePart = Partial<Omit<EvidenceBundle, 'apiVersion' | 'kind' | 'bundleVersion'>>;
