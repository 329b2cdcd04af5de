import type { DeathFacts } from '../facts/types.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { assessDisruption } from './disruption.ts';
import { disruptionStatement, endOfPod } from './pod-end.ts';
import { isPlaceholder } from './read.ts';
import { found, fromDecision, pro } from './say.ts';

/** Pod events of Karpenter (Normal `Evicted`), cluster-autoscaler, VPA and the descheduler. */
const ACTOR_EVENTS: ReadonlySet<string> = new Set([
  'EvictedByVPA',
  'Descheduled',
  'ScaleDown',
  'Disrupted',
  'TaintManagerEvictionByKarpenter',
]);

/** Node events that tell why a node is being emptied. */
const NODE_EVENTS: ReadonlySet<string> = new Set([
  'SpotInterrupted',
  'SpotInterruption',
  'RebalanceRecommendation',
  'CordonAndDrain',
  'DisruptionTerminating',
  'NodeNotSchedulable',
]);

/** The kubelet's own eviction is a Warning; everybody else's `Evicted` is Normal and goes through the API. */
function isApiEviction(event: EventEvidence): boolean {
  if (ACTOR_EVENTS.has(event.reason)) return true;
  return event.reason === 'Evicted' && event.type === 'Normal' && event.reportedBy !== 'kubelet';
}

/** Who did it, where an event names the actor; the condition alone does not. */
function actorOf(facts: DeathFacts): string {
  for (const { reason, reportedBy = '' } of facts.podEvents.filter(isApiEviction)) {
    if (reason === 'EvictedByVPA') return 'The VPA updater';
    if (reason === 'Descheduled') return 'The descheduler';
    if (/karpenter/i.test(reportedBy)) return 'Karpenter';
    if (reason === 'ScaleDown' || /cluster-autoscaler/i.test(reportedBy)) return 'The cluster autoscaler';
  }
  return 'Somebody';
}

function nodeSigns(facts: DeathFacts): readonly EventEvidence[] {
  return facts.nodeEvents.filter((event) => NODE_EVENTS.has(event.reason));
}

/** A vanished pod was told to stop on a node that is cordoned: the ordinary shape of a drain, and no proof of one. */
function drained(facts: DeathFacts): Assessment | undefined {
  const { subject, node, podEvents } = facts;
  if (subject.kind !== 'trace' || !subject.stoppedOnly || node?.unschedulable !== true) return undefined;
  if (podEvents.some(isApiEviction)) return undefined;
  return found(
    0.75,
    `Somebody evicted the pod through the API while its node was being drained. This is not about memory.`,
    [
      pro('node status', `node ${node.name} is cordoned`, { records: [node.id] }),
      ...facts.killDecisions.slice(0, 1).map(fromDecision),
    ],
  );
}

/** Reasons of the events by which the other actors show themselves. */
const OTHER_ACTORS: ReadonlySet<string> = new Set([
  'Preempted',
  'Preempting',
  'Evicted',
  'TaintManagerEviction',
]);

/**
 * `describe` prints no reason of a condition. Preemption, taints and the kubelet write events or a status of their own
 * beside it, a drain does not; where the stop's own event is still there, theirs would be.
 */
function unnamedDisruption(facts: DeathFacts): Assessment | undefined {
  const { disruption, pod, podEvents } = facts;
  if (disruption === undefined || disruption.reason !== undefined || isPlaceholder(facts)) return undefined;
  if (pod?.statusReason !== undefined || podEvents.some(({ reason }) => OTHER_ACTORS.has(reason)))
    return undefined;
  const read = facts.killDecisions.some(({ at, decision }) => at === 'event' && decision === 'stopping');
  return endOfPod(
    facts,
    read ? 0.8 : 0.6,
    `Somebody evicted the pod through the API. This is not about memory.`,
    [disruptionStatement(facts), ...facts.killDecisions.slice(0, 1).map(fromDecision)],
  );
}

/** P3: the Eviction API: drain, Karpenter, cluster-autoscaler, VPA, descheduler, spot handlers. */
export const evictionApi: Cause = {
  code: 'P3',
  id: 'eviction-api',
  title: 'evicted through the API (drain, autoscaler, VPA, descheduler)',
  sender: 'control-plane',
  memory: 'none',
  rank: RANK.decision + 2,
  needs: ['pod', 'pod-events'],
  assess: (facts) =>
    drained(facts) ??
    unnamedDisruption(facts) ??
    assessDisruption(facts, {
      reasons: ['EvictionByEvictionAPI'],
      isActorsEvent: isApiEviction,
      summary: (f) => {
        const signs = nodeSigns(f);
        const spot = signs.some((event) => event.reason.startsWith('Spot'));
        const why = spot
          ? ' because its spot node was being reclaimed'
          : f.node?.unschedulable === true
            ? ' while its node was being drained'
            : '';
        return `${actorOf(f)} evicted the pod through the API${why}`;
      },
      context: nodeSigns,
    }),
};
