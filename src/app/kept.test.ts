import { describe, expect, it } from 'vitest';
import { CONTAINER_LIMIT } from '../../test/samples/diagnoses.ts';
import type { Diagnosis } from '../core/model/diagnosis.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';
import { joinDeaths, strengthened } from './kept.ts';

const atMs = CONTAINER_LIMIT.atMs ?? 0;

function sure(confidence: 'certain' | 'likely', over: Partial<Diagnosis> = {}): Diagnosis {
  return { ...CONTAINER_LIMIT, verdict: { ...CONTAINER_LIMIT.verdict, confidence }, ...over };
}

/** As a kernel log alone tells it. */
function echo(over: Partial<Diagnosis>): Diagnosis {
  const { exitCode: _exitCode, ...rest } = sure('certain', { id: 'kernel', ...over });
  return rest;
}

describe('joinDeaths', () => {
  it.each<[string, Diagnosis, number]>([
    ['told again by a later kernel log', echo({ atMs: atMs - SECOND_MS }), 1],
    ['a minute earlier: another one', echo({ atMs: atMs - MINUTE_MS }), 2],
    ['of another container', echo({ container: 'proxy' }), 2],
    ['of another pod', echo({ target: { ...CONTAINER_LIMIT.target, pod: 'other' } }), 2],
    ['with an exit code of its own', sure('certain', { id: 'other', atMs: atMs - SECOND_MS }), 2],
  ])('%s', (_name, kept, deaths) => {
    expect(joinDeaths([sure('likely')], [kept])).toHaveLength(deaths);
  });
});

describe('strengthened', () => {
  it.each<[string, Diagnosis, Diagnosis, string]>([
    ['what was kept proves more', sure('likely'), sure('certain'), 'certain'],
    ['the cluster proves more', sure('certain'), sure('likely'), 'certain'],
    ['another death was kept', sure('likely'), sure('certain', { id: 'older' }), 'likely'],
  ])('%s', (_name, live, kept, confidence) => {
    expect(strengthened([live], [kept]).map(({ verdict }) => verdict)).toMatchObject([{ confidence }]);
  });
});
