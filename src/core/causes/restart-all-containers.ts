import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { podStatement } from './pod-end.ts';
import { found, fromDecision, nameOf, present, pro } from './say.ts';

/** The sibling whose exit matched the rule: it declares one and ended first. */
function trigger(facts: DeathFacts): string | undefined {
  return facts.pod?.containers.find(
    (c) => c.restartsAllContainers === true && c.name !== facts.container?.name,
  )?.name;
}

/** No other decision of the kubelet is told in this one word (pkg/kubelet/kuberuntime, 1.36). */
function ofVanishedPod(facts: DeathFacts): Assessment | undefined {
  const decision = facts.killDecisions.find((d) => d.decision === 'restart-all');
  if (decision === undefined) return undefined;
  return found(
    0.85,
    `The kubelet restarted ${nameOf(facts)} together with the whole pod, as a restart rule of one of its containers asks.`,
    [fromDecision(decision)],
  );
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind === 'trace') return ofVanishedPod(facts);
  if (facts.subject.kind !== 'container') return undefined;
  const placeholder = facts.termination?.reason === 'RestartingAllContainers';
  const condition = facts.pod?.conditions.find(
    (c) => c.type === 'AllContainersRestarting' && c.status === 'True',
  );
  const decision = facts.killDecisions.find((d) => d.decision === 'restart-all');
  const ruled = facts.pod?.containers.some((c) => c.restartsAllContainers === true) ?? false;
  if (!placeholder && condition === undefined && !(decision !== undefined && ruled)) return undefined;
  // The container that set the rule off died of its own cause.
  if (!placeholder && facts.container?.restartsAllContainers === true && facts.termination?.exitCode !== 137)
    return undefined;
  const by = trigger(facts);
  const whose = by === undefined ? 'a container of the pod' : `container ${by}`;
  const code = placeholder ? '; the exit code is a placeholder that the kubelet wrote' : '';
  return found(
    0.99,
    `The kubelet restarted ${nameOf(facts)} together with the whole pod: ${whose} ended and its restart rule asks for that${code}.`,
    present([
      placeholder
        ? podStatement(facts, `reason RestartingAllContainers: ${facts.termination?.message ?? ''}`)
        : undefined,
      condition === undefined
        ? undefined
        : pro('pod condition', 'AllContainersRestarting is True', { atMs: condition.lastTransitionAtMs }),
      decision === undefined ? undefined : fromDecision(decision),
    ]),
  );
}

/** L13: a `RestartAllContainers` rule (KEP-5532, 1.35 alpha, on since 1.36); no preStop, grace 0 raised to 2 s. */
export const restartAllContainers: Cause = {
  code: 'L13',
  id: 'restart-all-containers',
  title: 'all containers restarted by a rule',
  sender: 'kubelet',
  memory: 'none',
  rank: RANK.decision - 1,
  needs: ['pod', 'pod-events'],
  assess,
};
