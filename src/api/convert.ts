/** From the core's types to the wire: instants as text, names as documented, nothing added and nothing judged. */
import type { KillGroup } from '../core/kills.ts';
import type {
  Candidate,
  Diagnosis,
  DiagnosisReport,
  Impact,
  RevisionChange,
  Verdict,
} from '../core/model/diagnosis.ts';
import { envelope, instant, toWireGap, without } from './envelope.ts';
import { toWireMemory } from './memory-convert.ts';
import type {
  WireCandidate,
  WireChanged,
  WireDeath,
  WireDiagnosis,
  WireDiagnosisList,
  WireImpact,
  WireKillGroup,
  WireKillList,
  WireVerdict,
} from './wire.ts';

/** Undecided verdicts name at most this many candidates on the wire. */
const MOST_CANDIDATES = 4;

export function toWireList(report: DiagnosisReport): WireDiagnosisList {
  return envelope('DiagnosisList', report, report.items.map(toWireDiagnosis));
}

export function toWireKills(report: DiagnosisReport, groups: readonly KillGroup[]): WireKillList {
  return envelope('KillList', report, groups.map(toWireGroup));
}

export function toWireDiagnosis(diagnosis: Diagnosis): WireDiagnosis {
  const { changed, startedAtMs, atMs, verdict, memory } = diagnosis;
  const plain = without(
    diagnosis,
    'atMs',
    'startedAtMs',
    'verdict',
    'changed',
    'details',
    'memory',
    'memoryLine',
    'evidence',
    'ruledOut',
    'unseen',
    'impact',
    'id',
    'target',
  );
  return {
    id: diagnosis.id,
    ...instant('at', atMs),
    target: diagnosis.target,
    ...plain,
    sender: verdict.sender,
    verdict: toWireVerdict(verdict),
    evidence: diagnosis.evidence.map((statement) => ({
      ...without(statement, 'atMs', 'codes', 'records'),
      supports: statement.codes,
      ...instant('at', statement.atMs),
    })),
    ruledOut: diagnosis.ruledOut.map(toWireCandidate),
    unseen: diagnosis.unseen.map(toWireGap),
    impact: toWireImpact(diagnosis.impact),
    ...(changed === undefined ? {} : { changed: toWireChanged(changed) }),
    ...(memory === undefined ? {} : { memory: toWireMemory(memory) }),
    ...instant('startedAt', startedAtMs),
  };
}

function toWireVerdict(verdict: Verdict): WireVerdict {
  const { kind, code, cause, title, confidence, via, memory, summary } = verdict;
  return {
    kind,
    code,
    cause,
    ...(title === undefined ? {} : { title }),
    ...(confidence === undefined || kind !== 'identified' ? {} : { confidence }),
    ...(via === undefined ? {} : { via }),
    memory,
    summary,
    candidates: verdict.candidates.slice(0, MOST_CANDIDATES).map(toWireCandidate),
  };
}

function toWireCandidate({ code, cause, title, reason }: Candidate): WireCandidate {
  return { code, cause, title, reason };
}

function toWireImpact(impact: Impact): WireImpact {
  const down = impact.downMs === undefined ? {} : { downSeconds: impact.downMs / 1000 };
  return { ...without(impact, 'downMs'), ...down };
}

function toWireChanged(changed: RevisionChange): WireChanged {
  return { ...without(changed, 'atMs'), ...instant('at', changed.atMs) };
}

function toWireGroup(group: KillGroup): WireKillGroup {
  return {
    target: group.target,
    ...(group.container === undefined ? {} : { container: group.container }),
    verdict: toWireVerdict(group.verdict),
    count: group.count,
    ...instant('firstAt', group.firstAtMs),
    ...instant('lastAt', group.lastAtMs),
    deaths: group.deaths.map(toWireDeath),
  };
}

function toWireDeath(diagnosis: Diagnosis): WireDeath {
  const { exitCode, reason, container } = diagnosis;
  const { kind, code, cause, confidence, summary } = toWireVerdict(diagnosis.verdict);
  return {
    id: diagnosis.id,
    ...instant('at', diagnosis.atMs),
    target: diagnosis.target,
    ...(container === undefined ? {} : { container }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(reason === undefined ? {} : { reason }),
    verdict: { kind, code, cause, ...(confidence === undefined ? {} : { confidence }), summary },
  };
}
