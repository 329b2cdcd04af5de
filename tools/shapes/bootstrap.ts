/** Cluster bootstrap: whole containers are drawn, never single looks at them. */
import { seededRandom } from '../../src/sim/random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

const ROUNDS = 400;

/** 95 % percentile interval of a statistic over clusters, with a fixed seed. `undefined` of no cluster. */
export function bootstrap<Cluster>(
  clusters: readonly Cluster[],
  statistic: (drawn: readonly Cluster[]) => number,
): Interval | undefined {
  const first = clusters[0];
  if (first === undefined) return undefined;
  const random = seededRandom(137);
  const values = Float64Array.from({ length: ROUNDS }, () =>
    statistic(clusters.map(() => clusters[Math.floor(random() * clusters.length)] ?? first)),
  ).sort();
  const at = (share: number): number => values[Math.round(share * (ROUNDS - 1))] ?? 0;
  return { low: at(0.025), high: at(0.975) };
}
