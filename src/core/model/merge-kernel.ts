/** One kernel OOM report read from several logs (dmesg, journal, an event's copy). */
import type { CgroupRef, KernelOomKill } from './kernel.ts';
import { fillIn, findTwin, groupBy } from './merge-lists.ts';

/** `dmesg -T` and the journal stamp one line up to this far apart. */
const TOLERANCE_MS = 2000;

/** Reports of one victim are one: same pid, same container or cgroup, and times that agree or are missing. */
export function mergeKernelKills(kills: readonly KernelOomKill[]): readonly KernelOomKill[] {
  const merged = groupBy(kills, victimKey).map((group) => {
    const kept: KernelOomKill[] = [];
    for (const kill of group) {
      const at = victimPid(kill) === undefined ? -1 : findTwin(kept, (other) => isTwin(other, kill));
      const twin = kept[at];
      if (twin === undefined) kept.push(kill);
      else kept[at] = mergePair(twin, kill);
    }
    return kept;
  });
  return merged.flat();
}

function victimPid(kill: KernelOomKill): number | undefined {
  return kill.victim?.pid ?? kill.killed[0]?.pid;
}

function victimKey(kill: KernelOomKill): string {
  return String(victimPid(kill) ?? '');
}

function isTwin(a: KernelOomKill, b: KernelOomKill): boolean {
  if (differ(a.nodeName, b.nodeName) || differ(commOf(a), commOf(b))) return false;
  if (figuresDiffer(a, b)) return false;
  const timesKnown = a.atMs !== undefined && b.atMs !== undefined;
  if (timesKnown && Math.abs(a.atMs - b.atMs) > TOLERANCE_MS) return false;
  if (sameCgroup(a.taskCgroup, b.taskCgroup)) return true;
  // Without the cgroup on one side only the time can vouch that the pid was not used twice.
  const cgroupMissing = a.taskCgroup === undefined || b.taskCgroup === undefined;
  return cgroupMissing && (timesKnown || sameUptime(a, b));
}

/** Two events of one pid in an undated log (a test run after a reboot) still differ in what the kernel counted. */
function figuresDiffer(a: KernelOomKill, b: KernelOomKill): boolean {
  const [one, other] = [a.victim ?? a.killed[0], b.victim ?? b.killed[0]];
  return (
    differ(a.failCount, b.failCount) ||
    differ(one?.anonRssBytes, other?.anonRssBytes) ||
    differ(one?.totalVmBytes, other?.totalVmBytes)
  );
}

function commOf(kill: KernelOomKill): string | undefined {
  return kill.victim?.comm ?? kill.killed[0]?.comm;
}

function differ<T extends string | number>(a: T | undefined, b: T | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function sameCgroup(a: CgroupRef | undefined, b: CgroupRef | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.path === b.path || (a.containerId !== undefined && a.containerId === b.containerId);
}

function sameUptime(a: KernelOomKill, b: KernelOomKill): boolean {
  return (
    a.uptimeSeconds !== undefined &&
    b.uptimeSeconds !== undefined &&
    Math.abs(a.uptimeSeconds - b.uptimeSeconds) * 1000 <= TOLERANCE_MS
  );
}

function mergePair(a: KernelOomKill, b: KernelOomKill): KernelOomKill {
  const [preferred, other] = completeness(b) > completeness(a) ? [b, a] : [a, b];
  const filled = fillIn(preferred, other);
  const scope = preferred.scope === 'unknown' ? other.scope : preferred.scope;
  const outcome = preferred.outcome === 'unknown' ? other.outcome : preferred.outcome;
  const pids = new Set(filled.killed.map((process) => process.pid));
  const more = other.killed.filter((process) => !pids.has(process.pid));
  return {
    ...filled,
    scope,
    outcome,
    groupKill: a.groupKill || b.groupKill,
    killed: more.length === 0 ? filled.killed : [...filled.killed, ...more],
    processCount: Math.max(a.processCount, b.processCount),
  };
}

function completeness(kill: KernelOomKill): number {
  return (kill.complete ? 1000 : 0) + Object.keys(kill).length;
}
