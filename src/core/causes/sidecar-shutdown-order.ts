import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { besideDisruption, isSidecarStop, stopDecision } from './mechanism.ts';
import { isSigkill, saysOomKilled } from './read.ts';
import { found, fromDecision, nameOf, present, pro } from './say.ts';

function assess(facts: DeathFacts): Assessment | undefined {
  if (
    !isSigkill(facts) ||
    saysOomKilled(facts) ||
    !isSidecarStop(facts) ||
    facts.subject.kind !== 'container'
  )
    return undefined;
  const mains = facts.pod?.containers.filter((c) => c.role === 'main') ?? [];
  const ends = mains.flatMap(({ status }) =>
    status?.state?.kind === 'terminated' ? [status.state.termination.finishedAtMs ?? 0] : [],
  );
  const last = Math.max(...ends);
  const after = facts.diedAtMs === undefined || facts.diedAtMs >= last - 1000;
  if (!after) return undefined;
  const stop = stopDecision(facts);
  return found(
    besideDisruption(facts, stop === undefined ? 0.85 : 0.95),
    `The kubelet killed the sidecar ${nameOf(facts)} after the main containers had ended; sidecars get only what is left of the grace period.`,
    present([
      pro('pod status', 'every main container had ended before it'),
      stop === undefined ? undefined : fromDecision(stop),
    ]),
  );
}

/** L14: sidecars (restartable init containers) stop after the main containers; a 137 there is ordinary noise. */
export const sidecarShutdownOrder: Cause = {
  code: 'L14',
  id: 'sidecar-shutdown-order',
  title: 'sidecar stopped at the end of its pod',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.mechanism,
  needs: ['pod'],
  assess,
};
