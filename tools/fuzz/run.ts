/** One run = one subject and one seed; both together give the same input every time. */
import { seededRandom } from '../../src/sim/random.ts';
import type { Subject } from './subjects.ts';

/** No input may take longer. */
export const MOST_MS = 2000;

export interface Failure {
  readonly subject: string;
  readonly seed: number;
  readonly error: Error;
  readonly input: Uint8Array;
}

function inputOf(subject: Subject, seed: number, most: number): Uint8Array | Promise<Uint8Array> {
  return subject.make(seededRandom(seed), most);
}

/** Undefined = everything held. */
export async function runOnce(subject: Subject, seed: number, most: number): Promise<Failure | undefined> {
  const input = await inputOf(subject, seed, most);
  const error = await faultOf(subject, seed, input);
  return error === undefined ? undefined : { subject: subject.name, seed, error, input };
}

async function faultOf(subject: Subject, seed: number, input: Uint8Array): Promise<Error | undefined> {
  // A slow answer is asked for again: on a busy machine the first one may only have waited.
  let fastest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const start = performance.now();
    try {
      await subject.check(input, seededRandom(seed + 1));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    fastest = Math.min(fastest, performance.now() - start);
    if (fastest <= MOST_MS) return undefined;
  }
  return new Error(`it took ${Math.round(fastest)} ms for ${input.length} bytes`);
}
