import type { DeathFacts } from '../facts/types.ts';
import { formatBytes } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { isSigkill, stopExplains } from './read.ts';
import { found, fromDecision, nameOf, present, pro } from './say.ts';

/** PSI `full` of the last minute from which a container hardly gets any work done. */
const STALLED_PERCENT = 20;
/** Every crossing of memory.high throttles the allocating task; thousands mean it lived there. */
const MANY_HIGH_EVENTS = 100;

function assess(facts: DeathFacts): Assessment | undefined {
  const reading = facts.cgroups.find(
    ({ events, highBytes }) =>
      (events?.high ?? 0) >= MANY_HIGH_EVENTS && (events?.oomKill ?? 0) === 0 && highBytes !== 'unlimited',
  );
  if (reading === undefined) return undefined;
  const stalled = (reading.pressure?.fullAvg60Percent ?? 0) >= STALLED_PERCENT;
  const high = typeof reading.highBytes === 'number' ? ` of ${formatBytes(reading.highBytes)}` : '';
  const because = present([
    pro(
      'cgroup',
      `memory.events counts ${reading.events?.high ?? 0} crossings of memory.high${high} and no OOM kill`,
      { records: [reading.id] },
    ),
    stalled
      ? pro(
          'cgroup',
          `all its tasks stood still for memory ${reading.pressure?.fullAvg60Percent ?? 0} % of the last minute`,
          { records: [reading.id] },
        )
      : undefined,
  ]);
  const stop = stopExplains(facts);
  if (facts.subject.kind !== 'container') return undefined;
  if (stop === undefined || (stop.decision.decision !== 'liveness' && stop.decision.decision !== 'startup'))
    return undefined;
  const killed = isSigkill(facts) ? 'killed' : 'stopped';
  return found(
    Math.min(stop.weight, stalled ? 0.95 : 0.85),
    `The kubelet ${killed} ${nameOf(facts)} after its probe failed, because memory.high had throttled it to a standstill.`,
    [...because, fromDecision(stop.decision)],
    { via: stop.decision.decision === 'liveness' ? 'L4' : 'L5' },
  );
}

/** K10: throttled at memory.high until a probe failed (KEP-2570, memory QoS). */
export const memoryHighThrottling: Cause = {
  code: 'K10',
  id: 'memory-high-throttling',
  title: 'throttled at memory.high until a probe failed',
  sender: 'kubelet',
  memory: 'container',
  rank: RANK.probe,
  needs: ['cgroup'],
  assess,
};
