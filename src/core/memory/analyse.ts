/** The one door: what shape the memory of a container has, and why. */
import type { MemoryCase } from './case.ts';
import { readCase } from './case.ts';
import { forecastCrossing } from './forecast.ts';
import { context, typicalLifeMs } from './say.ts';
import type { ShapeMatch } from './shapes/shape.ts';
import { SHAPES } from './shapes/index.ts';
import { growthState } from './states.ts';
import type { GrowthState, MemoryAnalysis, MemoryQuestion, MemoryShape } from './types.ts';

/**
 * Total: any input gives an analysis; what cannot be judged gives `no-data` with the reason. Looks at nothing after
 * `nowMs`.
 */
export function analyseMemory(question: MemoryQuestion): MemoryAnalysis {
  const memory = readCase(question);
  const { shape, match } = shapeOf(memory);
  return answer(memory, shape, match);
}

/** The first shape that answers. */
export function shapeOf(memory: MemoryCase): { readonly shape: MemoryShape; readonly match: ShapeMatch } {
  for (const shape of SHAPES) {
    const match = shape.assess(memory);
    if (match !== undefined) return { shape: shape.id, match };
  }
  throw new Error('the last shape answers always');
}

function answer(memory: MemoryCase, shape: MemoryShape, match: ShapeMatch): MemoryAnalysis {
  const { combined, load } = memory;
  const typical = typicalLifeMs(memory);
  const slope = match.tellsGrowth === true ? combined.slope : undefined;
  const { subShape, needsBytes, since } = match;
  return {
    shape,
    ...(subShape !== undefined && { subShape }),
    state: match.tellsGrowth === true ? atLeastGrowing(growthState(memory)) : 'none',
    confidence: memory.isDamaged && shape !== 'no-data' ? 'possible' : match.confidence,
    summary: match.summary,
    statements: [...match.statements, ...memory.notes.map((note) => context(note, 'metrics'))],
    wouldChange: match.wouldChange,
    lives: memory.runs.map(({ life }) => life),
    ...(slope !== undefined && {
      growthBytesPerHour: slope.bytesPerHour,
      growthLowBytesPerHour: slope.low,
      growthHighBytesPerHour: slope.high,
    }),
    ...(subShape === 'per-request' &&
      combined.bytesPerRequest !== undefined && { growthBytesPerRequest: combined.bytesPerRequest }),
    ...(needsBytes !== undefined && { needsBytes }),
    ...(since !== undefined && { since }),
    ...(load !== undefined && { trafficR2: load.partialR2 }),
    forecast: forecastCrossing({ memory, shape }),
    ...(typical !== undefined && { typicalLifeMs: typical }),
  };
}

/** A shape that tells of growth has seen it, also where no account of it has won yet. */
function atLeastGrowing(state: GrowthState): GrowthState {
  return state === 'none' ? 'growing' : state;
}
