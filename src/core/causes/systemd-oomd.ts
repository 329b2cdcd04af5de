import { RANK } from './cause.ts';
import type { Cause } from './cause.ts';
import { found, fromLine, nameOf } from './say.ts';

/** X1: systemd-oomd killed a cgroup for memory pressure or swap use; the kernel's OOM counters do not move. */
export const systemdOomd: Cause = {
  code: 'X1',
  id: 'systemd-oomd',
  title: 'killed by systemd-oomd',
  sender: 'userspace-oom-daemon',
  memory: 'node',
  rank: RANK.outside,
  needs: ['node-log'],
  assess: (facts) => {
    if (facts.subject.kind !== 'container' && facts.subject.kind !== 'trace') return undefined;
    const id = facts.termination?.containerId;
    const untold = facts.subject.kind === 'trace' && facts.killDecisions.length === 0;
    const uid = facts.pod?.uid;
    const line = facts.nodeLog.find(
      (record) =>
        record.kind === 'oomd-kill' &&
        (untold ||
          (id !== undefined && (record.containerId === id || record.cgroup.includes(id))) ||
          (uid !== undefined &&
            record.containerId === undefined &&
            (record.podUid === uid || record.cgroup.includes(uid.replaceAll('-', '_'))))),
    );
    if (line === undefined) return undefined;
    return found(
      0.97,
      `systemd-oomd killed ${nameOf(facts)} because the node was under memory pressure; this is no kernel OOM kill.`,
      [fromLine(line, 'systemd-oomd says that it killed this cgroup')],
    );
  },
};
