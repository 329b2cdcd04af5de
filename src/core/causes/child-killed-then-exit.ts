import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { formatDuration } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { wasFirstProcess } from '../facts/first-process.ts';
import { foreignKill, siblingWasFlagged } from './false-flag.ts';
import { isStranger } from './stranger.ts';
import {
  earlierChildKill,
  endExplained,
  endingKill,
  entrypointOf,
  exitCode,
  isPlaceholder,
  isSigkill,
  lastReadKill,
  oomHitContainer,
  outlivedKill,
  saysOomKilled,
  SIGTERM_EXIT,
} from './read.ts';
import { found, fromKernel, fromLine, nameOf, present, pro } from './say.ts';

/** TASK_COMM_LEN less its final zero (include/linux/sched.h). */
const COMM_LENGTH = 15;

/** Init programs that start the real one as a child and pass its code on. */
const SUPERVISORS: ReadonlySet<string> = new Set([
  'tini',
  'dumb-init',
  'docker-init',
  'catatonit',
  'supervisord',
  's6-svscan',
  'runsvdir',
]);

function weightByFlag(facts: DeathFacts): number {
  if (endExplained(facts) || foreignKill(facts) !== undefined) return 0.3;
  if (siblingWasFlagged(facts)) return 0.55;
  // 143 is what a drain or a rollout leaves; without the events of that time it cannot be excluded.
  if (exitCode(facts) === SIGTERM_EXIT) return facts.eventsCoverWindow === 'yes' ? 0.85 : 0.55;
  return 0.9;
}

function summary(facts: DeathFacts): string {
  const code = exitCode(facts);
  const name = nameOf(facts);
  const end =
    code === 0
      ? `${name} then ended by itself with exit code 0, which counts as success`
      : code === 137
        ? `${name} then passed its 137 on`
        : `${name} then ended by itself with exit code ${code ?? '?'}`;
  return `The kernel killed a child process for memory; ${end}.`;
}

function assess(facts: DeathFacts): Assessment | undefined {
  const outlived = outlivedKill(facts);
  if (outlived !== undefined) return afterKill(facts, outlived);
  if (facts.subject.kind !== 'container' || isPlaceholder(facts) || !oomHitContainer(facts)) return undefined;
  if (exitCode(facts) === 128) return undefined;
  const flag = saysOomKilled(facts)
    ? pro(
        'pod status',
        `reason OOMKilled with exit code ${exitCode(facts) ?? '?'}: the flag is set for any process of the container, and stays`,
        {
          atMs: facts.diedAtMs,
          records: facts.pod === undefined ? [] : [facts.pod.id],
        },
      )
    : undefined;
  if (!isSigkill(facts)) {
    const kill = endingKill(facts) ?? earlierChildKill(facts);
    const weight = endExplained(facts) ? 0.3 : kill === undefined ? weightByFlag(facts) : 0.96;
    return found(weight, summary(facts), present([flag, kill === undefined ? undefined : fromKernel(kill)]));
  }
  const earlier = endingKill(facts) === undefined ? earlierChildKill(facts) : undefined;
  if (earlier !== undefined && !endExplained(facts)) {
    if (lastReadKill(facts) !== undefined)
      return found(0.3, summary(facts), present([fromKernel(earlier), flag]));
    const later = formatDuration((facts.diedAtMs ?? 0) - (earlier.atMs ?? 0));
    return found(
      0.9,
      summary(facts),
      present([fromKernel(earlier), pro('timing', `the container ended ${later} after that`), flag]),
    );
  }
  return relayed(facts);
}

/** The pod is gone; the runtime saw its container end well after the kernel's report. */
function afterKill(facts: DeathFacts, exit: NodeLogRecord): Assessment | undefined {
  const kill = facts.kernelKills.at(-1);
  if (kill === undefined || kill.groupKill) return undefined;
  return found(
    0.9,
    `The kernel killed ${nameOf(facts)}, a child process, for memory; its container ended later.`,
    [fromKernel(kill), fromLine(exit, 'the runtime saw the container end later')],
  );
}

/**
 * Beside the order of pids, which wraps around: the oldest process bears the name of the spec's first word, and the
 * victim another one.
 */
function firstIsNamed(facts: DeathFacts, { victim, processes }: KernelOomKill): boolean {
  const entry = entrypointOf(facts.container)?.slice(0, COMM_LENGTH);
  const row = processes.find(({ pid }) => pid === victim?.pid);
  if (entry === undefined || row === undefined || victim?.comm === entry) return false;
  const own = processes.filter((other) => other.comm !== 'pause' && other.oomScoreAdj === row.oomScoreAdj);
  const [first] = own.toSorted((one, other) => one.pid - other.pid);
  return first?.comm === entry;
}

/** Every record was read that would show another SIGKILL. */
function noOtherKiller(facts: DeathFacts): boolean {
  const { kernelLogCovers, eventsCoverWindow, killDecisions, kernelKills } = facts;
  if (!kernelLogCovers || eventsCoverWindow !== 'yes' || killDecisions.length > 0) return false;
  return saysOomKilled(facts) && kernelKills.length === 1;
}

/** PID 1 is a supervisor, so the process that died was its child, and the supervisor passed 137 on. */
function relayed(facts: DeathFacts): Assessment | undefined {
  const kill = endingKill(facts);
  const entry = entrypointOf(facts.container);
  if (kill === undefined || kill.groupKill) return undefined;
  if (kill.oomCgroup?.level !== 'container' && kill.oomCgroup?.level !== 'pod') return undefined;
  if (wasFirstProcess(facts, kill) === 'no') {
    const weight = isStranger(facts, kill)
      ? 0.75
      : firstIsNamed(facts, kill) && noOtherKiller(facts)
        ? 0.96
        : 0.9;
    return found(weight, summary(facts), [
      fromKernel(kill),
      pro(
        'kernel log',
        'an older process of the container was alive beside the victim, so the victim was not its first',
        {
          records: [kill.id],
        },
      ),
    ]);
  }
  if (entry === undefined || !SUPERVISORS.has(entry)) return undefined;
  return found(0.7, summary(facts), [
    fromKernel(kill),
    pro('pod spec', `${entry} is PID 1; the program is its child`),
  ]);
}

/** K3: a child was OOM-killed, PID 1 ended by itself later (the flag is sticky: containerd internal/cri/server/events.go). */
export const childKilledThenExit: Cause = {
  code: 'K3',
  id: 'child-killed-then-exit',
  title: 'child process killed, then the container ended by itself',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel + 7,
  needs: ['pod', 'node-log'],
  assess,
};
