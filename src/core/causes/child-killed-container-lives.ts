import type { DeathFacts } from '../facts/types.ts';
import { findLogClues } from '../runtimes/log-clues.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { mayLag, wasFirstProcess } from '../facts/first-process.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import { isStranger } from './stranger.ts';
import { realKills } from './read.ts';
import { found, fromKernel, fromLine, nameOf, pro } from './say.ts';

function counterStatements(facts: DeathFacts): readonly Statement[] {
  const readings = facts.cgroups
    .filter((reading) => (reading.events?.oomKill ?? 0) > 0)
    .map((reading) => {
      const { oomKill = 0, oom, max } = reading.events ?? {};
      const own =
        (oom ?? 0) > 0
          ? 'at its own limit'
          : "at a limit that the container itself did not count (the pod's, or one above)";
      const file = reading.version === 2 ? 'memory.events' : 'memory.oom_control';
      const level = reading.version === 2 && oom !== undefined ? `, ${own}` : '';
      return pro(
        'cgroup',
        `${file}: oom_kill ${oomKill}${oom === undefined ? '' : `, oom ${oom}`}${max === undefined ? '' : `, max ${max}`}${level}`,
        {
          records: [reading.id],
          atMs: reading.atMs,
        },
      );
    });
  const samples = facts.samples
    .filter((sample) => (sample.oomEvents ?? 0) > 0)
    .map((sample) =>
      pro('metrics', `container_oom_events_total is ${sample.oomEvents ?? 0} for this container`, {
        records: [sample.id],
      }),
    );
  return [...readings, ...samples];
}

function isFresh(facts: DeathFacts, kill: KernelOomKill): boolean {
  return mayLag(kill, facts.nowMs) && wasFirstProcess(facts, kill) === 'unknown';
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { subject } = facts;
  if (subject.kind !== 'child' && subject.kind !== 'alive') return undefined;
  const kernel = realKills(facts.kernelKills).map(fromKernel);
  const counters = counterStatements(facts);
  const lines = facts.nodeLog
    .filter((r) => r.kind === 'task-oom')
    .map((r) => fromLine(r, 'the runtime saw an OOM kill in this running container'));
  const clues = findLogClues(facts.logTail?.lines ?? [])
    .filter((clue) => clue.kind === 'child-killed')
    .map((clue) =>
      pro('container log', 'its log says that a child process was killed', { quote: clue.line }),
    );
  const because = [...kernel, ...counters, ...lines.slice(0, 1), ...clues.slice(0, 1)];
  if (because.length === 0) return undefined;
  // What was run into the container by exec dies alone too; and a status this fresh may lag behind the kernel.
  const kills = realKills(facts.kernelKills);
  const strange =
    kills.some((kill) => isStranger(facts, kill)) ||
    (kills.length > 0 && kills.every((kill) => isFresh(facts, kill)));
  // Counters and the runtime's line do not say which process it was.
  const seen = counters.length > 0 || lines.length > 0;
  const weight = strange ? 0.7 : kernel.length > 0 ? 0.97 : seen ? 0.9 : 0.55;
  if (weight < 0.6 && subject.kind === 'alive') return undefined;
  return found(
    weight,
    `The kernel killed a process inside ${nameOf(facts)} for memory; the container itself lives on, and its restart count does not show it.`,
    because,
  );
}

/** K2: a child is OOM-killed, PID 1 and the container live (memory.oom.group 0). */
export const childKilledContainerLives: Cause = {
  code: 'K2',
  id: 'child-killed-container-lives',
  title: 'child process killed, container lives',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel + 6,
  needs: ['cgroup', 'usage', 'kernel-log', 'node-log'],
  assess,
};
