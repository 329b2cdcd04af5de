import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessProbe } from './probe.ts';

/** L5: the startup probe never succeeded in time. */
export const startupProbe: Cause = {
  code: 'L5',
  id: 'startup-probe',
  title: 'startup probe failed',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.probe + 2,
  needs: ['pod-events', 'node-log'],
  assess: (facts) => assessProbe(facts, 'startup'),
};
