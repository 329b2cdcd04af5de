/**
 * The reasons Kubernetes puts into pods: who writes each, what it proves and what it does not. Texts and versions from
 * pkg/kubelet (1.20 to 1.36), containerd's and CRI-O's CRI servers, and the controllers.
 */
import { CONTAINER_REASONS } from './container-reasons.ts';
import { POD_REASONS } from './pod-reasons.ts';

export interface ReasonMeaning {
  readonly reason: string;
  /** Where it stands: a dead container, a waiting one, the pod's status, or its `DisruptionTarget` condition. */
  readonly place: 'terminated' | 'waiting' | 'pod' | 'DisruptionTarget';
  readonly title: string;
  readonly writer: string;
  readonly proves: string;
  readonly doesNotProve: readonly string[];
  readonly next: readonly string[];
}

export const REASONS: readonly ReasonMeaning[] = [...CONTAINER_REASONS, ...POD_REASONS];

/** By name in any case. `OutOf…` with a resource nobody listed falls back to the general entry. */
export function explainReason(reason: string): ReasonMeaning | undefined {
  const wanted = reason.trim().toLowerCase();
  const exact = REASONS.find((one) => one.reason.toLowerCase() === wanted);
  if (exact !== undefined) return exact;
  const general = REASONS.find((one) => one.reason === 'OutOfmemory');
  return general !== undefined && /^outof[a-z0-9./-]{2,100}$/.test(wanted) && wanted !== 'outofmemoryerror'
    ? { ...general, reason: reason.trim() }
    : undefined;
}
