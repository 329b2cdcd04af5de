/** The fuzzer's subjects for a moment each; `npm run fuzz` goes on for longer and with other seeds. */
import { describe, expect, it } from 'vitest';
import { runOnce } from '../tools/fuzz/run.ts';
import { SUBJECTS } from '../tools/fuzz/subjects.ts';

const SEED = 137;
const RUNS = 40;
const MOST_MS_EACH = 80;
const MOST_INPUT_BYTES = 16 * 1024;

describe('whatever comes in, the answer holds', () => {
  it.each(SUBJECTS.map((subject) => [subject.name, subject] as const))('%s', async (_name, subject) => {
    const start = performance.now();
    for (let run = 0; run < RUNS && (run < 3 || performance.now() - start < MOST_MS_EACH); run += 1) {
      const failure = await runOnce(subject, SEED + run, MOST_INPUT_BYTES);
      expect(failure === undefined ? 'held' : `seed ${failure.seed}: ${failure.error.stack}`).toBe('held');
    }
  });
});
