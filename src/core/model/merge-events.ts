/** One event seen by several sources, or at several counts. */
import type { EventEvidence } from './kubernetes.ts';
import { fillIn, findTwin, groupBy } from './merge-lists.ts';

/** Clocks of two readings of one event differ by rounding only. */
const TOLERANCE_MS = 2000;

/**
 * Events of one id are one, with the greatest count and the widest span. `describe` prints no ids: an event of it joins
 * one of the same object, reason and message unless their times contradict.
 */
export function mergeEvents(events: readonly EventEvidence[]): readonly EventEvidence[] {
  const byId = groupBy(events, (event) => event.id).map((group) => group.reduce(mergePair));
  return groupBy(byId, contentKey).flatMap((group) => (group.length === 1 ? group : mergeSameContent(group)));
}

function contentKey(event: EventEvidence): string {
  const { kind, name, namespace } = event.regarding;
  return JSON.stringify([kind, namespace ?? event.namespace, name, event.reason, event.message]);
}

function mergeSameContent(events: readonly EventEvidence[]): readonly EventEvidence[] {
  const kept: EventEvidence[] = [];
  // Exact times first, so that vague ones find their twin.
  const ordered = [...events].sort((a, b) => vagueness(a) - vagueness(b));
  for (const event of ordered) {
    const at = findTwin(kept, (other) => isTwin(other, event));
    const twin = kept[at];
    if (twin === undefined) kept.push(event);
    else kept[at] = mergePair(twin, event);
  }
  return kept;
}

function vagueness(event: EventEvidence): number {
  return event.lastAtMs === undefined ? Number.MAX_SAFE_INTEGER : (event.precisionMs ?? 0);
}

/** Two exact events of different ids are two, even of one second: each write has its own. */
function isTwin(exact: EventEvidence, vague: EventEvidence): boolean {
  if (vague.lastAtMs !== undefined && vague.precisionMs === undefined) return sameRecord(exact, vague);
  if (exact.lastAtMs === undefined || vague.lastAtMs === undefined) return exact.count === vague.count;
  const tolerance = TOLERANCE_MS + (vague.precisionMs ?? 0) + (exact.precisionMs ?? 0);
  return exact.count === vague.count && Math.abs(exact.lastAtMs - vague.lastAtMs) <= tolerance;
}

function sameRecord(a: EventEvidence, b: EventEvidence): boolean {
  return (
    a.source !== b.source &&
    a.count === b.count &&
    a.firstAtMs === b.firstAtMs &&
    a.lastAtMs === b.lastAtMs &&
    a.reportedBy === b.reportedBy &&
    a.precisionMs === b.precisionMs
  );
}

function mergePair(a: EventEvidence, b: EventEvidence): EventEvidence {
  const newer = (b.lastAtMs ?? 0) > (a.lastAtMs ?? 0) && b.precisionMs === undefined ? b : a;
  const filled = fillIn(newer, newer === a ? b : a);
  const firsts = [a.firstAtMs, b.firstAtMs].filter((ms) => ms !== undefined);
  return {
    ...filled,
    count: Math.max(a.count, b.count),
    ...(firsts.length === 0 || newer.precisionMs !== undefined ? {} : { firstAtMs: Math.min(...firsts) }),
  };
}
