/** What touches the whole node: its runtime, its kubelet, its memory and its disk. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startComponent, stopComponent, type Cluster } from '../harness/cluster.ts';
import { processesOf, tryRunInside } from '../harness/machine.ts';
import { until } from '../harness/run.ts';
import { CONTAINERD_SOCKET } from '../harness/components.ts';
import { container, pod } from './pods.ts';
import type { Draw } from './draw.ts';
import type { Manifest, Scenario } from './scenario.ts';
import type { Stage } from '../stage/stage-access.ts';

function quiet(draw: Draw): Manifest {
  return pod({
    containers: [container({ steps: ['on=15:0', 'log=ready', 'sleep'], limitMib: draw.int(32, 96) })],
  });
}

/** Host PIDs of the shims of a pod, found by the sandbox in whose name they run. */
async function shimsOf(stage: Stage): Promise<readonly number[]> {
  const [first] = await stage.hostPids('app');
  const uid = (await stage.pod())?.metadata.uid ?? '';
  if (first === undefined || uid === '') throw new Error('the victim does not run');
  const { stdout } = await tryRunInside(
    stage.cluster.machine,
    ctr(['containers', 'list', '-q', `labels."io.kubernetes.pod.uid"==${uid}`]),
  );
  const ids = stdout.split('\n').filter(Boolean);
  return processesOf(stage.cluster.machine)
    .filter(
      ({ command }) =>
        (command[0] ?? '').includes('containerd-shim') && ids.some((id) => command.includes(id)),
    )
    .map(({ pid }) => pid);
}

function ctr(words: readonly string[]): readonly string[] {
  return ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', ...words];
}

async function killShim(stage: Stage): Promise<void> {
  await stage.running('app');
  const shims = await shimsOf(stage);
  if (shims.length === 0) throw new Error('no shim found');
  for (const pid of shims) process.kill(pid, 'SIGKILL');
}

async function restartContainerd(cluster: Cluster): Promise<void> {
  await stopComponent(cluster, 'containerd', 'SIGKILL');
  startComponent(cluster, 'containerd');
  await until('containerd', 30_000, async () => {
    const { code } = await tryRunInside(cluster.machine, ctr(['version']), { timeoutMs: 5000 });
    return code === 0 ? true : undefined;
  });
}

export const node: readonly Scenario[] = [
  {
    id: 'node/shim-killed',
    about: 'The containerd shim of the pod dies; the exit code is made up by containerd.',
    label: { code: 'X3' },
    times: 2,
    plan: (draw) => ({
      objects: [quiet(draw)],
      act: killShim,
      died: (stage) => stage.ended('app'),
      container: 'app',
    }),
  },
  {
    id: 'node/containerd-restarted',
    about: 'containerd alone is killed and started again; the shims carry the containers through.',
    label: {
      code: 'none',
      unseen: { under: ['recorded'], because: 'nothing died, so nothing was recorded' },
    },
    times: 1,
    turn: 'alone',
    plan: (draw) => ({
      objects: [quiet(draw)],
      act: async (stage) => {
        await stage.running('app');
        await restartContainerd(stage.cluster);
      },
      died: () => sleep(4000),
    }),
  },
  {
    id: 'node/containerd-and-shim-killed',
    about: 'containerd and the shim die together; after the restart the task is lost.',
    label: { code: 'X3' },
    times: 2,
    turn: 'alone',
    plan: (draw) => ({
      objects: [quiet(draw)],
      act: async (stage) => {
        await stage.running('app');
        const shims = await shimsOf(stage);
        await stopComponent(stage.cluster, 'containerd', 'SIGKILL');
        for (const pid of shims) process.kill(pid, 'SIGKILL');
        startComponent(stage.cluster, 'containerd');
      },
      died: (stage) => stage.ended('app'),
      container: 'app',
    }),
  },
  {
    id: 'node/status-lost',
    about: 'While the kubelet is down the container and its record vanish; the kubelet makes up a status.',
    label: {
      code: 'L15',
      unseen: {
        under: ['all', 'no-kernel-log', 'no-metrics', 'no-node-access', 'no-events', 'no-events-no-node'],
        because: 'the placeholder is in the API only until the container runs again, a second later',
      },
    },
    times: 1,
    turn: 'alone',
    plan: (draw) => ({
      objects: [quiet(draw)],
      act: async (stage) => {
        await stage.running('app');
        const uid = (await stage.pod())?.metadata.uid ?? '';
        const shims = await shimsOf(stage);
        await stopComponent(stage.cluster, 'kubelet');
        await stopComponent(stage.cluster, 'containerd', 'SIGKILL');
        for (const pid of shims) process.kill(pid, 'SIGKILL');
        startComponent(stage.cluster, 'containerd');
        await sleep(3000);
        const { stdout } = await tryRunInside(
          stage.cluster.machine,
          ctr(['containers', 'list', '-q', `labels."io.kubernetes.pod.uid"==${uid}`]),
        );
        for (const id of stdout.split('\n').filter(Boolean)) {
          await tryRunInside(stage.cluster.machine, ctr(['tasks', 'delete', '--force', id]));
          await tryRunInside(stage.cluster.machine, ctr(['containers', 'delete', id]));
        }
        await restartContainerd(stage.cluster);
        startComponent(stage.cluster, 'kubelet');
      },
      died: (stage) => stage.ended('app', { seconds: 90 }),
      container: 'app',
    }),
  },
  {
    id: 'node/preempted-by-a-critical-pod',
    about: 'A node-critical pod does not fit; the kubelet makes room for it.',
    label: { code: 'L9' },
    times: 2,
    turn: 'alone',
    plan: (draw) => {
      const big = { resources: { requests: { memory: `${draw.int(14, 18)}Gi` } } };
      const steps = [draw.pick(['ignore=15', 'on=15:143']), 'log=ready', 'sleep'];
      const critical = pod({
        name: 'critical',
        containers: [container({ steps: ['on=15:0', 'sleep'], more: big })],
        more: { priorityClassName: 'system-node-critical' },
      });
      return {
        objects: [pod({ containers: [container({ steps, more: big })], graceSeconds: draw.int(2, 4) })],
        act: async (stage) => {
          await stage.running('app');
          // Bound already, so the scheduler has no say, as for a static pod.
          const spec = { ...(critical['spec'] as object), nodeName: stage.cluster.nodeName };
          await stage.api.create(`/api/v1/namespaces/${stage.namespace}/pods`, { ...critical, spec });
        },
        died: (stage) => stage.failed(),
        container: 'app',
      };
    },
  },
];
