import { describe, expect, it } from 'vitest';
import { causeOf } from '../causes/index.ts';
import type { DeathCode } from '../model/diagnosis.ts';
import { choose, confidenceOf, standingOf } from './weigh.ts';

function finding(code: DeathCode, weight: number) {
  return { cause: causeOf(code), code, weight, assessment: { weight, because: [], against: [] } };
}

// docs/verdicts.md: certain from 0.95, likely from 0.75, possible from 0.60, below that no cause is named.
describe('words', () => {
  it.each([
    [1, 'certain', 'proven'],
    [0.95, 'certain', 'proven'],
    [0.94, 'likely', 'supported'],
    [0.75, 'likely', 'supported'],
    [0.74, 'possible', 'possible'],
    [0.6, 'possible', 'possible'],
    [0.59, undefined, 'possible'],
    [0, undefined, 'contradicted'],
  ])('%d is %s, %s', (weight, confidence, standing) => {
    expect(confidenceOf(weight)).toBe(confidence);
    expect(standingOf(weight)).toBe(standing);
  });
});

// "One death, one code": who decided, probes, mechanism, the kernel's level, the rest.
describe('choose', () => {
  it.each<{ name: string; of: readonly (readonly [DeathCode, number])[]; expected: string }>([
    {
      name: 'the decision before its mechanism',
      of: [
        ['L7', 0.96],
        ['P3', 0.99],
      ],
      expected: 'P3 certain',
    },
    {
      name: 'the probe before the mechanism',
      of: [
        ['L7', 0.96],
        ['L4', 0.97],
      ],
      expected: 'L4 certain',
    },
    {
      name: 'throttling before the probe it failed',
      of: [
        ['L4', 0.97],
        ['K10', 0.95],
      ],
      expected: 'K10 certain',
    },
    {
      name: 'a resize before the limit it lowered',
      of: [
        ['K1', 0.99],
        ['K8', 0.96],
      ],
      expected: 'K8 certain',
    },
    {
      name: 'a proven kill before a suspected decision',
      of: [
        ['K1', 0.99],
        ['P1', 0.9],
      ],
      expected: 'K1 certain',
    },
    {
      name: 'the pod before the container within one band',
      of: [
        ['K1', 0.8],
        ['K4', 0.8],
      ],
      expected: 'K4 likely',
    },
    {
      name: 'the best of the possible',
      of: [
        ['K1', 0.72],
        ['X4', 0.6],
      ],
      expected: 'K1 possible',
    },
    {
      name: 'two alike: neither',
      of: [
        ['K1', 0.65],
        ['X4', 0.6],
      ],
      expected: 'ambiguous K1,X4',
    },
    {
      name: 'nothing from 0.6 up: open',
      of: [
        ['K1', 0.5],
        ['K4', 0.5],
      ],
      expected: 'open',
    },
    { name: 'nothing at all: open', of: [], expected: 'open' },
  ])('$name', ({ of, expected }) => {
    const choice = choose(of.map(([code, weight]) => finding(code, weight)));
    const text =
      choice.kind === 'named'
        ? `${choice.finding.code} ${choice.confidence}`
        : choice.kind === 'ambiguous'
          ? `ambiguous ${choice.findings.map(({ code }) => code).join(',')}`
          : 'open';
    expect(text).toBe(expected);
  });
});
