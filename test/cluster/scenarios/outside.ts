/** SIGKILL from somebody who leaves no record, and codes that only look like it. */
import { container, pod, withNeighbours } from './pods.ts';
import type { Scenario } from './scenario.ts';

export const outside: readonly Scenario[] = [
  {
    id: 'outside/kill-from-the-host',
    about: 'Somebody on the node sends signal 9 to the container.',
    label: { code: 'X4' },
    times: 3,
    plan: (draw) => {
      const app = container({ steps: ['log=ready', 'sleep'], limitMib: draw.int(32, 128) });
      return {
        objects: [pod({ ...withNeighbours(draw, { containers: [app] }) })],
        act: async (stage) => {
          await stage.running('app');
          const [first] = await stage.hostPids('app');
          if (first !== undefined) process.kill(first, 'SIGKILL');
        },
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'outside/kill-from-a-neighbour',
    about: 'Another container of the pod, sharing its process namespace, sends signal 9.',
    label: { code: 'X4' },
    times: 3,
    plan: (draw) => {
      const app = container({ steps: ['log=ready', 'sleep'], limitMib: draw.int(32, 128) });
      const script = `sleep ${draw.int(2, 4)}; for p in /proc/[0-9]*; do if grep -q 'log=[r]eady' $p/cmdline; then kill -9 \${p#/proc/}; fi; done; sleep 3600`;
      const killer = container({ name: 'supervisor', command: ['sh', '-c', script] });
      return {
        objects: [pod({ containers: [app, killer], more: { shareProcessNamespace: true } })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'outside/exits-with-137',
    about: 'The program itself ends with 137; no signal was sent.',
    label: { code: 'X4' },
    times: 3,
    plan: (draw) => ({
      objects: [
        pod({
          containers: [
            container({
              steps: ['log=ready', `sleep=${draw.int(500, 3000)}`, 'exit=137'],
              limitMib: draw.int(32, 128),
            }),
          ],
          restartPolicy: draw.pick(['Never', 'Always']),
        }),
      ],
      died: (stage) => stage.ended('app'),
      container: 'app',
    }),
  },
];
