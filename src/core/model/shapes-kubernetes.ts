/** Shapes of the Kubernetes objects in a bundle. */
import type {
  Condition,
  ContainerEvidence,
  ContainerState,
  ContainerStatus,
  ContainerTemplate,
  ContainerTermination,
  DiskVolume,
  EnvironmentVariable,
  EventEvidence,
  HookSpec,
  KubeletConfig,
  MemoryVolume,
  NodeEvidence,
  NodeTaint,
  ObjectRef,
  PodEvidence,
  ProbeSpec,
  ResourceAmounts,
  WorkloadEvidence,
} from './kubernetes.ts';
import { flag, list, number, oneOf, opt, record, type Shape, text, textMap, variant } from './shape.ts';
import {
  bytes,
  count,
  image,
  instant,
  int,
  message,
  name,
  reference,
  seconds,
  word,
} from './shapes-basic.ts';

const MAX_ITEMS = 256;
const args = list(text(1024, 'many'), 64);

const objectRef: Shape<ObjectRef> = record<ObjectRef>({
  kind: name,
  name,
  namespace: opt(name),
  uid: opt(name),
});

const amounts: Shape<ResourceAmounts> = record<ResourceAmounts>({
  memoryBytes: opt(bytes),
  ephemeralStorageBytes: opt(bytes),
});

const termination: Shape<ContainerTermination> = record<ContainerTermination>({
  exitCode: int,
  reason: opt(name),
  message: opt(text(4096, 'many')),
  startedAtMs: opt(instant),
  finishedAtMs: opt(instant),
  containerId: opt(name),
});

const state: Shape<ContainerState> = variant<ContainerState>({
  running: { startedAtMs: opt(instant) },
  waiting: { reason: opt(name), message: opt(message) },
  terminated: { termination },
});

const status: Shape<ContainerStatus> = record<ContainerStatus>({
  containerId: opt(name),
  restartCount: count,
  ready: opt(flag),
  state: opt(state),
  lastState: opt(state),
  actualRequests: opt(amounts),
  actualLimits: opt(amounts),
});

const probe: Shape<ProbeSpec> = record<ProbeSpec>({
  handler: oneOf('exec', 'http', 'tcp', 'grpc', 'unknown'),
  command: opt(args),
  initialDelaySeconds: opt(seconds),
  periodSeconds: opt(seconds),
  timeoutSeconds: opt(seconds),
  failureThreshold: opt(count),
  terminationGraceSeconds: opt(seconds),
});

const hook: Shape<HookSpec> = record<HookSpec>({
  handler: oneOf('exec', 'http', 'tcp', 'sleep', 'unknown'),
  command: opt(args),
  sleepSeconds: opt(seconds),
});

const environment = list(record<EnvironmentVariable>({ name: word, value: opt(text(1024)) }), 1024);
const role = oneOf('main', 'init', 'sidecar', 'ephemeral');

const container: Shape<ContainerEvidence> = record<ContainerEvidence>({
  name,
  role,
  image: opt(image),
  imageId: opt(image),
  command: opt(args),
  args: opt(args),
  environment,
  requests: amounts,
  limits: amounts,
  livenessProbe: opt(probe),
  readinessProbe: opt(probe),
  startupProbe: opt(probe),
  preStop: opt(hook),
  postStart: opt(hook),
  stopSignal: opt(name),
  restartsAllContainers: opt(flag),
  memoryResizeRestarts: opt(flag),
  memoryVolumeMounts: opt(list(name, MAX_ITEMS)),
  status: opt(status),
});

const conditions = list(
  record<Condition>({
    type: name,
    status: text(16),
    reason: opt(word),
    message: opt(message),
    lastTransitionAtMs: opt(instant),
  }),
  MAX_ITEMS,
);

