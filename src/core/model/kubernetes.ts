/**
 * Kubernetes objects as evidence: the few fields that decide a death, parsed and in known units.
 * Parsers drop everything else, so a pod costs under a kilobyte.
 */
import type { Bytes, EpochMs, Milliseconds, Seconds } from '../units.ts';

/** Points at an object. `kind` as Kubernetes spells it (`Pod`, `ReplicaSet`, `Node`). */
export interface ObjectRef {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
}

/** Requests or limits of a container or a pod. Absent = not set, never 0. */
export interface ResourceAmounts {
  readonly memoryBytes?: Bytes;
  readonly ephemeralStorageBytes?: Bytes;
}

/** One dead container instance as the API shows it (`state.terminated` or `lastState.terminated`). */
export interface ContainerTermination {
  readonly exitCode: number;
  /** `OOMKilled`, `Error`, `Completed`, `StartError`, `ContainerStatusUnknown`, … as written. */
  readonly reason?: string;
  readonly message?: string;
  readonly startedAtMs?: EpochMs;
  /** One second resolution in the API. */
  readonly finishedAtMs?: EpochMs;
  /** Without its `containerd://` prefix. */
  readonly containerId?: string;
}

export type ContainerState =
  | { readonly kind: 'running'; readonly startedAtMs?: EpochMs }
  | { readonly kind: 'waiting'; readonly reason?: string; readonly message?: string }
  | { readonly kind: 'terminated'; readonly termination: ContainerTermination };

/** What the kubelet reported of a container. */
export interface ContainerStatus {
  /** Of the instance that `state` describes, without its `containerd://` prefix. */
  readonly containerId?: string;
  readonly restartCount: number;
  readonly ready?: boolean;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
  /** `status.containerStatuses[].resources`: what the kubelet has actuated (in-place resize), may differ from spec. */
  readonly actualRequests?: ResourceAmounts;
  readonly actualLimits?: ResourceAmounts;
}

export interface ProbeSpec {
  readonly handler: 'exec' | 'http' | 'tcp' | 'grpc' | 'unknown';
  /** First words of an exec probe's command. */
  readonly command?: readonly string[];
  readonly initialDelaySeconds?: Seconds;
  readonly periodSeconds?: Seconds;
  readonly timeoutSeconds?: Seconds;
  readonly failureThreshold?: number;
  /** Probe-level grace (Kubernetes 1.25 and later); overrides the pod's. */
  readonly terminationGraceSeconds?: Seconds;
}

export interface HookSpec {
  readonly handler: 'exec' | 'http' | 'tcp' | 'sleep' | 'unknown';
  readonly command?: readonly string[];
  /** Known for the `sleep` handler and for an exec of `sleep N`. */
  readonly sleepSeconds?: Seconds;
}

/** An environment variable. Only memory knobs (domain.md section 6) keep their value. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
}

/** `sidecar` = an init container with `restartPolicy: Always`. */
export type ContainerRole = 'main' | 'init' | 'sidecar' | 'ephemeral';

export interface ContainerEvidence {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image?: string;
  readonly imageId?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Names of all variables; values only of memory knobs. */
  readonly environment: readonly EnvironmentVariable[];
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
  readonly livenessProbe?: ProbeSpec;
  readonly readinessProbe?: ProbeSpec;
  readonly startupProbe?: ProbeSpec;
  readonly preStop?: HookSpec;
  readonly postStart?: HookSpec;
  /** `lifecycle.stopSignal` (1.33 alpha) when set. */
  readonly stopSignal?: string;
  /** `restartPolicyRules` with action `RestartAllContainers` (1.35 and later). */
  readonly restartsAllContainers?: boolean;
  /** `resizePolicy` for memory is `RestartContainer`. */
  readonly memoryResizeRestarts?: boolean;
  /** Names of memory-backed volumes of the pod that this container mounts. */
  readonly memoryVolumeMounts?: readonly string[];
  readonly status?: ContainerStatus;
}

export interface Condition {
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionAtMs?: EpochMs;
}

/** An `emptyDir` with `medium: Memory` (tmpfs, charged to the pod). */
export interface MemoryVolume {
  readonly name: string;
  readonly sizeLimitBytes?: Bytes;
}

/** An `emptyDir` on disk, with its limit if it has one. */
export interface DiskVolume {
  readonly name: string;
  readonly sizeLimitBytes?: Bytes;
}

/** How the pod became known: from the API (or a dump of it), from `describe` text, or a container of plain docker. */
export type PodOrigin = 'api' | 'describe' | 'docker';

