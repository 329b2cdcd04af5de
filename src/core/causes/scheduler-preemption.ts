import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessDisruption } from './disruption.ts';

/** P2: the scheduler preempted the pod for one of higher priority. */
export const schedulerPreemption: Cause = {
  code: 'P2',
  id: 'scheduler-preemption',
  title: 'preempted by the scheduler',
  sender: 'control-plane',
  memory: 'none',
  rank: RANK.decision + 2,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    assessDisruption(facts, {
      reasons: ['PreemptionByScheduler'],
      isActorsEvent: (event) => event.reason === 'Preempted' && event.message.startsWith('Preempted by '),
      summary: () => 'The scheduler preempted the pod to make room for one of higher priority',
    }),
};
