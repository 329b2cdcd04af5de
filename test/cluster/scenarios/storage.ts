/** A pod writes more than it may keep; the kubelet evicts it for its own limit. */
import { container, pod } from './pods.ts';
import type { Scenario } from './scenario.ts';

/** The kubelet measures volumes once a minute. */
const SECONDS = 150;

export const storage: readonly Scenario[] = [
  {
    id: 'storage/volume-limit',
    about: 'A file in an emptyDir is larger than the volume may be.',
    label: { code: 'L3' },
    times: 2,
    plan: (draw) => {
      const limit = draw.int(4, 16);
      const mounts = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
      const steps = [
        'log=writing',
        `file=/data/out:${limit * 2}`,
        draw.pick(['ignore=15', 'on=15:143']),
        'sleep',
      ];
      return {
        objects: [
          pod({
            containers: [container({ steps, limitMib: 96, more: mounts })],
            more: { volumes: [{ name: 'data', emptyDir: { sizeLimit: `${limit}Mi` } }] },
          }),
        ],
        died: (stage) => stage.failed({ seconds: SECONDS }),
        container: 'app',
      };
    },
  },
  {
    id: 'storage/container-limit',
    about: 'A container writes more into its own file system than its ephemeral-storage limit.',
    label: { code: 'L3' },
    times: 2,
    plan: (draw) => {
      const limit = draw.int(4, 16);
      const resources = { limits: { memory: '96Mi', 'ephemeral-storage': `${limit}Mi` } };
      const steps = [
        'log=writing',
        `file=/tmp/out:${limit * 3}`,
        draw.pick(['ignore=15', 'on=15:143']),
        'sleep',
      ];
      return {
        objects: [pod({ containers: [container({ steps, more: { resources } })] })],
        died: (stage) => stage.failed({ seconds: SECONDS }),
        container: 'app',
      };
    },
  },
];