export interface PodEvidence {
  readonly id: string;
  readonly origin: PodOrigin;
  readonly source: string;
  /** Empty where the source does not say (docker without Kubernetes labels). */
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly createdAtMs?: EpochMs;
  /** `status.startTime`. */
  readonly startedAtMs?: EpochMs;
  readonly nodeName?: string;
  /** The controlling owner reference. */
  readonly owner?: ObjectRef;
  readonly labels?: Readonly<Record<string, string>>;
  readonly phase?: string;
  readonly statusReason?: string;
  readonly statusMessage?: string;
  readonly conditions: readonly Condition[];
  /** `metadata.deletionTimestamp`: the request plus the grace period. */
  readonly deletionAtMs?: EpochMs;
  readonly deletionGraceSeconds?: Seconds;
  /** `spec.terminationGracePeriodSeconds`; absent = the default of 30. */
  readonly terminationGraceSeconds?: Seconds;
  readonly activeDeadlineSeconds?: Seconds;
  readonly qosClass?: 'Guaranteed' | 'Burstable' | 'BestEffort';
  readonly priority?: number;
  readonly priorityClassName?: string;
  readonly restartPolicy?: string;
  readonly runtimeClassName?: string;
  readonly os?: 'linux' | 'windows';
  /** Annotation `kubernetes.io/config.hash`: the cgroup name of a static pod uses it instead of the UID. */
  readonly configHash?: string;
  /** `status.resize` or the `PodResize*` conditions show a resize under way. */
  readonly resizeStatus?: string;
  /** Pod-level `spec.resources` (1.34 and later). */
  readonly podRequests?: ResourceAmounts;
  readonly podLimits?: ResourceAmounts;
  readonly memoryVolumes: readonly MemoryVolume[];
  readonly diskVolumes?: readonly DiskVolume[];
  readonly containers: readonly ContainerEvidence[];
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
  readonly addedAtMs?: EpochMs;
}

/** The parts of the kubelet's configuration (`configz`) that decide deaths. */
export interface KubeletConfig {
  readonly singleProcessOomKill?: boolean;
  readonly evictionHard?: Readonly<Record<string, string>>;
  readonly evictionSoft?: Readonly<Record<string, string>>;
  readonly kubeReservedMemoryBytes?: Bytes;
  readonly systemReservedMemoryBytes?: Bytes;
  readonly enforceNodeAllocatable?: readonly string[];
  readonly shutdownGracePeriodSeconds?: Seconds;
  readonly cgroupDriver?: string;
  readonly memorySwapBehavior?: string;
}

export interface NodeEvidence {
  readonly id: string;
  readonly source: string;
  readonly name: string;
  readonly createdAtMs?: EpochMs;
  readonly capacityMemoryBytes?: Bytes;
  readonly allocatableMemoryBytes?: Bytes;
  readonly capacityPods?: number;
  readonly conditions: readonly Condition[];
  readonly taints: readonly NodeTaint[];
  readonly unschedulable?: boolean;
  readonly kubeletVersion?: string;
  readonly kernelVersion?: string;
  /** `containerd://1.7.2`, `cri-o://1.30.0`, … */
  readonly containerRuntimeVersion?: string;
  readonly osImage?: string;
  readonly operatingSystem?: string;
  readonly bootId?: string;
  readonly cgroupVersion?: 1 | 2;
  readonly kubeletConfig?: KubeletConfig;
  /** Sums printed by `kubectl describe node` ("Allocated resources"), where that was the source. */
  readonly allocated?: {
    readonly memoryRequestsBytes?: Bytes;
    readonly memoryLimitsBytes?: Bytes;
    readonly pods?: number;
  };
}

/** A v1 or events.k8s.io/v1 Event, both forms folded into one. */
export interface EventEvidence {
  readonly id: string;
  readonly source: string;
  readonly namespace?: string;
  readonly type?: string;
  readonly reason: string;
  readonly message: string;
  readonly regarding: ObjectRef;
  /** From `involvedObject.fieldPath` `spec.containers{NAME}`. */
  readonly container?: string;
  /** `source.component` or `reportingController`: `kubelet`, `default-scheduler`, `karpenter`, … */
  readonly reportedBy?: string;
  readonly host?: string;
  readonly firstAtMs?: EpochMs;
  readonly lastAtMs?: EpochMs;
  /** `describe` prints ages cut to a unit: `lastAtMs` may be earlier by up to this much. Absent = to the second. */
  readonly precisionMs?: Milliseconds;
  readonly count: number;
  /** The correlator folded several messages into this one (`(combined from similar events): `, removed from `message`). */
  readonly combined?: boolean;
  /** Eviction annotations and the like: `offending_containers`, `offending_containers_usage`, `starved_resource`. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What one revision of a workload runs: enough to say what changed. */
export interface ContainerTemplate {
  readonly name: string;
  readonly role: ContainerRole;
  readonly image?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  /** Names only, except memory knobs. */
  readonly environment: readonly EnvironmentVariable[];
  readonly requests: ResourceAmounts;
  readonly limits: ResourceAmounts;
}

/** A Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob or ControllerRevision. */
export interface WorkloadEvidence {
  readonly id: string;
  readonly source: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly owner?: ObjectRef;
  readonly createdAtMs?: EpochMs;
  readonly deletionAtMs?: EpochMs;
  /** `deployment.kubernetes.io/revision` or `ControllerRevision.revision`. */
  readonly revision?: number;
  readonly desiredReplicas?: number;
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly conditions: readonly Condition[];
  readonly containers: readonly ContainerTemplate[];
  /** Who will undo a manual change. */
  readonly managedBy?: 'helm' | 'argocd' | 'flux';
  readonly paused?: boolean;
  readonly activeDeadlineSeconds?: Seconds;
  readonly backoffLimit?: number;
  readonly completionAtMs?: EpochMs;
}
