import type { DeathFacts } from '../facts/types.ts';
import { formatDuration, formatInstant } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import {
  besideDisruption,
  graceRanOut,
  mechanismOf,
  preStopOverran,
  runtimeKillLines,
  stopDecision,
} from './mechanism.ts';
import { diedInDeletion, isPlaceholder, isSigkill, saysOomKilled, stoppedInPlace } from './read.ts';
import { contra, found, fromDecision, nameOf, present, pro } from './say.ts';

function summary(facts: DeathFacts, early: boolean): string {
  if (early)
    return `${nameOf(facts)} was being stopped when something killed it before its grace period had ended.`.replace(
      /^c/,
      'C',
    );
  const grace = facts.deletion?.graceSeconds ?? facts.graceSeconds;
  return `The kubelet killed ${nameOf(facts)} because it did not stop within its grace period of ${formatDuration(grace * SECOND_MS)}.`;
}

function deletionStatement(facts: DeathFacts): Statement | undefined {
  const { deletion, pod } = facts;
  if (deletion === undefined || !diedInDeletion(facts)) return undefined;
  // A timestamp later than the death was written by another delete than the one that ended the container.
  if (facts.diedAtMs !== undefined && facts.diedAtMs < deletion.requestedAtMs - 2 * SECOND_MS)
    return undefined;
  return pro('pod metadata', `the pod's deletion was asked for at ${formatInstant(deletion.requestedAtMs)}`, {
    atMs: deletion.requestedAtMs,
    records: pod === undefined ? [] : [pod.id],
  });
}

/** The pod is not in the evidence, and the runtime's own lines show the stop and its SIGKILL. */
function byRuntimeLines(facts: DeathFacts): Assessment | undefined {
  if (!facts.nodeLog.some((record) => record.kind === 'sigkill-sent')) return undefined;
  if (facts.killDecisions.some(({ decision }) => decision !== 'stopping')) return undefined;
  return found(facts.killDecisions.length > 0 ? 0.9 : 0.85, byRuntimeText(facts), runtimeKillLines(facts));
}

function byRuntimeText(facts: DeathFacts): string {
  return `The runtime was asked to stop ${nameOf(facts)} and killed it because it did not stop in time.`;
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind === 'trace') return byRuntimeLines(facts);
  if (!isSigkill(facts) || isPlaceholder(facts) || facts.subject.kind !== 'container') return undefined;
  const stop = stopDecision(facts);
  const deleting = diedInDeletion(facts);
  const lines = runtimeKillLines(facts);
  const sent = facts.nodeLog.some((record) => record.kind === 'sigkill-sent');
  if (stop === undefined && !deleting && !sent) return undefined;
  // A probe's kill ends in the same SIGKILL; the probe then names the death.
  if (stop === undefined && !deleting && facts.killDecisions.length > 0) return undefined;
  // In a pod that lives on the SIGKILL is proven, and who asked for it is a probe, a hook or a changed definition.
  if (stoppedInPlace(facts)) return found(0.5, byRuntimeText(facts), lines);
  const ranOut = graceRanOut(facts);
  const suspected = preStopOverran(facts).length > 0;
  const weight = suspected
    ? 0.85
    : ranOut === 'yes'
      ? sent || stop !== undefined
        ? 0.96
        : 0.95
      : ranOut === 'no'
        ? 0.6
        : 0.85;
  const mechanism = mechanismOf(facts);
  return found(
    besideDisruption(facts, weight),
    summary(facts, ranOut === 'no'),
    present([
      stop === undefined ? undefined : fromDecision(stop),
      deletionStatement(facts),
      ...(mechanism?.because ?? lines),
    ]),
    {
      against: saysOomKilled(facts)
        ? [
            contra(
              'pod status',
              'the reason says OOMKilled, which any earlier OOM kill in this container leaves behind',
            ),
          ]
        : [],
    },
  );
}

/** L7: SIGTERM was not obeyed within the grace period. */
export const stopGraceExceeded: Cause = {
  code: 'L7',
  id: 'stop-grace-exceeded',
  title: 'did not stop within its grace period',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.mechanism + 3,
  needs: ['pod', 'pod-events', 'node-log'],
  assess,
};
