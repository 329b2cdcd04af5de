/** The kernel kills a process that is not the container's first one; cgroup v1 kills one process alone. */
import type { Draw } from './draw.ts';
import { container, pod } from './pods.ts';
import { ONLY_THE_NODE_KNOWS, type Allowed, type Plan, type Scenario } from './scenario.ts';

function parent(draw: Draw, after: readonly string[]): Plan {
  const limitMib = draw.int(24, 96);
  const work = ['fork', `sleep=${draw.int(500, 2000)}`, `alloc=${limitMib * 2}`, 'join'];
  return {
    objects: [
      pod({
        containers: [container({ steps: ['on=15:0', 'log=master', ...work, ...after], limitMib })],
        // Restarted, it would lose its next worker before anybody asks about the first.
        restartPolicy: 'Never',
      }),
    ],
    died: (stage) => stage.ended('app'),
    container: 'app',
  };
}

const RELAYED: Allowed = {
  code: 'K1',
  because: '137 as an exit code and 137 as a signal are one number in the API, and the limit was the own one',
};

export const child: readonly Scenario[] = [
  {
    id: 'child/parent-lives',
    about: 'A worker is killed, the master goes on as if nothing had happened.',
    label: {
      code: 'K2',
      unseen: ONLY_THE_NODE_KNOWS,
      allowed: [
        {
          code: 'K9',
          because: 'a process of the container, but not its first: forked or exec-ed is not recorded',
        },
      ],
    },
    times: 3,
    plan: (draw) => ({
      ...parent(draw, ['wait', 'sleep']),
      died: (stage) =>
        stage.until('OOM kill', 60_000, async () => ((await stage.oomKills()) > 0 ? true : undefined)),
    }),
  },
  {
    id: 'child/parent-exits-0',
    about: 'A worker is killed; the master notices nothing and ends with 0.',
    label: { code: 'K3' },
    times: 4,
    plan: (draw) => parent(draw, ['wait', `sleep=${draw.int(100, 1500)}`, 'exit=0']),
  },
  {
    id: 'child/parent-exits-1',
    about: 'A worker is killed; the master gives up with 1.',
    label: { code: 'K3' },
    times: 4,
    plan: (draw) => parent(draw, ['wait', `sleep=${draw.int(100, 1500)}`, 'err=worker lost', 'exit=1']),
  },
  {
    id: 'child/shell-relays-137',
    about: 'The killed process is a child of a shell, which ends with 137 of its own accord.',
    label: { code: 'K3', allowed: [RELAYED] },
    times: 3,
    plan: (draw) => {
      const limitMib = draw.int(24, 96);
      const script = `victim sleep=${draw.int(300, 1500)} alloc=${limitMib * 2}; exit $?`;
      return {
        objects: [
          pod({
            containers: [container({ command: ['sh', '-c', script], limitMib })],
            restartPolicy: 'Never',
          }),
        ],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
];
