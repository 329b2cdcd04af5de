/** What the causes that end a whole pod share: the status or condition is the proof, the mechanism stands beside it. */
import type { DeathFacts } from '../facts/types.ts';
import { SECOND_MS } from '../units.ts';
import type { Assessment, Statement } from './cause.ts';
import { mechanismOf } from './mechanism.ts';
import { endedWithPod, killedBeforeGraceEnded, oomHitContainer, saysOomKilled } from './read.ts';
import { contra, found, present, pro } from './say.ts';

/** The container was already dead when the pod's end was decided: it died of something else. */
export function diedBefore(facts: DeathFacts, decidedAtMs: number | undefined): boolean {
  const { diedAtMs, subject } = facts;
  if (subject.kind !== 'container' || diedAtMs === undefined || decidedAtMs === undefined) return false;
  return diedAtMs < decidedAtMs - 5 * SECOND_MS;
}

export function endOfPod(
  facts: DeathFacts,
  weight: number,
  summary: string,
  because: readonly (Statement | undefined)[],
): Assessment | undefined {
  if (!endedWithPod(facts)) return undefined;
  const mechanism = mechanismOf(facts);
  const flag = saysOomKilled(facts)
    ? [
        contra(
          'pod status',
          'the reason says OOMKilled: the flag is sticky, and this exit is explained without memory',
        ),
      ]
    : [];
  // The stop was under way and did not send this SIGKILL; the kernel did.
  const overtaken = killedBeforeGraceEnded(facts) && oomHitContainer(facts);
  return found(
    overtaken ? Math.min(weight, 0.5) : weight,
    summary,
    present([...because, ...(mechanism?.because ?? [])]),
    {
      against: flag,
      ...(mechanism === undefined ? {} : { via: mechanism.via }),
    },
  );
}

export function podStatement(facts: DeathFacts, text: string): Statement {
  return pro('pod status', text, { records: facts.pod === undefined ? [] : [facts.pod.id] });
}

export function disruptionStatement(facts: DeathFacts): Statement | undefined {
  const { disruption, pod } = facts;
  if (disruption === undefined) return undefined;
  const said =
    disruption.reason === undefined
      ? ' (its reason was not read)'
      : ` ${disruption.reason}: ${disruption.message}`;
  return pro('pod condition', `DisruptionTarget${said}`, {
    atMs: disruption.atMs,
    records: pod === undefined ? [] : [pod.id],
  });
}
