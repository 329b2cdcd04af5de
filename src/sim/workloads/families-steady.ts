/** Containers that need no attention, or only wear their level: nothing grows for ever, nothing dies. */
import { levelOnly, needsLoad } from './levels.ts';
import { between, chance, fork, normal } from './noise.ts';
import { pick } from '../random.ts';
import { garbage } from './families-leak.ts';
import { evenPods, newPods, rolloutPods, sometimesRolledOut } from './pods.ts';
import type { Scene } from './scene.ts';
import { headroomOf, instantAt, levelOf } from './scene.ts';
import type { Plan, Process } from './types.ts';

export function healthy(scene: Scene): Plan {
  return {
    shape: 'healthy',
    // Memory that follows the load far below the limit is load-driven and in good health at once.
    alsoRight: scene.loadMib > 0 ? ['load-driven'] : [],
    isLeak: false,
    needs: needsLoad(scene),
    ...sometimesRolledOut(scene, levelOnly(scene)),
  };
}

/** A level that wanders by up to a quarter and comes back to nothing in particular. */
export function randomWalk(scene: Scene): Plan {
  const { random, grid } = scene;
  const flat: Scene = { ...scene, loadMib: 0 };
  const perStep = between(random, [0.05, 0.15]) * Math.sqrt(grid.stepMs / (24 * 3_600_000));
  const process = (): Process => {
    const own = fork(random);
    let walk = 0;
    return {
      demand: (moment, demand) => {
        walk = Math.max(-0.25, Math.min(0.25, walk + perStep * normal(own)));
        demand.rss = levelOf(flat, moment) + scene.base * walk;
      },
      restart: () => {
        walk = 0;
      },
    };
  };
  return { shape: 'healthy', isLeak: false, pods: evenPods(scene, process, 6) };
}

/** A collector's sawtooth on a floor that stays. */
export function collectorSawtooth(scene: Scene): Plan {
  const { random, ranges } = scene;
  const share = between(random, [0.1, 0.45]);
  const periodHours = between(random, ranges.gcHours);
  const amplitude = headroomOf(scene) * share;
  const process = (): Process => {
    const saw = garbage(scene, amplitude, periodHours);
    return {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment) + saw(moment.sinceHours, moment.load);
      },
    };
  };
  return {
    shape: 'healthy',
    // A wave of an hour or more that is higher than a tenth of the limit is what periodic means.
    alsoRight: periodHours >= 1 && amplitude > 0.1 * scene.limitMib ? ['periodic'] : [],
    isLeak: false,
    needs: needsLoad(scene),
    ...sometimesRolledOut(scene, process),
  };
}

function steppedLevel(scene: Scene, atMs: number): () => Process {
  const drawn = scene.base * between(scene.random, [0.2, 0.6]) + 0.05 * scene.limitMib;
  const jump = Math.min(drawn, 0.7 * headroomOf(scene));
  return () => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + (moment.atMs >= atMs ? jump : 0);
    },
  });
}

/** A new version needs more, from its start on. */
export function deployStep(scene: Scene): Plan {
  const atMs = instantAt(scene, between(scene.random, [0.2, 0.75]));
  return {
    shape: 'step',
    isLeak: false,
    needs: needsLoad(scene),
    ...rolloutPods(scene, steppedLevel(scene, atMs), [atMs]),
  };
}

/** A setting takes hold without a restart; half of them leave a mark. */
export function configStep(scene: Scene): Plan {
  const atMs = instantAt(scene, between(scene.random, [0.2, 0.75]));
  return {
    shape: 'step',
    isLeak: false,
    needs: needsLoad(scene),
    pods: evenPods(scene, steppedLevel(scene, atMs)),
    ...(chance(scene.random, 0.5) ? { changes: [{ atMs, kind: 'config', label: 'ConfigMap changed' }] } : {}),
  };
}

/** A job on the clock. */
export function batch(scene: Scene): Plan {
  const { random, ranges } = scene;
  // Four rounds at least in the window.
  const everyHours = Math.min(pick(random, ranges.batchHours), scene.days * 6);
  const offsetHours = random() * everyHours;
  const lastsHours = Math.min(between(random, [0.4, 2.5]), everyHours / 3);
  const height = Math.max(0.12 * scene.limitMib, headroomOf(scene) * between(random, [0.35, 0.8]));
  const process = (): Process => ({
    demand: (moment, demand) => {
      const into = (moment.atMs / 3_600_000 - offsetHours) % everyHours;
      const share = into / lastsHours;
      const job = share < 1 ? height * Math.min(1, share / 0.3, (1 - share) / 0.15) : 0;
      demand.rss = levelOf(scene, moment) + job;
    },
  });
  return {
    shape: 'periodic',
    isLeak: false,
    needs: needsLoad(scene),
    pods: evenPods(scene, process, 6),
  };
}

/** Files that are read and written: the working set rises with them, the program does not, nothing dies of it. */
export function pageCache(scene: Scene): Plan {
  const { random } = scene;
  const most = headroomOf(scene) * between(random, [0.5, 1.6]);
  const fillDays = between(random, [0.5, 5]);
  const dropHours = between(random, [20, 200]);
  const process = (): Process => {
    const own = fork(random);
    let cached = 0;
    return {
      demand: (moment, demand) => {
        cached +=
          (most - cached) * Math.min(1, (moment.sinceHours * (0.5 + 0.5 * moment.load)) / (fillDays * 12));
        if (chance(own, moment.sinceHours / dropHours)) cached *= 0.4;
        demand.rss = levelOf(scene, moment);
        demand.activeFile = cached;
      },
      restart: () => {
        cached = 0;
      },
    };
  };
  const nearby = instantAt(scene, between(random, [0, 0.2]));
  return {
    shape: 'page-cache',
    isLeak: false,
    needs: ['rss', 'traffic'],
    pods: newPods(scene, process, nearby),
  };
}

/** An `emptyDir` of medium Memory is filled by files, up to what is kept. */
export function tmpfsFill(scene: Scene): Plan {
  const { random } = scene;
  const most = headroomOf(scene) * between(random, [0.35, 1.3]);
  const fillHours = scene.days * 24 * between(random, [0.2, 0.7]);
  const fileMib = Math.max(1, most / between(random, [15, 80]));
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment);
      demand.shmem = Math.floor((most * Math.min(1, moment.ageHours / fillHours)) / fileMib) * fileMib;
    },
  });
  // The files outlive the container, yet not the pod: a kill would come at once. Here the program clears its directory.
  return { shape: 'tmpfs', needs: ['rss', 'shmem'], pods: newPods(scene, process, instantAt(scene, 0.05)) };
}
