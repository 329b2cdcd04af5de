/**
 * One death with everything in the bundle that belongs to it, correlated once so that causes only read.
 * Built by `collectFacts` (collect.ts); every field is derived from the bundle, nothing is judged here.
 */
import type { CgroupReading, KernelOomKill } from '../model/kernel.ts';
import type {
  ContainerEvidence,
  ContainerTermination,
  EventEvidence,
  NodeEvidence,
  PodEvidence,
  WorkloadEvidence,
} from '../model/kubernetes.ts';
import type { ContainerLogTail, NodeLogRecord } from '../model/node-log.ts';
import type { EvidenceGap } from '../model/bundle.ts';
import type { MemorySample, NodeSample } from '../model/usage.ts';
import type { Bytes, EpochMs, MemoryLimit, Milliseconds, Seconds } from '../units.ts';

/** What died, or what was asked about. */
export type DeathSubject =
  /** A container instance with a termination record. */
  | {
      readonly kind: 'container';
      readonly termination: ContainerTermination;
      readonly which: 'state' | 'lastState';
    }
  /** The pod as a whole was ended or refused, and no container record says more. */
  | { readonly kind: 'pod' }
  /** A process of a running container was killed; the container lives. */
  | { readonly kind: 'child' }
  /** The kernel killed something that no pod in the evidence explains. */
  | { readonly kind: 'kernel' }
  /** A journal line (or an event) proves a death whose pod is not in the evidence. */
  | {
      readonly kind: 'trace';
      /** All that is known is that the container was told to stop. */
      readonly stoppedOnly: boolean;
    }
  /** Nothing died. */
  | { readonly kind: 'alive' };

export interface ParsedEviction {
  /** `memory`, `ephemeral-storage`, `inodes`, `pids`, or `own-storage` for the pod's or container's own limit. */
  readonly resource: 'memory' | 'ephemeral-storage' | 'inodes' | 'pids' | 'own-storage' | 'other';
  readonly thresholdBytes?: Bytes;
  readonly thresholdText?: string;
  readonly availableBytes?: Bytes;
  readonly availableText?: string;
  /** Containers named, with use and request; `exceedsRequest` = "has larger consumption". */
  readonly consumers: readonly {
    readonly kind: 'container' | 'pod';
    readonly name: string;
    readonly usageBytes?: Bytes;
    readonly requestBytes?: Bytes;
    readonly exceedsRequest: boolean;
  }[];
  /** For own limits: what exceeded what. */
  readonly ownLimit?: {
    readonly scope: 'emptyDir' | 'pod' | 'container';
    readonly name?: string;
    readonly limitText: string;
  };
}

/** A `Killing` event (or the kubelet's journal line of the same decision) for this container instance. */
export interface KillDecision {
  readonly at: 'event' | 'journal';
  readonly atMs?: EpochMs;
  /** It may have been earlier than `atMs` by up to this much (`describe` prints ages cut to a unit). */
  readonly precisionMs?: Milliseconds;
  readonly message: string;
  readonly decision:
    | 'liveness'
    | 'startup'
    | 'poststart'
    | 'stopping'
    | 'definition-changed'
    | 'resize'
    | 'restart-all'
    | 'other';
  readonly recordId: string;
  /** The grace period the journal states, or the one the spec gives for this decision. */
  readonly graceSeconds: Seconds;
}

export interface DeathFacts {
  readonly subject: DeathSubject;
  readonly nowMs: EpochMs;
  readonly pod?: PodEvidence;
  readonly container?: ContainerEvidence;
  /** The dead instance's record, where there is one. */
  readonly termination?: ContainerTermination;
  /** Of the dead instance, where only a log line names it. */
  readonly containerId?: string;
  /** When it died: `finishedAt`, else the best other instant. */
  readonly diedAtMs?: EpochMs;
  readonly node?: NodeEvidence;
  readonly nodeName?: string;
  /** From the pod's controller up to the top owner. */
  readonly owners: readonly WorkloadEvidence[];
  /** Revisions of the top owner (ReplicaSets, ControllerRevisions), newest first. */
  readonly revisions: readonly WorkloadEvidence[];

  // Memory, as it was at the death.
  readonly limitBytes?: MemoryLimit;
  readonly requestBytes?: Bytes;
  /** Pod-level limit, or the sum of the containers' limits where every one has one. */
  readonly podLimitBytes?: Bytes;
  readonly hasPodLevelResources: boolean;
  readonly samples: readonly MemorySample[];
  readonly cgroups: readonly CgroupReading[];
  /** Largest figure of any sample or counter that belongs to the dead instance (never of its successor). */
  readonly peakBytes?: Bytes;
  readonly nodeSamples: readonly NodeSample[];

  // Kernel.
  /** Reports whose victim was in this container. */
  readonly kernelKills: readonly KernelOomKill[];
  /** Reports of the same pod with another (or an unknown) container as victim. */
  readonly podKernelKills: readonly KernelOomKill[];
  /** Other reports of the same node within the window. */
  readonly nodeKernelKills: readonly KernelOomKill[];
  /** A kernel log of this node that covers the window was read. Only then does silence mean anything. */
  readonly kernelLogCovers: boolean;

  // Kubelet, runtime, journals.
  readonly killDecisions: readonly KillDecision[];
  readonly nodeLog: readonly NodeLogRecord[];
  readonly runtimeLogCovers: boolean;
  /**
   * How many other containers of the node, sandboxes included, the runtime saw an OOM of in the same moment as of this
   * one, and that lived on. Absent = it logged none of this one. On cgroup v1 a full cgroup tells everyone below it.
   */
  readonly oomSeenBeside?: number;

  // Events.
  readonly podEvents: readonly EventEvidence[];
  readonly nodeEvents: readonly EventEvidence[];
  readonly ownerEvents: readonly EventEvidence[];
  /** `yes` = events of the window must still exist and were read; `no` = expired or not read. */
  readonly eventsCoverWindow: 'yes' | 'no' | 'unknown';
  /** The kubelet had so much to tell of this pod that it left events out. */
  readonly eventsLimited: boolean;
  readonly window?: { readonly fromMs: EpochMs; readonly toMs: EpochMs };

  // Pod level.
  readonly eviction?: ParsedEviction;
  /** Message it was parsed from, and the record. */
  readonly evictionText?: { readonly text: string; readonly recordId: string; readonly source: string };
  readonly deletion?: {
    /** `deletionTimestamp` minus the grace. */
    readonly requestedAtMs: EpochMs;
    readonly graceSeconds: Seconds;
    readonly endsAtMs: EpochMs;
  };
  /** Reason and message of the `DisruptionTarget` condition. */
  readonly disruption?: {
    /** Absent = `describe`, which prints a condition's type and status only. */
    readonly reason?: string;
    readonly message: string;
    readonly atMs?: EpochMs;
  };
  /** Other containers of the node that ended within a minute of this one. */
  readonly cohort: readonly {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly exitCode: number;
    readonly reason?: string;
    readonly atMs: EpochMs;
  }[];

  readonly logTail?: ContainerLogTail;
  /** Effective grace of an ordinary stop of this container. */
  readonly graceSeconds: Seconds;
  readonly gaps: readonly EvidenceGap[];
}
