import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvidenceBundle } from '../../src/core/model/bundle.ts';
import { CAUSE_CODES } from '../../src/core/model/diagnosis.ts';
import type { Diagnosis } from '../../src/core/model/diagnosis.ts';
import { caseFolders, filesOf } from './build.ts';
import type { Expected } from './golden.ts';
import { faultsOf, judge, loadCase } from './judge.ts';
import { goldenCases } from './sources/index.ts';

describe('golden deaths', () => {
  it.each(caseFolders())('%s', (name) => {
    const { answer, faults } = judge(loadCase(name));
    expect(faults, `${answer?.verdict.code ?? 'no answer'}: ${answer?.verdict.summary ?? ''}`).toEqual([]);
  });
});

/** One kind of evidence taken away together with what says how far it reached. */
const DROPS: Readonly<Record<string, (bundle: EvidenceBundle) => Partial<EvidenceBundle>>> = {
  'the kernel log': (bundle) => ({
    kernelKills: [],
    logCoverage: bundle.logCoverage.filter((one) => one.log !== 'kernel'),
  }),
  events: () => ({ events: [], eventCoverage: [] }),
  journals: (bundle) => ({
    nodeLog: [],
    logCoverage: bundle.logCoverage.filter((one) => one.log === 'kernel'),
  }),
  readings: () => ({ samples: [], cgroups: [], nodeSamples: [] }),
  nodes: () => ({ nodes: [] }),
  workloads: () => ({ workloads: [] }),
  'container logs': () => ({ logTails: [] }),
  'everything but the pods': () => ({
    kernelKills: [],
    logCoverage: [],
    events: [],
    eventCoverage: [],
    nodeLog: [],
    samples: [],
    cgroups: [],
    nodeSamples: [],
    nodes: [],
    workloads: [],
    logTails: [],
  }),
};

describe('less evidence never makes sure of something else', () => {
  it.each(Object.keys(DROPS))('without %s', (what) => {
    const wrong = caseFolders().flatMap((name) => {
      const full = loadCase(name);
      const accepted: readonly string[] = [full.expected.code].flat();
      const before = judge(full).answer?.verdict;
      const bundle = { ...full.bundle, ...DROPS[what]?.(full.bundle) };
      const verdict = judge({ ...full, bundle }).answer?.verdict;
      // The same answer is no new one, and where nobody can be named any more, the mechanism names the death.
      const known: readonly unknown[] = [...accepted, before?.code, before?.via];
      const fine = verdict?.confidence !== 'certain' || known.includes(verdict.code);
      return fine ? [] : [`${name}: ${verdict.code}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe('the case folders', () => {
  it('are what the sources say (node test/cases/build.ts)', () => {
    expect(caseFolders()).toEqual(goldenCases.map((one) => one.name).toSorted());
    for (const one of goldenCases) {
      const folder = join(import.meta.dirname, one.name);
      const files = filesOf(one);
      expect(readdirSync(folder).toSorted(), one.name).toEqual(Object.keys(files).toSorted());
      for (const [file, text] of Object.entries(files))
        expect(readFileSync(join(folder, file), 'utf8'), `${one.name}/${file}`).toBe(text);
    }
  });

  it('have a case for every cause', () => {
    const covered = new Set(goldenCases.flatMap((one) => one.expected.code));
    expect(CAUSE_CODES.filter((code) => !covered.has(code))).toEqual([]);
  });
});

describe('the comparison', () => {
  const answer: Diagnosis = {
    id: 'x',
    target: { namespace: 'shop', pod: 'a' },
    verdict: {
      kind: 'insufficient-evidence',
      code: 'insufficient',
      cause: 'insufficient-evidence',
      sender: 'unknown',
      memory: 'unknown',
      summary: 'It may have been an outside kill.',
      candidates: [{ code: 'X4', cause: 'outside-kill', title: '', standing: 'possible', reason: '' }],
    },
    evidence: [],
    ruledOut: [],
    beside: [],
    unseen: [],
    nextEvidence: [],
    actions: [{ kind: 'stop-gap', text: 'Raise the limit.' }],
    impact: { risks: [] },
    details: [],
  };
  const label: Expected = { kind: 'insufficient-evidence', code: 'insufficient' };
  it.each([
    ['a matching answer', label, []],
    [
      'a wrong kind and code',
      { kind: 'identified', code: 'K1' },
      ['kind insufficient-evidence, expected identified', 'code insufficient, expected K1'],
    ],
    ['forbidden advice', { ...label, mustNotSay: ['raise the limit'] }, ['says /raise the limit/']],
    ['missing words', { ...label, mustSay: ['retention'] }, ['does not say /retention/']],
    [
      'a missing candidate',
      { ...label, candidates: ['X4', 'K1|K2'] },
      ['candidate K1|K2 is missing from [X4]'],
    ],
    [
      'a contradicted candidate',
      { ...label, notCandidates: ['X4'] },
      ['candidate X4 is contradicted, yet in [X4]'],
    ],
    ['a missing mechanism', { ...label, via: 'L7' }, ['via nothing, expected L7']],
  ] satisfies readonly (readonly [string, Expected, readonly string[]])[])(
    'reports %s',
    (_name, expected, faults) => {
      expect(faultsOf(answer, expected)).toEqual(faults);
    },
  );
  it('reports an identified answer that is too sure', () => {
    const sure: Diagnosis = {
      ...answer,
      verdict: { ...answer.verdict, kind: 'identified', code: 'X4', confidence: 'certain' },
    };
    expect(faultsOf(sure, { kind: 'identified', code: 'X4', confidence: 'possible' })).toEqual([
      'confidence certain, expected possible',
    ]);
  });
});
