import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessDisruption } from './disruption.ts';

/** P4: a NoExecute taint (node not ready, unreachable, or set by hand; device taints since 1.33). */
export const noexecuteTaint: Cause = {
  code: 'P4',
  id: 'noexecute-taint',
  title: 'removed by a NoExecute taint',
  sender: 'control-plane',
  memory: 'none',
  rank: RANK.decision + 2,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    assessDisruption(facts, {
      reasons: ['DeletionByTaintManager', 'DeletionByDeviceTaintManager'],
      isActorsEvent: (event) =>
        event.reason === 'TaintManagerEviction' && !event.message.startsWith('Cancelling'),
      summary: (f) => {
        const taint = f.node?.taints.find((t) => t.effect === 'NoExecute');
        const which =
          taint === undefined
            ? 'its node has a NoExecute taint'
            : `its node has the taint ${taint.key}:NoExecute`;
        return `The taint manager removed the pod because ${which}`;
      },
    }),
};
