/** The node runs short, or seems to: thresholds of the kubelet and the limit of all pods are moved to where the node is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restartKubelet, type Cluster } from '../harness/cluster.ts';
import { CONTAINERD_SOCKET } from '../harness/components.ts';
import { runInside } from '../harness/machine.ts';
import { kubepodsOf, type Stage } from '../stage/stage-access.ts';
import { container, pod } from './pods.ts';
import type { Scenario } from './scenario.ts';

const MIB = 1024 * 1024;

interface Summary {
  readonly node?: {
    readonly memory?: { readonly availableBytes?: number };
    readonly fs?: { readonly availableBytes?: number };
  };
}

async function availableBytes(cluster: Cluster, what: 'memory' | 'fs'): Promise<number> {
  const path = `/api/v1/nodes/${cluster.nodeName}/proxy/stats/summary`;
  const bytes = ((await cluster.api.get(path)) as Summary).node?.[what]?.availableBytes;
  if (bytes === undefined) throw new Error(`the kubelet does not say how much ${what} is left`);
  return bytes;
}

/** The other thresholds stay away from what other work on this machine may do meanwhile. */
async function evictBelow(cluster: Cluster, signal: string, bytes: number): Promise<void> {
  const evictionHard = {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
    [signal]: `${Math.floor(bytes / MIB)}Mi`,
  };
  await restartKubelet(cluster, { evictionHard, evictionPressureTransitionPeriod: '1s' });
}

/** The kubelet under pressure throws away images that nobody uses. */
async function recover({ cluster }: Stage): Promise<void> {
  await restartKubelet(cluster);
  for (const name of ['pause.tar', 'victim.tar']) {
    const ctr = ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io'];
    await runInside(cluster.machine, [...ctr, 'images', 'import', join(cluster.folder.images, name)]);
  }
}

function limitOf(stage: Stage): string {
  return join(kubepodsOf(stage.cluster), 'memory.limit_in_bytes');
}

export const pressure: readonly Scenario[] = [
  {
    id: 'pressure/memory',
    about:
      'The node has less memory left than the threshold; the kubelet evicts the pod that uses most beyond its request.',
    label: { code: 'L1' },
    times: 2,
    turn: 'alone',
    plan: (draw) => {
      const take = draw.int(2500, 3200);
      const steps = [
        draw.pick(['ignore=15', 'on=15:143']),
        'log=ready',
        'sleep=1000',
        `grow=${take}:100:60`,
        'sleep',
      ];
      const hungry = pod({
        containers: [container({ steps, more: { resources: { requests: { memory: '64Mi' } } } })],
      });
      const modest = pod({
        name: 'modest',
        containers: [
          container({ steps: ['on=15:0', 'sleep'], more: { resources: { requests: { memory: '64Mi' } } } }),
        ],
      });
      return {
        objects: [],
        act: async (stage) => {
          const left = await availableBytes(stage.cluster, 'memory');
          await evictBelow(stage.cluster, 'memory.available', left - 1200 * MIB);
          for (const one of [modest, hungry]) {
            await stage.api.create(`/api/v1/namespaces/${stage.namespace}/pods`, one);
          }
        },
        died: (stage) => stage.failed({ seconds: 90 }),
        container: 'app',
        undo: recover,
      };
    },
  },
  {
    id: 'pressure/disk',
    about: "The node's disk has less left than the threshold; the kubelet evicts the pod that wrote most.",
    label: { code: 'L2' },
    times: 2,
    turn: 'alone',
    plan: (draw) => {
      const steps = [
        draw.pick(['ignore=15', 'on=15:143']),
        `file=/data/out:${draw.int(2200, 2600)}`,
        'log=written',
        'sleep',
      ];
      const mounts = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
      const writer = pod({
        containers: [container({ steps, limitMib: 256, more: mounts })],
        more: { volumes: [{ name: 'data', emptyDir: {} }] },
      });
      return {
        objects: [],
        act: async (stage) => {
          const left = await availableBytes(stage.cluster, 'fs');
          await evictBelow(stage.cluster, 'nodefs.available', left - 1200 * MIB);
          await stage.api.create(`/api/v1/namespaces/${stage.namespace}/pods`, writer);
        },
        died: (stage) => stage.failed({ seconds: 120 }),
        container: 'app',
        undo: recover,
      };
    },
  },
  {
    id: 'pressure/all-pods-limit',
    about: 'All pods together reach the limit of the cgroup of all pods; the kernel takes one of them.',
    label: { code: 'K5' },
    times: 3,
    turn: 'last',
    plan: (draw) => {
      const take = draw.int(150, 260);
      const app = container({
        steps: ['log=ready', 'sleep=6000', `alloc=${take}`, 'sleep'],
        ...(draw.chance(0.5) ? { limitMib: take * 3 } : {}),
      });
      const neighbour = pod({
        name: 'neighbour',
        containers: [container({ steps: ['on=15:0', 'sleep'], limitMib: 64 })],
      });
      let before = '';
      return {
        objects: [neighbour, pod({ containers: [app], restartPolicy: 'Never' })],
        act: async (stage) => {
          await stage.running('app');
          const usage = Number(
            readFileSync(join(kubepodsOf(stage.cluster), 'memory.usage_in_bytes'), 'utf8'),
          );
          before = readFileSync(limitOf(stage), 'utf8');
          writeFileSync(limitOf(stage), String(usage + 100 * MIB));
        },
        died: (stage) => stage.ended('app'),
        container: 'app',
        undo: async (stage) => {
          if (before !== '') writeFileSync(limitOf(stage), before);
        },
      };
    },
  },
];
