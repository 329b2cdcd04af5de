/** Verdict and facts in, what to do out. The only door of this room. */
import type { DeathFacts } from '../facts/types.ts';
import type { MemoryAnalysis } from '../memory/types.ts';
import type { Action, CauseCode, Verdict } from '../model/diagnosis.ts';
import { CAUSE_CODES } from '../model/diagnosis.ts';
import { adviseChildThenExit, adviseLivingChild } from './children.ts';
import {
  adviseCriticalPreemption,
  adviseDeadline,
  adviseDeletion,
  adviseEvictionApi,
  adviseGarbageCollection,
  adviseNodeShutdown,
  adviseRestartAll,
  adviseSchedulerPreemption,
  adviseSpecRestart,
  adviseTaint,
} from './disruption.ts';
import { adviseDiskEviction, adviseMemoryEviction, adviseOwnStorage } from './eviction.ts';
import { adviseExit } from './exits.ts';
import { adviseExec, adviseOwnLimit, adviseResize, adviseStart, adviseThrottle } from './kernel-own.ts';
import { adviseAllocatable, adviseNode, advisePodLimit } from './kernel-shared.ts';
import { adviseNone, adviseReject } from './living.ts';
import {
  adviseExternalKill,
  adviseLostStatus,
  adviseNodeRestart,
  adviseOomd,
  adviseSandbox,
  adviseUserspaceKiller,
  adviseWindows,
} from './outside.ts';
import { adviseHook, adviseLiveness, adviseStartup } from './probes.ts';
import { adviseHeapLimit } from './runtime.ts';
import { adviseHookOverrun, adviseIgnoredTerm, adviseSidecar } from './stop.ts';
import { adviseUndecided } from './undecided.ts';

export { impact } from './impact.ts';
export { nextEvidence } from './next-evidence.ts';
export { whatChanged } from './what-changed.ts';

/** `memory`: how memory got there, where a history was read. */
type Adviser = (facts: DeathFacts, verdict: Verdict, memory?: MemoryAnalysis) => readonly Action[];

const ADVISERS: Readonly<Record<CauseCode, Adviser>> = {
  K1: adviseOwnLimit,
  K2: adviseLivingChild,
  K3: adviseChildThenExit,
  K4: advisePodLimit,
  K5: adviseAllocatable,
  K6: adviseNode,
  K7: adviseStart,
  K8: adviseResize,
  K9: adviseExec,
  K10: adviseThrottle,
  L1: adviseMemoryEviction,
  L2: adviseDiskEviction,
  L3: adviseOwnStorage,
  L4: adviseLiveness,
  L5: adviseStartup,
  L6: adviseHook,
  L7: adviseIgnoredTerm,
  L8: adviseHookOverrun,
  L9: adviseCriticalPreemption,
  L10: adviseNodeShutdown,
  L11: adviseDeadline,
  L12: adviseSpecRestart,
  L13: adviseRestartAll,
  L14: adviseSidecar,
  L15: adviseLostStatus,
  P1: adviseDeletion,
  P2: adviseSchedulerPreemption,
  P3: adviseEvictionApi,
  P4: adviseTaint,
  P5: adviseGarbageCollection,
  X1: adviseOomd,
  X2: adviseUserspaceKiller,
  X3: adviseNodeRestart,
  X4: adviseExternalKill,
  X5: adviseSandbox,
  W1: adviseWindows,
  H1: adviseHeapLimit,
};

function isCause(code: Verdict['code']): code is CauseCode {
  return (CAUSE_CODES as readonly string[]).includes(code);
}

/**
 * What to do, most useful first. Never more than the evidence allows: without a cause no fix, without a figure in the
 * evidence no figure, and every command is safe to paste (docs/verdicts.md).
 */
export function advise(verdict: Verdict, facts: DeathFacts, memory?: MemoryAnalysis): readonly Action[] {
  switch (verdict.kind) {
    case 'insufficient-evidence':
    case 'ambiguous':
      return adviseUndecided(facts, verdict);
    case 'nothing-died':
      return verdict.code === 'reject' ? adviseReject(facts) : adviseNone(facts);
    case 'identified':
      break;
  }
  return [...adviseCause(facts, verdict, memory), ...staleOomKilled(facts, verdict)];
}

function adviseCause(
  facts: DeathFacts,
  verdict: Verdict,
  memory: MemoryAnalysis | undefined,
): readonly Action[] {
  if (isCause(verdict.code)) return ADVISERS[verdict.code](facts, verdict, memory);
  if (verdict.code === 'reject') return adviseReject(facts);
  return verdict.code.startsWith('exit-') ? adviseExit(facts, verdict) : [];
}

/** The flag `OOMKilled` stays from the first killed process to the exit (containerd internal/cri/server/events.go). */
function staleOomKilled(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  if (facts.termination?.reason !== 'OOMKilled' || verdict.code.startsWith('K')) return [];
  return [
    {
      kind: 'prevent',
      text: 'Leave the memory limit alone for this death: OOMKilled in the record says that a process of the container (on cgroup v1 perhaps of a neighbour) was killed for memory at some time in its life, not that this exit came from it. Exclude such exits from alerts on OOMKilled.',
    },
  ];
}
