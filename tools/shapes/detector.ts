/** Anything that answers a memory question: the product, or one of the baselines. */
import { analyseMemory } from '../../src/core/memory/analyse.ts';
import type { GrowthState, MemoryQuestion, MemoryShape, SubShape } from '../../src/core/memory/types.ts';

export interface Answer {
  readonly shape: MemoryShape;
  readonly subShape?: SubShape;
  readonly state: GrowthState;
}

export interface Detector {
  readonly name: string;
  readonly answer: (question: MemoryQuestion) => Answer;
}

export const PRODUCT: Detector = { name: 'exit137', answer: analyseMemory };
