/** L4, L5, L6: the kubelet stopped the container because a probe or hook failed. Not about memory unless starvation was seen. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import type { ProbeSpec } from '../model/kubernetes.ts';
import { kubectlOnContainer } from './commands.ts';
import { rollbackActions } from './rollback.ts';
import { stopActions } from './stop.ts';

/** Kubernetes' defaults (pkg/apis/core/v1/defaults.go). */
const DEFAULT_PERIOD_SECONDS = 10;
const DEFAULT_TIMEOUT_SECONDS = 1;
const DEFAULT_FAILURES = 3;
/** Share of a minute stalled for memory above which a late answer is no surprise. */
const STALLED_PERCENT = 10;

function budget(probe: ProbeSpec): string {
  const period = probe.periodSeconds ?? DEFAULT_PERIOD_SECONDS;
  const timeout = probe.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  const failures = probe.failureThreshold ?? DEFAULT_FAILURES;
  return `${failures} failures ${period} s apart, ${timeout} s for each answer`;
}

/** ` (3 failures 10 s apart, 1 s for each answer)`, or nothing where there is no liveness probe. */
export function probeBudgetText(facts: DeathFacts): string {
  const probe = facts.container?.livenessProbe;
  return probe === undefined ? '' : ` (${budget(probe)})`;
}

/** L4 */
export function adviseLiveness(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const probe = facts.container?.livenessProbe;
  return [
    ...rollbackActions(facts, verdict),
    starvation(facts),
    {
      kind: 'fix',
      text: `Give the liveness probe${probeBudgetText(facts)} room for the longest pause the program makes (garbage collection, a blocked event loop), and let it ask only whether the program is stuck, never whether its dependencies answer.`,
    },
    ...slowStart(facts, probe),
    ...stopActions(facts, verdict),
  ];
}

function slowStart(facts: DeathFacts, probe: ProbeSpec | undefined): readonly Action[] {
  if (probe === undefined || facts.container?.startupProbe !== undefined) return [];
  return [
    {
      kind: 'fix',
      text: 'If it dies while starting: add a startupProbe, which holds the liveness probe back until the first success.',
    },
  ];
}

/** L5 */
export function adviseStartup(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const probe = facts.container?.startupProbe;
  const has = probe === undefined ? '' : ` It has ${budget(probe)} now.`;
  return [
    ...rollbackActions(facts, verdict),
    starvation(facts),
    {
      kind: 'fix',
      text: `Raise failureThreshold times periodSeconds of the startupProbe above the slowest start seen.${has}`,
    },
    ...stopActions(facts, verdict),
  ];
}

/** L6 */
export function adviseHook(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const words = facts.container?.postStart?.command?.slice(0, 3).join(' ');
  return [
    ...rollbackActions(facts, verdict),
    {
      kind: 'fix',
      text: `Repair the postStart hook${words === undefined ? '' : ` (${words})`}: when it fails, the kubelet kills the container. It runs beside the main program, not before it, so it must wait for what it needs.`,
    },
    ...stopActions(facts, verdict),
  ];
}

/** Memory is named only where a reading shows that the container stood still for it. */
function starvation(facts: DeathFacts): Action {
  const stalled = facts.cgroups.find((c) => (c.pressure?.fullAvg60Percent ?? 0) >= STALLED_PERCENT);
  const log =
    facts.logTail === undefined
      ? kubectlOnContainer(facts, ['logs'], ['--previous', '--tail=50'])
      : undefined;
  if (stalled !== undefined) {
    return {
      kind: 'investigate',
      text: `Look at memory before the probe: all of its processes stood still for memory during ${stalled.pressure?.fullAvg60Percent ?? STALLED_PERCENT} % of a minute, so a late answer is the consequence.`,
    };
  }
  return {
    kind: 'investigate',
    short: 'find what slowed the probe',
    text: 'Check first whether the program was starved: CPU throttling (container_cpu_cfs_throttled_periods_total), pauses in its own log, a slow dependency inside the probe.',
    ...(log === undefined ? {} : { command: log }),
  };
}
