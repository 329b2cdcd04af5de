import { describe, expect, it } from 'vitest';
import type { DeathFacts } from '../facts/types.ts';
import type { MemoryAnalysis, MemoryShape } from '../memory/types.ts';
import { MEMORY_SHAPES } from '../memory/types.ts';
import { HOUR_MS, MIB, MINUTE_MS } from '../units.ts';
import { shapeActions } from './memory-shape.ts';

const FACTS = {
  limitBytes: 512 * MIB,
  owners: [],
  container: { name: 'api' },
} as unknown as DeathFacts;

function analysis(shape: MemoryShape, over: Partial<MemoryAnalysis> = {}): MemoryAnalysis {
  return {
    shape,
    state: 'none',
    confidence: 'likely',
    summary: '',
    statements: [],
    wouldChange: '',
    lives: [],
    forecast: { basis: '' },
    ...over,
  };
}

function textOf(shape: MemoryShape, over: Partial<MemoryAnalysis> = {}): string {
  return (shapeActions(FACTS, analysis(shape, over)) ?? []).map(({ text }) => text).join('\n');
}

describe('shapeActions', () => {
  it('meets a leak with a search first and never with a higher limit alone', () => {
    const actions = shapeActions(FACTS, analysis('leak', { growthBytesPerHour: 31 * MIB })) ?? [];
    expect(actions.map(({ kind }) => kind)).toEqual(['fix', 'stop-gap']);
    expect(actions[0]?.text).toMatch(/two heap profiles/);
  });

  it('says how long a higher limit lasts', () => {
    // Half as much again is 768 MiB; 256 MiB more at 32 MiB an hour are 8 h, on top of 10 h.
    expect(textOf('leak', { growthBytesPerHour: 32 * MIB, typicalLifeMs: 10 * HOUR_MS })).toMatch(
      /with 768 MiB it lives about 18 h instead of 10 h at this rate\. That delays the kill/,
    );
    // Without a whole life: the time alone.
    expect(textOf('growing', { growthBytesPerHour: 32 * MIB })).toMatch(
      /with 768 MiB it lives about 8 h more/,
    );
  });

  it('bounds the time from below where the growth seen does not explain the lives', () => {
    // 1 MiB an hour fills 10 MiB in a life of 10 h, yet 512 MiB were reached: 256 / 512 of 10 h is 5 h at least.
    expect(textOf('leak', { growthBytesPerHour: MIB, typicalLifeMs: 10 * HOUR_MS })).toMatch(
      /lives at least 15 h instead of 10 h/,
    );
  });

  it('counts in requests where the leak does', () => {
    // 256 MiB at 64 KiB a request are 4096 requests.
    const over = {
      growthBytesPerHour: 32 * MIB,
      growthBytesPerRequest: 64 * 1024,
      subShape: 'per-request' as const,
    };
    expect(textOf('leak', over)).toMatch(/\(4096 requests\)/);
    expect(textOf('leak', over)).toMatch(/what a request leaves behind/);
  });

  it('does not invent how long a limit lasts', () => {
    expect(textOf('leak')).toMatch(/how long is not known/);
  });

  it('names the rollout that began it', () => {
    const since = { atMs: MINUTE_MS, kind: 'rollout', label: 'revision 88' } as const;
    expect(textOf('leak', { since })).toMatch(/what revision 88 changed/);
    expect(textOf('step', { since })).toMatch(/what revision 88 changed/);
  });

  it.each([
    // 600 MiB and 15 % are 690 MiB; the next step of 64 MiB is 704 MiB.
    ['limit-too-low', /Raise the limit to 704 MiB.*about 600 MiB/],
    ['start-up', /Raise the limit to 704 MiB/],
    ['plateau', /levels off by itself/],
    ['spike', /fewer workers or concurrent requests[^]*Raise the limit to 704 MiB/],
    ['traffic-surge', /Scale out before the surge[^]*704 MiB/],
    ['load-driven', /more replicas[^]*704 MiB/],
    ['periodic', /704 MiB[^]*spread what runs at those hours/],
  ] as const)('%s says what it needs', (shape, expected) => {
    expect(textOf(shape, { needsBytes: 600 * MIB })).toMatch(expected);
  });

  it('gives no size to a start that may be a leak', () => {
    expect(textOf('start-up')).toMatch(/a start comes to rest below it, a leak goes on growing/);
    expect(textOf('start-up')).not.toMatch(/Raise the limit to/);
  });

  it('proposes no limit below the present one', () => {
    expect(textOf('plateau', { needsBytes: 300 * MIB })).toMatch(/cut off at its 512 MiB limit/);
  });

  it.each([
    ['page-cache', /file I\/O, not at its heap/],
    ['tmpfs', /sizeLimit/],
  ] as const)('%s has advice of its own and proposes no limit', (shape, expected) => {
    expect(textOf(shape, { needsBytes: 900 * MIB })).toMatch(expected);
    expect(textOf(shape, { needsBytes: 900 * MIB })).not.toMatch(/Raise the limit/);
  });

  it.each(['healthy', 'no-data'] as const)('%s leaves the general advice alone', (shape) => {
    expect(shapeActions(FACTS, analysis(shape))).toBeUndefined();
  });

  it('fits a table in every shape', () => {
    for (const shape of MEMORY_SHAPES) {
      for (const { short } of shapeActions(FACTS, analysis(shape, { needsBytes: 600 * MIB })) ?? []) {
        expect((short ?? '').length).toBeLessThanOrEqual(60);
      }
    }
  });
});
