import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { endExplained, isPlaceholder, isSigkill, isWindows } from './read.ts';
import { found, nameOf, pro } from './say.ts';

/** NTSTATUS values of failed allocations: STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT (as int32). */
export const NO_MEMORY_CODES: ReadonlySet<number> = new Set([-1073741801, -1073741523]);

function assess(facts: DeathFacts): Assessment | undefined {
  const code = facts.termination?.exitCode;
  if (
    facts.subject.kind !== 'container' ||
    !isWindows(facts) ||
    code === undefined ||
    code === 0 ||
    isPlaceholder(facts) ||
    endExplained(facts)
  )
    return undefined;
  if (NO_MEMORY_CODES.has(code)) {
    return found(
      0.85,
      `${nameOf(facts)} on Windows ended because an allocation failed (exit code ${code}); Windows has no OOM killer.`,
      [pro('pod status', `exit code ${code} is an NTSTATUS for a failed allocation`)],
    );
  }
  if (!isSigkill(facts)) return undefined;
  return found(
    0.6,
    `${nameOf(facts)} runs on Windows, which has no OOM killer: 137 there was written by the runtime when it ended the container, and is no proof of memory.`,
    [pro('pod spec', 'the pod runs on Windows')],
  );
}

/** W1: Windows has no OOM killer; allocations fail or page, and the kubelet's OOM watcher does nothing there. */
export const windowsNoOomKiller: Cause = {
  code: 'W1',
  id: 'windows-no-oom-killer',
  title: 'Windows: no OOM killer',
  sender: 'unknown',
  memory: 'unknown',
  rank: RANK.outside + 9,
  needs: ['pod'],
  assess,
};
