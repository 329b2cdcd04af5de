/** Memory that traffic explains. */
import { HOUR_MS } from '../../core/units.ts';
import { levelOnly } from './levels.ts';
import { between } from './noise.ts';
import { evenPods } from './pods.ts';
import type { Scene } from './scene.ts';
import { instantAt, ordinaryPeak } from './scene.ts';
import type { Plan } from './types.ts';

/** The daily peak comes near the limit, now and then to it. */
export function diurnalNearLimit(scene: Scene): Plan {
  const { random } = scene;
  const loadMib = scene.base * between(random, [0.4, 1]);
  const traffic = { ...scene.traffic, diurnal: Math.max(0.35, scene.traffic.diurnal) };
  const loaded = { ...scene, loadMib, traffic };
  scene.traffic = traffic;
  const peak = scene.base + loadMib * ordinaryPeak(loaded.traffic);
  const limitMib = peak * between(random, [0.98, 1.25]);
  const pods = evenPods(loaded, levelOnly(loaded), 6);
  return {
    shape: 'load-driven',
    isLeak: false,
    needs: ['traffic'],
    pods: pods.map((pod) => ({ ...pod, limits: [{ fromMs: 0, mib: limitMib }] })),
  };
}

/** Once or twice the traffic multiplies, and the memory with it. */
export function surge(scene: Scene): Plan {
  const { random, ranges } = scene;
  const loadMib = scene.base * between(random, [0.3, 0.8]);
  const loaded = { ...scene, loadMib };
  const factor = between(random, ranges.surge);
  const first = between(random, [0.45, 0.85]);
  const shares = random() < 0.3 ? [first - 0.25, first] : [first];
  scene.traffic = {
    ...scene.traffic,
    surges: shares.map((share) => ({
      fromMs: instantAt(scene, share),
      lastsMs: between(random, [0.5, 4]) * HOUR_MS,
      factor,
    })),
  };
  // Above every ordinary day, below what the surge asks for at the mean hour.
  const ordinary = scene.base + loadMib * ordinaryPeak(scene.traffic) * 1.25;
  const surged = scene.base + loadMib * factor;
  const limitMib = Math.max(ordinary, scene.base + (surged - scene.base) * between(random, [0.7, 0.95]));
  const pods = evenPods(loaded, levelOnly(loaded), 6);
  return {
    shape: 'traffic-surge',
    isLeak: false,
    needs: ['traffic'],
    pods: pods.map((pod) => ({ ...pod, limits: [{ fromMs: 0, mib: limitMib }] })),
    // A surge that killed nothing is a container that follows its load: both are right.
    relabel: (kills) => (kills > 0 ? {} : { shape: 'load-driven', alsoRight: ['traffic-surge'] }),
  };
}

/** The business grows: traffic by the week, memory with it. No leak, though time explains it as well. */
export function organicGrowth(scene: Scene): Plan {
  const { random, ranges } = scene;
  const loaded = { ...scene, loadMib: scene.base * between(random, [0.5, 1.1]) };
  scene.traffic = { ...scene.traffic, growthPerWeek: between(random, ranges.organic) };
  const weeks = scene.days / 7;
  const atEnd =
    scene.base + loaded.loadMib * ordinaryPeak(scene.traffic) * (1 + scene.traffic.growthPerWeek * weeks);
  const pods = evenPods(loaded, levelOnly(loaded), 2);
  return {
    shape: 'load-driven',
    isLeak: false,
    needs: ['traffic'],
    pods: pods.map((pod) => ({ ...pod, limits: [{ fromMs: 0, mib: atEnd * between(random, [1.15, 1.6]) }] })),
  };
}
