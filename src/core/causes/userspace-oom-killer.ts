import type { DeathFacts } from '../facts/types.ts';
import { SECOND_MS } from '../units.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { isSigkill, looksLikeProgram, saysOomKilled, SIGTERM_EXIT } from './read.ts';
import { found, fromLine, nameOf } from './say.ts';

/**
 * It names a host pid and a task name; neither can be mapped to a container for sure, so a fitting name is likely at
 * most. The daemon escalates to SIGKILL and reports within this time of the exit.
 */
const NEAR_MS = 10 * SECOND_MS;
/** So close to the exit another cause would be a coincidence, whatever the task's name. */
const AT_EXIT_MS = 3 * SECOND_MS;

function assess(facts: DeathFacts): Assessment | undefined {
  const { diedAtMs, termination, subject } = facts;
  if (subject.kind !== 'container' || saysOomKilled(facts)) return undefined;
  if (!isSigkill(facts) && termination?.exitCode !== SIGTERM_EXIT) return undefined;
  const lines = facts.nodeLog.filter((record) => record.kind === 'earlyoom-kill');
  const near = lines.filter(
    (record) =>
      record.atMs !== undefined && diedAtMs !== undefined && Math.abs(record.atMs - diedAtMs) <= NEAR_MS,
  );
  const named = near.find(
    (record) => record.kind === 'earlyoom-kill' && looksLikeProgram(facts.container, record.comm),
  );
  const line = named ?? near[0];
  if (line === undefined) return undefined;
  const atExit = Math.abs((line.atMs ?? 0) - (diedAtMs ?? 0)) <= AT_EXIT_MS && isSigkill(facts);
  return found(
    named !== undefined ? 0.85 : atExit ? 0.75 : 0.6,
    `A memory daemon of the node (earlyoom or the like) killed ${nameOf(facts)} because the node was low on memory.`,
    [fromLine(line, 'the daemon says that it killed this process')],
  );
}

/** X2: earlyoom, nohang and the like: they signal a process by its host pid. */
export const userspaceOomKiller: Cause = {
  code: 'X2',
  id: 'userspace-oom-killer',
  title: 'killed by a memory daemon of the node',
  sender: 'userspace-oom-daemon',
  memory: 'node',
  rank: RANK.outside + 1,
  needs: ['node-log'],
  assess,
};
