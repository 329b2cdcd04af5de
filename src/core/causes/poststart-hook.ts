import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { runtimeKillLines } from './mechanism.ts';
import { podEventsInWindow, stoppedInPlace, weightInPlace, weightOfDecision } from './read.ts';
import { found, fromDecision, fromEvent, fromLine, nameOf, present, pro } from './say.ts';

/** The runtime's journal shows the stop, and nothing the decision: it may have been for the hook. */
function inPlace(facts: DeathFacts): Assessment | undefined {
  if (facts.container?.postStart === undefined || !stoppedInPlace(facts)) return undefined;
  return found(
    weightInPlace(facts),
    `The kubelet killed ${nameOf(facts)} because its postStart hook failed.`,
    [
      pro('node journal', 'the kubelet had the runtime stop the container while its pod lived on'),
      pro('pod spec', 'it has a postStart hook'),
      ...runtimeKillLines(facts),
    ],
  );
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind !== 'container' && facts.subject.kind !== 'trace') return undefined;
  const decision = facts.killDecisions.find((d) => d.decision === 'poststart');
  const event = podEventsInWindow(facts, ['FailedPostStartHook']).find(
    (e) => e.container === undefined || e.container === facts.container?.name,
  );
  const line = facts.nodeLog.find((record) => record.kind === 'poststart-failed');
  const waiting = facts.container?.status?.state;
  const says = waiting?.kind === 'waiting' && /PostStart/i.test(waiting.reason ?? '');
  if (decision === undefined && event === undefined && line === undefined && !says) return inPlace(facts);
  // The hook fails right after the start and the kill follows at once, so the event itself is the proof.
  const timed = decision === undefined ? 0 : weightOfDecision(facts, decision, true);
  const weight =
    event !== undefined || decision !== undefined || line !== undefined ? Math.max(0.95, timed) : 0.85;
  return found(
    weight,
    `The kubelet killed ${nameOf(facts)} because its postStart hook failed.`,
    present([
      event === undefined ? undefined : fromEvent(event),
      decision === undefined ? undefined : fromDecision(decision),
      line === undefined ? undefined : fromLine(line, 'the kubelet says that the postStart hook failed'),
      says ? pro('pod status', `the container waits with reason ${waiting.reason ?? ''}`) : undefined,
    ]),
  );
}

/** L6: the postStart hook failed (FailedPostStartHook), the container is killed with the pod's grace. */
export const poststartHook: Cause = {
  code: 'L6',
  id: 'poststart-hook',
  title: 'postStart hook failed',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.probe + 3,
  needs: ['pod-events', 'node-log', 'pod'],
  assess,
};
