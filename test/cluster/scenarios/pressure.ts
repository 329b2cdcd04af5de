/** The node runs short, or seems to: thresholds of the kubelet and the limit of all pods are moved to where the node is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  nodeReady,
  restartKubelet,
  startComponent,
  stopComponent,
  type Cluster,
} from '../harness/cluster.ts';
import { CONTAINERD_SOCKET, writeKubeletConfig } from '../harness/components.ts';
import { runInside } from '../harness/machine.ts';
import { until } from '../harness/run.ts';
import { kubepodsOf, type Stage } from '../stage/stage-access.ts';
import type { Draw } from './draw.ts';
import { container, pod } from './pods.ts';
import type { Manifest, Scenario } from './scenario.ts';

const MIB = 1024 * 1024;

interface Summary {
  readonly node?: {
    readonly memory?: { readonly availableBytes?: number };
    readonly fs?: { readonly availableBytes?: number };
  };
}

/** A kubelet that was just restarted refuses connections for a while, though its node still counts as ready. */
async function availableBytes(cluster: Cluster, what: 'memory' | 'fs'): Promise<number> {
  const path = `/api/v1/nodes/${cluster.nodeName}/proxy/stats/summary`;
  return until(`how much ${what} the kubelet says is left`, 60_000, async () => {
    const summary = (await cluster.api.get(path)) as Summary;
    return summary.node?.[what]?.availableBytes;
  });
}

/** The kubelet's figures are up to 15 s old: what it says once they have changed twice is of now. */
async function freshlyAvailable(cluster: Cluster): Promise<number> {
  const seen = new Set<number>();
  return until('fresh figures of the kubelet', 60_000, async () => {
    const left = await availableBytes(cluster, 'memory');
    seen.add(left);
    await sleep(1000);
    return seen.size > 2 ? left : undefined;
  });
}

/** Less is left than this much more: the victim frees far more, and other work on this machine may free a little. */
const SHORT_BY = 800 * MIB;

/** The threshold comes to the victim; the others stay away from what other work on this machine may do meanwhile. */
async function startEvicting(cluster: Cluster, signal: string, leftBytes: number): Promise<void> {
  const evictionHard = {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
    [signal]: `${Math.floor((leftBytes + SHORT_BY) / MIB)}Mi`,
  };
  await stopComponent(cluster, 'kubelet');
  writeKubeletConfig(cluster.setting, { evictionHard, evictionPressureTransitionPeriod: '1s' });
  startComponent(cluster, 'kubelet');
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

/** Writes more than two gigabytes to the node's disk, and is ready then. */
function writing(draw: Draw): Manifest {
  const written = `file=/data/out:${draw.int(2200, 2600)}`;
  const steps = [draw.pick(['ignore=15', 'on=15:143']), written, 'touch=/data/whole', 'sleep'];
  const mounts = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  const probe = { exec: { command: ['test', '-e', '/data/whole'] }, periodSeconds: 1 };
  return pod({
    containers: [container({ steps, limitMib: 256, more: { ...mounts, readinessProbe: probe } })],
    more: { volumes: [{ name: 'data', emptyDir: {} }] },
  });
}

/** Others may free meanwhile what was written: then more is written, until it is too much. */
async function writeUntilEvicted(stage: Stage): Promise<void> {
  for (let more = 1; more < 6; more += 1) {
    for (let waited = 0; waited < 25; waited += 1) {
      if ((await stage.pod())?.status?.phase !== 'Running') return;
      await sleep(1000);
    }
    const words = ['dd', 'if=/dev/zero', `of=/data/more-${more}`, 'bs=1M', 'count=1500'];
    await stage.exec(words).catch(() => {});
  }
}

/** Others may free meanwhile more than the threshold lies above what was left: then it follows them. */
async function raiseUntilEvicted(stage: Stage): Promise<void> {
  for (let tries = 0; tries < 4; tries += 1) {
    await startEvicting(stage.cluster, 'memory.available', await freshlyAvailable(stage.cluster));
    for (let waited = 0; waited < 40; waited += 1) {
      if ((await stage.pod())?.status?.phase !== 'Running') return;
      await sleep(1000);
    }
  }
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
      const steps = [draw.pick(['ignore=15', 'on=15:143']), 'log=ready', `grow=${take}:100:30`, 'sleep'];
      const resources = { requests: { memory: '64Mi' } };
      const hungry = pod({ containers: [container({ steps, more: { resources } })] });
      const modest = pod({
        name: 'modest',
        containers: [container({ steps: ['on=15:0', 'sleep'], more: { resources } })],
      });
      return {
        objects: [modest, hungry],
        act: async (stage) => {
          await stage.running('app');
          const usage = join(await stage.cgroup('app'), 'memory.usage_in_bytes');
          await stage.until('a full victim', 60_000, () =>
            Number(readFileSync(usage, 'utf8')) > take * MIB ? true : undefined,
          );
          await raiseUntilEvicted(stage);
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
      const writer = writing(draw);
      return {
        objects: [],
        act: async (stage) => {
          const left = await availableBytes(stage.cluster, 'fs');
          await startEvicting(stage.cluster, 'nodefs.available', left - 2 * SHORT_BY);
          await nodeReady(stage.cluster);
          await stage.api.create(`/api/v1/namespaces/${stage.namespace}/pods`, writer);
          await stage.running('app');
          await writeUntilEvicted(stage);
        },
        died: (stage) => stage.failed({ seconds: 120 }),
        container: 'app',
        undo: recover,
      };
    },
  },
  {
    id: 'pressure/readmitted',
    about:
      'The kubelet starts while the disk has less left than its threshold: it refuses the pod that already runs, and stops it.',
    label: { code: 'L2' },
    times: 2,
    turn: 'alone',
    plan: (draw) => ({
      objects: [writing(draw)],
      act: async (stage) => {
        await stage.until('a written file', 90_000, async () => {
          const conditions = (await stage.pod())?.status?.conditions ?? [];
          return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
            ? true
            : undefined;
        });
        await startEvicting(stage.cluster, 'nodefs.available', await availableBytes(stage.cluster, 'fs'));
      },
      died: (stage) => stage.ended('app', { seconds: 120 }),
      container: 'app',
      undo: recover,
    }),
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
