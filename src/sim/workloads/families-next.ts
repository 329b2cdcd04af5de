/** Families that only the held-out set has: nobody may have built for them. */
import { HOUR_MS } from '../../core/units.ts';
import { garbage, leakDays, leakRate } from './families-leak.ts';
import { heapPlan } from './families-plateau.ts';
import { leaking, levelOnly, needsLoad } from './levels.ts';
import { between } from './noise.ts';
import { evenPods, newPods } from './pods.ts';
import type { Scene } from './scene.ts';
import { headroomOf, instantAt, levelOf } from './scene.ts';
import type { Plan, PodPlan, Process } from './types.ts';

/** Shared memory that is never unlinked. It grows for ever, yet it is no memory of the program's heap. */
export function shmemLeak(scene: Scene): Plan {
  const rate = leakRate(scene, leakDays(scene));
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment);
      demand.shmem = rate * moment.ageHours;
    },
  });
  return {
    shape: 'tmpfs',
    // Segments that pile up are a leak by any definition; tmpfs says where they are.
    alsoRight: ['leak'],
    needs: ['rss', 'shmem'],
    pods: evenPods(scene, process),
  };
}

/** The heap stands at its maximum; the leak is outside of it. */
export function nativeLeak(scene: Scene): Plan {
  const heapMib = headroomOf(scene) * between(scene.random, [0.3, 0.5]);
  const rate = (headroomOf(scene) - heapMib) / (leakDays(scene) * 24);
  const process = (): Process => ({
    demand: (moment, demand) => {
      const heap = heapMib * Math.min(1, 0.6 + moment.ageHours / 6);
      demand.rss = levelOf(scene, moment) + heap + rate * moment.ageHours;
    },
  });
  return {
    shape: 'leak',
    subShapes: ['linear'],
    isLeak: true,
    pods: evenPods(scene, process),
    heapMaxMib: heapMib,
  };
}

/** A live set that grows into GOMEMLIMIT: the collector works harder, the memory stays at the knee. */
export function goMemoryLimit(scene: Scene): Plan {
  const { random } = scene;
  const atMs = instantAt(scene, between(random, [0, 0.1]));
  const fullHours = ((scene.toMs - atMs) / HOUR_MS) * between(random, [0.15, 0.6]);
  const flat: Scene = { ...scene, loadMib: 0 };
  const knee = headroomOf(scene) * between(random, [0.5, 0.9]);
  const process = (): Process => {
    const saw = garbage(scene, 1, between(random, [0.2, 1]));
    return {
      demand: (moment, demand) => {
        const live = 0.1 + 0.8 * Math.min(1, moment.ageHours / fullHours);
        const heap = Math.min(1, live * (1 + saw(moment.sinceHours, moment.load)));
        demand.rss = levelOf(flat, moment) + knee * heap;
      },
    };
  };
  return heapPlan(scene, process, { maxMib: knee, atMs });
}

/** Workers leak and are replaced after so many requests: each leaks, the container does not. */
export function workerRecycling(scene: Scene): Plan {
  const { random } = scene;
  const workers = 1 + Math.floor(random() * 4);
  const growth = (headroomOf(scene) * between(random, [0.3, 0.7])) / workers;
  const recycleLoadHours = between(random, [3, 20]);
  const process = (): Process => {
    const offsets = Array.from({ length: workers }, () => random() * recycleLoadHours);
    return {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment);
        for (const offset of offsets)
          demand.rss += (growth * ((moment.loadHours + offset) % recycleLoadHours)) / recycleLoadHours;
      },
    };
  };
  return {
    shape: 'healthy',
    // A bounded sawtooth of hours: in good health, and periodic by its definition.
    alsoRight: ['periodic'],
    isLeak: false,
    needs: ['traffic'],
    pods: evenPods(scene, process, 6),
  };
}

