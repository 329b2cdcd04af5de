/** Growth that ends. */
import { needsLoad } from './levels.ts';
import { between, chance } from './noise.ts';
import { newPods } from './pods.ts';
import type { Scene } from './scene.ts';
import { headroomOf, instantAt, levelOf } from './scene.ts';
import type { Plan, Process } from './types.ts';

/** Where in the window the container starts, and the hours that are seen of it. */
function start(scene: Scene): { readonly atMs: number; readonly hours: number } {
  const atMs = instantAt(scene, between(scene.random, [0, 0.15]));
  return { atMs, hours: (scene.toMs - atMs) / 3_600_000 };
}

const rise = (scene: Scene): number => headroomOf(scene) * between(scene.random, [0.25, 0.75]);

export function warmUp(scene: Scene): Plan {
  const { atMs, hours } = start(scene);
  // At least four time constants are seen: before that no figure tells it from growth.
  const tauHours = Math.min(between(scene.random, scene.ranges.warmTauDays) * 24, hours / 4);
  const height = rise(scene);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) - height * Math.expm1(-moment.ageHours / tauHours);
    },
  });
  return {
    shape: 'plateau',
    // Both saturate without a word about why: a cache that fills is told by its straight line only.
    subShapes: ['warm-up', 'cache'],
    isLeak: false,
    needs: needsLoad(scene),
    pods: newPods(scene, process, atMs),
  };
}

/** A cache that fills evenly up to its cap. */
export function lruCache(scene: Scene): Plan {
  const { atMs, hours } = start(scene);
  const fullHours = hours * between(scene.random, [0.08, 0.65]);
  const height = rise(scene);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + height * Math.min(1, moment.ageHours / fullHours);
    },
  });
  return {
    shape: 'plateau',
    subShapes: ['cache', 'warm-up'],
    isLeak: false,
    needs: needsLoad(scene),
    pods: newPods(scene, process, atMs),
  };
}

/** A committed heap climbs its stairs up to the maximum and stays. */
export function heapToMaximum(scene: Scene): Plan {
  const { random } = scene;
  const { atMs, hours } = start(scene);
  const flat: Scene = { ...scene, loadMib: 0 };
  const heapMib = headroomOf(scene) * between(random, [0.5, 0.85]);
  const stairs = Math.round(between(random, [5, 25]));
  const fullHours = hours * between(random, [0.1, 0.6]);
  const process = (): Process => ({
    demand: (moment, demand) => {
      const committed = Math.min(1, Math.floor((stairs * moment.ageHours) / fullHours) / stairs);
      demand.rss = levelOf(flat, moment) + heapMib * (0.15 + 0.85 * committed);
    },
  });
  return heapPlan(scene, process, { maxMib: heapMib, atMs });
}

/** A heap that fills up to a maximum, which the question knows more often than not. */
export function heapPlan(
  scene: Scene,
  process: () => Process,
  heap: { readonly maxMib: number; readonly atMs: number },
): Plan {
  const isKnown = chance(scene.random, 0.6);
  return {
    shape: 'plateau',
    // Without the runtime's own figure a heap at its maximum is a cache at its cap.
    subShapes: isKnown ? ['heap-to-maximum'] : ['heap-to-maximum', 'cache', 'warm-up'],
    isLeak: false,
    pods: newPods(scene, process, heap.atMs),
    ...(isKnown ? { heapMaxMib: heap.maxMib } : {}),
  };
}

/** Growth that was seen for some hours only: a leak and a cache look the same. */
export function youngGrowth(scene: Scene): Plan {
  const { random } = scene;
  const seenHours = between(random, [8, 26]);
  const atMs = Math.round(scene.toMs - seenHours * 3_600_000);
  const perHour = (headroomOf(scene) * between(random, [0.2, 0.5])) / seenHours;
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + perHour * moment.ageHours;
    },
  });
  return { shape: 'growing', needs: needsLoad(scene), pods: newPods(scene, process, atMs) };
}

/** A pod of a few minutes: fewer samples than any figure needs. */
export function fewSamples(scene: Scene): Plan {
  const { random } = scene;
  const samples = Math.round(between(random, [1, 18]));
  const atMs = scene.toMs - samples * scene.grid.stepMs;
  const alone: Scene = { ...scene, replicas: 1 };
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment);
    },
  });
  return { shape: 'no-data', pods: newPods(alone, process, atMs) };
}
