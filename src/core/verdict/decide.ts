/** Facts of one death -> its verdict, with the evidence for it, what lost and what was not seen. */
import type { Statement } from '../causes/cause.ts';
import { causeOf } from '../causes/index.ts';
import { endingKill, isSigkill, oomHitContainer } from '../causes/read.ts';
import { levelText, nameOf } from '../causes/say.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { EvidenceGap } from '../model/bundle.ts';
import type { Candidate, Confidence, DeathCode, EvidenceStatement, Verdict } from '../model/diagnosis.ts';
import { formatBytes, formatInstant } from '../text/amounts.ts';
import { beside } from './beside.ts';
import { candidatesOf } from './candidates.ts';
import { living } from './living.ts';
import { ruledOut } from './ruled-out.ts';
import { unseen } from './unseen.ts';
import { choose, weigh } from './weigh.ts';
import type { Finding } from './weigh.ts';

export interface Decision {
  readonly verdict: Verdict;
  readonly evidence: readonly EvidenceStatement[];
  readonly ruledOut: readonly Candidate[];
  readonly beside: readonly string[];
  readonly unseen: readonly EvidenceGap[];
}

/** Gives statements their ids and the code they speak for. */
function numbered(
  parts: readonly { readonly code: DeathCode; readonly statements: readonly Statement[] }[],
): readonly EvidenceStatement[] {
  const seen = new Set<string>();
  const flat = parts.flatMap(({ code, statements }) =>
    statements.map((s) => ({ ...s, codes: s.codes.length > 0 ? s.codes : [code] })),
  );
  const unique = flat.filter(({ text }) => (seen.has(text) ? false : seen.add(text)));
  return unique.map((statement, index) => ({ id: `e${index + 1}`, ...statement }));
}

function named(
  facts: DeathFacts,
  findings: readonly Finding[],
  finding: Finding,
  confidence: Confidence,
): Decision {
  const { cause, assessment, code } = finding;
  const nothing = code === 'reject';
  const verdict: Verdict = {
    kind: nothing ? 'nothing-died' : 'identified',
    code,
    cause: cause.id,
    title: cause.title,
    ...(nothing ? {} : { confidence }),
    sender: cause.sender,
    memory: cause.memory,
    summary: sentence(assessment.summary ?? cause.title),
    candidates: [],
    ...(assessment.via === undefined || assessment.via === code ? {} : { via: assessment.via }),
  };
  return {
    verdict,
    evidence: numbered([
      { code, statements: assessment.because },
      { code, statements: assessment.against },
    ]),
    ruledOut: nothing ? [] : ruledOut(facts, findings, [code]),
    beside: beside(facts, code),
    unseen: unseen(facts, confidence),
  };
}

function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function subjectText(facts: DeathFacts): string {
  const at = facts.diedAtMs === undefined ? '' : ` at ${formatInstant(facts.diedAtMs)}`;
  const code = facts.termination?.exitCode;
  const exit =
    code === undefined ? '' : ` (exit code ${code}, reason ${facts.termination?.reason ?? 'not given'})`;
  return `${nameOf(facts)} ended${at}${exit}`;
}

/** What all candidates have in common: a container's limit or its pod's is in any case the pod's memory. */
function memoryOf(candidates: readonly Candidate[]): Verdict['memory'] {
  const kinds = new Set(candidates.map(({ code }) => causeOf(code).memory));
  const [only] = kinds;
  if (kinds.size === 1 && only !== undefined) return only;
  return [...kinds].every((kind) => kind === 'container' || kind === 'pod') && kinds.size > 0
    ? 'pod'
    : 'unknown';
}

/** The kernel's act is certain where only its level is open. */
function killedText(facts: DeathFacts): string | undefined {
  const kill = endingKill(facts);
  if (kill?.victim === undefined) return undefined;
  const at = kill.atMs === undefined ? '' : ` at ${formatInstant(kill.atMs)}`;
  const limit = kill.limitBytes === undefined ? '' : ` (${formatBytes(kill.limitBytes)})`;
  const where = facts.container === undefined ? '' : ` in ${nameOf(facts)}`;
  return `The kernel killed ${kill.victim.comm}${where}${at}: the limit of ${levelText(kill)}${limit} was hit. Which limit that is, is open`;
}

function undecided(facts: DeathFacts, findings: readonly Finding[], rivals: readonly Finding[]): Decision {
  const candidates = candidatesOf(facts, findings);
  const best = findings.filter(({ weight }) => weight >= 0.5);
  const ambiguous = rivals.length > 1 || (oomHitContainer(facts) && best.length > 1);
  const open = ambiguous
    ? candidates.filter(({ code }) => [...rivals, ...best].some((f) => f.code === code))
    : candidates;
  const names = open.map(({ title }) => title).join(', or ');
  const byKernel =
    ambiguous && open.every(({ code }) => /^K[1-6]$/.test(code)) ? killedText(facts) : undefined;
  const summary = ambiguous
    ? `${byKernel ?? `${subjectText(facts)}; the evidence fits more than one cause`}: ${names}.`
    : `${subjectText(facts)}, and the evidence does not say who ended it${isSigkill(facts) ? ': several causes fit, none is proven' : ''}.`;
  const verdict: Verdict = {
    kind: ambiguous ? 'ambiguous' : 'insufficient-evidence',
    code: ambiguous ? 'ambiguous' : 'insufficient',
    cause: ambiguous ? 'ambiguous' : 'insufficient-evidence',
    sender: ambiguous && open.every(({ code }) => code.startsWith('K')) ? 'kernel.memcg' : 'unknown',
    memory: ambiguous ? memoryOf(open) : 'unknown',
    summary: sentence(summary),
    candidates: open.length > 0 ? open : candidates,
  };
  return {
    verdict,
    evidence: numbered(
      best.map(({ code, assessment }) => ({
        code,
        statements: [...assessment.because, ...assessment.against],
      })),
    ),
    ruledOut: ruledOut(
      facts,
      findings,
      candidates.map(({ code }) => code),
    ),
    beside: [],
    unseen: unseen(facts, undefined),
  };
}

function nothingDied(facts: DeathFacts): Decision {
  const { summary, beside: notes, memory } = living(facts);
  const verdict: Verdict = {
    kind: 'nothing-died',
    code: 'none',
    cause: 'none',
    sender: 'nobody',
    memory,
    summary,
    candidates: [],
  };
  return { verdict, evidence: [], ruledOut: [], beside: notes, unseen: facts.gaps };
}

export function decide(facts: DeathFacts): Decision {
  const findings = weigh(facts);
  const choice = choose(findings);
  switch (choice.kind) {
    case 'named':
      return named(facts, findings, choice.finding, choice.confidence);
    case 'ambiguous':
      return undecided(facts, findings, choice.findings);
    case 'open':
      return facts.subject.kind === 'alive' ? nothingDied(facts) : undecided(facts, findings, []);
  }
}
