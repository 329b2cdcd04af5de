import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { weightOfDecision } from './read.ts';
import { found, fromDecision, nameOf } from './say.ts';

/** L12: the container's definition changed, or a resize needs a restart (k8s pkg/kubelet/kuberuntime/kuberuntime_manager.go). */
export const specOrResizeRestart: Cause = {
  code: 'L12',
  id: 'spec-or-resize-restart',
  title: 'restarted for a changed definition or resize',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision + 1,
  needs: ['pod-events', 'node-log'],
  assess: (facts) => {
    const decision = facts.killDecisions.find(
      (d) => d.decision === 'definition-changed' || d.decision === 'resize',
    );
    if (decision === undefined) return undefined;
    const why =
      decision.decision === 'resize'
        ? 'a resize of its resources requires a restart'
        : 'its definition changed';
    return found(
      weightOfDecision(facts, decision, true),
      `The kubelet restarted ${nameOf(facts)} because ${why}.`,
      [fromDecision(decision)],
    );
  },
};
