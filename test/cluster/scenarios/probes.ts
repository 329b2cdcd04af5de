/** Probes and hooks by which the kubelet ends a container. */
import type { Draw } from './draw.ts';
import { container, pod, withNeighbours } from './pods.ts';
import type { Scenario } from './scenario.ts';

const IGNORES = ['ignore=15', 'touch=/tmp/ok', 'log=ready'];

/** A probe that fails at once or once the file is gone, in one of the forms people use. */
function probe(draw: Draw, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  const handler = draw.pick([
    { exec: { command: ['cat', '/tmp/ok'] } },
    { exec: { command: ['test', '-e', '/tmp/ok'] } },
    { httpGet: { path: '/', port: 8080 } },
  ]);
  return { ...handler, periodSeconds: 1, failureThreshold: draw.int(2, 3), ...more };
}

const SERVE = 'serve=8080:/tmp/ok';

export const probes: readonly Scenario[] = [
  {
    id: 'probes/liveness-ignored',
    about:
      'The liveness probe fails; the program ignores SIGTERM and is killed when its grace period is over.',
    label: { code: 'L4' },
    times: 4,
    plan: (draw) => {
      const app = container({
        steps: [...IGNORES, SERVE, `sleep=${draw.int(2000, 4000)}`, 'rm=/tmp/ok', 'sleep'],
        limitMib: draw.int(32, 96),
        more: {
          livenessProbe: probe(
            draw,
            draw.chance(0.4) ? { terminationGracePeriodSeconds: draw.int(2, 4) } : {},
          ),
        },
      });
      return {
        objects: [pod({ ...withNeighbours(draw, { containers: [app] }), graceSeconds: draw.int(3, 7) })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'probes/liveness-obeyed',
    about: 'The liveness probe fails; the program ends on SIGTERM.',
    label: { code: 'L4' },
    plan: (draw) => {
      const app = container({
        steps: [
          `on=15:${draw.pick([0, 143, 1])}`,
          'touch=/tmp/ok',
          SERVE,
          `sleep=${draw.int(1500, 3000)}`,
          'rm=/tmp/ok',
          'sleep',
        ],
        limitMib: draw.int(32, 96),
        more: { livenessProbe: probe(draw) },
      });
      return {
        objects: [pod({ ...withNeighbours(draw, { containers: [app] }), graceSeconds: 10 })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'probes/startup',
    about: 'The program never becomes ready in time for its startup probe, and ignores SIGTERM.',
    label: { code: 'L5' },
    plan: (draw) => {
      const app = container({
        steps: ['ignore=15', 'log=warming up', 'sleep'],
        limitMib: draw.int(32, 96),
        more: { startupProbe: probe(draw) },
      });
      return {
        objects: [pod({ ...withNeighbours(draw, { containers: [app] }), graceSeconds: draw.int(3, 6) })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'probes/post-start',
    about: 'The postStart hook fails, so the kubelet kills the container.',
    label: { code: 'L6' },
    plan: (draw) => {
      const app = container({
        steps: [draw.pick(['ignore=15', 'on=15:143']), 'log=ready', 'sleep'],
        limitMib: draw.int(32, 96),
        more: { lifecycle: { postStart: { exec: { command: ['false'] } } } },
      });
      return {
        objects: [pod({ containers: [app], graceSeconds: draw.int(3, 5) })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'probes/image-changed',
    about: 'Somebody changes the image of a running pod; the kubelet restarts the container.',
    label: { code: 'L12' },
    times: 2,
    plan: (draw) => ({
      objects: [
        pod({
          containers: [
            container({ steps: [draw.pick(['ignore=15', 'on=15:0']), 'log=ready', 'sleep'], limitMib: 48 }),
          ],
          graceSeconds: draw.int(3, 5),
        }),
      ],
      act: async (stage) => {
        await stage.running('app');
        await stage.api.patch(stage.path(), {
          spec: { containers: [{ name: 'app', image: 'exit137.test/pause:1' }] },
        });
      },
      died: (stage) => stage.ended('app'),
      container: 'app',
    }),
  },
];
