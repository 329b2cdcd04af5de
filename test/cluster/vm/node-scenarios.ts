/** Deaths that need cgroup v2, the kubelet's group kill, or a node that nobody else lives on: staged on the second node. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeletConfiguration } from '../harness/components.ts';
import type { Draw } from '../scenarios/draw.ts';
import { container, pod, type Fields, type PodWish } from '../scenarios/pods.ts';
import {
  ONLY_THE_NODE_KNOWS,
  type Allowed,
  type Manifest,
  type Plan,
  type Scenario,
} from '../scenarios/scenario.ts';
import type { Stage } from '../stage/stage-access.ts';
import { SECOND_NODE } from './node-config.ts';

/** One boot of the second node, and what is staged on it. */
export interface Mode {
  readonly name: string;
  readonly about: string;
  readonly kubelet: KubeletConfiguration;
  readonly earlyoom?: boolean;
  readonly systemd?: boolean;
  readonly scenarios: readonly Scenario[];
}

/** Emulated, a container takes some seconds to start. */
const SECONDS = 150;

function here(wish: PodWish): Manifest {
  return pod({ restartPolicy: 'Never', ...wish, more: { ...wish.more, nodeName: SECOND_NODE } });
}

const ended = (stage: Stage): Promise<unknown> => stage.ended('app', { seconds: SECONDS });

/** The second node's cgroups are not this machine's: its kernel log, read through the API, says when a process died. */
async function killed(stage: Stage): Promise<unknown> {
  return stage.until('OOM kill', SECONDS * 1000, async () => {
    const uid = (await stage.pod())?.metadata.uid ?? 'none';
    const { text } = await stage.api.ask('GET', `/api/v1/nodes/${SECOND_NODE}/proxy/logs/kern.log`);
    return text.split('\n').some((line) => line.includes('oom-kill:') && line.includes(uid))
      ? true
      : undefined;
  });
}

const running = (stage: Stage): Promise<unknown> => stage.running('app', { seconds: SECONDS });

const NOT_RECORDED = 'whether a process was forked or exec-ed is not recorded';
const AS_CHILD: Allowed = { code: 'K2', because: NOT_RECORDED };
const AS_OWN: Allowed = { code: 'K1', because: NOT_RECORDED };

function simple(steps: (limitMib: number, draw: Draw) => readonly string[], more: Fields = {}) {
  return (draw: Draw): Plan => {
    const limitMib = draw.int(32, 64);
    return {
      objects: [here({ containers: [container({ steps: steps(limitMib, draw), limitMib, more })] })],
      died: ended,
      container: 'app',
    };
  };
}

const sized = (mib: number): Fields => ({
  limits: { memory: `${mib}Mi` },
  requests: { memory: `${mib}Mi` },
});

const worker = (limitMib: number): readonly string[] => [
  'fork',
  'sleep=700',
  `alloc=${limitMib * 2}`,
  'join',
];

