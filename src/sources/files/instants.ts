import type { BundlePart } from '../../core/model/bundle.ts';
import type { EpochMs } from '../../core/units.ts';

/** Instants that a record foretells rather than reports. */
const FORETOLD: ReadonlySet<string> = new Set(['deletionAtMs']);
const MAX_DEPTH = 12;

/** The newest instant that any record reports, or that a bundle states. */
export function newestInstant(parts: readonly BundlePart[]): EpochMs | undefined {
  let newest = 0;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const element of value) visit(element, depth + 1);
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'object') visit(member, depth + 1);
      else if (typeof member === 'number' && member > newest && isInstant(name)) newest = member;
    }
  };
  visit(parts, 0);
  return newest > 0 ? newest : undefined;
}

function isInstant(name: string): boolean {
  return (name.endsWith('AtMs') || name === 'toMs') && !FORETOLD.has(name);
}
