import { formatDuration } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';
import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { endOfPod, podStatement } from './pod-end.ts';
import { podEventsInWindow } from './read.ts';
import { fromEvent } from './say.ts';

/** L11: `activeDeadlineSeconds` of the pod itself (k8s pkg/kubelet/active_deadline.go); a Job's deadline deletes pods instead. */
export const activeDeadline: Cause = {
  code: 'L11',
  id: 'active-deadline',
  title: "the pod's active deadline passed",
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision + 1,
  needs: ['pod', 'pod-events'],
  assess: (facts) => {
    const status = facts.pod?.statusReason === 'DeadlineExceeded';
    const [event] = podEventsInWindow(facts, ['DeadlineExceeded']);
    if (!status && event === undefined) return undefined;
    const deadline = facts.pod?.activeDeadlineSeconds;
    const text =
      deadline === undefined
        ? 'its active deadline'
        : `its active deadline of ${formatDuration(deadline * SECOND_MS)}`;
    return endOfPod(facts, 0.99, `The kubelet ended the pod because ${text} had passed.`, [
      status ? podStatement(facts, `reason DeadlineExceeded: ${facts.pod?.statusMessage ?? ''}`) : undefined,
      event === undefined ? undefined : fromEvent(event),
    ]);
  },
};