const GROUP: readonly Scenario[] = [
  {
    id: 'v2/leak',
    about: 'The first process grows until the limit.',
    label: { code: 'K1' },
    plan: simple((_limit, draw) => ['log=ready', `leak=${draw.int(1, 4)}:${draw.int(10, 50)}`]),
  },
  {
    id: 'v2/child-group-kill',
    about: 'A worker grows over the limit; the kernel kills the whole container with it.',
    label: { code: 'K1' },
    plan: simple((limitMib) => ['log=master', ...worker(limitMib), 'wait', 'sleep']),
  },
  {
    id: 'v2/exec-group-kill',
    about: 'Somebody runs a hungry command in a healthy container; the kernel kills both.',
    label: { code: 'K9', allowed: [AS_OWN] },
    plan: (draw) => ({
      ...simple(() => ['on=15:0', 'alloc=8', 'log=ready', 'sleep'])(draw),
      act: async (stage) => {
        await running(stage);
        await sleep(1500);
        await stage.exec(['tail', '/dev/zero']).catch(() => {});
      },
    }),
  },
  {
    id: 'v2/tmpfs-fills-the-pod',
    about: 'Files in a memory-backed volume stay charged to the pod; the application no longer fits.',
    label: { code: 'K4' },
    plan: (draw) => {
      const limitMib = draw.int(48, 80);
      const volume = { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] };
      const fill = container({
        name: 'fill',
        steps: [`file=/cache/data:${Math.floor(limitMib * 0.7)}`],
        limitMib,
        more: volume,
      });
      const app = container({
        steps: ['log=ready', 'sleep=1500', `alloc=${Math.floor(limitMib * 0.5)}`, 'sleep'],
        limitMib,
        more: volume,
      });
      const volumes = [{ name: 'cache', emptyDir: { medium: 'Memory' } }];
      return {
        objects: [here({ initContainers: [fill], containers: [app], more: { volumes } })],
        died: ended,
        container: 'app',
      };
    },
  },
  {
    id: 'v2/pod-level-resources',
    about: 'Only the pod has a limit; two containers together exceed it.',
    label: { code: 'K4' },
    plan: (draw) => {
      const limitMib = draw.int(64, 96);
      const beside = container({
        name: 'cache',
        steps: ['sleep=3000', `grow=${Math.floor(limitMib * 0.7)}:1:10`, 'sleep'],
      });
      const app = container({ steps: [`alloc=${Math.floor(limitMib * 0.5)}`, 'log=ready', 'sleep'] });
      const resources = { limits: { memory: `${limitMib}Mi` }, requests: { memory: '16Mi' } };
      return {
        objects: [here({ containers: [beside, app], more: { resources } })],
        // Whichever the kernel takes.
        died: (stage) =>
          stage.until('an OOM kill', SECONDS * 1000, async () => {
            const statuses = (await stage.pod())?.status?.containerStatuses ?? [];
            return statuses.some(({ state }) => state?.terminated !== undefined) ? true : undefined;
          }),
      };
    },
  },
  {
    id: 'v2/resized-then-crossed',
    about: 'The limit is lowered in place, above what is in use; usage then crosses it.',
    label: {
      code: 'K8',
      allowed: [
        {
          code: 'K1',
          because: 'the lowered limit is the own limit, and its events are gone',
          under: ['no-events', 'no-events-no-node', 'recorded'],
        },
      ],
    },
    plan: (draw) => {
      const use = draw.int(16, 24);
      const app = container({
        steps: [`alloc=${use}`, 'log=ready', 'sleep=25000', `grow=${use * 3}:1:50`, 'sleep'],
        more: {
          resizePolicy: [{ resourceName: 'memory', restartPolicy: 'NotRequired' }],
          resources: sized(use * 6),
        },
      });
      return {
        objects: [here({ containers: [app] })],
        act: async (stage) => {
          await running(stage);
          await sleep(2000);
          const containers = [{ name: 'app', resources: sized(use * 2) }];
          await stage.api.patch(`${stage.path()}/resize`, { spec: { containers } });
        },
        died: ended,
        container: 'app',
      };
    },
  },
  {
    id: 'v2/node-oom-no-limit',
    about: 'A container without a limit takes all memory of the node before the kubelet looks.',
    label: { code: 'K6' },
    turn: 'alone',
    plan: () => ({
      objects: [
        here({ containers: [container({ steps: ['log=ready', 'sleep=1000', 'alloc=1500', 'sleep'] })] }),
      ],
      died: ended,
      container: 'app',
    }),
  },
  {
    id: 'v2/node-oom-with-limit',
    about: 'The same with a limit that is larger than the node.',
    label: { code: 'K6' },
    turn: 'alone',
    plan: () => ({
      objects: [
        here({
          containers: [
            container({
              steps: ['log=ready', 'sleep=1000', 'alloc=1500', 'sleep'],
              more: { resources: { limits: { memory: '2Gi' }, requests: { memory: '32Mi' } } },
            }),
          ],
        }),
      ],
      died: ended,
      container: 'app',
    }),
  },
];

const SINGLE: readonly Scenario[] = [
  {
    id: 'v2-single/child-killed-parent-lives',
    about: 'A worker is killed alone; the master goes on.',
    label: { code: 'K2', unseen: ONLY_THE_NODE_KNOWS, allowed: [{ code: 'K9', because: NOT_RECORDED }] },
    plan: (draw) => ({
      ...simple((limitMib) => ['log=master', ...worker(limitMib), 'wait', 'sleep'])(draw),
      died: killed,
    }),
  },
  {
    id: 'v2-single/child-killed-parent-exits-0',
    about: 'A worker is killed alone; the master ends with 0.',
    label: { code: 'K3' },
    plan: simple((limitMib) => ['log=master', ...worker(limitMib), 'wait', 'sleep=500', 'exit=0']),
  },
  {
    id: 'v2-single/parent-relays-137',
    about: 'A worker is killed alone; the master exits 137 by itself.',
    label: {
      code: 'K3',
      allowed: [{ code: 'K1', because: '137 as an exit code and 137 as a signal are one number in the API' }],
    },
    plan: simple((limitMib) => ['log=master', ...worker(limitMib), 'mirror']),
  },
  {
    id: 'v2-single/exec-alone',
    about: 'Somebody runs a hungry command in a healthy container; it dies alone.',
    label: { code: 'K9', unseen: ONLY_THE_NODE_KNOWS, allowed: [AS_CHILD] },
    plan: (draw) => ({
      ...simple(() => ['on=15:0', 'alloc=8', 'log=ready', 'sleep'])(draw),
      act: async (stage) => {
        await running(stage);
        await sleep(1500);
        await stage.exec(['tail', '/dev/zero']).catch(() => {});
      },
      died: killed,
    }),
  },
  {
    id: 'v2-single/kubepods-limit',
    about: 'A container without a limit reaches what the node has set aside for pods.',
    label: { code: 'K5' },
    turn: 'alone',
    plan: () => ({
      objects: [
        here({ containers: [container({ steps: ['log=ready', 'sleep=1000', 'alloc=700', 'sleep'] })] }),
      ],
      died: ended,
      container: 'app',
    }),
  },
];

