/** The program ends by itself: nobody killed it. */
import type { Draw } from './draw.ts';
import { container, pod, withNeighbours } from './pods.ts';
import type { Label, Plan, Scenario } from './scenario.ts';

function exits(
  draw: Draw,
  wish: { readonly steps?: readonly string[]; readonly command?: readonly string[] },
): Plan {
  const app = container({ ...wish, limitMib: draw.int(32, 96) });
  return {
    objects: [
      pod({
        ...withNeighbours(draw, { containers: [app] }),
        restartPolicy: draw.pick(['Never', 'OnFailure', 'Always']),
      }),
    ],
    died: (stage) => stage.ended('app'),
    container: 'app',
  };
}

function byCode(code: number, label: Label, steps: readonly string[]): Scenario {
  return {
    id: `exits/${code}`,
    about: `The program ends with ${code}.`,
    label,
    times: 2,
    plan: (draw) => exits(draw, { steps: [`sleep=${draw.int(200, 2000)}`, ...steps] }),
  };
}

export const exitCodes: readonly Scenario[] = [
  {
    ...byCode(0, { code: 'none', unseen: { under: ['recorded'], because: 'nothing died' } }, []),
    plan: (draw) => ({
      ...exits(draw, {}),
      objects: [pod({ containers: [container({ steps: ['log=done', 'exit=0'] })], restartPolicy: 'Never' })],
    }),
  },
  byCode(1, { code: 'exit-1' }, ['err=Traceback: something broke', 'exit=1']),
  byCode(2, { code: 'exit-2' }, ['err=usage', 'exit=2']),
  // What a container whose shim was killed shows too.
  byCode(255, { code: 'exit-255' }, ['err=fatal: no such host', 'exit=255']),
  {
    ...byCode(126, { code: 'exit-126' }, []),
    plan: (draw) => exits(draw, { command: ['sh', '-c', '/bin/not-executable'] }),
  },
  {
    ...byCode(127, { code: 'exit-127' }, []),
    plan: (draw) => exits(draw, { command: ['sh', '-c', 'no-such-program'] }),
  },
  {
    ...byCode(128, { code: 'exit-128' }, []),
    about: 'The program of the image does not exist: the runtime cannot start it.',
    plan: (draw) => exits(draw, { command: ['/bin/no-such-program'] }),
  },
  byCode(134, { code: 'exit-134' }, ['err=double free or corruption', 'exit=134']),
  byCode(139, { code: 'exit-139' }, ['fault=segv']),
  byCode(143, { code: 'exit-143' }, ['exit=143']),
];
