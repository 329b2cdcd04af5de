import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { besideDisruption, graceRanOut, preStopOverran, stopDecision } from './mechanism.ts';
import { diedInDeletion, isSigkill } from './read.ts';
import { found, fromDecision, nameOf, present } from './say.ts';

/** The pod is gone; the kubelet's journal says so. */
function byJournal(facts: DeathFacts): Assessment | undefined {
  const line = facts.nodeLog.find((record) => record.kind === 'prestop-overrun');
  if (line === undefined || facts.killDecisions.some(({ decision }) => decision !== 'stopping'))
    return undefined;
  return found(0.95, summary(facts), preStopOverran(facts));
}

function summary(facts: DeathFacts): string {
  return `The kubelet killed ${nameOf(facts)}: its preStop hook used up the grace period, so SIGTERM came too late.`;
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind === 'trace') return byJournal(facts);
  if (!isSigkill(facts) || facts.subject.kind !== 'container') return undefined;
  const stop = stopDecision(facts);
  if (stop === undefined && !diedInDeletion(facts)) return undefined;
  const overrun = preStopOverran(facts);
  if (overrun.length === 0) return undefined;
  const logged = facts.nodeLog.some((record) => record.kind === 'prestop-overrun');
  // Only the kubelet's journal says so; the spec and the timing make it a suspicion.
  const weight = logged ? 0.97 : graceRanOut(facts) === 'no' ? 0.6 : 0.9;
  return found(
    besideDisruption(facts, weight),
    summary(facts),
    present([...overrun, stop === undefined ? undefined : fromDecision(stop)]),
  );
}

/** L8: the preStop hook overran (its time is taken from the grace period; the application then gets 2 s). */
export const prestopOverrun: Cause = {
  code: 'L8',
  id: 'prestop-overrun',
  title: 'preStop hook used up the grace period',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.mechanism + 1,
  needs: ['pod', 'pod-events', 'node-log'],
  assess,
};
