/** The arithmetic of the scores, over records of one answer each. */
import type { MemoryShape, SubShape } from '../../src/core/memory/types.ts';
import type { Truth } from '../../src/sim/workloads/index.ts';
import type { Answer } from './detector.ts';

/** One workload's truth beside one answer. A workload is the cluster of the bootstrap. */
export interface Scored {
  readonly family: string;
  /** Which workload of the family. */
  readonly index: number;
  readonly truth: Pick<Truth, 'shape' | 'alsoRight' | 'subShapes' | 'isLeak'>;
  readonly answer: Answer;
  /** 72 h of one life, or two lives, were there to be seen. */
  readonly isEnough: boolean;
}

/** The label, or another answer that is right beside it. */
export function isRight({ truth, answer }: Scored): boolean {
  return answer.shape === truth.shape || truth.alsoRight.includes(answer.shape);
}

/** `growing` and `no-data` say that it cannot be told yet. */
export function abstains(shape: MemoryShape): boolean {
  return shape === 'growing' || shape === 'no-data';
}

export interface ShapeScore {
  readonly shape: MemoryShape;
  readonly support: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/**
 * Precision, recall and F1 of every shape that is the first right answer of at least one record. An answer that is right
 * beside the first counts for the first, so that a class cannot be emptied by its neighbour.
 */
export function shapeScores(records: readonly Scored[]): readonly ShapeScore[] {
  const right = new Map<MemoryShape, number>();
  const truths = new Map<MemoryShape, number>();
  const answers = new Map<MemoryShape, number>();
  for (const record of records) {
    const { shape } = record.truth;
    const counted = isRight(record) ? shape : record.answer.shape;
    add(truths, shape);
    add(answers, counted);
    if (counted === shape) add(right, shape);
  }
  return [...truths].map(([shape, support]) => {
    const hits = right.get(shape) ?? 0;
    return {
      shape,
      support,
      precision: ratio(hits, answers.get(shape) ?? 0),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + (answers.get(shape) ?? 0)),
    };
  });
}

/** Mean F1 over the shapes that occur; a shape that is never answered has 0. */
export function macroF1(records: readonly Scored[]): number {
  const scores = shapeScores(records);
  return ratio(
    scores.reduce((sum, { f1 }) => sum + f1, 0),
    scores.length,
  );
}

export interface BinaryScore {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of the clean workloads, the share called a leak. */
  readonly falsePositiveRate: number;
  readonly falsePositives: number;
  readonly leaks: number;
  readonly clean: number;
}

/** Leak or not. Workloads where the truth is open (`isLeak` absent) are left out. */
export function leakScore(records: readonly Scored[]): BinaryScore {
  let hits = 0;
  let falsePositives = 0;
  let leaks = 0;
  let clean = 0;
  for (const { truth, answer } of records) {
    if (truth.isLeak === undefined) continue;
    const saidLeak = answer.shape === 'leak';
    if (truth.isLeak) {
      leaks += 1;
      if (saidLeak) hits += 1;
    } else {
      clean += 1;
      if (saidLeak) falsePositives += 1;
    }
  }
  return {
    precision: ratio(hits, hits + falsePositives),
    recall: ratio(hits, leaks),
    f1: ratio(2 * hits, leaks + hits + falsePositives),
    falsePositiveRate: ratio(falsePositives, clean),
    falsePositives,
    leaks,
    clean,
  };
}

/** Of the records with enough to see and a label that is no abstention, the share that abstains. */
export function abstention(records: readonly Scored[]): number {
  const due = records.filter(({ isEnough, truth }) => isEnough && !abstains(truth.shape));
  return ratio(due.filter(({ answer }) => abstains(answer.shape)).length, due.length);
}

/** Of the records whose shape is right and whose sub-shape is labelled, the share with a right sub-shape. */
export function subShapeAccuracy(records: readonly Scored[]): {
  readonly share: number;
  readonly scored: number;
} {
  const due = records.filter(
    ({ truth, answer }) => truth.subShapes.length > 0 && answer.shape === truth.shape,
  );
  const right = due.filter(({ truth, answer }) => truth.subShapes.includes(answer.subShape as SubShape));
  return { share: ratio(right.length, due.length), scored: due.length };
}

/** Share right of leak or not; `undefined` where the family's truth is open. */
export function leakAccuracy(records: readonly Scored[]): number | undefined {
  const due = records.filter(({ truth }) => truth.isLeak !== undefined);
  if (due.length === 0) return undefined;
  return ratio(
    due.filter(({ truth, answer }) => truth.isLeak === (answer.shape === 'leak')).length,
    due.length,
  );
}

/** 0 of nothing: nothing found is no success. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
