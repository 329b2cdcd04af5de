/** Random numbers of the shapes that workloads need. */
import type { Random } from '../random.ts';
import { seededRandom } from '../random.ts';

export function between(random: Random, range: readonly [low: number, high: number]): number {
  return range[0] + (range[1] - range[0]) * random();
}

export function chance(random: Random, share: number): boolean {
  return random() < share;
}

/** Close to normal, without a logarithm: the sum of four uniforms, mean 0, standard deviation 1, never beyond 3.5. */
export function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * 1.732_050_807_568_877_2;
}

/** AR(1) with the stationary standard deviation `sd`. */
export function autoregressive(random: Random, phi: number, sd: number): () => number {
  const fresh = sd * Math.sqrt(1 - phi * phi);
  let state = sd * normal(random);
  return () => {
    state = phi * state + fresh * normal(random);
    return state;
  };
}

/** A stream of its own, so that one pod's draws never move another's. */
export function fork(random: Random): Random {
  return seededRandom(Math.floor(random() * 4_294_967_296));
}
