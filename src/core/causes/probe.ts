/** What liveness (L4) and startup (L5) kills share: the kubelet's decision, the failures before it, the grace after it. */
import { decisionOf } from '../facts/kill-decisions.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import type { Assessment, Statement } from './cause.ts';
import { runtimeKillLines } from './mechanism.ts';
import {
  exitCode,
  isSigkill,
  podEventsInWindow,
  saysOomKilled,
  stoppedInPlace,
  weightInPlace,
  weightOfDecision,
} from './read.ts';
import {
  contra,
  excluded,
  found,
  fromDecision,
  fromEvent,
  fromLine,
  nameOf,
  present,
  pro,
  timingStatement,
} from './say.ts';

type Probe = 'liveness' | 'startup';

function failures(facts: DeathFacts, probe: Probe): readonly EventEvidence[] {
  const word = probe === 'liveness' ? 'Liveness' : 'Startup';
  return podEventsInWindow(facts, ['Unhealthy']).filter(
    (event) =>
      event.message.startsWith(`${word} probe failed`) &&
      (event.container === undefined || event.container === facts.container?.name),
  );
}

function ending(facts: DeathFacts): string {
  const code = exitCode(facts);
  if (code === undefined) return '';
  if (isSigkill(facts)) return '; it did not end within its grace period and got SIGKILL';
  return code === 143 || code === 0
    ? `; it obeyed SIGTERM (exit code ${code})`
    : `; it ended with exit code ${code}`;
}

export function assessProbe(facts: DeathFacts, probe: Probe): Assessment | undefined {
  const decision = facts.killDecisions.find((d) => d.decision === probe);
  const failed = failures(facts, probe);
  const logged = facts.nodeLog.filter((record) => record.kind === 'probe-failed' && record.probe === probe);
  if (decision === undefined)
    return stoppedInPlace(facts)
      ? inPlace(facts, probe, [
          ...failed.map((e) => fromEvent(e)),
          ...logged.map((line) => fromLine(line, `its ${probe} probe failed`)),
        ])
      : onlyFailures(facts, probe, failed);
  const confirmed = failed.length > 0 || logged.length > 0;
  const weight = weightOfDecision(facts, decision, confirmed);
  const timing = timingStatement(facts, decision, weight >= 0.75 ? 'for' : 'against');
  const because: readonly Statement[] = present([
    fromDecision(decision),
    ...failed.slice(-1).map((event) => fromEvent(event)),
    weight >= 0.75 && isSigkill(facts) ? timing : undefined,
  ]);
  const against = present([
    weight < 0.75 && isSigkill(facts) ? timing : undefined,
    saysOomKilled(facts)
      ? contra(
          'pod status',
          'the reason says OOMKilled: a process of this container was killed for memory at some time of its life',
        )
      : undefined,
  ]);
  return found(weight, summary(facts, probe), because, { against });
}

function summary(facts: DeathFacts, probe: Probe): string {
  return `The kubelet stopped ${nameOf(facts)} because its ${probe} probe failed${ending(facts)}.`;
}

/** The runtime's journal shows the stop, and nothing the decision: it may have been for this probe. */
function inPlace(facts: DeathFacts, probe: Probe, failed: readonly Statement[]): Assessment | undefined {
  const { container } = facts;
  if ((probe === 'liveness' ? container?.livenessProbe : container?.startupProbe) === undefined)
    return undefined;
  return found(failed.length > 0 ? 0.9 : weightInPlace(facts), summary(facts, probe), [
    pro('node journal', 'the kubelet had the runtime stop the container while its pod lived on'),
    pro('pod spec', `it has a ${probe} probe`),
    ...failed.slice(-1),
    ...runtimeKillLines(facts),
  ]);
}

/** Failures right before the exit without the kubelet's decision: a candidate, not a verdict. */
/** So many earlier lives ended by the same decision make the next such end, whose event was left out, most probably one more. */
const HABIT = 3;

function killedBefore(facts: DeathFacts, probe: Probe): Assessment | undefined {
  if (!facts.eventsLimited || !isSigkill(facts) || saysOomKilled(facts)) return undefined;
  const before = facts.podEvents.find(
    (event) =>
      event.reason === 'Killing' &&
      decisionOf(event.message) === probe &&
      event.count >= HABIT &&
      (event.container === undefined || event.container === facts.container?.name),
  );
  if (before === undefined) return undefined;
  return found(0.7, summary(facts, probe), [
    fromEvent(before, `the kubelet decided ${before.count} times before: ${before.message}`),
    pro(
      'events',
      'the kubelet had left out events of this pod by then (25 at once, then one every 5 minutes), so the last decision may be missing',
    ),
  ]);
}

function onlyFailures(
  facts: DeathFacts,
  probe: Probe,
  failed: readonly EventEvidence[],
): Assessment | undefined {
  const habit = killedBefore(facts, probe);
  if (habit !== undefined) return habit;
  if (failed.length === 0 || !isSigkill(facts)) return undefined;
  if (facts.eventsCoverWindow === 'yes') {
    return excluded(
      contra('events', `its ${probe} probe failed, but no Killing event followed in the events of that time`),
    );
  }
  const threshold =
    (probe === 'liveness' ? facts.container?.livenessProbe : facts.container?.startupProbe)
      ?.failureThreshold ?? 3;
  const count = failed.reduce((sum, event) => sum + event.count, 0);
  return found(
    count >= threshold ? 0.55 : 0.3,
    summary(facts, probe),
    failed.slice(-1).map((event) => fromEvent(event)),
  );
}
