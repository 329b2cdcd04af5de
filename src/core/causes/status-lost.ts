import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { podStatement } from './pod-end.ts';
import { found, fromEvent, fromLine, nameOf } from './say.ts';

/** What may have happened to the node: stands beside the verdict, the status stays lost. */
export function nodeTrouble(facts: DeathFacts): readonly Statement[] {
  const reasons = new Set(['Rebooted', 'NodeNotReady', 'NodeReady', 'Starting', 'RegisteredNode']);
  const events = facts.nodeEvents.filter(
    (event) => reasons.has(event.reason) && event.reason !== 'RegisteredNode' && event.reason !== 'NodeReady',
  );
  const lines = facts.nodeLog.filter(
    (record) => record.kind === 'boot' || (record.kind === 'service-started' && record.service !== 'kubelet'),
  );
  return [
    ...events.slice(0, 2).map((event) => fromEvent(event)),
    ...lines
      .slice(0, 1)
      .map((line) =>
        fromLine(line, line.kind === 'boot' ? 'the node booted' : 'the container runtime started'),
      ),
  ];
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind === 'pod' && facts.pod?.statusReason === 'NodeLost') return lostNode(facts);
  if (facts.termination?.reason !== 'ContainerStatusUnknown') return undefined;
  return found(
    0.99,
    `Nobody knows how ${nameOf(facts)} ended: the kubelet had lost it and wrote exit code 137 as a placeholder. No signal is proven.`,
    [
      podStatement(facts, `reason ContainerStatusUnknown: ${facts.termination.message ?? ''}`),
      ...nodeTrouble(facts),
    ],
  );
}

function lostNode(facts: DeathFacts): Assessment {
  return found(
    0.99,
    'The node stopped answering, so the fate of the pod is unknown; its containers may still run.',
    [podStatement(facts, `reason NodeLost: ${facts.pod?.statusMessage ?? ''}`), ...nodeTrouble(facts)],
  );
}

/** L15: the kubelet lost the container; 137 is a placeholder (k8s pkg/kubelet/status/status_manager.go, kubelet_pods.go). */
export const statusLost: Cause = {
  code: 'L15',
  id: 'status-lost',
  title: 'status lost',
  sender: 'unknown',
  memory: 'unknown',
  rank: RANK.mechanism + 4,
  needs: ['pod'],
  assess,
};