const EARLYOOM: readonly Scenario[] = [
  {
    id: 'v2-earlyoom/no-limit',
    about:
      'earlyoom kills the container while the node still has memory; its first process ignores SIGTERM, as a PID 1 without handler does.',
    label: { code: 'X2' },
    turn: 'alone',
    plan: () => ({
      objects: [here({ containers: [container({ steps: ['log=ready', 'grow=900:4:40', 'sleep'] })] })],
      died: ended,
      container: 'app',
    }),
  },
];

/** What systemd and its journal say beside the kernel, and its own killer. */
const SYSTEMD: readonly Scenario[] = [
  {
    id: 'v2-systemd/leak',
    about: 'The first process grows until the limit, in a scope that systemd made.',
    label: { code: 'K1' },
    plan: simple((_limit, draw) => ['log=ready', `leak=${draw.int(1, 4)}:${draw.int(10, 50)}`]),
  },
  {
    id: 'v2-systemd/child-group-kill',
    about: 'A worker grows over the limit; the kernel kills the whole scope with it.',
    label: { code: 'K1' },
    plan: simple((limitMib) => ['log=master', ...worker(limitMib), 'wait', 'sleep']),
  },
  {
    id: 'v2-systemd/delete-ignored',
    about: 'The pod is deleted and ignores SIGTERM until the grace period is over.',
    label: { code: 'L7' },
    plan: (draw) => ({
      objects: [
        here({
          graceSeconds: draw.int(3, 6),
          containers: [container({ steps: ['ignore=15', 'log=ready', 'sleep'] })],
          finalizers: ['exit137.test/kept'],
        }),
      ],
      act: async (stage) => {
        await running(stage);
        await sleep(1500);
        await stage.api.ask('DELETE', stage.path());
      },
      died: ended,
      container: 'app',
    }),
  },
  {
    id: 'v2-systemd/oomd-memory-pressure',
    about:
      'A container stalls at memory.high, and the pods of the node with it; systemd-oomd kills it before any limit is hit.',
    label: { code: 'X1' },
    turn: 'alone',
    plan: () => {
      // memory.high lies between request and limit, at memoryThrottlingFactor of the way: 96 MiB.
      const app = container({
        // Page cache to be reclaimed first: systemd-oomd wants to see reclaim.
        steps: ['log=ready', 'file=/data:64', 'grow=160:1:100', 'sleep'],
        more: { resources: { limits: { memory: '176Mi' }, requests: { memory: '16Mi' } } },
      });
      return { objects: [here({ containers: [app] })], died: ended, container: 'app' };
    },
  },
];

export const MODES: readonly Mode[] = [
  {
    name: 'group',
    about: 'the kubelet as it comes: memory.oom.group is set',
    kubelet: {},
    scenarios: GROUP,
  },
  {
    name: 'single',
    about:
      'singleProcessOOMKill, and half of the memory reserved, so that pods reach their common limit first',
    kubelet: { singleProcessOOMKill: true, kubeReserved: { memory: '540Mi' } },
    scenarios: SINGLE,
  },
  {
    name: 'earlyoom',
    about: 'a memory watcher of the node beside the kubelet',
    kubelet: {},
    earlyoom: true,
    scenarios: EARLYOOM,
  },
  {
    name: 'systemd',
    about: 'systemd with its journal and systemd-oomd, which watches the pods; the kubelet sets memory.high',
    kubelet: { featureGates: { NodeLogQuery: true, MemoryQoS: true }, memoryThrottlingFactor: 0.5 },
    systemd: true,
    scenarios: SYSTEMD,
  },
];
