/** What remains where no cause can be named, most probable first, and what would decide it. */
import { causeOf } from '../causes/index.ts';
import { isSandboxed, isSigkill, isWindows, oomHitContainer, SIGTERM_EXIT } from '../causes/read.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Candidate, DeathCode } from '../model/diagnosis.ts';
import { standingOf } from './weigh.ts';
import type { Finding } from './weigh.ts';

/** Never more: a list of everything helps nobody. */
export const MOST_CANDIDATES = 4;

/**
 * Where 137/Error is all there is: starting values for what such deaths turn out to be (docs/verdicts.md). A stop is
 * only possible where the pod was really ending; in a pod that lives on, a probe is.
 */
function priors(facts: DeathFacts): ReadonlyMap<DeathCode, number> {
  const { container, subject, pod } = facts;
  const livesOn =
    subject.kind === 'container' && subject.which === 'lastState' && pod?.deletionAtMs === undefined;
  const hasLimit = facts.limitBytes !== 'unlimited';
  // Where the events of that time are there, a kill by the kubelet would show.
  const silent = facts.eventsCoverWindow === 'yes' && facts.killDecisions.length === 0;
  const probe: readonly (readonly [DeathCode, number])[] = [
    ...(silent || container?.livenessProbe === undefined ? [] : [['L4', 0.45] as const]),
    ...(silent || container?.startupProbe === undefined ? [] : [['L5', 0.3] as const]),
    ...(silent || container?.postStart === undefined ? [] : [['L6', 0.22] as const]),
  ];
  const stop: readonly (readonly [DeathCode, number])[] =
    livesOn || (silent && pod?.deletionAtMs === undefined)
      ? []
      : [['L7', probe.length > 0 ? 0.4 : 0.45] as const];
  const memory: DeathCode = hasLimit ? 'K1' : 'K6';
  const sandbox: readonly (readonly [DeathCode, number])[] = isSandboxed(facts) ? [['X5', 0.4] as const] : [];
  const windows: readonly (readonly [DeathCode, number])[] = isWindows(facts)
    ? [['W1', 0.5] as const]
    : [[memory, 0.25] as const];
  return new Map<DeathCode, number>([
    ...probe,
    ...stop,
    ...windows,
    ...sandbox,
    ['X4', 0.2],
    ...(livesOn && !silent ? [['L12', 0.09] as const] : []),
    // A node in trouble shows in events; where those were read, daemons that leave none come before it.
    ['X3', silent ? 0.04 : 0.1],
    ['X1', 0.08],
    ['X2', 0.05],
  ]);
}

/** SIGTERM obeyed in a pod that lives on, without the events of that time: a probe's kill looks just so. */
function obeyed(facts: DeathFacts): readonly (readonly [DeathCode, number])[] {
  const { subject, termination, container, pod } = facts;
  if (subject.kind !== 'container' || facts.eventsCoverWindow === 'yes') return [];
  if (termination?.exitCode !== SIGTERM_EXIT && termination?.exitCode !== 0) return [];
  if (subject.which !== 'lastState' || pod?.deletionAtMs !== undefined) return [];
  return [
    ...(container?.livenessProbe === undefined ? [] : [['L4', 0.45] as const]),
    ...(container?.startupProbe === undefined ? [] : [['L5', 0.3] as const]),
    ...(container?.postStart === undefined ? [] : [['L6', 0.3] as const]),
    ['L12', 0.1],
  ];
}

/** A pod that is gone and left nothing that tells its end. */
function vanished({ subject }: DeathFacts): readonly (readonly [DeathCode, number])[] {
  if (subject.kind !== 'trace' && subject.kind !== 'pod') return [];
  return [
    ['P1', 0.3],
    ['P3', 0.25],
    ['L7', 0.2],
    ['L10', 0.1],
  ];
}

const DECIDED_BY: Readonly<Partial<Record<string, string>>> = {
  K1: "decided by the kernel log of the node, or by readings of the container's memory right before",
  K4: "decided by the container's own memory readings beside the pod's",
  K5: 'decided by the kernel log of the node',
  K6: 'decided by the kernel log of the node',
  L4: 'decided by a Killing event or the kubelet journal of that time',
  L5: 'decided by a Killing event or the kubelet journal of that time',
  L6: 'decided by a Killing event or the kubelet journal of that time',
  L10: 'decided by events of the node',
  L12: 'decided by a Killing event or the kubelet journal of that time',
  P1: "decided by the events of the pod's owner or the audit log",
  P3: 'decided by the events of that time or the audit log',
  L7: 'decided by a Killing event, the deletion of the pod, or the kubelet journal of that time',
  X1: 'decided by the journal of systemd-oomd',
  X2: "decided by the memory daemon's journal",
  X3: "decided by the runtime's journal and the node's events",
  X4: 'remains only when the kernel log and the journals of that time show nothing',
  X5: 'decided by the log of the sandbox',
};

function candidateOf(code: DeathCode, weight: number, finding: Finding | undefined): Candidate {
  const { id, title } = causeOf(code);
  const said = finding?.assessment.because[0]?.text;
  const decided = DECIDED_BY[code] ?? 'further evidence would decide it';
  return {
    code,
    cause: id,
    title,
    standing: standingOf(Math.min(weight, 0.59)),
    reason: said === undefined ? decided : `${said}; ${decided}`,
  };
}

export function candidatesOf(facts: DeathFacts, findings: readonly Finding[]): readonly Candidate[] {
  const weights = new Map<DeathCode, number>();
  const excluded = new Set(findings.filter(({ weight }) => weight === 0).map(({ code }) => code));
  const open = isSigkill(facts) && !oomHitContainer(facts);
  for (const [code, weight] of open ? priors(facts) : []) weights.set(code, weight);
  for (const [code, weight] of obeyed(facts)) weights.set(code, weight);
  for (const [code, weight] of vanished(facts)) weights.set(code, weight);
  for (const { code, weight } of findings) {
    if (weight > 0) weights.set(code, Math.max(weight, weights.get(code) ?? 0));
  }
  return [...weights]
    .filter(([code]) => !excluded.has(code))
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_CANDIDATES)
    .map(([code, weight]) =>
      candidateOf(
        code,
        weight,
        findings.find((finding) => finding.code === code),
      ),
    );
}
