import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessDisruption } from './disruption.ts';

/** P5: PodGC removed a pod whose node no longer exists; what became of its containers is unknown. */
export const podGarbageCollection: Cause = {
  code: 'P5',
  id: 'pod-garbage-collection',
  title: 'removed because its node is gone',
  sender: 'control-plane',
  memory: 'unknown',
  rank: RANK.decision + 2,
  needs: ['pod'],
  assess: (facts) =>
    assessDisruption(facts, {
      reasons: ['DeletionByPodGC'],
      isActorsEvent: () => false,
      summary: () =>
        'The pod garbage collector removed the pod because its node no longer exists; what became of its containers is unknown',
    }),
};
