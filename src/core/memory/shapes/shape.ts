/** The contract of a shape: what it is called and what it makes of a case. */
import type { Bytes } from '../../units.ts';
import type { ChangeMark } from '../../model/series.ts';
import type { MemoryCase } from '../case.ts';
import type { MemoryAnalysis, MemoryShape, ShapeStatement, SubShape } from '../types.ts';

export interface ShapeMatch {
  readonly confidence: MemoryAnalysis['confidence'];
  readonly subShape?: SubShape;
  /** One sentence with the number that matters. */
  readonly summary: string;
  readonly statements: readonly ShapeStatement[];
  readonly wouldChange: string;
  readonly needsBytes?: Bytes;
  readonly since?: ChangeMark;
  /** The growth that was measured is part of the answer. */
  readonly tellsGrowth?: true;
}

export interface Shape {
  readonly id: MemoryShape;
  /** `undefined` = it is not this. The first shape of the list that answers is the answer. */
  readonly assess: (memory: MemoryCase) => ShapeMatch | undefined;
}
