/** What the three kinds of eviction (L1, L2, L3) share: the kubelet's message is the proof. */
import type { DeathFacts, ParsedEviction } from '../facts/types.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import { formatBytes } from '../text/amounts.ts';
import type { Assessment } from './cause.ts';
import { mechanismOf } from './mechanism.ts';
import { endedWithPod, nodeEventsInWindow } from './read.ts';
import { found, fromEvent, pro } from './say.ts';

/** A Karpenter or drain "Evicted" is Normal and an API eviction; only the kubelet's text parses as one of these. */
export function assessEviction(
  facts: DeathFacts,
  kinds: readonly ParsedEviction['resource'][],
  summary: (facts: DeathFacts, eviction: ParsedEviction) => string,
): Assessment | undefined {
  const { eviction, evictionText, subject } = facts;
  if (eviction === undefined || evictionText === undefined || !kinds.includes(eviction.resource))
    return undefined;
  if (!endedWithPod(facts) || subject.kind === 'alive') return undefined;
  const mechanism = mechanismOf(facts);
  const node = signsOf(facts, eviction.resource);
  return found(
    0.99,
    summary(facts, eviction),
    [
      pro(evictionText.source, `the kubelet says: ${evictionText.text.trim()}`, {
        records: [evictionText.recordId],
      }),
      ...node.slice(0, 2).map((event) => fromEvent(event)),
    ],
    mechanism === undefined || mechanism.via === 'L7' ? {} : { via: mechanism.via },
  );
}

/** What the node's events say of the same shortage; it may have had another one a minute ago. */
function signsOf(facts: DeathFacts, resource: ParsedEviction['resource']): readonly EventEvidence[] {
  if (resource === 'own-storage') return [];
  const condition = CONDITION_EVENTS[resource];
  const reclaims = resource === 'other' ? '' : `reclaim ${resource}`;
  return nodeEventsInWindow(facts, ['EvictionThresholdMet', ...condition]).filter(
    ({ reason, message }) => reason !== 'EvictionThresholdMet' || message.includes(reclaims),
  );
}

const CONDITION_EVENTS: Readonly<
  Record<Exclude<ParsedEviction['resource'], 'own-storage'>, readonly string[]>
> = {
  memory: ['NodeHasInsufficientMemory'],
  'ephemeral-storage': ['NodeHasDiskPressure'],
  inodes: ['NodeHasDiskPressure'],
  pids: ['NodeHasInsufficientPID'],
  other: ['NodeHasInsufficientMemory', 'NodeHasDiskPressure', 'NodeHasInsufficientPID'],
};

export function nodeText(facts: DeathFacts): string {
  return facts.nodeName === undefined ? 'the node' : `node ${facts.nodeName}`;
}

/** `threshold 100Mi, available 82340Ki`. */
export function levelsText(eviction: ParsedEviction): string {
  const parts = [
    eviction.thresholdText === undefined ? undefined : `threshold ${eviction.thresholdText}`,
    eviction.availableText === undefined ? undefined : `available ${eviction.availableText}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** `container app used 912 MiB, its request is 256 MiB`. */
export function consumerText(eviction: ParsedEviction): string {
  const [first] = eviction.consumers;
  if (first?.usageBytes === undefined) return '';
  const request =
    first.requestBytes === undefined ? '' : `, its request is ${formatBytes(first.requestBytes)}`;
  return `; ${first.kind} ${first.name} used ${formatBytes(first.usageBytes)}${request}`;
}
