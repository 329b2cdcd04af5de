import type { DeathFacts, KillDecision } from '../facts/types.ts';
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
import {
  diedInDeletion,
  isPlaceholder,
  isSigkill,
  realKills,
  saysOomKilled,
  stoppedInPlace,
} from './read.ts';
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
  const stop = stopDecision(facts);
  const proven = stop !== undefined && isWitnessed(facts, stop);
  const weight = proven ? 0.96 : stop === undefined ? 0.85 : 0.9;
  return found(
    weight,
    byRuntimeText(facts),
    present([proven ? fromDecision(stop) : undefined, ...runtimeKillLines(facts)]),
  );
}

/** Clocks of the lines and of the event, which has whole seconds. */
const SAME_MS = 3 * SECOND_MS;

/**
 * Three records of the same stop agree: the kubelet's event, the runtime's request, and its SIGKILL when the time that
 * the request gave was over. Neither the kernel nor anybody who empties the node had a hand in it.
 */
function isWitnessed(facts: DeathFacts, stop: KillDecision): boolean {
  const { nodeLog, node, kernelKills } = facts;
  // Two lines speak of the request; one of them has the time, the other the signal.
  const asked = nodeLog.findLast(
    (record) => record.kind === 'stop-requested' && record.timeoutSeconds !== undefined,
  );
  const sent = nodeLog.findLast((record) => record.kind === 'sigkill-sent');
  if (asked?.kind !== 'stop-requested') return false;
  if (asked.atMs === undefined || sent?.atMs === undefined || asked.timeoutSeconds === undefined)
    return false;
  const onTime = Math.abs(sent.atMs - asked.atMs - asked.timeoutSeconds * SECOND_MS) <= SAME_MS;
  const sameStop =
    stop.at === 'event' && stop.atMs !== undefined && Math.abs(stop.atMs - asked.atMs) <= SAME_MS;
  const others = nodeLog.some(({ kind }) => kind === 'prestop-overrun' || kind === 'task-oom');
  const silent = facts.kernelLogCovers && realKills(kernelKills).length === 0;
  return onTime && sameStop && silent && !others && node !== undefined && node.unschedulable !== true;
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
