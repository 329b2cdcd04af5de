/** Runs a golden case and compares the answer with its label. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvidenceBundle } from '../../src/core/model/bundle.ts';
import type { Diagnosis, DiagnosisReport } from '../../src/core/model/diagnosis.ts';
import { diagnoseBundle } from '../../src/core/diagnose.ts';
import type { Expected } from './golden.ts';

const here = import.meta.dirname;

export interface LoadedCase {
  readonly name: string;
  readonly bundle: EvidenceBundle;
  readonly expected: Expected;
}

/** Reads the files of one folder, as a stranger would. */
export function loadCase(name: string): LoadedCase {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(here, name, file), 'utf8'));
  return { name, bundle: read('bundle.json') as EvidenceBundle, expected: read('expected.json') as Expected };
}

export interface Judged {
  readonly name: string;
  /** The preferred label: its first code. */
  readonly expectedCode: string;
  /** Absent = the report held no diagnosis of the selected object. */
  readonly answer?: Diagnosis;
  /** Empty = the answer is right. */
  readonly faults: readonly string[];
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function pick(report: DiagnosisReport, expected: Expected): Diagnosis | undefined {
  const { select } = expected;
  if (select === undefined) return report.items[0];
  const ofPod = report.items.filter(
    (item) =>
      item.target.pod === select.pod &&
      (select.namespace === undefined || item.target.namespace === select.namespace),
  );
  if (select.container === undefined) return ofPod[0];
  return ofPod.find((item) => item.container === select.container);
}

function patternFaults(answer: Diagnosis, expected: Expected): string[] {
  const advice = [
    answer.verdict.summary,
    ...answer.actions.flatMap((action) => [action.text, action.command ?? '']),
  ].join('\n');
  const everything = JSON.stringify(answer);
  const forbidden = (expected.mustNotSay ?? []).filter((pattern) => new RegExp(pattern, 'i').test(advice));
  const missing = (expected.mustSay ?? []).filter((pattern) => !new RegExp(pattern, 'i').test(everything));
  const claimed = (expected.mustNotClaim ?? []).filter((pattern) =>
    new RegExp(pattern, 'i').test(everything),
  );
  const unsaid = (expected.summarySays ?? []).filter(
    (pattern) => !new RegExp(pattern, 'i').test(answer.verdict.summary),
  );
  return [
    ...forbidden.map((pattern) => `says /${pattern}/`),
    ...claimed.map((pattern) => `claims /${pattern}/`),
    ...unsaid.map((pattern) => `summary does not say /${pattern}/`),
    ...missing.map((pattern) => `does not say /${pattern}/`),
  ];
}

function candidateFaults(answer: Diagnosis, expected: Expected): string[] {
  const { verdict } = answer;
  if (verdict.kind === 'identified' || verdict.kind === 'nothing-died') return [];
  const codes: readonly string[] = verdict.candidates.map((one) => one.code);
  const shown = codes.join(', ');
  const absent = (expected.candidates ?? []).filter(
    (wanted) => !wanted.split('|').some((code) => codes.includes(code)),
  );
  const wrong = (expected.notCandidates ?? []).filter((code) => codes.includes(code));
  return [
    ...absent.map((code) => `candidate ${code} is missing from [${shown}]`),
    ...wrong.map((code) => `candidate ${code} is contradicted, yet in [${shown}]`),
    ...(codes.length > 4 ? [`${codes.length} candidates, at most 4 may be shown`] : []),
  ];
}

/** What is wrong with the answer, in words; empty = nothing. */
export function faultsOf(answer: Diagnosis | undefined, expected: Expected): readonly string[] {
  if (answer === undefined) return ['no diagnosis of the selected object'];
  const { verdict } = answer;
  const confidences = expected.confidence === undefined ? undefined : listOf(expected.confidence);
  const sure =
    verdict.kind !== 'identified' ||
    confidences === undefined ||
    (verdict.confidence !== undefined && confidences.includes(verdict.confidence));
  return [
    ...(listOf(expected.kind).includes(verdict.kind)
      ? []
      : [`kind ${verdict.kind}, expected ${listOf(expected.kind).join(' or ')}`]),
    ...(listOf(expected.code).includes(verdict.code)
      ? []
      : [`code ${verdict.code}, expected ${listOf(expected.code).join(' or ')}`]),
    ...(sure ? [] : [`confidence ${verdict.confidence ?? 'none'}, expected ${confidences.join(' or ')}`]),
    ...(expected.via === undefined || verdict.via === expected.via
      ? []
      : [`via ${verdict.via ?? 'nothing'}, expected ${expected.via}`]),
    ...candidateFaults(answer, expected),
    ...patternFaults(answer, expected),
  ];
}

export function judge(loaded: LoadedCase): Judged {
  const { name, bundle, expected } = loaded;
  const { select } = expected;
  const selection =
    select === undefined
      ? ({ kind: 'newest' } as const)
      : ({
          kind: 'object',
          objectKind: 'Pod',
          name: select.pod,
          ...(select.namespace === undefined ? {} : { namespace: select.namespace }),
          ...(select.container === undefined ? {} : { container: select.container }),
        } as const);
  const answer = pick(diagnoseBundle(bundle, selection), expected);
  const [expectedCode = 'none'] = listOf(expected.code);
  return {
    name,
    expectedCode,
    ...(answer === undefined ? {} : { answer }),
    faults: faultsOf(answer, expected),
  };
}
