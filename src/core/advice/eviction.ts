/** L1, L2, L3: the kubelet evicted the pod. The number to change is the request (or the storage limit), never the memory limit. */
import type { DeathFacts, ParsedEviction } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { formatBytes } from '../text/amounts.ts';
import { commandLine, isSafeName } from '../text/shell.ts';
import { setMemory } from './commands.ts';
import { rollbackActions } from './rollback.ts';

type Consumer = ParsedEviction['consumers'][number];

/** L1 */
export function adviseMemoryEviction(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const over = (facts.eviction?.consumers ?? []).filter(exceeds);
  return [
    ...rollbackActions(facts, verdict),
    ...over.map((consumer) => raiseRequest(facts, consumer)),
    ...(over.length > 0 ? [] : [withinRequest(facts)]),
    {
      kind: 'prevent',
      text: `The node ran low${shortfall(facts.eviction)}: requests of all its pods must cover what they use, or the scheduler keeps packing it too full. Reserve memory for the system, and run fewer BestEffort pods.`,
      ...podsOfNode(facts),
    },
    {
      kind: 'prevent',
      text: 'Leave the memory limit as it is: an eviction ranks pods by use above request, then priority. A higher limit makes it worse.',
    },
  ];
}

function exceeds(consumer: Consumer): boolean {
  const { usageBytes: usage, requestBytes: request } = consumer;
  return consumer.exceedsRequest || (usage !== undefined && usage > (request ?? 0));
}

/** `available 80 MiB, threshold 100 MiB`, as far as the message says. */
function shortfall(eviction: ParsedEviction | undefined): string {
  const available = eviction?.availableText;
  const threshold = eviction?.thresholdText;
  if (available === undefined || threshold === undefined) return '';
  return ` (${available} left, the threshold is ${threshold})`;
}

function raiseRequest(facts: DeathFacts, consumer: Consumer): Action {
  const used = consumer.usageBytes;
  const request =
    consumer.requestBytes === undefined || consumer.requestBytes === 0
      ? 'requested nothing'
      : `requested ${formatBytes(consumer.requestBytes)}`;
  if (used === undefined) {
    return {
      kind: 'fix',
      text: `Raise the memory request of ${consumer.kind} ${consumer.name} to what it really uses: it used more than it requested.`,
    };
  }
  const container = facts.pod?.containers.find(({ name }) => name === consumer.name);
  const limit = container?.limits.memoryBytes;
  // The API refuses a request above the limit.
  const requestBytes = limit === undefined ? used : Math.min(used, limit);
  const advised =
    consumer.kind === 'container' ? setMemory(facts, { container: consumer.name, requestBytes }) : {};
  return {
    kind: 'fix',
    short: `raise request above ${formatBytes(used)}`,
    text: `Raise the memory request of ${consumer.kind} ${consumer.name}: it used ${formatBytes(used)} and ${request}. That is its use at the eviction; its peak may be higher.`,
    ...advised,
  };
}

function withinRequest(facts: DeathFacts): Action {
  const said =
    facts.eviction === undefined
      ? 'The eviction message names no use above a request'
      : 'No container of this pod is named as above its request';
  return {
    kind: 'investigate',
    short: 'find who exceeds the request',
    text: `${said}: look for the pods of the node that use far more than they request, and raise theirs.`,
    ...podsOfNode(facts),
  };
}

function podsOfNode(facts: DeathFacts): { readonly command?: string } {
  const node = facts.nodeName;
  if (node === undefined || !isSafeName(node)) return {};
  const command = commandLine([
    'kubectl',
    'get',
    'pods',
    '-A',
    '-o',
    'wide',
    `--field-selector=spec.nodeName=${node}`,
  ]);
  return command === undefined ? {} : { command };
}

/** L2 */
export function adviseDiskEviction(facts: DeathFacts): readonly Action[] {
  const resource = facts.eviction?.resource;
  if (resource === 'pids') return OUT_OF_PIDS;
  return resource === 'inodes' ? OUT_OF_INODES : outOfDisk(facts);
}

const OUT_OF_PIDS: readonly Action[] = [
  {
    kind: 'fix',
    text: 'Find what forks without end: the node ran out of process ids. Processes that nobody waits for need an init (tini) as PID 1.',
  },
  {
    kind: 'prevent',
    text: 'Bound it: podPidsLimit in the kubelet configuration keeps one pod from taking all of them.',
  },
];

const OUT_OF_INODES: readonly Action[] = [
  {
    kind: 'fix',
    text: 'Find what writes very many small files: the disk has room, but no inodes are left. Caches, sessions and unpacked archives are the usual ones.',
  },
  {
    kind: 'prevent',
    text: 'Let the kubelet collect unused images and dead containers sooner (imageGCHighThresholdPercent).',
  },
];

function outOfDisk(facts: DeathFacts): readonly Action[] {
  return [
    {
      kind: 'fix',
      text: `Rotate or move what is written to the node's disk: container logs, emptyDir volumes and the writable layer all count.${biggestWriter(facts)}`,
    },
    {
      kind: 'fix',
      text: 'Give the writers an ephemeral-storage request near their use, and a limit: the kubelet evicts first whoever is above its request.',
    },
    {
      kind: 'prevent',
      text: 'Let the kubelet collect unused images sooner (imageGCHighThresholdPercent), or give the node a larger disk.',
    },
  ];
}

function biggestWriter(facts: DeathFacts): string {
  const writers = (facts.eviction?.consumers ?? []).filter(({ usageBytes }) => usageBytes !== undefined);
  const worst = writers.reduce<Consumer | undefined>(
    (best, next) => ((next.usageBytes ?? 0) > (best?.usageBytes ?? 0) ? next : best),
    undefined,
  );
  return worst?.usageBytes === undefined ? '' : ` ${worst.name} held ${formatBytes(worst.usageBytes)}.`;
}

/** L3 */
export function adviseOwnStorage(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const limit = facts.eviction?.ownLimit;
  return [
    ...rollbackActions(facts, verdict),
    {
      kind: 'fix',
      short: 'write less or raise the limit',
      text: `Write less, or raise the limit to what the files really need: ${storageLimit(limit)}. Log rotation and clearing temporary files come first.`,
    },
    {
      kind: 'prevent',
      text: 'The pod is gone for good and so are its files; its controller makes a new one, which fills up the same way.',
    },
  ];
}

function storageLimit(limit: ParsedEviction['ownLimit']): string {
  if (limit === undefined) return "the pod's own storage limit was exceeded";
  const name = limit.name === undefined ? '' : ` ${limit.name}`;
  if (limit.scope === 'emptyDir') return `emptyDir volume${name} has sizeLimit ${limit.limitText}`;
  if (limit.scope === 'container') {
    return `container${name} has an ephemeral-storage limit of ${limit.limitText}`;
  }
  return `the containers' ephemeral-storage limits add up to ${limit.limitText}, and logs, writable layers and emptyDir volumes count together`;
}