export const podShape: Shape<PodEvidence> = record<PodEvidence>({
  id: reference,
  origin: oneOf('api', 'describe', 'docker'),
  source: reference,
  namespace: name,
  name,
  uid: opt(name),
  createdAtMs: opt(instant),
  startedAtMs: opt(instant),
  nodeName: opt(name),
  owner: opt(objectRef),
  labels: opt(textMap(64, 253)),
  phase: opt(name),
  statusReason: opt(name),
  statusMessage: opt(message),
  conditions,
  deletionAtMs: opt(instant),
  deletionGraceSeconds: opt(seconds),
  terminationGraceSeconds: opt(seconds),
  activeDeadlineSeconds: opt(seconds),
  qosClass: opt(oneOf('Guaranteed', 'Burstable', 'BestEffort')),
  priority: opt(int),
  priorityClassName: opt(name),
  restartPolicy: opt(name),
  runtimeClassName: opt(name),
  os: opt(oneOf('linux', 'windows')),
  configHash: opt(name),
  resizeStatus: opt(name),
  podRequests: opt(amounts),
  podLimits: opt(amounts),
  memoryVolumes: list(record<MemoryVolume>({ name, sizeLimitBytes: opt(bytes) }), MAX_ITEMS),
  diskVolumes: opt(list(record<DiskVolume>({ name, sizeLimitBytes: opt(bytes) }), MAX_ITEMS)),
  containers: list(container, 3 * MAX_ITEMS),
});

const kubeletConfig: Shape<KubeletConfig> = record<KubeletConfig>({
  singleProcessOomKill: opt(flag),
  evictionHard: opt(textMap(64, 253)),
  evictionSoft: opt(textMap(64, 253)),
  kubeReservedMemoryBytes: opt(bytes),
  systemReservedMemoryBytes: opt(bytes),
  enforceNodeAllocatable: opt(list(name, 16)),
  shutdownGracePeriodSeconds: opt(seconds),
  cgroupDriver: opt(name),
  memorySwapBehavior: opt(name),
});

export const nodeShape: Shape<NodeEvidence> = record<NodeEvidence>({
  id: reference,
  source: reference,
  name,
  createdAtMs: opt(instant),
  capacityMemoryBytes: opt(bytes),
  allocatableMemoryBytes: opt(bytes),
  capacityPods: opt(count),
  conditions,
  taints: list(
    record<NodeTaint>({ key: word, value: opt(name), effect: name, addedAtMs: opt(instant) }),
    MAX_ITEMS,
  ),
  unschedulable: opt(flag),
  kubeletVersion: opt(name),
  kernelVersion: opt(name),
  containerRuntimeVersion: opt(name),
  osImage: opt(name),
  operatingSystem: opt(name),
  bootId: opt(name),
  cgroupVersion: opt(oneOf(1, 2)),
  kubeletConfig: opt(kubeletConfig),
  allocated: opt(
    record<NonNullable<NodeEvidence['allocated']>>({
      memoryRequestsBytes: opt(bytes),
      memoryLimitsBytes: opt(bytes),
      pods: opt(count),
    }),
  ),
});

export const eventShape: Shape<EventEvidence> = record<EventEvidence>({
  id: reference,
  source: reference,
  namespace: opt(name),
  type: opt(name),
  reason: name,
  message,
  regarding: objectRef,
  container: opt(name),
  reportedBy: opt(name),
  host: opt(name),
  firstAtMs: opt(instant),
  lastAtMs: opt(instant),
  precisionMs: opt(number(0, Number.MAX_SAFE_INTEGER)),
  count,
  combined: opt(flag),
  annotations: opt(textMap(16, 1024)),
});

const template: Shape<ContainerTemplate> = record<ContainerTemplate>({
  name,
  role,
  image: opt(image),
  command: opt(args),
  args: opt(args),
  environment,
  requests: amounts,
  limits: amounts,
});

export const workloadShape: Shape<WorkloadEvidence> = record<WorkloadEvidence>({
  id: reference,
  source: reference,
  kind: name,
  namespace: name,
  name,
  uid: opt(name),
  owner: opt(objectRef),
  createdAtMs: opt(instant),
  deletionAtMs: opt(instant),
  revision: opt(count),
  desiredReplicas: opt(count),
  readyReplicas: opt(count),
  updatedReplicas: opt(count),
  conditions,
  containers: list(template, 2 * MAX_ITEMS),
  managedBy: opt(oneOf('helm', 'argocd', 'flux')),
  paused: opt(flag),
  activeDeadlineSeconds: opt(seconds),
  backoffLimit: opt(count),
  completionAtMs: opt(instant),
});
