/** Which pods a workload has, and how they change at a rollout. */
import type { ChangeMark } from '../../core/model/series.ts';
import type { EpochMs } from '../../core/units.ts';
import { MINUTE_MS } from '../../core/units.ts';
import { chance } from './noise.ts';
import type { Scene } from './scene.ts';
import { DAY_MS } from './scene.ts';
import type { PodPlan, Process } from './types.ts';

/** One pod that is there from the window's start on, its container up to `ageDays` old. */
export function shareOf(scene: Scene, process: Process, index: number, ageDays = 1): PodPlan {
  return {
    name: `app-7d9f-${index}`,
    bornMs: scene.fromMs,
    startAgeMs: Math.round(ageDays === 0 ? 0 : scene.random() * ageDays * DAY_MS),
    share: 1,
    process,
  };
}

/** Replicas that differ only by their noise and their age. A third of them began with the window. */
export function evenPods(scene: Scene, process: () => Process, ageDays = 0.3): readonly PodPlan[] {
  return Array.from({ length: scene.replicas }, (_, index) =>
    shareOf(scene, process(), index, chance(scene.random, 1 / 3) ? 0 : ageDays),
  );
}

/** Replicas that start together, a while after the window began, with no sample before. */
export function newPods(scene: Scene, process: () => Process, atMs: EpochMs): readonly PodPlan[] {
  return Array.from({ length: scene.replicas }, (_, index) => ({
    name: `app-7d9f-${index}`,
    bornMs: atMs + index * MINUTE_MS,
    share: 1,
    process: process(),
  }));
}

const versionAt = (index: number): string => `registry.example/app:1.${index}`;

/**
 * The workload is rolled out at the instants: a Deployment gets new pods, a StatefulSet keeps the names. A process
 * knows the instants itself where it changes with the version.
 */
export function rolloutPods(
  scene: Scene,
  process: () => Process,
  atMs: readonly EpochMs[],
): { readonly pods: readonly PodPlan[]; readonly changes: readonly ChangeMark[] } {
  const changes = atMs.map(
    (at, index): ChangeMark => ({ atMs: at, kind: 'rollout', label: `revision ${41 + index}` }),
  );
  const first = evenPods(scene, process);
  if (chance(scene.random, 0.5)) {
    const version = [
      { fromMs: scene.fromMs, value: versionAt(0) },
      ...atMs.map((fromMs, index) => ({ fromMs, value: versionAt(index + 1) })),
    ];
    const pods = first.map((pod, index) => ({
      ...pod,
      name: `app-${index}`,
      restartsAtMs: atMs.map((at) => at + index * MINUTE_MS),
      version,
    }));
    return { pods, changes };
  }
  const starts = [scene.fromMs, ...atMs];
  const pods = starts.flatMap((bornMs, generation) =>
    (generation === 0 ? first : evenPods(scene, process, 0)).map((pod, index): PodPlan => {
      const next = starts[generation + 1];
      return {
        ...pod,
        name: `app-${(0x7d9f + generation * 0x111).toString(16)}-${index}`,
        bornMs: bornMs + (generation === 0 ? 0 : index * MINUTE_MS),
        ...(next === undefined ? {} : { goneMs: next + (index + 1) * MINUTE_MS }),
        version: [{ fromMs: bornMs, value: versionAt(generation) }],
      };
    }),
  );
  return { pods, changes };
}

/** No, one or two rollouts that change nothing about the memory. */
export function sometimesRolledOut(
  scene: Scene,
  process: () => Process,
): { readonly pods: readonly PodPlan[]; readonly changes: readonly ChangeMark[] } {
  const { random } = scene;
  if (!chance(random, 0.3)) return { pods: evenPods(scene, process, 6), changes: [] };
  const shares = chance(random, 0.5) ? [0.3 + 0.4 * random()] : [0.2 + 0.2 * random(), 0.6 + 0.2 * random()];
  return rolloutPods(
    scene,
    process,
    shares.map((share) => Math.round(scene.fromMs + share * (scene.toMs - scene.fromMs))),
  );
}
