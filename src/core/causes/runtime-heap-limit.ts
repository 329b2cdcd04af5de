import type { DeathFacts } from '../facts/types.ts';
import { findLogClues } from '../runtimes/log-clues.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { exitCode, isSigkill, saysOomKilled, stopExplains } from './read.ts';
import { found, nameOf, pro } from './say.ts';

function assess(facts: DeathFacts): Assessment | undefined {
  const code = exitCode(facts);
  if (facts.subject.kind !== 'container' || code === undefined || code === 0) return undefined;
  const inMessage = findLogClues((facts.termination?.message ?? '').split('\n')).find(
    (clue) => clue.kind === 'runtime-heap',
  );
  const inLog = findLogClues(facts.logTail?.lines ?? []).findLast((clue) => clue.kind === 'runtime-heap');
  const clue = inMessage ?? inLog;
  if (clue === undefined) return code === 3 ? byExitCode(facts) : undefined;
  const source = inMessage === undefined ? 'container log' : 'termination message';
  const runtime = clue.runtime ?? 'the runtime';
  // A SIGKILL is not a runtime's way to end; then the message is at most what came before.
  const killed =
    isSigkill(facts) || saysOomKilled(facts) || (code === 143 && stopExplains(facts) !== undefined);
  return found(
    killed ? 0.4 : 0.96,
    `${runtime} in ${nameOf(facts)} ran out of its own heap and ended with exit code ${code}; the kernel did not kill it.`,
    [
      pro(source, `${runtime} reports that its own heap limit was reached`, {
        quote: clue.line,
        atMs: facts.diedAtMs,
      }),
    ],
  );
}

/** `-XX:+ExitOnOutOfMemoryError` ends the JVM with code 3 (hotspot share/utilities/debug.cpp). */
function byExitCode(facts: DeathFacts): Assessment | undefined {
  const words = [...(facts.container?.command ?? []), ...(facts.container?.args ?? [])];
  const options =
    facts.container?.environment.flatMap(({ value }) => (value === undefined ? [] : [value])) ?? [];
  if (![...words, ...options].some((word) => word.includes('ExitOnOutOfMemoryError'))) return undefined;
  return found(
    0.85,
    `The JVM in ${nameOf(facts)} ended itself with exit code 3: its own heap was exhausted.`,
    [
      pro('pod status', 'exit code 3'),
      pro('pod spec', '-XX:+ExitOnOutOfMemoryError is set, which ends the JVM with code 3'),
    ],
  );
}

/** H1: the runtime's own heap limit (V8, JVM, PHP, .NET, Python, Go), not the kernel. */
export const runtimeHeapLimit: Cause = {
  code: 'H1',
  id: 'runtime-heap-limit',
  title: "the runtime's own heap limit",
  sender: 'application',
  memory: 'runtime-heap',
  rank: RANK.kernel + 9,
  needs: ['pod'],
  assess,
};
