/** Without node access: what the node's logs would have told, and how to read them by hand without changing anything. */
import type { EvidenceGap } from '../../core/model/bundle.ts';
import { commandLine, isSafeName, journalOverSsh } from '../../core/text/shell.ts';
import type { EpochMs } from '../../core/units.ts';

/** Whose death is asked about; `atMs` as far as it is known. */
export interface DeadPod {
  readonly namespace: string;
  readonly name: string;
  readonly atMs?: EpochMs;
}

/** One gap for the kernel log and one for the journals of kubelet and runtime. */
export function nodeLogGaps(nodeName: string, pod: DeadPod): readonly EvidenceGap[] {
  const command = readByHand(nodeName, pod);
  const shared = {
    nodeName,
    fix: 'Run the command (it only reads the journal over ssh), or allow --node-access, which reads it through nodes/proxy.',
    ...(command === undefined ? {} : { command }),
  };
  return [
    {
      id: `gap:cluster/kernel-log/${nodeName}`,
      what: `kernel log of node ${nodeName}`,
      cost: 'Whether the kernel killed it, and at whose limit (container, pod or node), rests on weaker signs.',
      kind: 'kernel-log',
      ...shared,
    },
    {
      id: `gap:cluster/node-log/${nodeName}`,
      what: `kubelet and runtime logs of node ${nodeName}`,
      cost: 'Who asked for a stop, and whether the grace period ran out, is known from events alone.',
      kind: 'node-log',
      ...shared,
    },
  ];
}

/** Undefined where a name could not stand in a command. */
function readByHand(nodeName: string, pod: DeadPod): string | undefined {
  const journal = journalOverSsh(nodeName, pod.atMs);
  if (!isSafeName(pod.name) || !isSafeName(pod.namespace)) return undefined;
  const judge = commandLine(['exit137', 'why', `${pod.namespace}/${pod.name}`, '-f', '-']);
  return journal === undefined || judge === undefined ? undefined : `${journal} | ${judge}`;
}
