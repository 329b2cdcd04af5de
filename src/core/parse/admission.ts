/** Messages of pods that never ran: refused by the kubelet at admission, or without a node from the scheduler. */
import { countOf, defined } from './fields.ts';

const MAX_CHARS = 16_384;

/** A refusal by the kubelet (pkg/kubelet/lifecycle, kubelet.go `rejectPod`): nothing was killed. */
export interface AdmissionReject {
  readonly kind:
    | 'node-condition'
    | 'insufficient-resource'
    | 'node-shutdown'
    | 'node-affinity'
    | 'device'
    | 'other';
  /** The pod's `status.reason`, such as `OutOfmemory`. */
  readonly reason?: string;
  /** Conditions of the node that refused it: `MemoryPressure`. */
  readonly conditions?: readonly string[];
  /** What was short, and by how much, as whole units of that resource (bytes for memory). */
  readonly resource?: string;
  readonly requested?: number;
  readonly used?: number;
  readonly capacity?: number;
}

const POSITIVE_MARKER =
  /^Pod (?:was rejected: |The node had condition: \[|Node didn't have enough (?:resource|capacity): |Predicate [A-Za-z]+ failed)/;
const REJECT_REASON = /^(?:OutOf[A-Za-z0-9./_-]{1,100}|NodeAffinity|UnexpectedAdmissionError|NodeShutdown)$/;

/**
 * Reads `status.message` and `status.reason` of a refused pod. Absent without a positive marker: a missing status of
 * containers alone proves nothing, and reason `Evicted` needs the text.
 */
export function parseAdmissionReject(text: string, reason?: string): AdmissionReject | undefined {
  const message = text.slice(0, MAX_CHARS);
  const isMarked = POSITIVE_MARKER.test(message) || (reason !== undefined && REJECT_REASON.test(reason));
  if (!isMarked) return undefined;
  const conditions = /\bThe node had condition: \[([^\]]{0,512})\]/i.exec(message)?.[1];
  const short =
    /\bdidn't have enough (?:resource|capacity): ([^\s,]{1,128})(?:, requested: (\d{1,16}))?(?:, used: (\d{1,16}))?(?:, capacity: (\d{1,16}))?/i.exec(
      message,
    );
  const outOf = reason?.startsWith('OutOf') === true ? reason.slice(5) : undefined;
  return defined({
    kind: rejectKind({ message, reason, hasConditions: conditions !== undefined, isShort: short !== null }),
    reason,
    conditions: conditions?.split(/[\s,]+/).filter((word) => word !== ''),
    resource: short?.[1] ?? outOf,
    requested: countOf(short?.[2]),
    used: countOf(short?.[3]),
    capacity: countOf(short?.[4]),
  });
}

function rejectKind(of: {
  readonly message: string;
  readonly reason: string | undefined;
  readonly hasConditions: boolean;
  readonly isShort: boolean;
}): AdmissionReject['kind'] {
  const { message, reason = '' } = of;
  if (of.hasConditions) return 'node-condition';
  if (of.isShort || reason.startsWith('OutOf')) return 'insufficient-resource';
  if (reason === 'NodeShutdown' || message.includes('the node is shutting down')) return 'node-shutdown';
  if (reason === 'NodeAffinity' || message.includes('NodeAffinity')) return 'node-affinity';
  if (/\bAllocate failed\b|\bdevice/.test(message)) return 'device';
  return 'other';
}

/** One of the scheduler's counted reasons. */
interface UnschedulableReason {
  readonly nodes: number;
  readonly text: string;
  /** For `Insufficient memory` and `Too many pods`: `memory`, `cpu`, `pods`, … */
  readonly insufficient?: string;
  /** For an untolerated taint: its key. */
  readonly taint?: string;
}

/** `FailedScheduling` (pkg/scheduler/framework/types.go `FitError`). */
export interface FailedScheduling {
  readonly totalNodes?: number;
  readonly availableNodes?: number;
  readonly reasons: readonly UnschedulableReason[];
  /** The sentence about preemption, from 1.22 on. */
  readonly preemption?: string;
}

const MAX_REASONS = 64;

/** `0/5 nodes are available: 3 Insufficient memory, 2 node(s) had …`. Absent if the text is not of that form. */
export function parseFailedScheduling(text: string): FailedScheduling | undefined {
  const message = text.slice(0, MAX_CHARS);
  const head = /\b(\d{1,6})\/(\d{1,6}) nodes are available(?::|\.)/.exec(message);
  if (head === null) return predicatesForm(message);
  let body = message.slice(head.index + head[0].length);
  const preemptionAt = body.search(/\bpreemption: /);
  const preemption = preemptionAt < 0 ? undefined : body.slice(preemptionAt + 12).trim();
  if (preemptionAt >= 0) body = body.slice(0, preemptionAt);
  return defined({
    totalNodes: Number(head[2]),
    availableNodes: Number(head[1]),
    reasons: reasonsOf(body),
    preemption: preemption === '' ? undefined : preemption,
  });
}

/** A reason may hold commas itself (`{a: b, c: d}`): a new one starts with a comma and its count. */
function reasonsOf(body: string): readonly UnschedulableReason[] {
  const reasons: UnschedulableReason[] = [];
  for (const part of body.split(/, (?=\d{1,6} )/)) {
    const match = /^\s*(\d{1,6}) (.+?)[.\s]*$/s.exec(part);
    if (match === null) continue;
    reasons.push(reason(Number(match[1]), (match[2] ?? '').slice(0, 512)));
    if (reasons.length >= MAX_REASONS) break;
  }
  return reasons;
}

function reason(nodes: number, text: string): UnschedulableReason {
  const insufficient =
    /^Insufficient (\S{1,128})$/.exec(text)?.[1] ?? (text === 'Too many pods' ? 'pods' : undefined);
  const taint = /\btaints? \{([^\s:=}]{1,320})/.exec(text)?.[1];
  return defined({ nodes, text, insufficient, taint });
}

/** Up to 1.7: `No nodes are available that match all of the following predicates:: Insufficient memory (3).` */
function predicatesForm(message: string): FailedScheduling | undefined {
  const head = /No nodes are available that match all of the (?:following )?predicates:{1,2} /.exec(message);
  if (head === null) return undefined;
  const reasons: UnschedulableReason[] = [];
  for (const match of message.slice(head.index + head[0].length).matchAll(/([^(),]{1,256}) \((\d{1,6})\)/g)) {
    reasons.push(reason(Number(match[2]), (match[1] ?? '').trim()));
    if (reasons.length >= MAX_REASONS) break;
  }
  return { availableNodes: 0, reasons };
}
