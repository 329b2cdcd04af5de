/** One look at the end of each workload's window: what the detector and every baseline say. */
import type { RangeSet, Workload } from '../../src/sim/workloads/index.ts';
import { familiesOf, generateWorkload } from '../../src/sim/workloads/index.ts';
import type { Detector } from './detector.ts';
import type { Scored } from './score.ts';

const ENOUGH_MS = 72 * 3_600_000;

export interface Looked {
  readonly detector: string;
  readonly records: readonly Scored[];
  /** Milliseconds of the answers, one per record. */
  readonly tookMs: readonly number[];
}

/** 72 hours of one life, or two lives of the workload. */
function isEnough({ truth, question }: Workload): boolean {
  const fromMs = question.histories[0]?.fromMs ?? 0;
  const seen = truth.lives.map((life) => life.endedMs - Math.max(life.startedMs, fromMs));
  return truth.lives.length >= 2 || seen.some((ms) => ms >= ENOUGH_MS);
}

export function lookOnce(
  detectors: readonly Detector[],
  set: RangeSet,
  seedsPerFamily: number,
): readonly Looked[] {
  const out = detectors.map(({ name }) => ({
    detector: name,
    records: [] as Scored[],
    tookMs: [] as number[],
  }));
  for (const family of familiesOf(set))
    for (let index = 0; index < seedsPerFamily; index += 1) {
      const workload = generateWorkload(family, index, set);
      for (const [position, detector] of detectors.entries()) {
        const from = performance.now();
        const answer = detector.answer(workload.question);
        out[position]?.tookMs.push(performance.now() - from);
        out[position]?.records.push(scored(workload, index, answer));
      }
    }
  return out;
}

function scored(workload: Workload, index: number, answer: Scored['answer']): Scored {
  return {
    family: workload.family,
    index,
    truth: workload.truth,
    answer: {
      shape: answer.shape,
      state: answer.state,
      ...(answer.subShape ? { subShape: answer.subShape } : {}),
    },
    isEnough: isEnough(workload),
  };
}
