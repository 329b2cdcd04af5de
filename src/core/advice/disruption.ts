/** L9 to L13 and P1 to P5: somebody decided that the pod or container should stop. Not a fault of the program. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { stopActions } from './stop.ts';
import { theContainer } from './words.ts';

/** Two replicas and a budget are what makes any of these harmless. */
const BUDGET: Action = {
  kind: 'prevent',
  text: 'Keep more than one replica and a PodDisruptionBudget, so that a pod that is taken away is not missed. This is a planned stop, for information.',
};

/** L9 */
export function adviseCriticalPreemption(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    {
      kind: 'fix',
      text: `Give the pod a higher priority class if it matters${priorityText(facts)}: the kubelet took it away to make room for a critical pod, usually of a DaemonSet.`,
    },
    {
      kind: 'prevent',
      text: 'Leave room on each node for critical pods: the scheduler must see their requests before the node is full.',
    },
    ...stopActions(facts, verdict),
  ];
}

function priorityText(facts: DeathFacts): string {
  const { priority, priorityClassName } = facts.pod ?? {};
  if (priorityClassName !== undefined) return ` (it has ${priorityClassName})`;
  return priority === undefined ? '' : ` (it has ${priority})`;
}

/** L10 */
export function adviseNodeShutdown(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const node = facts.node?.kubeletConfig?.shutdownGracePeriodSeconds;
  const given = node === undefined ? '' : ` (shutdownGracePeriod is ${node} s)`;
  return [
    {
      kind: 'prevent',
      short: "end within the node's notice",
      text: `Fit the pod's shutdown into what a node that shuts down gives${given}: a spot instance leaves 30 to 120 s in all.`,
    },
    BUDGET,
    ...stopActions(facts, verdict),
  ];
}

/** L11 */
export function adviseDeadline(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const seconds =
    facts.pod?.activeDeadlineSeconds ??
    facts.owners.find((o) => o.activeDeadlineSeconds !== undefined)?.activeDeadlineSeconds;
  const now = seconds === undefined ? '' : ` (now ${seconds} s)`;
  return [
    {
      kind: 'fix',
      text: `Raise activeDeadlineSeconds${now} above the longest good run, or find out why this one took longer.`,
    },
    ...stopActions(facts, verdict),
  ];
}

/** L12 */
export function adviseSpecRestart(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    {
      kind: 'prevent',
      text: `Nothing is broken: ${theContainer(facts)} was restarted because its definition or its resources were changed. resizePolicy NotRequired avoids the restart where a resize asked for it.`,
    },
    ...stopActions(facts, verdict),
  ];
}

/** L13 */
export function adviseRestartAll(facts: DeathFacts): readonly Action[] {
  const sibling = facts.pod?.containers.find(
    ({ restartsAllContainers }) => restartsAllContainers === true,
  )?.name;
  return [
    {
      kind: 'investigate',
      text: `Look at ${sibling === undefined ? 'the container whose exit triggered the restart' : `container ${sibling}`}, not at this one: its restart rule restarts all containers of the pod, and the 137 written here is a placeholder.`,
    },
    {
      kind: 'prevent',
      text: 'Such a restart runs no preStop hook and gives hardly any grace: use the rule only where every container of the pod stands that.',
    },
  ];
}

/** P1 */
export function adviseDeletion(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const stop = stopActions(facts, verdict);
  return stop.length > 0
    ? stop
    : [
        {
          kind: 'prevent',
          text: 'Nothing to repair: the pod was deleted or replaced, and that is how a container ends then.',
        },
      ];
}

/** P2 */
export function adviseSchedulerPreemption(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    {
      kind: 'fix',
      text: `Give the pod a higher priority class if it should stay${priorityText(facts)}, or preemptionPolicy Never to the class that took its place.`,
    },
    BUDGET,
    ...stopActions(facts, verdict),
  ];
}

/** P3 */
export function adviseEvictionApi(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    BUDGET,
    {
      kind: 'prevent',
      text: 'On spot nodes keep terminationGracePeriodSeconds below the notice (120 s on AWS, 30 s on Google Cloud and Azure): what is longer is cut.',
    },
    ...stopActions(facts, verdict),
  ];
}

/** P4 */
export function adviseTaint(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    {
      kind: 'investigate',
      text: 'Find out why the node got the NoExecute taint: not-ready and unreachable come from a node that stopped reporting, others are set by a person or a controller.',
    },
    {
      kind: 'prevent',
      text: 'tolerationSeconds decides how long the pod may stay on such a node (300 s by default for not-ready and unreachable).',
    },
    ...stopActions(facts, verdict),
  ];
}

/** P5 */
export function adviseGarbageCollection(): readonly Action[] {
  return [
    {
      kind: 'investigate',
      text: 'Find out what became of the node: the pod object was removed because its node no longer exists. How the containers ended is not known.',
    },
  ];
}
