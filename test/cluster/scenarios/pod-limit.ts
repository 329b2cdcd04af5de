/** The pod's own limit is reached while each container is below its own; and a limit too small to start with. */
import { container, pod } from './pods.ts';
import type { Scenario } from './scenario.ts';

const CACHE = { volumeMounts: [{ name: 'cache', mountPath: '/cache' }] };
const MEMORY_VOLUME = { volumes: [{ name: 'cache', emptyDir: { medium: 'Memory' } }] };

function sized(mib: number): unknown {
  const resources = { limits: { memory: `${mib}Mi` }, requests: { memory: `${mib}Mi` } };
  return { spec: { containers: [{ name: 'app', resources }] } };
}

export const podLimit: readonly Scenario[] = [
  {
    id: 'pod-limit/tmpfs-fills-the-pod',
    about:
      'An init container leaves files in a memory-backed volume; they stay charged to the pod, and the application no longer fits.',
    label: { code: 'K4' },
    times: 3,
    plan: (draw) => {
      const limitMib = draw.int(48, 96);
      const files = Math.floor(limitMib * 0.7);
      const resources = { limits: { memory: `${limitMib}Mi` } };
      const fill = container({
        name: 'fill',
        steps: [`file=/cache/data:${files}`],
        more: { ...CACHE, resources },
      });
      const take = Math.floor(limitMib * 0.5);
      const app = container({
        steps: ['log=ready', `sleep=${draw.int(500, 2000)}`, `alloc=${take}`, 'sleep'],
        more: { ...CACHE, resources },
      });
      return {
        objects: [pod({ initContainers: [fill], containers: [app], more: MEMORY_VOLUME })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'pod-limit/pod-level-resources',
    about: 'Only the pod has a limit; two containers together exceed it.',
    label: { code: 'K4' },
    times: 4,
    plan: (draw) => {
      const limitMib = draw.int(64, 128);
      const share = Math.floor(limitMib * 0.45);
      const first = container({ name: 'cache', steps: [`alloc=${share}`, 'sleep'] });
      const second = container({
        steps: ['log=ready', `sleep=${draw.int(1500, 3000)}`, `alloc=${Math.floor(limitMib * 0.7)}`, 'sleep'],
      });
      return {
        objects: [
          pod({
            containers: [first, second],
            more: { resources: { limits: { memory: `${limitMib}Mi` }, requests: { memory: '16Mi' } } },
          }),
        ],
        died: (stage) =>
          stage.until('an OOM kill', 60_000, async () => {
            const states = ((await stage.pod())?.status?.containerStatuses ?? []).flatMap(
              ({ state, lastState }) => [state?.terminated, lastState?.terminated],
            );
            return states.some((one) => one !== undefined) ? true : undefined;
          }),
      };
    },
  },
  {
    id: 'pod-limit/sibling-flagged',
    about:
      'The pod reaches its limit and the kernel takes a process of one container; another one fails later for a reason of its own. On cgroup v1 the runtime flags that one OOMKilled too.',
    label: { code: 'exit-1' },
    times: 2,
    plan: (draw) => {
      const limitMib = draw.int(64, 128);
      const hog = container({
        name: 'hog',
        steps: [`sleep=${draw.int(1500, 2500)}`, `alloc=${limitMib * 2}`],
      });
      const app = container({ steps: ['log=ready', 'sleep=7000', 'err=no such table', 'exit=1'] });
      const resources = { limits: { memory: `${limitMib}Mi` }, requests: { memory: '16Mi' } };
      return {
        objects: [pod({ containers: [hog, app], restartPolicy: 'Never', more: { resources } })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'pod-limit/too-small-to-start',
    about: 'The limit is below what the runtime needs to start the process at all.',
    label: {
      code: 'K7',
      allowed: [
        { code: 'K1', because: 'with a little luck the process itself still starts, and dies at once' },
      ],
    },
    times: 3,
    plan: (draw) => {
      // The neighbour makes the pod large enough for its sandbox.
      const neighbour = container({ name: 'proxy', steps: ['on=15:0', 'sleep'], limitMib: 64 });
      const tiny = container({
        steps: ['sleep'],
        more: { resources: { limits: { memory: `${draw.int(200, 900)}Ki` } } },
      });
      return {
        objects: [pod({ containers: [neighbour, tiny] })],
        died: (stage) => stage.ended('app'),
        container: 'app',
      };
    },
  },
  {
    id: 'pod-limit/resize-refused',
    about: 'A lower limit than what is in use is asked for; the kubelet refuses, and nobody dies.',
    label: {
      code: 'none',
      unseen: { under: ['recorded'], because: 'nothing died, so nothing was recorded' },
    },
    times: 2,
    plan: (draw) => {
      const use = draw.int(40, 80);
      const policy = [{ resourceName: 'memory', restartPolicy: 'NotRequired' }];
      const app = container({
        steps: ['on=15:0', `alloc=${use}`, 'log=ready', 'sleep'],
        more: {
          resizePolicy: policy,
          resources: { limits: { memory: `${use * 2}Mi` }, requests: { memory: `${use * 2}Mi` } },
        },
      });
      return {
        objects: [pod({ containers: [app] })],
        act: async (stage) => {
          await stage.running('app');
          await new Promise((resolve) => setTimeout(resolve, 1000));
          await stage.api.patch(`${stage.path()}/resize`, sized(Math.floor(use / 2)));
        },
        died: () => new Promise((resolve) => setTimeout(resolve, 4000)),
      };
    },
  },
];
