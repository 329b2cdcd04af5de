/** K2, K3: a process inside the container was killed, and the container lived on or ended by itself. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { knobActions } from './runtime.ts';
import { rollbackActions } from './rollback.ts';
import { ownLimit, theContainer, worstCrowd } from './words.ts';
import { formatBytes } from '../text/amounts.ts';

/** K2: the container runs, but something in it was killed, perhaps again and again. */
export function adviseLivingChild(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    ...rollbackActions(facts, verdict),
    workers(facts),
    ...knobActions(facts),
    {
      kind: 'prevent',
      text: 'Alert on the oom_kill count (container_oom_events_total, memory.events): the restart count and the pod status stay clean through these kills.',
    },
    groupChoice(facts),
  ];
}

/** K3: the record says `OOMKilled`, the exit was the program's own. */
export function adviseChildThenExit(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  return [
    ...rollbackActions(facts, verdict),
    ...successActions(facts),
    workers(facts),
    ...knobActions(facts),
    groupChoice(facts),
  ];
}

function workers(facts: DeathFacts): Action {
  const comm = facts.kernelKills.find(({ victim }) => victim !== undefined)?.victim?.comm;
  const crowd = worstCrowd(facts);
  const sum =
    crowd === undefined || crowd.count < 2
      ? ''
      : ` ${crowd.count} processes named ${crowd.comm} held ${formatBytes(crowd.bytes)} together.`;
  return {
    kind: 'fix',
    short: 'handle killed child processes',
    text: `Make the main process notice when ${comm === undefined ? 'a child' : `a child such as ${comm}`} dies by signal 9 and fail or replace it, and fit the sum of all processes into ${ownLimit(facts)}.${sum}`,
  };
}

function successActions(facts: DeathFacts): readonly Action[] {
  const { termination, pod, container } = facts;
  if (termination?.exitCode !== 0) return [];
  const what =
    container?.role === 'init'
      ? `init container ${container.name}`
      : pod?.owner?.kind === 'Job'
        ? `this run of Job ${pod.owner.name}`
        : theContainer(facts);
  return [
    {
      kind: 'fix',
      short: 'treat this run as failed',
      text: `Treat ${what} as failed: Kubernetes counts exit 0 as success, but a process in it was killed for memory. Check or repeat its output.`,
    },
  ];
}

/** Group kill is a node setting: both choices have a cost, so the choice is named and not made. */
function groupChoice(facts: DeathFacts): Action {
  const single = facts.node?.kubeletConfig?.singleProcessOomKill;
  const now =
    single === undefined
      ? ''
      : single
        ? ' This node kills single processes (singleProcessOOMKill: true).'
        : ' This node kills the whole container.';
  return {
    kind: 'prevent',
    text: `Choose on purpose between losing one process and restarting the whole container (kubelet setting singleProcessOOMKill, memory.oom.group on cgroup v2).${now}`,
  };
}
