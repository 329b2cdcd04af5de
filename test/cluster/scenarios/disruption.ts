/** Somebody other than the owner takes the pod away: the scheduler, a drain, a taint, a deadline. */
import { container, job, pod, type PodWish } from './pods.ts';
import { DRILL_TAINT } from './pods.ts';
import type { Draw } from './draw.ts';
import { mechanismAlone, VANISHED, type Manifest, type Scenario } from './scenario.ts';
import type { Stage } from '../stage/stage-access.ts';

const FINALIZERS = ['exit137.test/cleanup'];

function victim(draw: Draw, more: Partial<PodWish> = {}): Manifest {
  const steps = [draw.pick(['ignore=15', 'ignore=15', 'on=15:143']), 'log=ready', 'sleep'];
  return pod({
    containers: [container({ steps, limitMib: draw.int(32, 96) })],
    graceSeconds: draw.int(2, 5),
    ...(draw.chance(0.5) ? { finalizers: FINALIZERS } : {}),
    ...more,
  });
}

/** A resource that only this staging knows, so that the scheduler has exactly one victim to choose. */
async function offerSlot(stage: Stage, resource: string): Promise<void> {
  const { nodeName } = stage.cluster;
  await stage.api.patch(`/api/v1/nodes/${nodeName}/status`, { status: { capacity: { [resource]: '1' } } });
}

async function cordon(stage: Stage, unschedulable: boolean): Promise<void> {
  await stage.api.patch(`/api/v1/nodes/${stage.cluster.nodeName}`, { spec: { unschedulable } });
}

export const disruption: readonly Scenario[] = [
  {
    id: 'disruption/preempted-by-the-scheduler',
    about: 'A pod of higher priority needs what the victim holds.',
    label: { code: 'P2', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    plan: (draw) => {
      const name = `urgent-${draw.int(1, 1_000_000_000)}`;
      const resource = `exit137.test/slot-${draw.int(1, 1_000_000_000)}`;
      const slot = { resources: { limits: { [resource]: '1' } } };
      const steps = [draw.pick(['ignore=15', 'on=15:143']), 'log=ready', 'sleep'];
      const weak = pod({
        containers: [container({ steps, more: slot })],
        graceSeconds: draw.int(2, 5),
        ...(draw.chance(0.5) ? { finalizers: FINALIZERS } : {}),
      });
      const strong = pod({
        name: 'urgent',
        containers: [container({ steps: ['on=15:0', 'sleep'], more: slot })],
        more: { priorityClassName: name },
      });
      return {
        objects: [
          {
            apiVersion: 'scheduling.k8s.io/v1',
            kind: 'PriorityClass',
            metadata: { name },
            value: 1000,
          },
          weak,
        ],
        act: async (stage) => {
          await offerSlot(stage, resource);
          await stage.running('app');
          await stage.api.create(`/api/v1/namespaces/${stage.namespace}/pods`, strong);
        },
        died: (stage) => stage.gone(),
        container: 'app',
        undo: async (stage) => {
          await stage.api.ask('DELETE', `/apis/scheduling.k8s.io/v1/priorityclasses/${name}`);
        },
      };
    },
  },
  {
    id: 'disruption/drained',
    about: 'kubectl drain: the node is cordoned, and the eviction API is asked to remove the pod.',
    label: { code: 'P3', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    plan: (draw) => ({
      objects: [victim(draw)],
      act: async (stage) => {
        await stage.running('app');
        await cordon(stage, true);
        await stage.api.create(`${stage.path()}/eviction`, {
          apiVersion: 'policy/v1',
          kind: 'Eviction',
          metadata: { name: 'victim' },
        });
      },
      died: (stage) => stage.gone(),
      container: 'app',
      undo: (stage) => cordon(stage, false),
    }),
    turn: 'alone',
  },
  {
    id: 'disruption/no-execute-taint',
    about: 'A NoExecute taint appears on the node, which only the victim does not tolerate.',
    label: { code: 'P4', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    times: 2,
    plan: (draw) => {
      const key = DRILL_TAINT;
      const taints = async (stage: Stage, change: 'add' | 'remove'): Promise<void> => {
        const path = `/api/v1/nodes/${stage.cluster.nodeName}`;
        const node = (await stage.api.get(path)) as { spec?: { taints?: readonly { key: string }[] } };
        const others = (node.spec?.taints ?? []).filter((taint) => taint.key !== key);
        const wanted = change === 'add' ? [...others, { key, effect: 'NoExecute' }] : others;
        await stage.api.ask('PATCH', path, {
          type: 'application/merge-patch+json',
          text: JSON.stringify({ spec: { taints: wanted } }),
        });
      };
      return {
        objects: [victim(draw, { more: { tolerations: [] } })],
        act: async (stage) => {
          await stage.running('app');
          await taints(stage, 'add');
        },
        died: (stage) => stage.gone(),
        container: 'app',
        undo: (stage) => taints(stage, 'remove'),
      };
    },
    turn: 'alone',
  },
  {
    id: 'disruption/pod-deadline',
    about: 'activeDeadlineSeconds of the pod is over.',
    label: { code: 'L11' },
    plan: (draw) => ({
      objects: [
        victim(draw, {
          finalizers: [],
          restartPolicy: 'Never',
          more: { activeDeadlineSeconds: draw.int(3, 6) },
        }),
      ],
      died: async (stage) => {
        await stage.failed();
        await stage.ended('app');
      },
      container: 'app',
    }),
  },
  {
    id: 'disruption/job-deadline',
    about: 'activeDeadlineSeconds of the Job is over, and the Job controller deletes its pod.',
    label: { code: 'P1', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    plan: (draw) => {
      let name = '';
      const steps = [draw.pick(['ignore=15', 'on=15:143']), 'log=working', 'sleep'];
      return {
        objects: [
          job(
            { name: 'batch', containers: [container({ steps, limitMib: 48 })], graceSeconds: draw.int(2, 5) },
            { activeDeadlineSeconds: draw.int(5, 7), backoffLimit: 0 },
          ),
        ],
        act: async (stage) => {
          name = await stage.until(
            'a pod of the Job',
            60_000,
            async () => (await stage.pods())[0]?.metadata.name,
          );
        },
        died: (stage) => stage.gone({ pod: name }),
        target: () => name,
        container: 'app',
      };
    },
  },
  {
    id: 'disruption/sidecar-at-the-end',
    about: 'The Job is done; its sidecar ignores SIGTERM and is killed after the grace period.',
    label: {
      code: 'L14',
      allowed: [{ code: 'none', because: 'the Job succeeded; a sidecar killed at its end is ordinary' }],
    },
    times: 2,
    plan: (draw) => {
      const mesh = container({
        name: 'mesh',
        steps: ['ignore=15', 'log=mesh', 'sleep'],
        more: { restartPolicy: 'Always' },
      });
      const work = container({ steps: ['log=done', `sleep=${draw.int(500, 2000)}`, 'exit=0'] });
      return {
        objects: [
          pod({
            initContainers: [mesh],
            containers: [work],
            restartPolicy: 'Never',
            graceSeconds: draw.int(2, 4),
          }),
        ],
        died: (stage) => stage.ended('mesh'),
        container: 'mesh',
      };
    },
  },
];
