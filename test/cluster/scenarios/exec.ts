/** A process that came in from outside, by exec or as a probe, is over the container's limit. */
import { container, pod } from './pods.ts';
import { ONLY_THE_NODE_KNOWS, type Allowed, type Scenario } from './scenario.ts';

const CHILD: Allowed = {
  code: 'K2',
  because: 'the kernel names a process of the container; whether it was forked or exec-ed is not recorded',
};

export const exec: readonly Scenario[] = [
  {
    id: 'exec/kubectl-exec',
    about:
      'Somebody runs a hungry command in a healthy container; the command is killed, the container goes on.',
    label: { code: 'K9', allowed: [CHILD], unseen: ONLY_THE_NODE_KNOWS },
    times: 2,
    plan: (draw) => {
      const limitMib = draw.int(24, 64);
      return {
        objects: [pod({ containers: [container({ steps: ['on=15:0', 'log=ready', 'sleep'], limitMib })] })],
        act: async (stage) => {
          await stage.running('app');
          await stage.exec(
            draw.pick([
              ['tail', '/dev/zero'],
              ['sort', '/dev/zero'],
            ]),
          );
        },
        died: (stage) =>
          stage.until('OOM kill', 60_000, async () => ((await stage.oomKills()) > 0 ? true : undefined)),
        container: 'app',
      };
    },
  },
  {
    id: 'exec/probe',
    about: 'An exec probe takes more memory than is left; it is killed each time.',
    label: { code: 'K9', allowed: [CHILD], unseen: ONLY_THE_NODE_KNOWS },
    times: 2,
    plan: (draw) => {
      const limitMib = draw.int(24, 64);
      const probe = { exec: { command: ['tail', '/dev/zero'] }, periodSeconds: 2, timeoutSeconds: 5 };
      const app = container({
        steps: ['on=15:0', 'log=ready', 'sleep'],
        limitMib,
        more: { readinessProbe: probe },
      });
      return {
        objects: [pod({ containers: [app] })],
        died: (stage) =>
          stage.until('OOM kill', 60_000, async () => {
            await stage.running('app');
            return (await stage.oomKills()) > 0 ? true : undefined;
          }),
        container: 'app',
      };
    },
  },
];
