/** The kernel's kill lines (mm/oom_kill.c, 2.6 to 6.x) and what else names a victim. */
import type { KilledProcess } from '../../model/kernel.ts';
import type { Bytes } from '../../units.ts';
import { KIB } from '../../units.ts';

/** Which of the two prefixes a line carries: `Memory cgroup out of memory` or `Out of memory`. */
export type KillScope = 'memcg' | 'global';

export type KillLine =
  /** `Killed process 22609 (node) total-vm:…`: it was done. */
  | {
      readonly kind: 'killed';
      readonly scope?: KillScope;
      readonly process: KilledProcess;
      /** Nothing is missing at its end. */
      readonly whole: boolean;
      /** It carries sizes or the prefix; without both it means something only inside a report. */
      readonly telling: boolean;
    }
  /** `Kill process 8308 (java) score 1894 or sacrifice child` (up to 5.0): chosen, but a child may die instead. */
  | { readonly kind: 'announced'; readonly scope?: KillScope; readonly process: KilledProcess }
  /** `Kill process 12 (java) sharing same memory` (up to 4.x). */
  | { readonly kind: 'shares-memory'; readonly process: KilledProcess }
  /** `OOM victim 12 (java) is already exiting. Skip killing the task`. */
  | { readonly kind: 'already-exiting'; readonly scope?: KillScope; readonly process: KilledProcess }
  /** `oom_reaper: reaped process 12 (java), now anon-rss:0kB …`: it was killed; the sizes are those left over. */
  | { readonly kind: 'reaped'; readonly process: KilledProcess };

const PREFIX = /^(memory cgroup out of memory|out of memory)(?: ?\([^)]{1,64}\))?: ?/i;
const HEAD = /^(kill(?:ed)?) process (\d{1,10})(?:, uid (\d{1,10}),)?(?=[ (,]|$)/i;

/** Undefined for a line of another shape, and for one that is cut inside the pid. */
export function readKillLine(message: string): KillLine | undefined {
  const reaped = /^oom_reaper: reaped process (\d{1,10}) \((.*)\)(?:,|$)/.exec(message);
  if (reaped !== null) return { kind: 'reaped', process: { pid: Number(reaped[1]), comm: reaped[2] ?? '' } };
  const prefix = PREFIX.exec(message);
  const scope = prefix === null ? {} : { scope: scopeOf(prefix[1] ?? '') };
  const rest = prefix === null ? message : message.slice(prefix[0].length);
  const exiting = /^OOM victim (\d{1,10}) \((.*)\) is already exiting/.exec(rest);
  if (exiting !== null) {
    const process = { pid: Number(exiting[1]), comm: exiting[2] ?? '' };
    return { kind: 'already-exiting', ...scope, process };
  }
  const head = HEAD.exec(rest);
  // A pid at the very end of the line may be half a pid.
  if (head === null || head[0].length === rest.length) return undefined;
  const tail = rest.slice(head[0].length);
  const pid = Number(head[2]);
  if (head[1]?.toLowerCase() === 'kill') return readKill(pid, tail, scope);
  const uid = head[3] === undefined ? {} : { uid: Number(head[3]) };
  return readKilled({ pid, ...uid }, tail, scope);
}

function scopeOf(prefix: string): KillScope {
  return prefix.toLowerCase().startsWith('memory') ? 'memcg' : 'global';
}

function readKill(pid: number, tail: string, scope: { scope?: KillScope }): KillLine | undefined {
  const sharing = /^ \((.*)\) sharing same memory/.exec(tail);
  if (sharing !== null) return { kind: 'shares-memory', process: { pid, comm: sharing[1] ?? '' } };
  const chosen = /^ ?\((.*)\)(?: |$)/.exec(tail);
  const comm = chosen?.[1] ?? /^ ?\(([^)]{0,64})$/.exec(tail)?.[1];
  return comm === undefined ? undefined : { kind: 'announced', ...scope, process: { pid, comm } };
}

/** Sizes begin behind the comm's bracket. The comm may itself hold brackets, commas and blanks: the last one counts. */
const SIZES = /\)\s*,?\s*(?:total-vm|vsz|anon-rss):/g;

function readKilled(
  who: { pid: number; uid?: number },
  tail: string,
  scope: { scope?: KillScope },
): KillLine | undefined {
  const open = tail.indexOf('(');
  if (open < 0 || open > 2) return undefined;
  const sizesAt = [...tail.matchAll(SIZES)].at(-1)?.index;
  const close = sizesAt ?? tail.lastIndexOf(')');
  const comm = tail.slice(open + 1, close < open ? undefined : close);
  if (comm.length > 64) return undefined;
  const sizes = sizesAt === undefined ? {} : readSizes(tail.slice(sizesAt + 1));
  const telling = sizesAt !== undefined || scope.scope !== undefined;
  const whole = close >= open && isWhole(tail);
  return { kind: 'killed', ...scope, process: { ...who, comm, ...sizes }, whole, telling };
}

/** Ends as one of the versions ends: `file-rss:76kB`, `shmem-rss:0kB`, `oom_score_adj:969`, or `(comm)` and a period. */
function isWhole(tail: string): boolean {
  if (/oom_score_adj:-?\d{1,4}$/.test(tail)) return true;
  return /(?:(?:file|shmem)-rss:\d+kB|\)\.?)$/.test(tail) && !/UID:/.test(tail);
}

function readSizes(text: string): Omit<KilledProcess, 'pid' | 'comm'> {
  const uid = /\bUID:(\d{1,10})(?= )/.exec(text)?.[1];
  const adj = /\boom_score_adj:(-?\d{1,4})\b/.exec(text)?.[1];
  return {
    ...(uid === undefined ? {} : { uid: Number(uid) }),
    ...size('totalVmBytes', /\b(?:total-vm|vsz): ?(\d{1,16})kB/.exec(text)),
    ...size('anonRssBytes', /\banon-rss: ?(\d{1,16})kB/.exec(text)),
    ...size('fileRssBytes', /\bfile-rss: ?(\d{1,16})kB/.exec(text)),
    ...size('shmemRssBytes', /\bshmem-rss: ?(\d{1,16})kB/.exec(text)),
    ...size('pgtablesBytes', /\bpgtables: ?(\d{1,16})kB/.exec(text)),
    ...(adj === undefined ? {} : { oomScoreAdj: Number(adj) }),
  };
}

type SizeKey = 'totalVmBytes' | 'anonRssBytes' | 'fileRssBytes' | 'shmemRssBytes' | 'pgtablesBytes';

function size(key: SizeKey, match: RegExpExecArray | null): Partial<Record<SizeKey, Bytes>> {
  const bytes = kibToBytes(match?.[1]);
  return typeof bytes === 'number' ? { [key]: bytes } : {};
}

/** Kilobytes as the kernel prints them (1024 bytes); `unlimited` above 2^53 bytes, which only "no limit" reaches. */
export function kibToBytes(digits: string | undefined): Bytes | 'unlimited' | undefined {
  if (digits === undefined || !/^\d{1,20}$/.test(digits)) return undefined;
  const bytes = Number(digits) * KIB;
  return bytes > Number.MAX_SAFE_INTEGER ? 'unlimited' : bytes;
}
