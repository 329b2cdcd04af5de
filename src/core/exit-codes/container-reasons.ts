/** Reasons of `state.terminated` and `state.waiting`. */
import type { ReasonMeaning } from './reasons.ts';

const PREVIOUS_LOG = 'Read what it printed last: kubectl logs POD -c CONTAINER --previous.';
const LAST_STATE =
  'Look at the last termination: kubectl get pod POD -o jsonpath={.status.containerStatuses[*].lastState.terminated}';
const DESCRIBE = 'Read the message and the events: kubectl describe pod POD.';

type Rest = Omit<ReasonMeaning, 'reason' | 'place'>;

const TERMINATED: Readonly<Record<string, Rest>> = {
  OOMKilled: {
    title: 'an OOM kill hit a process of this container',
    writer: 'the container runtime (containerd, CRI-O), from the cgroup counters',
    proves: 'At least one process of the container was killed by the kernel for memory during its life.',
    doesNotProve: [
      "That it exceeded its own limit: on cgroup v2 the kill may come from the pod's limit, from the limit of all pods, or from the whole node.",
      'That the kill ended it: the mark stays from an earlier child, so OOMKilled with exit 0, 1 or 143 is real.',
      'On CRI-O: that anything was killed; conmon also counts failed charges without a kill.',
    ],
    next: [
      'Find the level: the kernel log of the node names the cgroup whose limit was hit.',
      'Compare the peak with the limit, and look for other OOM kills of the node in the same minute.',
    ],
  },
  Error: {
    title: 'ended with a code other than 0, and nobody knows more',
    writer: 'the container runtime',
    proves: 'The exit code was not 0 and the runtime saw no OOM kill.',
    doesNotProve: [
      'That it was not an OOM kill: containerd before 2.3 can lose the event, and cgroup v1 hides node-wide kills.',
      'That the application failed: 137 and 143 are also the end of an ordinary stop.',
    ],
    next: ['Read the exit code, then the Killing events of that minute.', PREVIOUS_LOG],
  },
  Completed: {
    title: 'ended with exit code 0',
    writer: 'the container runtime',
    proves: 'The main process returned 0.',
    doesNotProve: ['That a container with restartPolicy Always was meant to end.'],
    next: ['If it restarts all the time, its main process ends or runs in the background.'],
  },
  StartError: {
    title: 'could not be started (exit code 128)',
    writer: 'containerd',
    proves: "The image's own process never ran; startedAt is 1970-01-01.",
    doesNotProve: [
      'That memory was not the reason: the message says "container init was OOM-killed" if it was.',
    ],
    next: [DESCRIBE],
  },
  ContainerCannotRun: {
    title: 'could not be started (Docker)',
    writer: 'dockershim or cri-dockerd',
    proves: "The image's own process never ran.",
    doesNotProve: [],
    next: [DESCRIBE],
  },
  Unknown: {
    title: 'state lost (exit code 255)',
    writer: 'containerd',
    proves:
      'containerd found the task gone, usually after a node reboot or after its shim died while it was down.',
    doesNotProve: ['Anything about the application: 255 is a placeholder.'],
    next: ["Look at the node's boot id and at the Rebooted and Starting events."],
  },
  'seccomp killed': {
    title: 'killed for a forbidden system call',
    writer: 'CRI-O',
    proves: 'The seccomp profile ended the process (exit code 159).',
    doesNotProve: [],
    next: ['Compare the seccomp profile with the system calls of the image.'],
  },
  ContainerStatusUnknown: {
    title: 'the kubelet lost the container; 137 is a placeholder',
    writer: 'the kubelet',
    proves: 'When the pod ended, the runtime no longer knew the container.',
    doesNotProve: ['That signal 9 was sent, or that memory ran out: the real exit code is not known.'],
    next: ['Look at the pod (evicted, deleted by force) and at the node (rebooted, NotReady) at that time.'],
  },
  RestartingAllContainers: {
    title: 'restarted with all its siblings; 137 is a placeholder',
    writer: 'the kubelet from 1.36 on',
    proves: 'A container matched a restart rule with the action RestartAllContainers.',
    doesNotProve: ['That this container failed: its siblings are stopped although healthy.'],
    next: ['Find the container whose exit matched restartPolicyRules.'],
  },
};

const WAITING: Readonly<Record<string, Rest>> = {
  CrashLoopBackOff: {
    title: 'waiting before the next restart',
    writer: 'the kubelet',
    proves: 'The container ended several times; the pause doubles from 10 s up to 300 s.',
    doesNotProve: ['Why it ended: that stands in the last termination.'],
    next: [LAST_STATE, PREVIOUS_LOG],
  },
  CreateContainerError: {
    title: 'the runtime could not create the container',
    writer: 'the kubelet, with the message of the runtime',
    proves: 'It never ran.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  CreateContainerConfigError: {
    title: 'the configuration of the container is incomplete',
    writer: 'the kubelet',
    proves: 'A ConfigMap, Secret or key that it needs is missing.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  RunContainerError: {
    title: 'the container was created and could not be started',
    writer: 'the kubelet, with the message of the runtime',
    proves: 'It never ran.',
    doesNotProve: ['That memory was not the reason: see the message for "OOM-killed".'],
    next: [DESCRIBE],
  },
  PreStartHookError: {
    title: 'a hook of the kubelet before the start failed',
    writer: 'the kubelet',
    proves: 'It never ran.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  PostStartHookError: {
    title: 'the postStart hook failed, and the container was killed for it',
    writer: 'the kubelet',
    proves:
      'The kubelet stopped the container itself, with the grace period of the pod; often 137 with reason Error.',
    doesNotProve: ['That the application failed.'],
    next: ['Read the FailedPostStartHook event and the command of the hook.'],
  },
  ContainerCreating: {
    title: 'being prepared',
    writer: 'the kubelet',
    proves: 'Images, volumes or the network are not ready yet.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  PodInitializing: {
    title: 'waiting for the init containers',
    writer: 'the kubelet',
    proves: 'An init container runs or failed.',
    doesNotProve: [],
    next: ['Look at the init containers: kubectl describe pod POD.'],
  },
  ErrImagePull: {
    title: 'the image could not be pulled',
    writer: 'the kubelet',
    proves: 'It never ran with this image.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  ImagePullBackOff: {
    title: 'waiting before the next pull of the image',
    writer: 'the kubelet',
    proves: 'Pulling the image failed before.',
    doesNotProve: [],
    next: [DESCRIBE],
  },
  InvalidImageName: {
    title: 'the image name cannot be read',
    writer: 'the kubelet',
    proves: 'It never ran with this image.',
    doesNotProve: [],
    next: ['Correct the image name.'],
  },
  ErrImageNeverPull: {
    title: 'the image is not on the node and must not be pulled',
    writer: 'the kubelet',
    proves: 'It never ran with this image.',
    doesNotProve: [],
    next: ['Change imagePullPolicy or load the image on the node.'],
  },
};

export const CONTAINER_REASONS: readonly ReasonMeaning[] = [
  ...Object.entries(TERMINATED).map(([reason, rest]) => ({ reason, place: 'terminated' as const, ...rest })),
  ...Object.entries(WAITING).map(([reason, rest]) => ({ reason, place: 'waiting' as const, ...rest })),
];
