import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { disruptionStatement, endOfPod, podStatement } from './pod-end.ts';
import { podEventsInWindow } from './read.ts';
import { fromEvent } from './say.ts';

/** L9: the kubelet preempted the pod to admit a critical one (k8s pkg/kubelet/preemption). */
export const criticalPodPreemption: Cause = {
  code: 'L9',
  id: 'critical-pod-preemption',
  title: 'preempted by the kubelet for a critical pod',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision + 1,
  needs: ['pod', 'pod-events'],
  assess: (facts) => {
    const status = facts.pod?.statusReason === 'Preempting';
    const condition =
      facts.disruption?.reason === 'TerminationByKubelet' && /preempt/i.test(facts.disruption.message);
    const [event] = podEventsInWindow(facts, ['Preempting']);
    if (!status && !condition && event === undefined) return undefined;
    return endOfPod(
      facts,
      0.99,
      'The kubelet ended the pod to make room for a critical pod on the same node.',
      [
        status ? podStatement(facts, `reason Preempting: ${facts.pod?.statusMessage ?? ''}`) : undefined,
        condition ? disruptionStatement(facts) : undefined,
        event === undefined ? undefined : fromEvent(event),
      ],
    );
  },
};
