import { describe, expect, it } from 'vitest';
import { causeOf } from '../causes/index.ts';
import { DIED_AT_MS, makeContainer, makeDeath, makeFacts, makePod } from '../facts/testing.ts';
import type { DeathFacts } from '../facts/types.ts';
import { MIB } from '../units.ts';
import { MOST_CANDIDATES, candidatesOf } from './candidates.ts';

const error = { exitCode: 137, reason: 'Error', finishedAtMs: DIED_AT_MS };
const probe = { handler: 'http' } as const;

function killed(more: Partial<DeathFacts> = {}): DeathFacts {
  return makeDeath({ termination: error, limitBytes: 256 * MIB, ...more });
}

function codes(facts: DeathFacts, excluded?: 'K1') {
  const against =
    excluded === undefined
      ? []
      : [
          {
            cause: causeOf(excluded),
            code: excluded,
            weight: 0,
            assessment: { weight: 0, because: [], against: [] },
          },
        ];
  return candidatesOf(facts, against).map(({ code }) => code);
}

// Rule 13: probe or shutdown 0.45, OOM with a lost flag 0.25, kill from outside 0.2, node trouble 0.1.
describe('candidatesOf 137 with Error', () => {
  it.each<{ name: string; facts: DeathFacts; expected: readonly string[] }>([
    {
      name: 'a probe and a limit, events expired',
      facts: killed({ container: makeContainer({ livenessProbe: probe }) }),
      expected: ['L4', 'K1', 'X4', 'X3'],
    },
    { name: 'no probe: a living pod was not stopped', facts: killed(), expected: ['K1', 'X4', 'X3', 'L12'] },
    {
      name: 'no limit: only the node can have run out',
      facts: killed({ limitBytes: 'unlimited' }),
      expected: ['K6', 'X4', 'X3', 'L12'],
    },
    {
      name: 'a postStart hook',
      facts: killed({ container: makeContainer({ postStart: { handler: 'exec' } }) }),
      expected: ['K1', 'L6', 'X4', 'X3'],
    },
    {
      name: 'events read and silent: no probe, no stop, and daemons leave no event',
      facts: killed({ container: makeContainer({ livenessProbe: probe }), eventsCoverWindow: 'yes' }),
      expected: ['K1', 'X4', 'X1', 'X2'],
    },
    {
      name: 'Windows has no OOM killer',
      facts: killed({ pod: makePod({ os: 'windows' }) }),
      expected: ['W1', 'X4', 'X3', 'L12'],
    },
  ])('$name', ({ facts, expected }) => {
    expect(codes(facts)).toEqual(expected);
  });

  it('what was excluded does not come back', () => {
    expect(codes(killed(), 'K1')).toEqual(['X4', 'X3', 'L12', 'X1']);
  });

  it('a container that was being stopped with its pod', () => {
    const facts = killed();
    expect(codes({ ...facts, subject: { kind: 'container', termination: error, which: 'state' } })[0]).toBe(
      'L7',
    );
  });
});

describe('candidatesOf other ends', () => {
  it('143 in a living pod with a probe, events expired: the probe or the program', () => {
    const facts = killed({
      termination: { ...error, exitCode: 143 },
      container: makeContainer({ livenessProbe: probe }),
    });
    expect(codes(facts)).toContain('L4');
  });

  it('a vanished pod is never left without candidates', () => {
    const facts = makeFacts({
      subject: { kind: 'trace', stoppedOnly: true },
      pod: makePod({ containers: [] }),
    });
    expect(codes(facts)).toEqual(['P1', 'P3', 'L7', 'L10']);
    expect(codes(facts).length).toBeLessThanOrEqual(MOST_CANDIDATES);
  });
});

// The kubelet sends SIGTERM first, whatever check of its own has failed, and programs obey it with 143 or 0.
describe('candidatesOf an obeyed SIGTERM in a pod that lives on', () => {
  it.each([
    { name: 'a liveness probe', container: makeContainer({ livenessProbe: probe }), expected: ['L4', 'L12'] },
    {
      name: 'a postStart hook',
      container: makeContainer({ postStart: { handler: 'exec' } }),
      expected: ['L6', 'L12'],
    },
    { name: 'no check', container: makeContainer(), expected: ['L12'] },
  ])('with $name', ({ container, expected }) => {
    const termination = { exitCode: 143, reason: 'Error', finishedAtMs: DIED_AT_MS };
    expect(codes(makeDeath({ termination, container, eventsCoverWindow: 'no' }))).toEqual(expected);
  });
});
