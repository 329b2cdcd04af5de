/** Processes that several families share. */
import type { Scene } from './scene.ts';
import { levelOf } from './scene.ts';
import type { Process } from './types.ts';

/** The label of a level that follows traffic rests on seeing the traffic. */
export const needsLoad = (scene: Scene): readonly 'traffic'[] => (scene.loadMib > 0 ? ['traffic'] : []);

export const levelOnly = (scene: Scene) => (): Process => ({
  demand: (moment, demand) => {
    demand.rss = levelOf(scene, moment);
  },
});

export function leaking(scene: Scene, rate: number): () => Process {
  return () => ({
    demand: (moment, demand) => {
      demand.rss = levelOf(scene, moment) + rate * moment.ageHours;
    },
  });
}
