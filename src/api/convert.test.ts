import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { ALIVE, CONTAINER_LIMIT, reportOf, UNDECIDED } from '../../test/samples/diagnoses.ts';
import { groupKills } from '../core/kills.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import { toWireDiagnosis, toWireKills, toWireList } from './convert.ts';

const schema: object = JSON.parse(
  readFileSync(new URL('../../docs/format/v1.schema.json', import.meta.url), 'utf8'),
);
const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema);

function faults(value: unknown): unknown {
  validate(JSON.parse(JSON.stringify(value)));
  return validate.errors ?? [];
}

describe('the schema', () => {
  it.each([
    ['an identified death with every field', toWireList(reportOf(CONTAINER_LIMIT))],
    ['an undecided death', toWireList(reportOf(UNDECIDED))],
    ['nothing died', toWireList(reportOf(ALIVE))],
    [
      'a Windows status, whose code is negative',
      toWireList(
        reportOf({
          ...CONTAINER_LIMIT,
          verdict: { ...CONTAINER_LIMIT.verdict, code: 'exit--1073741819' },
        }),
      ),
    ],
    ['an empty answer', toWireList(reportOf())],
    ['a kill list', toWireKills(reportOf(), groupKills([CONTAINER_LIMIT, UNDECIDED]))],
  ])('accepts %s', (_name, wire) => {
    expect(faults(wire)).toEqual([]);
  });

  it.each<[string, Partial<Diagnosis> | Record<string, unknown>]>([
    ['a field that is not documented', { surprise: 1 }],
    ['a confidence that is a number', { verdict: { ...CONTAINER_LIMIT.verdict, confidence: 0.93 } as never }],
    ['a fraction of a byte', { peakBytes: 0.5 }],
  ])('refuses %s', (_name, change) => {
    expect(faults(toWireList(reportOf({ ...CONTAINER_LIMIT, ...change })))).not.toEqual([]);
  });
});

describe('toWireDiagnosis', () => {
  const wire = toWireDiagnosis(CONTAINER_LIMIT);

  it('writes instants as RFC 3339 UTC', () => {
    expect([wire.at, wire.startedAt, wire.changed?.at, wire.evidence[0]?.at]).toEqual([
      '2025-11-20T03:07:41Z',
      '2025-11-19T17:26:41Z',
      '2025-11-17T12:32:00Z',
      '2025-11-20T03:07:40Z',
    ]);
  });

  it('keeps bytes as integers and a missing limit as a word', () => {
    expect(wire.limitBytes).toBe(536_870_912); // 512 * 2^20
    expect(toWireDiagnosis(UNDECIDED).limitBytes).toBe('unlimited');
  });

  it('names what evidence speaks for', () => {
    expect(wire.evidence[1]?.supports).toEqual(['K1', 'K4']);
  });

  it('has no confidence where nothing is identified', () => {
    const muddled = { ...UNDECIDED, verdict: { ...UNDECIDED.verdict, confidence: 'likely' as const } };
    expect(toWireDiagnosis(muddled).verdict).not.toHaveProperty('confidence');
  });

  it('names at most four candidates', () => {
    const [one] = UNDECIDED.verdict.candidates;
    if (one === undefined) throw new Error('sample without candidates');
    const many = { ...UNDECIDED, verdict: { ...UNDECIDED.verdict, candidates: [one, one, one, one, one] } };
    expect(toWireDiagnosis(many).verdict.candidates).toHaveLength(4);
  });
});
