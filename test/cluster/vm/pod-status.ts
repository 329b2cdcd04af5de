/** A pod's status as a kubelet and containerd report what was staged: from the staged spec and what the machine measured. */
import { containerId, podUid, qosClass } from './cgroup-names.ts';
import type { RecordedStage } from './recording.ts';
import type { Stage, StagedContainer } from './stages.ts';

export const NODE_NAME = 'vm';
export const NAMESPACE = 'facts';

export interface Measured {
  readonly recorded: RecordedStage;
  readonly bootSeconds: number;
  /** Of the container's `memory.events`. */
  readonly oomKills: (container: string) => number;
}

export function podOf(stage: Stage, measured: Measured): unknown {
  const { recorded, bootSeconds } = measured;
  const at = (seconds: number): string =>
    new Date(Math.floor(bootSeconds + seconds) * 1000).toISOString().replace('.000Z', 'Z');
  const statuses = stage.containers.map((container) => statusOf(stage, container, measured));
  const codes = statuses.map((status) => status.state.terminated?.exitCode);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: stage.name,
      namespace: NAMESPACE,
      uid: podUid(stage),
      creationTimestamp: at(recorded.beginSeconds),
    },
    spec: {
      nodeName: NODE_NAME,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      ...(stage.podLevelLimit === true ? { resources: { limits: memory(stage.podLimitMib) } } : {}),
      ...(stage.memoryVolume === true ? { volumes: [{ name: 'data', emptyDir: { medium: 'Memory' } }] } : {}),
      containers: stage.containers.map((container) => specOf(stage, container)),
    },
    status: {
      phase: codes.includes(undefined)
        ? 'Running'
        : codes.every((code) => code === 0)
          ? 'Succeeded'
          : 'Failed',
      qosClass: qosClass(stage),
      startTime: at(recorded.beginSeconds),
      containerStatuses: statuses,
    },
  };
}

function memory(mib: number | undefined): Readonly<Record<string, string>> | undefined {
  return mib === undefined ? undefined : { memory: `${mib}Mi` };
}

function specOf(stage: Stage, container: StagedContainer): unknown {
  // With a pod-level limit the container's cgroup gets the pod's number while its spec names none.
  const limits = stage.podLevelLimit === true ? undefined : memory(container.limitMib);
  const requests = stage.podLevelLimit === true ? undefined : memory(container.requestMib);
  return {
    name: container.name,
    image: 'exit137.test/victim:1',
    command: [`/bin/${container.name}`],
    args: container.steps,
    resources: { ...(limits && { limits }), ...(requests && { requests }) },
    ...(stage.memoryVolume === true ? { volumeMounts: [{ name: 'data', mountPath: '/volumes' }] } : {}),
  };
}

interface Status {
  readonly state: { readonly terminated?: { readonly exitCode: number } };
}

/** containerd flags a container as OOMKilled on cgroup v2 once its own `memory.events` counts an `oom_kill`. */
function statusOf(stage: Stage, container: StagedContainer, measured: Measured): Status {
  const { recorded, bootSeconds } = measured;
  const at = (seconds: number): string =>
    new Date(Math.floor(bootSeconds + seconds) * 1000).toISOString().replace('.000Z', 'Z');
  const id = `containerd://${containerId(stage, container.name)}`;
  const startedAt = at(recorded.startedSeconds.get(container.name) ?? recorded.beginSeconds);
  const ended = recorded.ended.get(container.name);
  const reason =
    measured.oomKills(container.name) > 0 ? 'OOMKilled' : ended?.exitCode === 0 ? 'Completed' : 'Error';
  const state =
    ended === undefined
      ? { running: { startedAt } }
      : {
          terminated: {
            exitCode: ended.exitCode,
            reason,
            startedAt,
            finishedAt: at(ended.atSeconds),
            containerID: id,
          },
        };
  const common = { name: container.name, image: 'exit137.test/victim:1', containerID: id, restartCount: 0 };
  return { ...common, ready: ended === undefined, started: ended === undefined, state } as Status;
}
