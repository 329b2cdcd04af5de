/** What is kept of a container over time. Each quantity is a lane; a container has the same slot in all of them. */
import type { Bytes } from '../../core/units.ts';

export const LANES = ['workingSetBytes', 'rssBytes', 'networkBytesPerSecond'] as const;

/** Memory is charged in pages (mm/page_counter.c), so nothing is lost on machines with pages of 4 KiB or more. */
const PAGE_BYTES = 4096;
/** Where a number is missing. */
export const MISSING = 0xffffffff;
const MOST = MISSING - 1;

/** What is stored for an amount: pages, or whole bytes per second. */
export function unitsOf(lane: number, amount: number): number {
  const units = Math.round(lane === 2 ? amount : amount / PAGE_BYTES);
  return Math.min(MOST, Math.max(0, units));
}

export function amountOf(lane: number, units: number): Bytes {
  return lane === 2 ? units : units * PAGE_BYTES;
}
