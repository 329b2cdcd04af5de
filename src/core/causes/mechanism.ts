/** How a stop that somebody decided became a SIGKILL: L7 (grace exceeded), L8 (preStop overran), L14 (sidecar order). */
import { timingOf, MINIMUM_GRACE_SECONDS } from '../facts/kill-decisions.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { DeathCode } from '../model/diagnosis.ts';
import { formatDuration } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';
import type { Statement } from './cause.ts';
import { diedInDeletion, isSigkill } from './read.ts';
import { fromLine, present, pro, timingStatement } from './say.ts';

/** Deletion's end and the exit are this close when the grace period ran out. */
const END_TOLERANCE_MS = 5 * SECOND_MS;

/** The stop that was under way: the kubelet's decision or the pod's deletion. */
export function stopDecision(facts: DeathFacts) {
  return facts.killDecisions.find(({ decision }) => decision === 'stopping');
}

/** Lines of the runtime: stop requested, then SIGKILL after the timeout. */
export function runtimeKillLines(facts: DeathFacts): readonly Statement[] {
  const sent = facts.nodeLog.find((record) => record.kind === 'sigkill-sent');
  const asked = facts.nodeLog.find((record) => record.kind === 'stop-requested');
  return present([
    asked === undefined ? undefined : fromLine(asked, 'the runtime was asked to stop the container'),
    sent === undefined ? undefined : fromLine(sent, 'the runtime sent SIGKILL after the timeout'),
  ]);
}

export function graceRanOut(facts: DeathFacts): 'yes' | 'no' | 'unknown' {
  const stop = stopDecision(facts);
  if (facts.nodeLog.some((record) => record.kind === 'sigkill-sent')) return 'yes';
  if (stop !== undefined) {
    const timing = timingOf(stop, facts.diedAtMs);
    if (timing === 'matches') return 'yes';
    if (timing === 'early') return 'no';
  }
  if (!diedInDeletion(facts) || facts.deletion === undefined || facts.diedAtMs === undefined)
    return 'unknown';
  const off = facts.diedAtMs - facts.deletion.endsAtMs;
  if (Math.abs(off) <= END_TOLERANCE_MS) return 'yes';
  // A forced delete gives no grace, and looks like the kubelet's last one.
  const early = facts.pod?.deletionGraceSeconds !== 0 && facts.diedAtMs >= facts.deletion.requestedAtMs;
  return off < 0 && early ? 'no' : 'unknown';
}

/** Evidence that the preStop hook used the grace period up. */
export function preStopOverran(facts: DeathFacts): readonly Statement[] {
  const hook = facts.container?.preStop;
  const line = facts.nodeLog.find((record) => record.kind === 'prestop-overrun');
  if (line !== undefined)
    return [fromLine(line, 'the kubelet says that the preStop hook was not completed in the grace period')];
  if (hook === undefined) return [];
  const grace = facts.deletion?.graceSeconds ?? facts.graceSeconds;
  const { sleepSeconds } = hook;
  if (sleepSeconds !== undefined && sleepSeconds >= grace - MINIMUM_GRACE_SECONDS) {
    const text = `the preStop hook sleeps ${sleepSeconds} s of a grace period of ${formatDuration(grace * SECOND_MS)}; SIGTERM comes only after it`;
    return [pro('pod spec', text, { records: facts.pod === undefined ? [] : [facts.pod.id] })];
  }
  return [];
}

/** A sidecar is stopped after the main containers and gets what is left of the grace period. */
export function isSidecarStop(facts: DeathFacts): boolean {
  if (facts.container?.role !== 'sidecar') return false;
  const mains = facts.pod?.containers.filter((c) => c.role === 'main') ?? [];
  return mains.length > 0 && mains.every((c) => c.status?.state?.kind === 'terminated');
}

/** Somebody disrupted the pod, so the mechanism stands beside who did, never alone and certain. */
export function besideDisruption(facts: DeathFacts, weight: number): number {
  return facts.disruption === undefined ? weight : Math.min(weight, 0.75);
}

export interface Mechanism {
  readonly via: DeathCode;
  readonly because: readonly Statement[];
}

/** For an exit of 137 during a stop; `undefined` where the application obeyed, or died otherwise. */
export function mechanismOf(facts: DeathFacts): Mechanism | undefined {
  if (!isSigkill(facts)) return undefined;
  const stop = stopDecision(facts);
  const timing = present([
    ...runtimeKillLines(facts),
    stop === undefined ? undefined : timingStatement(facts, stop),
    stop === undefined ? deletionTiming(facts) : undefined,
  ]);
  if (isSidecarStop(facts)) {
    return {
      via: 'L14',
      because: [
        pro(
          'pod status',
          'it is a sidecar, and the main containers had ended: it gets only what is left of the grace period',
        ),
        ...timing,
      ],
    };
  }
  const overrun = preStopOverran(facts);
  if (overrun.length > 0) return { via: 'L8', because: [...overrun, ...timing] };
  return graceRanOut(facts) === 'no' ? undefined : { via: 'L7', because: timing };
}

function deletionTiming(facts: DeathFacts): Statement | undefined {
  const { deletion, diedAtMs } = facts;
  if (deletion === undefined || diedAtMs === undefined || !diedInDeletion(facts)) return undefined;
  if (diedAtMs < deletion.requestedAtMs) {
    return pro(
      'pod status',
      'it was not started again although restartPolicy is Always, so its pod was ending by then',
      { atMs: diedAtMs },
    );
  }
  const after = formatDuration(diedAtMs - deletion.requestedAtMs);
  return pro(
    'timing',
    `it ended ${after} after the deletion was asked for; the grace period is ${formatDuration(deletion.graceSeconds * SECOND_MS)}`,
    {
      atMs: diedAtMs,
    },
  );
}
