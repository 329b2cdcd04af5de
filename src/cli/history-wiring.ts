/** Constructs the sources of memory over time that flags, environment and files name. */
import type { HistorySource } from '../app/history-ports.ts';
import type { CliContext } from './context.ts';
import type { Flags } from './flags.ts';

export async function historySources(
  _context: CliContext,
  _flags: Flags,
  _how: { readonly search: boolean },
): Promise<readonly HistorySource[]> {
  return [];
}
