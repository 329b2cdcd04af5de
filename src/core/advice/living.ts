/** `reject` and `none`: nothing died. What keeps the pod from running, or presses on it while it lives. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action } from '../model/diagnosis.ts';
import { formatBytes } from '../text/amounts.ts';
import { setMemory } from './commands.ts';

/** Above this part of its limit a living container is worth a word. */
const NEAR_LIMIT_RATIO = 0.9;

/** Refused at admission: no container ran, none was killed. */
export function adviseReject(facts: DeathFacts): readonly Action[] {
  const reason = facts.pod?.statusReason ?? '';
  const memory = /^OutOfmemory$/i.test(reason);
  const text = memory
    ? `Lower the pod's memory request${requestText(facts)} or free the node: the scheduler placed the pod, and by then the node had less unrequested memory than it asks for.`
    : reason === 'NodeShutdown'
      ? 'Nothing to repair in the pod: it came to a node that was shutting down, and its controller makes another one elsewhere.'
      : 'Read the reason in the pod status: the node refused the pod before any container started. A pod under a controller is replaced; delete the refused one when it is in the way.';
  return [{ kind: memory ? 'fix' : 'investigate', text }];
}

/** Nothing died: why it does not run yet, or what presses on it. */
export function adviseNone(facts: DeathFacts): readonly Action[] {
  return [...unschedulable(facts), ...nearLimit(facts)];
}

/** The scheduler's own words (k8s pkg/scheduler: `Insufficient memory`). */
function unschedulable(facts: DeathFacts): readonly Action[] {
  if (facts.pod?.phase !== 'Pending' || facts.pod.nodeName !== undefined) return [];
  const refused = facts.podEvents.find(
    ({ reason, message }) => reason === 'FailedScheduling' && message.includes('Insufficient memory'),
  );
  if (refused === undefined) return [];
  return [
    {
      kind: 'fix',
      text: `Lower the pod's memory request${requestText(facts)} to what it uses, or add a node that has it free: the scheduler counts requests, so unused requests of other pods keep it out as well.`,
    },
  ];
}

function requestText(facts: DeathFacts): string {
  const pod = facts.pod;
  if (pod?.podRequests?.memoryBytes !== undefined) return ` (${formatBytes(pod.podRequests.memoryBytes)})`;
  const amounts = (pod?.containers ?? [])
    .filter(({ role }) => role === 'main' || role === 'sidecar')
    .flatMap(({ requests }) => (requests.memoryBytes === undefined ? [] : [requests.memoryBytes]));
  return amounts.length === 0 ? '' : ` (${formatBytes(amounts.reduce((sum, bytes) => sum + bytes, 0))})`;
}

/** A peak is of the present instance here, because nothing died; unlike at a death it is a figure to size from. */
function nearLimit(facts: DeathFacts): readonly Action[] {
  const { limitBytes: limit, peakBytes: peak, container, subject } = facts;
  if (subject.kind !== 'alive' || typeof limit !== 'number' || peak === undefined || limit === 0) return [];
  if (peak / limit < NEAR_LIMIT_RATIO || container === undefined) return [];
  // Two tenths above the peak: the share below which "near the limit" ends again after rounding up.
  const roomy = setMemory(facts, { container: container.name, limitBytes: Math.max(peak, limit) * 1.2 });
  return [
    {
      kind: 'prevent',
      text: `Watch container ${container.name}: it reached ${formatBytes(peak)} of its ${formatBytes(limit)} limit and has not died. File cache fills a limit harmlessly; anonymous memory does not, and then a fifth more is a first step.`,
      ...roomy,
    },
  ];
}
