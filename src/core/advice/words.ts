/** Turns of phrase and small sums that several families of advice share. */
import type { DeathFacts } from '../facts/types.ts';
import { formatBytes, formatDuration } from '../text/amounts.ts';
import type { Bytes, Milliseconds } from '../units.ts';
import { MIB, SECOND_MS } from '../units.ts';

/** For a command: whole MiB, rounded up, so that the figure is never below what was seen. */
export function mebibytesUp(bytes: Bytes): string {
  return `${Math.max(1, Math.ceil(bytes / MIB))}Mi`;
}

/** `its 512 MiB limit`, or `its memory limit` where the number is not known. */
export function ownLimit(facts: DeathFacts): string {
  return typeof facts.limitBytes === 'number'
    ? `its ${formatBytes(facts.limitBytes)} limit`
    : 'its memory limit';
}

/** `container api`, or `the container`. */
export function theContainer(facts: DeathFacts): string {
  return facts.container === undefined ? 'the container' : `container ${facts.container.name}`;
}

/** How long the dead instance lived; absent where a time is missing or they are out of order. */
export function lifeMs(facts: DeathFacts): Milliseconds | undefined {
  const from = facts.termination?.startedAtMs;
  const to = facts.termination?.finishedAtMs;
  // containerd writes startedAt 1970 for a container that never ran.
  return from === undefined || to === undefined || from <= 0 || to < from ? undefined : to - from;
}

/** `1 s`; instants of the API have whole seconds, so a life of 0 is only shorter than one. */
export function lifeText(lived: Milliseconds): string {
  return lived < SECOND_MS ? 'less than a second' : formatDuration(lived);
}

/** The processes of the kernel's table that share one name and together hold most of it, as in a pre-forking server. */
export function worstCrowd(
  facts: DeathFacts,
):
  | { readonly comm: string; readonly count: number; readonly bytes: Bytes; readonly ratio: number }
  | undefined {
  const report = facts.kernelKills.find((kill) => kill.processes.length > 0);
  if (report === undefined) return undefined;
  const byComm = new Map<string, { count: number; pages: number }>();
  let allPages = 0;
  for (const row of report.processes) {
    const sum = byComm.get(row.comm) ?? { count: 0, pages: 0 };
    byComm.set(row.comm, { count: sum.count + 1, pages: sum.pages + row.rssPages });
    allPages += row.rssPages;
  }
  const [worst] = [...byComm].sort((a, b) => b[1].pages - a[1].pages);
  if (worst === undefined || allPages === 0) return undefined;
  const [comm, { count, pages }] = worst;
  return { comm, count, bytes: pages * report.pageSizeBytes, ratio: pages / allPages };
}
