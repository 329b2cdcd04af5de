import type { DeathFacts } from '../facts/types.ts';
import type { KernelOomKill } from '../model/kernel.ts';
import type { ContainerEvidence } from '../model/kubernetes.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { isStranger } from './stranger.ts';
import { endingKill, looksLikeProgram, realKills } from './read.ts';
import { found, fromKernel, nameOf, pro } from './say.ts';

/** Tools that people and probes run inside containers; never a service's own process. */
const TOOLS: ReadonlySet<string> = new Set([
  'curl',
  'wget',
  'pg_dump',
  'pg_isready',
  'mysqldump',
  'redis-cli',
  'tar',
  'gzip',
  'jq',
  'psql',
]);

function commandNames(container: ContainerEvidence | undefined): readonly string[] {
  const execs = [
    container?.livenessProbe?.command,
    container?.readinessProbe?.command,
    container?.startupProbe?.command,
    container?.preStop?.command,
    container?.postStart?.command,
  ];
  return execs.flatMap((command) => {
    if (command === undefined) return [];
    // `sh -c "python /check.py"` runs both names.
    const words = command
      .flatMap((word) => word.split(/[\s;|&]+/))
      .filter((word) => word !== '' && !word.startsWith('-'));
    return words.map((word) => (word.split('/').at(-1) ?? word).slice(0, 15));
  });
}

/** Several programs under one limit, pod unknown: run in by exec is as possible as a second container. */
const BESIDE_ANOTHER = 0.5;

function besideAnother({ victim, processes, oomCgroup }: KernelOomKill): boolean {
  const older = processes.filter(
    ({ comm, pid }) => comm !== 'pause' && victim !== undefined && pid < victim.pid,
  );
  return oomCgroup?.level === 'pod' && older.some(({ comm }) => comm !== victim?.comm);
}

/** A victim of an unexplained name: only a candidate for having been run into the container. */
const STRANGER = 0.55;

/** How surely the victim was run into the container (probe, hook, `kubectl exec`) and is not a process of its own. */
export function execVictimWeight(facts: DeathFacts, kill: KernelOomKill): number | undefined {
  const comm = kill.victim?.comm;
  if (comm === undefined) return undefined;
  // Without the pod only the name tells.
  if (facts.container === undefined)
    return TOOLS.has(comm) ? 0.6 : besideAnother(kill) ? BESIDE_ANOTHER : undefined;
  if (looksLikeProgram(facts.container, comm)) return undefined;
  const own = [...(facts.container.command ?? []), ...(facts.container.args ?? [])].join(' ');
  if (own.includes(comm)) return undefined;
  if (commandNames(facts.container).includes(comm)) return 0.85;
  if (TOOLS.has(comm)) return 0.7;
  return isStranger(facts, kill) ? STRANGER : undefined;
}

function assess(facts: DeathFacts): Assessment | undefined {
  const kill = facts.subject.kind === 'child' ? realKills(facts.kernelKills).at(-1) : endingKill(facts);
  if (kill === undefined) return undefined;
  const weight = execVictimWeight(facts, kill);
  if (weight === undefined) return undefined;
  const comm = kill.victim?.comm ?? 'a process';
  const whole = kill.groupKill ? ' and, with group kill, everything in it' : '';
  return found(
    weight,
    `The kernel killed ${comm} in ${nameOf(facts)}${whole}: a process run into the container, not its own program, reached the memory limit.`,
    [
      fromKernel(kill),
      pro('pod spec', `${comm} is not the container's program; a probe, a hook or an exec runs it`),
    ],
  );
}

/** K9: a process exec'd into the container (probe, hook, debug session) was the victim. */
export const execProcessMemory: Cause = {
  code: 'K9',
  id: 'exec-process-memory',
  title: 'memory of a process run into the container',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel + 5,
  needs: ['kernel-log'],
  assess,
};
