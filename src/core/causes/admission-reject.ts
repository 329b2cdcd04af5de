import type { DeathFacts } from '../facts/types.ts';
import { parseAdmissionReject } from '../parse/admission.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { podStatement } from './pod-end.ts';
import { found } from './say.ts';

export function isRejected(facts: DeathFacts): boolean {
  const { pod } = facts;
  const ran =
    pod?.containers.some(
      (c) => c.status?.state?.kind === 'terminated' || c.status?.state?.kind === 'running',
    ) ?? false;
  return !ran && parseAdmissionReject(pod?.statusMessage ?? '', pod?.statusReason) !== undefined;
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.subject.kind !== 'pod' || !isRejected(facts)) return undefined;
  const memory = /memory/i.test(`${facts.pod?.statusReason ?? ''} ${facts.pod?.statusMessage ?? ''}`);
  return found(
    0.99,
    `The kubelet refused the pod${memory ? ' for lack of memory' : ''}; nothing ran, so nothing was killed.`,
    [podStatement(facts, `reason ${facts.pod?.statusReason ?? ''}: ${facts.pod?.statusMessage ?? ''}`)],
  );
}

/** reject: refused at admission by the kubelet; no container ever ran. */
export const admissionReject: Cause = {
  code: 'reject',
  id: 'admission-reject',
  title: 'refused at admission',
  sender: 'nobody',
  memory: 'none',
  rank: RANK.refused,
  needs: ['pod'],
  assess,
};
