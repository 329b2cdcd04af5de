/** Without node access: what the node's logs would have told, and how to read them by hand without changing anything. */
import { isSafeName } from '../../core/advice/shell.ts';
import type { EvidenceGap } from '../../core/model/bundle.ts';
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { shellQuote } from '../../core/text/shell.ts';
import { MINUTE_MS, type EpochMs } from '../../core/units.ts';
import { newestDeathMs } from './deaths.ts';

const MARGIN_MS = 5 * MINUTE_MS;

/** One gap for the kernel log and one for the journals of kubelet and runtime. */
export function nodeLogGaps(nodeName: string, pod: PodEvidence): readonly EvidenceGap[] {
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
export function readByHand(nodeName: string, pod: PodEvidence): string | undefined {
  if (!isSafeName(nodeName) || !isSafeName(pod.name) || !isSafeName(pod.namespace)) return undefined;
  const atMs = newestDeathMs(pod);
  const span =
    atMs === undefined
      ? ''
      : ` --since "${journalTime(atMs - MARGIN_MS)}" --until "${journalTime(atMs + MARGIN_MS)}"`;
  const remote = `sudo journalctl --no-pager -o short-iso${span}`;
  const target = shellQuote(`${pod.namespace}/${pod.name}`);
  return `ssh ${shellQuote(nodeName)} ${shellQuote(remote)} | exit137 why ${target} -f -`;
}

function journalTime(atMs: EpochMs): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
