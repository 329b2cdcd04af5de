/** What the disruptions by the control plane (P2 to P5) share: the DisruptionTarget condition, or the actor's own event. */
import type { DeathFacts } from '../facts/types.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import { SECOND_MS } from '../units.ts';
import type { Assessment } from './cause.ts';
import { diedBefore, disruptionStatement, endOfPod } from './pod-end.ts';
import { exitCode, isSigkill } from './read.ts';
import { fromEvent } from './say.ts';

export interface Disruption {
  /** Reasons of the condition. */
  readonly reasons: readonly string[];
  /** The actor's event on the pod. */
  readonly isActorsEvent: (event: EventEvidence) => boolean;
  readonly summary: (facts: DeathFacts) => string;
  /** Events elsewhere that say more (node events of spot reclaims, cordons). */
  readonly context?: (facts: DeathFacts) => readonly EventEvidence[];
}

/** Slow actors mark a pod this long before it dies: grace periods of some minutes are usual. */
const EVENT_TO_DEATH_MS = 15 * 60 * SECOND_MS;

function near(event: EventEvidence, facts: DeathFacts): boolean {
  const at = event.lastAtMs ?? event.firstAtMs;
  const { diedAtMs } = facts;
  if (at === undefined || diedAtMs === undefined) return true;
  return at <= diedAtMs + 30 * SECOND_MS && diedAtMs - at <= EVENT_TO_DEATH_MS;
}

export function assessDisruption(facts: DeathFacts, what: Disruption): Assessment | undefined {
  const { disruption } = facts;
  const byCondition = disruption?.reason !== undefined && what.reasons.includes(disruption.reason);
  const events = facts.podEvents.filter((event) => what.isActorsEvent(event) && near(event, facts));
  if (!byCondition && events.length === 0) return undefined;
  if (byCondition && diedBefore(facts, disruption.atMs)) return undefined;
  if (!byCondition && disruption?.reason !== undefined) return undefined;
  const context = what.context?.(facts).slice(0, 2) ?? [];
  return endOfPod(
    facts,
    byCondition ? 0.99 : 0.95,
    `${what.summary(facts)}${ending(facts)} This is not about memory.`,
    [
      byCondition ? disruptionStatement(facts) : undefined,
      ...events.slice(0, 2).map((event) => fromEvent(event)),
      ...context.map((event) => fromEvent(event)),
    ],
  );
}

function ending(facts: DeathFacts): string {
  const code = exitCode(facts);
  if (code === undefined || facts.termination?.reason === 'ContainerStatusUnknown') return '.';
  return isSigkill(facts)
    ? '; it did not stop within its grace period and got SIGKILL.'
    : `; it ended with exit code ${code}.`;
}
