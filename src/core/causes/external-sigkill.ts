import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import {
  endExplained,
  isPlaceholder,
  isSigkill,
  nodeEventsInWindow,
  oomHitContainer,
  peakRatio,
} from './read.ts';
import { found, nameOf, present, pro } from './say.ts';

/** Usage below this share of the limit speaks against memory. */
const FAR_FROM_LIMIT = 0.75;

function assess(facts: DeathFacts): Assessment | undefined {
  if (
    facts.subject.kind !== 'container' ||
    !isSigkill(facts) ||
    isPlaceholder(facts) ||
    facts.pod?.os === 'windows'
  )
    return undefined;
  if (facts.termination?.reason !== 'Error' || oomHitContainer(facts) || endExplained(facts))
    return undefined;
  const eventsSilent =
    facts.eventsCoverWindow === 'yes' &&
    facts.killDecisions.length === 0 &&
    nodeEventsInWindow(facts, ['SystemOOM']).length === 0;
  const ratio = peakRatio(facts);
  const farFromLimit = ratio !== undefined && ratio < FAR_FROM_LIMIT;
  const because = present([
    eventsSilent
      ? pro('events', 'the events of that time are there and show no kill by the kubelet and no node OOM')
      : undefined,
    facts.kernelLogCovers
      ? pro('kernel log', 'the kernel log of that time was read and reports no OOM kill of this container')
      : undefined,
    farFromLimit
      ? pro('metrics', `its highest reading was ${Math.round((ratio ?? 0) * 100)} % of its limit`)
      : undefined,
    facts.runtimeLogCovers
      ? pro('node journal', 'the journal of that time was read and shows no stop by the runtime')
      : undefined,
  ]);
  // By exclusion only, so never more than possible.
  const memoryExcluded = facts.kernelLogCovers || farFromLimit;
  const weight = eventsSilent && memoryExcluded ? 0.6 : eventsSilent ? 0.5 : 0.2;
  return found(
    weight,
    `Somebody or something sent SIGKILL to ${nameOf(facts)} (a process in it, the host, a debugger), or it ended itself with 137; neither Kubernetes nor the kernel's OOM killer shows a trace.`,
    because,
  );
}

/** X4: kill -9 from inside or from the host, a supervisor, or `exit 137` in the program itself. By exclusion. */
export const externalSigkill: Cause = {
  code: 'X4',
  id: 'external-sigkill',
  title: 'SIGKILL from elsewhere, or exit(137)',
  sender: 'unknown',
  memory: 'none',
  rank: RANK.outside + 3,
  needs: ['pod'],
  assess,
};
