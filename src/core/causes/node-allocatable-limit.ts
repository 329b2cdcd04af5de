import type { DeathFacts } from '../facts/types.ts';
import { formatBytes, formatTime } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { levelOf } from './level.ts';
import {
  endExplained,
  endingKill,
  isOomSeenAbovePod,
  isSigkill,
  saysOomKilled,
  whyNoLimitOfItsPod,
} from './read.ts';
import { found, fromKernel, nameOf, present, pro } from './say.ts';

function assess(facts: DeathFacts): Assessment | undefined {
  const kill = endingKill(facts) ?? kubepodsNeighbour(facts);
  if (kill !== undefined) {
    const { K5, reason } = levelOf(facts, kill);
    if (K5 === undefined) return undefined;
    const limit = kill.limitBytes === undefined ? '' : ` of ${formatBytes(kill.limitBytes)}`;
    const at = facts.diedAtMs === undefined ? '' : ` at ${formatTime(facts.diedAtMs)}`;
    const group =
      kill.oomCgroup?.level === 'other'
        ? `the parent cgroup ${kill.oomCgroup.path}`
        : 'all pods of the node together';
    return found(
      K5,
      `The kernel killed ${nameOf(facts)}${at}: ${group} reached the limit${limit}.`,
      present([
        fromKernel(kill),
        reason === undefined ? undefined : pro('kernel log', reason, { records: [kill.id] }),
      ]),
    );
  }
  const unlimited = whyNoLimitOfItsPod(facts);
  const above = isOomSeenAbovePod(facts);
  if (!saysOomKilled(facts) || !isSigkill(facts) || endExplained(facts)) return undefined;
  if (unlimited === undefined && !above) return undefined;
  return found(
    above ? 0.8 : 0.55,
    `The kernel killed ${nameOf(facts)}: all pods of the node together reached their limit.`,
    present([
      above
        ? pro(
            'node journal',
            'the runtime saw an OOM in containers of several pods in the same moment, which is how cgroup v1 tells of a cgroup above them',
          )
        : undefined,
      unlimited === undefined
        ? undefined
        : pro('pod spec', `${unlimited}, so a limit above them was hit, or the node ran out`),
    ]),
  );
}

/**
 * On cgroup v1 a kubepods OOM notifies every container below it: this one is flagged though another died
 * (mem_cgroup_oom_notify walks the subtree, mm/memcontrol.c).
 */
function kubepodsNeighbour(facts: DeathFacts) {
  if (!saysOomKilled(facts) || !isSigkill(facts)) return undefined;
  return facts.nodeKernelKills.find(
    (kill) =>
      (kill.oomCgroup?.level === 'kubepods' || kill.oomCgroup?.level === 'qos') &&
      kill.taskCgroup?.containerId === undefined &&
      kill.atMs !== undefined &&
      Math.abs(kill.atMs - (facts.diedAtMs ?? 0)) <= 5000,
  );
}

/** K5: the node-allocatable cgroup (kubepods): capacity less kube-reserved and system-reserved. */
export const nodeAllocatableLimit: Cause = {
  code: 'K5',
  id: 'node-allocatable-limit',
  title: 'limit of all pods together (node allocatable)',
  sender: 'kernel.memcg',
  memory: 'node',
  rank: RANK.kernel + 2,
  needs: ['pod', 'kernel-log'],
  assess,
};
