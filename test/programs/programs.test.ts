/** Programs that really ran: what their code does is known, so a wrong word about them is a wrong word. */
import { describe, expect, it } from 'vitest';
import { analyseMemory } from '../../src/core/memory/analyse.ts';
import { capturedPrograms } from './read.ts';

describe('captured programs', () => {
  const programs = capturedPrograms().map((program) => ({
    ...program,
    analysis: analyseMemory(program.question),
  }));

  it('are there', () => {
    expect(programs.length).toBeGreaterThanOrEqual(16);
  });

  it.each(programs.filter(({ label }) => !label.leak))('$name is not called a leak', ({ analysis }) => {
    expect(analysis.shape).not.toBe('leak');
    expect(analysis.state).not.toBe('confirmed');
  });

  // A collector's floor that bends under its limit can be left open, but not be called anything harmless.
  it.each(programs.filter(({ label }) => label.leak))('$name grows', ({ analysis }) => {
    expect(['leak', 'growing']).toContain(analysis.shape);
    expect(analysis.growthBytesPerHour).toBeGreaterThan(0);
  });

  it('are nearly always called by their names', () => {
    const wrong = programs.filter(
      ({ label, alsoTrue, analysis: { shape } }) =>
        shape !== label.shape && alsoTrue?.shapes.includes(shape) !== true,
    );
    expect(
      wrong.length,
      wrong.map(({ name, analysis }) => `${name}: ${analysis.shape}`).join(', '),
    ).toBeLessThan(programs.length / 10);
  });
});
