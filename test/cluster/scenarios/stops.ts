/** Somebody has the pod deleted: by hand, by a rollout, by scaling down. */
import type { Draw } from './draw.ts';
import { container, pod, withNeighbours, workload, type PodWish } from './pods.ts';
import { mechanismAlone, VANISHED, type Allowed, type Label, type Plan, type Scenario } from './scenario.ts';
import type { Stage } from '../stage/stage-access.ts';

const STUBBORN = ['ignore=15', 'log=ready', 'sleep'];
const OBEDIENT = ['on=15:143', 'log=ready', 'sleep'];
/** Keeps the object after its containers ended, as controllers that clean up do. */
const FINALIZERS = ['exit137.test/cleanup'];

/** A bare pod has no owner whose events would tell, and an object does not say who deleted it. */
const NOBODY_KNOWN: Allowed = {
  code: 'P1',
  because: 'it was deleted through the API, though by whom is not recorded',
};

const BY_NOBODY_KNOWN: Label = { code: 'L7', allowed: [NOBODY_KNOWN], unseen: VANISHED };

function app(draw: Draw, steps: readonly string[], more = {}): PodWish {
  const one = container({ steps, limitMib: draw.int(32, 96), more });
  return withNeighbours(draw, { containers: [one], graceSeconds: draw.int(2, 6) });
}

function deleted(draw: Draw, wish: PodWish): Plan {
  return {
    objects: [pod({ ...wish, ...(draw.chance(0.5) ? { finalizers: FINALIZERS } : {}) })],
    act: async (stage) => {
      await stage.running('app');
      await stage.remove();
    },
    died: (stage) => stage.gone(),
    container: 'app',
  };
}

/** The pod that the change is going to replace; its name is known before it dies. */
function replaced(draw: Draw, steps: readonly string[], change: (stage: Stage) => Promise<void>): Plan {
  const name = 'web';
  let old = '';
  return {
    objects: [
      workload('Deployment', {
        name,
        ...app(draw, steps),
        strategy: draw.pick([{ type: 'Recreate' }, { type: 'RollingUpdate' }]),
      }),
    ],
    act: async (stage) => {
      old = await stage.until(
        'a pod of the Deployment',
        60_000,
        async () => (await stage.pods())[0]?.metadata.name,
      );
      await stage.running('app', { pod: old });
      await change(stage);
    },
    died: (stage) => stage.gone({ pod: old }),
    target: () => old,
    container: 'app',
  };
}

const patchWeb = async (stage: Stage, spec: unknown): Promise<void> => {
  await stage.api.patch(`/apis/apps/v1/namespaces/${stage.namespace}/deployments/web`, { spec });
};

async function rollOut(stage: Stage): Promise<void> {
  const env = [{ name: 'RELEASE', value: '2' }];
  await patchWeb(stage, { template: { spec: { containers: [{ name: 'app', env }] } } });
}

export const stops: readonly Scenario[] = [
  {
    id: 'stops/delete-ignored',
    about: 'kubectl delete; the program ignores SIGTERM and is killed when its grace period is over.',
    label: BY_NOBODY_KNOWN,
    times: 4,
    plan: (draw) => deleted(draw, app(draw, STUBBORN)),
  },
  {
    id: 'stops/delete-obeyed',
    about: 'kubectl delete; the program ends on SIGTERM.',
    label: {
      code: 'exit-143',
      allowed: [NOBODY_KNOWN, { code: 'L7', because: 'stopped on request, which its program obeyed' }],
      unseen: VANISHED,
    },
    times: 2,
    plan: (draw) => deleted(draw, app(draw, OBEDIENT)),
  },
  {
    id: 'stops/pre-stop-overrun',
    about: 'kubectl delete; the preStop hook takes the whole grace period.',
    label: {
      code: 'L8',
      allowed: [
        NOBODY_KNOWN,
        { code: 'L7', because: 'the grace period ran out; that a hook took it shows only in the spec' },
      ],
      unseen: VANISHED,
    },
    times: 3,
    plan: (draw) => {
      const hook = { preStop: { exec: { command: ['sleep', '30'] } } };
      return deleted(draw, app(draw, STUBBORN, { lifecycle: hook }));
    },
  },
  {
    id: 'stops/rollout-ignored',
    about: 'A rollout replaces the pod; its program ignores SIGTERM.',
    label: { code: 'P1', via: 'L7', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    times: 4,
    plan: (draw) => replaced(draw, STUBBORN, rollOut),
  },
  {
    id: 'stops/rollout-obeyed',
    about: 'A rollout replaces the pod; its program ends on SIGTERM.',
    label: { code: 'P1', allowed: [mechanismAlone('exit-143'), mechanismAlone('L7')], unseen: VANISHED },
    times: 2,
    plan: (draw) => replaced(draw, OBEDIENT, rollOut),
  },
  {
    id: 'stops/scaled-down',
    about: 'The Deployment is scaled to zero; the program ignores SIGTERM.',
    label: { code: 'P1', via: 'L7', allowed: [mechanismAlone('L7')], unseen: VANISHED },
    times: 3,
    plan: (draw) => replaced(draw, STUBBORN, (stage) => patchWeb(stage, { replicas: 0 })),
  },
  {
    id: 'stops/forced',
    about:
      'kubectl delete --force --grace-period=0; the object is gone at once, the container a moment later.',
    label: {
      code: 'P1',
      allowed: [{ code: 'L7', because: 'who deleted it is not recorded' }, mechanismAlone('L15')],
      unseen: VANISHED,
    },
    times: 2,
    plan: (draw) => ({
      objects: [pod(app(draw, STUBBORN))],
      act: async (stage) => {
        await stage.running('app');
        await stage.remove('victim', 0);
      },
      died: async (stage) => {
        await stage.gone();
        await new Promise((resolve) => setTimeout(resolve, 4000));
      },
      container: 'app',
    }),
  },
];