/** Fragmentation: growth that slows down and down, without a level it stops at. */
export function fragmentation(scene: Scene): Plan {
  const atMs = instantAt(scene, between(scene.random, [0, 0.1]));
  const hours = (scene.toMs - atMs) / HOUR_MS;
  const tauHours = hours / between(scene.random, [25, 100]);
  const scale = (headroomOf(scene) * between(scene.random, [0.25, 0.6])) / Math.log1p(hours / tauHours);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + scale * Math.log1p(moment.ageHours / tauHours);
    },
  });
  return { shape: 'plateau', isLeak: false, needs: needsLoad(scene), pods: newPods(scene, process, atMs) };
}

/** The new version leaks beside the old one that does not. */
export function leakingCanary(scene: Scene): Plan {
  const atMs = instantAt(scene, between(scene.random, [0.1, 0.45]));
  const rate = leakRate(scene, Math.min(leakDays(scene), scene.days));
  const stable = evenPods({ ...scene, replicas: Math.max(2, scene.replicas) }, levelOnly(scene), 6).map(
    (pod): PodPlan => ({ ...pod, version: [{ fromMs: scene.fromMs, value: 'registry.example/app:1.0' }] }),
  );
  const canary: PodPlan = {
    name: 'app-canary-5c66-0',
    bornMs: atMs,
    share: 1,
    process: leaking(scene, rate)(),
    version: [{ fromMs: atMs, value: 'registry.example/app:1.1' }],
  };
  return {
    shape: 'leak',
    // The rate of the canary alone is a line since its start.
    subShapes: ['since-change', 'linear'],
    isLeak: true,
    leakFromMs: atMs,
    pods: [...stable, canary],
    changes: [{ atMs, kind: 'rollout', label: 'canary revision 42' }],
  };
}

/** A collector that is throttled in the busy hours falls behind: garbage piles up with the load and goes at night. */
export function throttledCollector(scene: Scene): Plan {
  const { random } = scene;
  scene.traffic = { ...scene.traffic, diurnal: Math.max(0.4, scene.traffic.diurnal) };
  const amplitude = headroomOf(scene) * between(random, [0.15, 0.4]);
  const behind = between(random, [0.4, 0.9]);
  const lagHours = between(random, [0.2, 1]);
  const process = (): Process => {
    const saw = garbage(scene, amplitude, between(random, [0.2, 0.8]));
    let debt = 0;
    return {
      demand: (moment, demand) => {
        const asked = Math.min(1.2, Math.max(0, moment.load - 1) * behind);
        debt += (asked - debt) * Math.min(1, moment.sinceHours / lagHours);
        demand.rss = levelOf(scene, moment) + saw(moment.sinceHours, moment.load) + amplitude * debt;
      },
      restart: () => {
        debt = 0;
      },
    };
  };
  return {
    shape: 'load-driven',
    // It follows the load, stays bounded, and has the sawtooth of a collector: healthy says no less.
    alsoRight: ['healthy'],
    isLeak: false,
    needs: ['traffic'],
    pods: evenPods(scene, process, 6),
  };
}

/** A leak, and a surge that brings its end forward. */
export function leakAndSurge(scene: Scene): Plan {
  const { random, ranges } = scene;
  const loaded = { ...scene, loadMib: scene.base * between(random, [0.2, 0.4]) };
  const limitMib = (loaded.base + loaded.loadMib) * between(random, [2.5, 4]);
  const rate = (limitMib - loaded.base - loaded.loadMib) / (scene.days * 24 * between(random, [0.9, 1.6]));
  scene.traffic = {
    ...scene.traffic,
    surges: [
      {
        fromMs: instantAt(scene, between(random, [0.55, 0.85])),
        lastsMs: between(random, [0.5, 3]) * HOUR_MS,
        factor: between(random, ranges.surge),
      },
    ],
  };
  const pods = evenPods(loaded, leaking(loaded, rate), 0);
  return {
    shape: 'leak',
    // Two truths: without the leak the surge kills nothing, without the surge the leak kills later.
    alsoRight: ['traffic-surge'],
    subShapes: ['linear'],
    isLeak: true,
    needs: ['traffic'],
    pods: pods.map((pod) => ({ ...pod, limits: [{ fromMs: 0, mib: limitMib }] })),
  };
}
