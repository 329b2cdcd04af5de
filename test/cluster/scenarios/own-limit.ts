/** A container reaches its own memory limit, and the kernel kills its first process. */
import type { Draw } from './draw.ts';
import { container, pod, resources, withNeighbours, type PodWish } from './pods.ts';
import type { Plan, Scenario } from './scenario.ts';

/** A pod whose container `app` takes too much by these steps; the limit is drawn before. */
function hog(draw: Draw, limitMib: number, steps: readonly string[], wish: Partial<PodWish> = {}): Plan {
  const app = container({ steps: ['log=ready', ...steps], more: { resources: resources(draw, limitMib) } });
  const restartPolicy = draw.pick(['Always', 'Always', 'OnFailure', 'Never'] as const);
  return {
    objects: [pod({ restartPolicy, ...withNeighbours(draw, { containers: [app] }), ...wish })],
    died: (stage) => stage.ended('app'),
    container: 'app',
  };
}

export const ownLimit: readonly Scenario[] = [
  {
    id: 'own-limit/at-once',
    about: 'A running service takes far more than its limit in one go.',
    label: { code: 'K1' },
    times: 4,
    plan: (draw) => {
      const limit = draw.int(24, 160);
      return hog(draw, limit, [`sleep=${draw.int(1000, 4000)}`, `alloc=${limit + draw.int(8, 200)}`]);
    },
  },
  {
    id: 'own-limit/leak',
    about: 'Memory grows by a few MiB at a time until the limit is reached.',
    label: { code: 'K1' },
    times: 4,
    plan: (draw) => hog(draw, draw.int(24, 96), [`leak=${draw.int(1, 3)}:${draw.int(40, 120)}`]),
  },
  {
    id: 'own-limit/burst',
    about: 'Use goes up and down below the limit; one burst is too large.',
    label: { code: 'K1' },
    times: 4,
    plan: (draw) => {
      const limit = draw.int(40, 128);
      const half = `alloc=${Math.floor(limit / 2)}`;
      const quiet = ['sleep=700', 'free', 'sleep=700'];
      return hog(draw, limit, [half, ...quiet, half, ...quiet, `grow=${limit * 2}:4:5`]);
    },
  },
  {
    id: 'own-limit/start-up',
    about: 'It cannot even start within its limit, and is tried again and again.',
    label: { code: 'K1' },
    times: 4,
    plan: (draw) => {
      const limit = draw.int(16, 64);
      return hog(draw, limit, [`alloc=${limit * 2}`], { restartPolicy: 'Always' });
    },
  },
  {
    id: 'own-limit/init-container',
    about: 'An init container needs more than its limit.',
    label: { code: 'K1' },
    times: 3,
    plan: (draw) => {
      const limitMib = draw.int(16, 48);
      const init = container({
        name: 'migrate',
        steps: ['log=migrating', `alloc=${limitMib * 3}`],
        limitMib,
      });
      const app = container({ steps: ['sleep'], limitMib: draw.int(64, 128) });
      return {
        objects: [
          pod({ initContainers: [init], containers: [app], restartPolicy: draw.pick(['Always', 'Never']) }),
        ],
        died: (stage) => stage.ended('migrate'),
        container: 'migrate',
      };
    },
  },
  {
    id: 'own-limit/sidecar',
    about: 'A restartable init container beside the application reaches its own limit.',
    label: { code: 'K1' },
    times: 3,
    plan: (draw) => {
      const limitMib = draw.int(16, 48);
      const mesh = container({
        name: 'mesh',
        steps: ['log=mesh', `sleep=${draw.int(500, 2500)}`, `alloc=${limitMib * 2}`],
        limitMib,
        more: { restartPolicy: 'Always' },
      });
      const app = container({ steps: ['on=15:0', 'sleep'], limitMib: draw.int(64, 128) });
      return {
        objects: [pod({ initContainers: [mesh], containers: [app] })],
        died: (stage) => stage.ended('mesh'),
        container: 'mesh',
      };
    },
  },
];
