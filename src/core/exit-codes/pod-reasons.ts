/** Reasons of `status.reason` and of the `DisruptionTarget` condition. */
import type { ReasonMeaning } from './reasons.ts';

const STATUS_MESSAGE = 'Read the message: kubectl get pod POD -o jsonpath={.status.message}';
const REJECTED = 'Nothing was killed: the kubelet refused the pod and no container ran.';

type Rest = Omit<ReasonMeaning, 'reason' | 'place'>;

function rejected(title: string, next: string): Rest {
  return { title, writer: 'the kubelet, at admission', proves: REJECTED, doesNotProve: [], next: [next] };
}

const POD: Readonly<Record<string, Rest>> = {
  Evicted: {
    title: 'evicted by the kubelet, or refused under pressure',
    writer: 'the kubelet',
    proves:
      'With "The node was low on resource": the node was short of it and this pod was chosen. With "exceeds the limit": the pod used too much storage of its own.',
    doesNotProve: [
      'That this pod is the culprit: it may only have used more than it requested.',
      'That anything was killed: "Pod was rejected: The node had condition" is a refusal.',
      'A drain: evictions through the API do not set this reason.',
    ],
    next: [STATUS_MESSAGE, 'Compare requests and use of the pods of that node.'],
  },
  Preempting: {
    title: 'made room for a critical pod',
    writer: 'the kubelet',
    proves: 'A critical pod had to be admitted to the node and this one was chosen.',
    doesNotProve: [
      'A preemption by the scheduler: that one deletes the pod and sets a DisruptionTarget condition.',
    ],
    next: ['Give the pod a priority class that fits, or the node more room.'],
  },
  Terminated: {
    title: 'ended because the node shut down',
    writer: 'the kubelet, during a graceful node shutdown',
    proves: 'The node was shutting down and the kubelet stopped the pod in time.',
    doesNotProve: ['A fault of the pod.'],
    next: ['Look for who shut the node down: autoscaler, spot interruption, maintenance.'],
  },
  Shutdown: {
    title: 'ended because the node shut down (Kubernetes 1.21 and older)',
    writer: 'the kubelet, during a graceful node shutdown',
    proves: 'The node was shutting down and the kubelet stopped the pod in time.',
    doesNotProve: ['A fault of the pod.'],
    next: ['Look for who shut the node down: autoscaler, spot interruption, maintenance.'],
  },
  DeadlineExceeded: {
    title: 'ended because its pod passed a deadline',
    writer: 'the kubelet',
    proves: 'activeDeadlineSeconds of the pod had passed; its containers were stopped.',
    doesNotProve: ['That the application failed.'],
    next: ["Compare the pod's start with activeDeadlineSeconds."],
  },
  NodeShutdown: rejected(
    'refused because the node is shutting down',
    'Nothing to do: it is created elsewhere.',
  ),
  NodeLost: {
    title: 'on a node that no longer answers',
    writer: 'the node lifecycle controller',
    proves: 'The control plane lost contact with the node.',
    doesNotProve: ['That the containers ended: they may still run there.'],
    next: ['Look at the node: kubectl describe node NODE.'],
  },
  OutOfcpu: rejected(
    'refused: not enough CPU left on the node',
    'Compare requests with what the node can allocate.',
  ),
  OutOfmemory: rejected(
    'refused: not enough of a resource left on the node',
    'Compare requests with what the node can allocate; this is about requests, never about an OOM kill.',
  ),
  OutOfpods: rejected('refused: the node is full of pods', 'Raise maxPods or add nodes.'),
  NodeAffinity: rejected(
    'refused: the node no longer matches the affinity',
    'Compare node labels with the affinity.',
  ),
  UnexpectedAdmissionError: rejected(
    'refused: a device or a kubelet component failed',
    `Often a device plugin after a restart. ${STATUS_MESSAGE}`,
  ),
  UnknownReason: rejected('refused for a reason without a name', STATUS_MESSAGE),
};

const DISRUPTION: Readonly<Record<string, Rest>> = {
  PreemptionByScheduler: {
    title: 'deleted to make room for a pod of higher priority',
    writer: 'the scheduler',
    proves: 'The scheduler chose this pod as victim.',
    doesNotProve: [
      'A fault of the pod. 137 afterwards only says that it did not stop within its grace period.',
    ],
    next: ['Read the Preempted event: it names the pod that took the place.'],
  },
  EvictionByEvictionAPI: {
    title: 'evicted through the API: drain, autoscaler, VPA, descheduler',
    writer: 'the API server, on behalf of whoever asked',
    proves: 'Somebody called the eviction API; PodDisruptionBudgets were respected.',
    doesNotProve: ['Pressure on the node.', 'A fault of the pod.'],
    next: [
      'Look at the node (cordoned, tainted) and at events of Karpenter, cluster-autoscaler, VPA or the descheduler.',
    ],
  },
  DeletionByTaintManager: {
    title: 'deleted because of a NoExecute taint',
    writer: 'the taint manager',
    proves: 'The node carries a taint that the pod does not tolerate (any longer).',
    doesNotProve: ['That the containers ended: on an unreachable node they may still run.'],
    next: ['Look at the taints: kubectl get node NODE -o jsonpath={.spec.taints}'],
  },
  DeletionByDeviceTaintManager: {
    title: 'deleted because a device it uses was tainted',
    writer: 'the device taint manager (dynamic resource allocation)',
    proves: 'A device was taken out of service.',
    doesNotProve: ['A fault of the pod.'],
    next: ['Look at the ResourceSlices and DeviceTaintRules.'],
  },
  DeletionByPodGC: {
    title: 'deleted because its node no longer exists',
    writer: 'the pod garbage collector',
    proves: 'The node object was gone.',
    doesNotProve: ['Anything about how the containers ended.'],
    next: ['Look for who removed the node: autoscaler, spot interruption, a person.'],
  },
  TerminationByKubelet: {
    title: 'ended by the kubelet: pressure, preemption or node shutdown',
    writer: 'the kubelet',
    proves: 'The kubelet ended the pod for the sake of the node.',
    doesNotProve: ['Which of the three: status.reason and status.message say.'],
    next: [STATUS_MESSAGE],
  },
};

export const POD_REASONS: readonly ReasonMeaning[] = [
  ...Object.entries(POD).map(([reason, rest]) => ({ reason, place: 'pod' as const, ...rest })),
  ...Object.entries(DISRUPTION).map(([reason, rest]) => ({
    reason,
    place: 'DisruptionTarget' as const,
    ...rest,
  })),
];
