/** A healthy container or a leaking one whose data, or whose limit, changes on the way. Held out. */
import { MINUTE_MS } from '../../core/units.ts';
import { leakDays, leakRate } from './families-leak.ts';
import { leaking, levelOnly, needsLoad } from './levels.ts';
import { between, chance } from './noise.ts';
import { evenPods } from './pods.ts';
import type { Scene } from './scene.ts';
import { instantAt } from './scene.ts';
import type { Plan } from './types.ts';
import { historyWithin } from './window.ts';

type Label = Pick<Plan, 'shape' | 'alsoRight' | 'subShapes' | 'isLeak' | 'needs'>;

function leakingOrHealthy(scene: Scene, isLeaking: boolean): Label {
  if (isLeaking) return { shape: 'leak', subShapes: ['linear'], isLeak: true };
  return {
    shape: 'healthy',
    alsoRight: scene.loadMib > 0 ? ['load-driven'] : [],
    isLeak: false,
    needs: needsLoad(scene),
  };
}

/** The scraper's clock is minutes off the API server's, which tells the kills and the changes. */
export function clockSkew(scene: Scene): Plan {
  const isLeaking = chance(scene.random, 0.5);
  const pods = evenPods(
    scene,
    isLeaking ? leaking(scene, leakRate(scene, leakDays(scene))) : levelOnly(scene),
  );
  return {
    ...leakingOrHealthy(scene, isLeaking),
    pods,
    spoil: (question, random) => {
      const byMs = Math.round(between(random, [-10, 10]) * MINUTE_MS);
      return {
        ...question,
        kills: question.kills.map((kill) => ({ ...kill, atMs: kill.atMs + byMs })),
        changes: question.changes.map((change) => ({ ...change, atMs: change.atMs + byMs })),
      };
    },
  };
}

/** The metric's pod label changed: the same container a second time under the new name, overlapping by some samples. */
export function renamedDuplicate(scene: Scene): Plan {
  const isLeaking = chance(scene.random, 0.5);
  const one: Scene = { ...scene, replicas: 1 };
  const pods = evenPods(one, isLeaking ? leaking(one, leakRate(one, leakDays(one))) : levelOnly(one));
  const renamedAtMs = instantAt(scene, between(scene.random, [0.2, 0.8]));
  const overlapMs = between(scene.random, [1, 10]) * scene.grid.stepMs;
  return {
    ...leakingOrHealthy(scene, isLeaking),
    pods,
    spoil: (question) => {
      const whole = question.histories[0];
      if (whole === undefined) return question;
      const renamed = {
        ...historyWithin(whole, renamedAtMs, Number.POSITIVE_INFINITY),
        pod: `${whole.pod}-renamed`,
      };
      return {
        ...question,
        histories: [historyWithin(whole, 0, renamedAtMs + overlapMs), renamed],
        kills: question.kills.map((kill) =>
          kill.atMs >= renamedAtMs ? { ...kill, pod: renamed.pod } : kill,
        ),
      };
    },
  };
}

/** The limit is changed in place, once up or down, while the container runs on. */
export function resizedLimit(scene: Scene): Plan {
  const isLeaking = chance(scene.random, 0.5);
  const atMs = instantAt(scene, between(scene.random, [0.25, 0.75]));
  const mib = scene.limitMib * (chance(scene.random, 0.7) ? between(scene.random, [1.2, 2]) : 0.9);
  const pods = evenPods(
    scene,
    isLeaking ? leaking(scene, leakRate(scene, leakDays(scene))) : levelOnly(scene),
  );
  return {
    ...leakingOrHealthy(scene, isLeaking),
    pods: pods.map((pod) => ({
      ...pod,
      limits: [
        { fromMs: scene.fromMs, mib: scene.limitMib },
        { fromMs: atMs, mib },
      ],
    })),
    changes: [
      { atMs, kind: 'resize', label: `limit ${Math.round(scene.limitMib)}Mi to ${Math.round(mib)}Mi` },
    ],
  };
}
