import { OOM_AT_START } from '../facts/deaths.ts';
import type { DeathFacts } from '../facts/types.ts';
import { formatBytes } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { endingKill, limitOf } from './read.ts';
import { found, fromEvent, fromKernel, nameOf, present, pro } from './say.ts';

const UNSETTABLE = /unable to set memory limit/i;

/** The runtime's own process inside the new container, before it becomes the image's (`runc:[2:INIT]`). */
const RUNTIME_INIT = /^(runc:\[|crun:|exe$)/;

export function isStartFailure(facts: DeathFacts): boolean {
  const { termination } = facts;
  return (
    termination?.exitCode === 128 &&
    ['StartError', 'ContainerCannotRun', 'RunContainerError', 'CreateContainerError'].includes(
      termination.reason ?? '',
    )
  );
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { termination } = facts;
  const kill =
    endingKill(facts) ?? (facts.subject.kind === 'container' ? undefined : facts.kernelKills.at(-1));
  const init = kill !== undefined && RUNTIME_INIT.test(kill.victim?.comm ?? '') ? kill : undefined;
  const says = OOM_AT_START.test(termination?.message ?? '');
  const sandbox =
    facts.subject.kind === 'pod'
      ? facts.podEvents.findLast((e) => e.reason === 'FailedCreatePodSandBox' && OOM_AT_START.test(e.message))
      : undefined;
  if (init === undefined && !says && sandbox === undefined) return undefined;
  const limit = facts.container === undefined ? facts.podLimitBytes : limitOf(facts);
  const text = limit === undefined ? 'its memory limit' : `its limit of ${formatBytes(limit)}`;
  const what = facts.container === undefined ? 'the pod' : nameOf(facts);
  return found(
    init === undefined ? 0.95 : 0.97,
    UNSETTABLE.test(termination?.message ?? sandbox?.message ?? '')
      ? `The runtime could not start ${what}: ${text} is below what the start itself uses.`
      : `The kernel killed ${what} while it was being created: ${text} is too small to start it.`,
    present([
      says
        ? pro('pod status', `the runtime says: ${termination?.message ?? ''}`, {
            records: facts.pod === undefined ? [] : [facts.pod.id],
          })
        : undefined,
      sandbox === undefined ? undefined : fromEvent(sandbox),
      init === undefined ? undefined : fromKernel(init),
    ]),
  );
}

/** K7: OOM during container creation; the image's own process never ran. */
export const startOutOfMemory: Cause = {
  code: 'K7',
  id: 'start-out-of-memory',
  title: 'out of memory while starting',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel + 4,
  needs: ['pod', 'pod-events', 'kernel-log'],
  assess,
};
