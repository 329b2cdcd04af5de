/** Memory that is never given back. */
import { HOUR_MS } from '../../core/units.ts';
import { pick } from '../random.ts';
import { between, chance, fork } from './noise.ts';
import { evenPods, rolloutPods, shareOf } from './pods.ts';
import type { Scene } from './scene.ts';
import { headroomOf, instantAt, levelOf } from './scene.ts';
import type { Plan, Process } from './types.ts';

/** Days until a leak meets the limit. */
export function leakDays(scene: Scene): number {
  const { random, ranges } = scene;
  const days = between(random, chance(random, ranges.slowShare) ? ranges.slowLeakDays : ranges.leakDays);
  // A sixth of the way must be seen, or there is nothing to tell.
  return Math.min(days, 6 * scene.days);
}

/** MiB per hour. */
export function leakRate(scene: Scene, days: number): number {
  return headroomOf(scene) / (days * 24);
}

export function linearLeak(scene: Scene): Plan {
  const rate = leakRate(scene, leakDays(scene));
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + rate * moment.ageHours;
    },
  });
  return { shape: 'leak', subShapes: ['linear'], isLeak: true, pods: evenPods(scene, process) };
}

export function perRequestLeak(scene: Scene): Plan {
  const perLoadHour = leakRate(scene, leakDays(scene));
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + perLoadHour * moment.loadHours;
    },
  });
  return {
    shape: 'leak',
    subShapes: ['per-request'],
    isLeak: true,
    needs: ['traffic'],
    pods: evenPods(scene, process),
  };
}

/** A job every few hours keeps what it loaded. */
export function chunkedLeak(scene: Scene): Plan {
  const days = leakDays(scene);
  const rate = leakRate(scene, days);
  // Six steps at least on the way to the limit; fewer are jumps.
  const everyHours = Math.min(between(scene.random, scene.ranges.chunkHours), days * 4);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + rate * everyHours * Math.floor(moment.ageHours / everyHours);
    },
  });
  // A step of an hour or less is a line at the scale of days: both words are right.
  return { shape: 'leak', subShapes: ['chunked', 'linear'], isLeak: true, pods: evenPods(scene, process) };
}

export function acceleratingLeak(scene: Scene): Plan {
  const days = Math.min(leakDays(scene), 1.5 * scene.days);
  const tauHours = (days * 24) / between(scene.random, [2, 4]);
  const scale = headroomOf(scene) / Math.expm1((days * 24) / tauHours);
  const process = (): Process => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + scale * Math.expm1(Math.min(40, moment.ageHours / tauHours));
    },
  });
  return { shape: 'leak', subShapes: ['accelerating'], isLeak: true, pods: evenPods(scene, process, 0) };
}

/** Garbage between collections: a sawtooth whose period follows the load. Adds to a floor. */
export function garbage(
  scene: Scene,
  amplitudeMib: number,
  periodHours: number,
): (since: number, load: number) => number {
  const own = fork(scene.random);
  let phase = own();
  let period = 1;
  return (sinceHours, load) => {
    phase += (sinceHours * (0.5 + 0.5 * load)) / (periodHours * period);
    if (phase >= 1) {
      phase -= Math.floor(phase);
      period = between(own, [0.8, 1.25]);
    }
    return amplitudeMib * phase;
  };
}

/** The live set leaks below the collector's sawtooth. */
export function floorLeak(scene: Scene): Plan {
  const { random, ranges } = scene;
  const amplitude = headroomOf(scene) * between(random, [0.15, 0.4]);
  const days = leakDays(scene);
  const rate = (headroomOf(scene) - amplitude) / (days * 24);
  const period = Math.min(between(random, ranges.gcHours), days * 4);
  const process = (): Process => {
    const saw = garbage(scene, amplitude, period);
    return {
      demand: (moment, demand) => {
        const extra = saw(moment.sinceHours, moment.load);
        demand.rss = levelOf(scene, moment) + rate * moment.ageHours + extra;
      },
    };
  };
  // The same line through the floor: whoever says linear has the leak right and missed only the collector.
  return { shape: 'leak', subShapes: ['gc-floor', 'linear'], isLeak: true, pods: evenPods(scene, process) };
}

/** Nothing, then a leak: since a rollout, since a change without restart, or with no mark of what happened. */
export function lateLeak(scene: Scene): Plan {
  const { random } = scene;
  const atMs = instantAt(scene, between(random, [0.15, 0.6]));
  const rate = leakRate(scene, Math.min(leakDays(scene), 1.5 * scene.days));
  const process = (): Process => ({
    demand: (moment, demand) => {
      const leakingHours = Math.min(moment.ageHours, (moment.atMs - atMs) / HOUR_MS);
      demand.rss = levelOf(scene, moment) + rate * Math.max(0, leakingHours);
    },
  });
  const mark = pick(random, ['rollout', 'rollout', 'config', 'none'] as const);
  const common = { shape: 'leak', subShapes: ['since-change'], isLeak: true, leakFromMs: atMs } as const;
  if (mark === 'rollout') return { ...common, ...rolloutPods(scene, process, [atMs]) };
  const pods = evenPods(scene, process);
  if (mark === 'config')
    return { ...common, pods, changes: [{ atMs, kind: 'config', label: 'ConfigMap changed' }] };
  // Without a mark nobody can name the change; a hinge in one life is all there is.
  return { ...common, subShapes: ['since-change', 'linear', 'accelerating'], pods };
}

/** Replicas with unequal shares of the traffic leak in proportion to them. */
export function skewedLeak(scene: Scene): Plan {
  const shares = [1.9, 1.2, 0.6, 0.3].slice(0, Math.max(2, Math.min(4, scene.replicas)));
  const perLoadHour = leakRate(scene, leakDays(scene));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const pods = shares.map((share, index) => {
    const process: Process = {
      demand: (moment, demand) => {
        demand.rss = levelOf(scene, moment) + perLoadHour * moment.loadHours;
      },
    };
    return { ...shareOf(scene, process, index), share: share / mean };
  });
  return { shape: 'leak', subShapes: ['per-request'], isLeak: true, needs: ['traffic'], pods };
}
