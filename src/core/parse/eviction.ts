/** The kubelet's eviction messages (pkg/kubelet/eviction/helpers.go, eviction_manager.go; Kubernetes 1.8 to 1.37). */
import type { ParsedEviction } from '../facts/types.ts';
import { cleanText } from '../model/clean-text.ts';
import { bytesOf, defined } from './fields.ts';

type Resource = ParsedEviction['resource'];
type Consumer = ParsedEviction['consumers'][number];
type OwnLimit = NonNullable<ParsedEviction['ownLimit']>;

/** Status messages have no bound of their own; real ones name a handful of containers. */
const MAX_CHARS = 16_384;
const MAX_CONSUMERS = 64;

const LOW_ON = /\bnode was low on resource: \[?([A-Za-z0-9._-]{1,64})/i;
const THRESHOLD = /\bThreshold quantity: ([^\s,]{1,64}), available: ([^\s,]{1,64}?)\.?(?:\s|$)/i;
/** Up to 1.23 `was using X, which exceeds its request of Y.`; from 1.24 `request is Y, has larger consumption of R.` */
const CONSUMER =
  /\b(Container|Pod) (\S{1,253}) was using ([^\s,]{1,64}?)(?:, request is ([^\s,]{1,64}?))?(?:, (has larger consumption of|which exceeds its request of)(?: ([^\s,]{1,64}?))?)?\.?(?=\s|$)/gi;

/**
 * What an eviction's message says: node pressure (L1, L2) or the pod's own storage limit (L3). Also the message of
 * a `DisruptionTarget` condition or an `Evicted` event. Absent if the text is none of them, such as the rejection
 * at admission or a drain.
 */
export function parseEvictionMessage(text: string): ParsedEviction | undefined {
  const message = cleanText(text, MAX_CHARS);
  const own = ownLimitOf(message);
  if (own !== undefined) return { resource: 'own-storage', consumers: [], ownLimit: own };
  const low = LOW_ON.exec(message);
  if (low === null) return undefined;
  const resource = resourceOf(low[1] ?? '');
  const isBytes = resource === 'memory' || resource === 'ephemeral-storage';
  const threshold = THRESHOLD.exec(message);
  return defined({
    resource,
    thresholdBytes: isBytes ? bytesOf(threshold?.[1]) : undefined,
    thresholdText: threshold?.[1],
    availableBytes: isBytes ? bytesOf(threshold?.[2]) : undefined,
    availableText: threshold?.[2],
    consumers: consumersOf(message, isBytes),
  });
}

/** Names of resources, and in old messages of signals (`nodefs.available`) or conditions (`DiskPressure`). */
function resourceOf(word: string): Resource {
  const name = word.replace(/\.$/, '').toLowerCase();
  if (name === 'memory' || /^(?:allocatable)?memory\.available$|^memorypressure$/.test(name)) return 'memory';
  if (name.includes('inode')) return 'inodes';
  if (name === 'pids' || name === 'pid.available' || name === 'pidpressure') return 'pids';
  if (name === 'ephemeral-storage' || /^(?:nodefs|imagefs|containerfs|diskpressure)/.test(name)) {
    return 'ephemeral-storage';
  }
  return 'other';
}

function consumersOf(message: string, isBytes: boolean): readonly Consumer[] {
  const consumers: Consumer[] = [];
  for (const match of message.matchAll(CONSUMER)) {
    const [, kind = '', name = '', usage, request, comparison, oldRequest] = match;
    const isOldForm = comparison?.startsWith('which') === true;
    consumers.push(
      defined({
        kind: kind.toLowerCase() === 'pod' ? ('pod' as const) : ('container' as const),
        name,
        usageBytes: isBytes ? bytesOf(usage) : undefined,
        requestBytes: isBytes ? bytesOf(isOldForm ? oldRequest : request) : undefined,
        exceedsRequest: comparison !== undefined,
      }),
    );
    if (consumers.length >= MAX_CONSUMERS) break;
  }
  return consumers;
}

const EMPTY_DIR = /\busage of EmptyDir volume "?([^"\s]{1,253})"? exceeds the limit "?([^"\s]{1,64})"?/i;
const POD_TOTAL =
  /\bpod ephemeral local storage usage exceeds the total limit of containers "?([^"\s]{1,64})"?/i;
const CONTAINER_LIMIT =
  /\bcontainer (\S{1,253}) exceeded its local ephemeral storage limit "?([^"\s]{1,64})"?/i;

function ownLimitOf(message: string): OwnLimit | undefined {
  const emptyDir = EMPTY_DIR.exec(message);
  if (emptyDir !== null) {
    return { scope: 'emptyDir', name: emptyDir[1] ?? '', limitText: withoutStop(emptyDir[2]) };
  }
  const total = POD_TOTAL.exec(message);
  if (total !== null) return { scope: 'pod', limitText: withoutStop(total[1]) };
  const container = CONTAINER_LIMIT.exec(message);
  if (container === null) return undefined;
  return { scope: 'container', name: container[1] ?? '', limitText: withoutStop(container[2]) };
}

function withoutStop(text = ''): string {
  return text.replace(/\.$/, '');
}
