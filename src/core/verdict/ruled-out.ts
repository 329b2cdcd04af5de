/** The tempting explanations that lost, each with what speaks against it. */
import { causeOf } from '../causes/index.ts';
import { endedWithPod, isSigkill, oomHitContainer, peakRatio, saysOomKilled } from '../causes/read.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Candidate, DeathCode } from '../model/diagnosis.ts';
import { formatBytes } from '../text/amounts.ts';
import { standingOf } from './weigh.ts';
import type { Finding } from './weigh.ts';

/** What people reach for first when they see 137. */
const TEMPTING: readonly DeathCode[] = ['K1', 'L4', 'L7', 'L1', 'K6'];

type Reasons = readonly string[];

function againstMemory(facts: DeathFacts): Reasons {
  const ratio = peakRatio(facts);
  const { peakBytes, termination, limitBytes } = facts;
  const reason = termination?.reason;
  return [
    ...(oomHitContainer(facts) || reason === undefined
      ? []
      : [
          `the reason is ${reason}, not OOMKilled${(ratio ?? 0) < 0.9 ? ', and nothing else speaks for it' : ''}`,
        ]),
    ...(facts.kernelLogCovers && facts.kernelKills.length === 0
      ? ['the kernel log of that time reports no OOM kill of this container']
      : []),
    ...(ratio !== undefined && ratio < 0.9 && peakBytes !== undefined && typeof limitBytes === 'number'
      ? [`its highest reading was ${formatBytes(peakBytes)} of ${formatBytes(limitBytes)}`]
      : []),
    ...(limitBytes === 'unlimited' ? ['it has no memory limit'] : []),
  ];
}

function againstLiveness(facts: DeathFacts): Reasons {
  if (
    facts.container !== undefined &&
    facts.container.livenessProbe === undefined &&
    facts.pod?.origin === 'api'
  ) {
    return ['it has no liveness probe'];
  }
  if (facts.eventsCoverWindow !== 'yes') return [];
  return facts.killDecisions.some((d) => d.decision === 'liveness')
    ? []
    : ['no Killing event in the events of that time'];
}

function againstStop(facts: DeathFacts): Reasons {
  const { subject, pod } = facts;
  if (subject.kind === 'container' && subject.which === 'lastState' && pod?.phase === 'Running') {
    return pod.deletionAtMs === undefined ? ['the pod was not being deleted; it runs on'] : [];
  }
  return facts.eventsCoverWindow === 'yes' &&
    pod?.deletionAtMs === undefined &&
    facts.killDecisions.length === 0
    ? ['no stop in the events of that time, and the pod is not being deleted']
    : [];
}

function againstEviction(facts: DeathFacts): Reasons {
  if (facts.pod === undefined || facts.pod.origin === 'docker') return [];
  return facts.eviction === undefined && facts.pod.statusReason !== 'Evicted'
    ? ['the pod was not evicted']
    : [];
}

function againstNode(facts: DeathFacts): Reasons {
  const own = facts.kernelKills.find((kill) => kill.scope === 'memcg');
  if (own !== undefined) return ['the kernel names a cgroup limit, not the whole node'];
  return facts.kernelLogCovers && facts.kernelKills.length === 0
    ? ['the kernel log of that time reports no OOM of the node']
    : [];
}

function reasonsAgainst(code: DeathCode, facts: DeathFacts): Reasons {
  switch (code) {
    case 'K1':
      return againstMemory(facts);
    case 'L4':
      return againstLiveness(facts);
    case 'L7':
      return againstStop(facts);
    case 'L1':
      return againstEviction(facts);
    case 'K6':
      return againstNode(facts);
    default:
      return [];
  }
}

/** A flag that lost against a decision is not refuted by the flag's own presence. */
function isStillTrue(code: DeathCode, facts: DeathFacts): boolean {
  return code === 'K1' && saysOomKilled(facts) && !endedWithPod(facts);
}

export function ruledOut(
  facts: DeathFacts,
  findings: readonly Finding[],
  chosen: readonly DeathCode[],
): readonly Candidate[] {
  if (!isSigkill(facts) && !saysOomKilled(facts)) return [];
  return TEMPTING.filter((code) => !chosen.includes(code)).flatMap((code) => {
    const finding = findings.find((f) => f.code === code);
    const said = finding?.assessment.against.map((statement) => statement.text) ?? [];
    const reasons = [...new Set([...said, ...reasonsAgainst(code, facts)])];
    if (reasons.length === 0 || (isStillTrue(code, facts) && said.length === 0)) return [];
    const { id, title } = causeOf(code);
    return [
      { code, cause: id, title, standing: standingOf(finding?.weight ?? 0), reason: reasons.join('; ') },
    ];
  });
}
