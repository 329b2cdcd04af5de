/** The cgroups a kubelet and containerd make for a pod, and ids that are always the same for a stage. */
import { createHash } from 'node:crypto';
import type { Stage, StagedContainer } from './stages.ts';

/** A kubelet's two cgroup drivers. */
export type Driver = 'cgroupfs' | 'systemd';

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function podUid(stage: Stage): string {
  const hex = hash(`pod ${stage.name}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `pause` is the sandbox. */
export function containerId(stage: Stage, container: string): string {
  return hash(`container ${stage.name} ${container}`);
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

function bounded(container: StagedContainer): boolean {
  return container.limitMib !== undefined || container.requestMib !== undefined;
}

/** By memory alone; the stages set no CPU, so none is Guaranteed. */
export function qosClass(stage: Stage): QosClass {
  return stage.podLevelLimit === true || stage.containers.some(bounded) ? 'Burstable' : 'BestEffort';
}

/** Below /sys/fs/cgroup, outermost first: kubepods, the QoS class, the pod. */
export function podCgroups(stage: Stage, driver: Driver): readonly [string, string, string] {
  const qos = qosClass(stage).toLowerCase();
  const uid = podUid(stage);
  if (driver === 'cgroupfs') return ['/kubepods', `/kubepods/${qos}`, `/kubepods/${qos}/pod${uid}`];
  const slice = `/kubepods.slice/kubepods-${qos}.slice`;
  return ['/kubepods.slice', slice, `${slice}/kubepods-${qos}-pod${uid.replaceAll('-', '_')}.slice`];
}

export function containerCgroup(stage: Stage, container: string, driver: Driver): string {
  const id = containerId(stage, container);
  return `${podCgroups(stage, driver)[2]}/${driver === 'cgroupfs' ? id : `cri-containerd-${id}.scope`}`;
}
