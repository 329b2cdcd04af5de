import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { nodeText } from './eviction.ts';
import { disruptionStatement, endOfPod, podStatement } from './pod-end.ts';
import { nodeEventsInWindow } from './read.ts';
import { fromEvent } from './say.ts';

const SHUTDOWN_TEXT = /node shutdown|node is shutting down/i;

/** L10: graceful node shutdown (k8s pkg/kubelet/nodeshutdown; off unless shutdownGracePeriod is set). */
export const nodeShutdown: Cause = {
  code: 'L10',
  id: 'node-shutdown',
  title: 'node shut down',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision + 1,
  needs: ['pod', 'pod-events'],
  assess: (facts) => {
    const { pod, disruption } = facts;
    const rejected = (pod?.statusMessage ?? '').startsWith('Pod was rejected');
    const status =
      !rejected &&
      (pod?.statusReason === 'Shutdown' ||
        (pod?.statusReason === 'Terminated' && SHUTDOWN_TEXT.test(pod.statusMessage ?? '')));
    const condition = disruption?.reason === 'TerminationByKubelet' && SHUTDOWN_TEXT.test(disruption.message);
    const events = nodeEventsInWindow(facts, ['Shutdown']);
    // A vanished pod that was told to stop while its node shut down.
    const vanished = facts.subject.kind === 'trace' && facts.subject.stoppedOnly && events.length > 0;
    if (!status && !condition && !vanished) return undefined;
    return endOfPod(
      facts,
      status || condition ? 0.99 : 0.85,
      `The kubelet ended the pod because ${nodeText(facts)} was shutting down.`,
      [
        status
          ? podStatement(facts, `reason ${pod?.statusReason ?? ''}: ${pod?.statusMessage ?? ''}`)
          : undefined,
        condition ? disruptionStatement(facts) : undefined,
        ...events.slice(0, 1).map((event) => fromEvent(event)),
      ],
    );
  },
};
