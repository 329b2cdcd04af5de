/** Runs every cause over the facts, and picks the one that names the death. The only place that compares causes. */
import { CERTAIN_FROM, LIKELY_FROM, POSSIBLE_FROM, RANK } from '../causes/cause.ts';
import type { Assessment, Cause } from '../causes/cause.ts';
import { CAUSES } from '../causes/index.ts';
import { isSandboxed } from '../causes/read.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { EvidenceKind } from '../model/bundle.ts';
import type { Confidence, DeathCode, Standing } from '../model/diagnosis.ts';

export interface Finding {
  readonly cause: Cause;
  readonly code: DeathCode;
  readonly assessment: Assessment;
  readonly weight: number;
}

/** In a sandboxed runtime the kernel's and the runtime's signs are worth less (docs/causes/X5.md). */
const SANDBOX_DISCOUNT = 0.2;
/** Two possible explanations this close together are told as ambiguous. */
const TOO_CLOSE = 0.1;

/** Which kinds of evidence this death has at all. */
function kindsPresent(facts: DeathFacts): ReadonlySet<EvidenceKind> {
  const kinds: readonly (readonly [EvidenceKind, boolean])[] = [
    ['pod', facts.pod !== undefined],
    ['pod-events', facts.podEvents.length > 0],
    ['node', facts.node !== undefined],
    ['node-events', facts.nodeEvents.length > 0],
    ['owner-events', facts.ownerEvents.length > 0],
    ['workload', facts.owners.length > 0],
    ['kernel-log', facts.kernelKills.length + facts.podKernelKills.length + facts.nodeKernelKills.length > 0],
    ['node-log', facts.nodeLog.length > 0],
    ['cgroup', facts.cgroups.length > 0],
    ['usage', facts.samples.length > 0],
    ['container-log', facts.logTail !== undefined],
  ];
  return new Set(kinds.flatMap(([kind, there]) => (there ? [kind] : [])));
}

export function weigh(facts: DeathFacts): readonly Finding[] {
  const present = kindsPresent(facts);
  const sandboxed = isSandboxed(facts);
  return CAUSES.flatMap((cause) => {
    if (!cause.needs.some((kind) => present.has(kind))) return [];
    const assessment = cause.assess(facts);
    if (assessment === undefined) return [];
    const discount = sandboxed && cause.rank >= RANK.kernel && cause.code !== 'X5' ? SANDBOX_DISCOUNT : 0;
    const weight = Math.max(0, assessment.weight - discount);
    return [{ cause, code: assessment.code ?? cause.code, assessment, weight }];
  });
}

export function confidenceOf(weight: number): Confidence | undefined {
  if (weight >= CERTAIN_FROM) return 'certain';
  if (weight >= LIKELY_FROM) return 'likely';
  return weight >= POSSIBLE_FROM ? 'possible' : undefined;
}

export function standingOf(weight: number): Standing {
  if (weight >= CERTAIN_FROM) return 'proven';
  if (weight >= LIKELY_FROM) return 'supported';
  return weight > 0 ? 'possible' : 'contradicted';
}

export type Choice =
  | { readonly kind: 'named'; readonly finding: Finding; readonly confidence: Confidence }
  | { readonly kind: 'ambiguous'; readonly findings: readonly Finding[] }
  | { readonly kind: 'open' };

/** The strongest band that any finding reaches; within it the lowest rank names the death. */
export function choose(findings: readonly Finding[]): Choice {
  for (const band of ['certain', 'likely', 'possible'] as const) {
    const inBand = findings.filter(({ weight }) => confidenceOf(weight) === band);
    const best = inBand.toSorted((a, b) => a.cause.rank - b.cause.rank || b.weight - a.weight)[0];
    if (best === undefined) continue;
    if (band !== 'possible') return { kind: 'named', finding: best, confidence: band };
    const top = inBand.toSorted((a, b) => b.weight - a.weight)[0] ?? best;
    const rivals = inBand.filter((other) => other !== top && top.weight - other.weight < TOO_CLOSE);
    if (rivals.length > 0) return { kind: 'ambiguous', findings: [top, ...rivals] };
    return { kind: 'named', finding: top, confidence: band };
  }
  return { kind: 'open' };
}
