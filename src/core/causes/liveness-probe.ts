import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { assessProbe } from './probe.ts';

/** L4: liveness failure, SIGTERM, grace period, SIGKILL (k8s pkg/kubelet/prober, kuberuntime_manager.go). */
export const livenessProbe: Cause = {
  code: 'L4',
  id: 'liveness-probe',
  title: 'liveness probe failed',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.probe + 1,
  needs: ['pod-events', 'node-log'],
  assess: (facts) => assessProbe(facts, 'liveness'),
};
