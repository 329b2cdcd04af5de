/** Containers that die although nothing grows. */
import { needsLoad } from './levels.ts';
import { between, chance, fork } from './noise.ts';
import { evenPods } from './pods.ts';
import type { Scene } from './scene.ts';
import { instantAt, levelOf } from './scene.ts';
import type { Moment, PodPlan, Plan, Process } from './types.ts';

/** Adds an instant's peak between two samples. */
function transientAt(moment: Moment, atMs: number, height: number): number {
  const beforeMs = moment.atMs - moment.sinceHours * 3_600_000;
  return atMs > beforeMs && atMs <= moment.atMs ? height : 0;
}

/** One request too big: the memory jumps beyond the limit between two samples, some with a run-up of a minute or two. */
export function spike(scene: Scene): Plan {
  const { random, ranges } = scene;
  const process = (): Process => {
    const count = 1 + Math.floor(random() * 5);
    const spikes = Array.from({ length: count }, () => ({
      atMs: instantAt(scene, between(random, [0.05, 0.98])),
      height: scene.limitMib * between(random, ranges.spike),
      runUpMs: chance(random, 0.3) ? between(random, [60_000, 180_000]) : 0,
    }));
    return {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment);
        for (const one of spikes) {
          const aheadMs = one.atMs - moment.atMs;
          if (aheadMs > 0 && aheadMs < one.runUpMs) demand.rss += 0.3 * (scene.limitMib - demand.rss);
          demand.transient = Math.max(demand.transient, transientAt(moment, one.atMs, one.height));
        }
      },
    };
  };
  return spikePlan(scene, process);
}

/** Peaks of seconds that no scrape sees and that the container survives most of the time. */
export function unscrapedSpike(scene: Scene): Plan {
  const { random, ranges } = scene;
  const process = (): Process => {
    const own = fork(random);
    return {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment);
        // Some twenty a week; a third of them ends the container.
        if (!chance(own, moment.sinceHours / 8)) return;
        const isDeadly = chance(own, 1 / 3);
        demand.transient = isDeadly
          ? scene.limitMib * between(own, ranges.spike)
          : demand.rss + (scene.limitMib - demand.rss) * between(own, [0.4, 0.95]);
      },
    };
  };
  return spikePlan(scene, process);
}

/** Without a kill nobody can tell that there were bursts. */
function spikePlan(scene: Scene, process: () => Process): Plan {
  return {
    shape: 'spike',
    isLeak: false,
    needs: needsLoad(scene),
    pods: evenPods(scene, process, 6),
    relabel: (kills) => (kills > 0 ? {} : { shape: 'healthy', alsoRight: ['load-driven'] }),
  };
}

/** What it needs after warming up is the limit or a little more. */
export function undersized(scene: Scene): Plan {
  const { random, ranges } = scene;
  const flat: Scene = { ...scene, loadMib: 0 };
  const limitMib = scene.base / between(random, ranges.undersized);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(flat, moment);
    },
  });
  return {
    shape: 'limit-too-low',
    isLeak: false,
    pods: withLimit(evenPods(flat, process, 0), limitMib),
  };
}

/** The start needs more than the limit, the work afterwards far less; some starts get through. */
export function startUpNeed(scene: Scene): Plan {
  const { random } = scene;
  const lasts = between(random, [1, 8]) / 60;
  const middle = scene.limitMib * between(random, [0.98, 1.15]);
  const restarts = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    instantAt(scene, between(random, [0.1, 0.9])),
  ).toSorted((a, b) => a - b);
  const process = (): Process => {
    const own = fork(random);
    let height = 0;
    return {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment);
        if (moment.ageHours < lasts) demand.rss += (height - demand.rss) * (moment.ageHours / lasts) * 0.9;
        const beforeHours = moment.ageHours - moment.sinceHours;
        if (beforeHours < lasts && moment.ageHours >= lasts) {
          demand.transient = height;
          demand.transientAgeHours = lasts;
        }
      },
      restart: () => {
        height = middle * between(own, [0.85, 1.15]);
      },
    };
  };
  return {
    shape: 'start-up',
    isLeak: false,
    needs: needsLoad(scene),
    pods: evenPods(scene, process, 6).map((pod) => ({ ...pod, restartsAtMs: restarts })),
    relabel: (kills) => (kills > 0 ? {} : { shape: 'healthy', alsoRight: ['load-driven'] }),
  };
}

function withLimit(pods: readonly PodPlan[], mib: number): readonly PodPlan[] {
  return pods.map((pod) => ({ ...pod, limits: [{ fromMs: 0, mib }] }));
}
