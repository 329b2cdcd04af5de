/** What flags and environment say about memory over time; loads nothing. */
import type { CliContext } from './context.ts';
import type { Flags } from './flags.ts';
import type { MemorySearch } from './wiring.ts';

type Env = CliContext['env'];

export type PrometheusWanted =
  | { readonly kind: 'none' }
  /** Look for one in the cluster. `asked`: the user said so, so that not finding one is worth a note. */
  | { readonly kind: 'search'; readonly asked: boolean }
  | { readonly kind: 'url'; readonly url: string };

/** `--prometheus` goes before EXIT137_PROMETHEUS_URL; `search` is what holds where neither says anything. */
export function prometheusWanted(
  flags: Pick<Flags, 'prometheus' | 'filename'>,
  env: Env,
  search: boolean,
): PrometheusWanted {
  const said = flags.prometheus ?? emptyIsNone(env['EXIT137_PROMETHEUS_URL']);
  if (said === 'off') return { kind: 'none' };
  if (said === 'auto') return { kind: 'search', asked: true };
  if (said !== undefined) return { kind: 'url', url: said };
  return search && flags.filename.length === 0 ? { kind: 'search', asked: false } : { kind: 'none' };
}

/** `--history`, else EXIT137_HISTORY; with `-f` the files are meant alone unless the flag is there. */
export function historyFile(flags: Pick<Flags, 'history' | 'filename'>, env: Env): string | undefined {
  return flags.history ?? (flags.filename.length > 0 ? undefined : emptyIsNone(env['EXIT137_HISTORY']));
}

/** Whether anything at all names a source, so that nothing is loaded where none is. */
export function namesMemory(
  flags: Pick<Flags, 'prometheus' | 'history' | 'filename'>,
  env: Env,
  { search, files }: MemorySearch,
): boolean {
  if (historyFile(flags, env) !== undefined || (files && flags.filename.length > 0)) return true;
  return prometheusWanted(flags, env, search).kind !== 'none';
}

function emptyIsNone(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}
