import { describe, expect, it } from 'vitest';
import { DIED_AT_MS, makeDeath } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Confidence } from '../model/diagnosis.ts';
import { unseen } from './unseen.ts';

const error = { exitCode: 137, reason: 'Error', finishedAtMs: DIED_AT_MS };
const gap = { id: 'g', kind: 'kernel-log', what: 'kernel log of node n1', cost: 'refused' } as const;

describe('unseen', () => {
  it.each<{ name: string; facts: DeathFacts; confidence?: Confidence; kinds: readonly string[] }>([
    {
      name: '137 with Error: logs and events',
      facts: makeDeath({ termination: error }),
      kinds: ['kernel-log', 'pod-events'],
    },
    {
      name: 'OOMKilled: readings too',
      facts: makeDeath(),
      confidence: 'likely',
      kinds: ['kernel-log', 'pod-events', 'usage'],
    },
    { name: 'certain: nothing would change it', facts: makeDeath(), confidence: 'certain', kinds: [] },
    {
      name: 'certain, and collection failed at something',
      facts: makeDeath({ gaps: [gap] }),
      confidence: 'certain',
      kinds: ['kernel-log'],
    },
    {
      name: 'what collection told is not told again',
      facts: makeDeath({ termination: error, gaps: [gap] }),
      kinds: ['pod-events', 'kernel-log'],
    },
    {
      name: 'everything read',
      facts: makeDeath({ termination: error, kernelLogCovers: true, eventsCoverWindow: 'yes' }),
      kinds: [],
    },
    {
      name: 'an ordinary exit asks for nothing',
      facts: makeDeath({ termination: { exitCode: 1, reason: 'Error' } }),
      kinds: [],
    },
  ])('$name', ({ facts, confidence, kinds }) => {
    expect(unseen(facts, confidence).map(({ kind }) => kind)).toEqual(kinds);
  });
});
