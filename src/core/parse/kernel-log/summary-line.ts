/** Lines that name the cgroup whose limit was hit and the victim's: `oom-kill:` (5.0 and later) and `Task in …` (before). */

export interface OomSummary {
  readonly constraint?: string;
  readonly cpuset?: string;
  readonly oomMemcg?: string;
  readonly taskMemcg?: string;
  /** `global_oom` stands where a cgroup's OOM has its path. */
  readonly global: boolean;
  readonly comm?: string;
  readonly pid?: number;
  readonly uid?: number;
  /** False where the record was cut (about 1 KiB). */
  readonly whole: boolean;
}

const START = 'oom-kill:';
/** TASK_COMM_LEN less the closing zero; an escaped byte (`\x1b`) takes four characters. */
const COMM_LIMIT = 15 * 4;

/**
 * Reads `oom-kill:constraint=…,nodemask=…,cpuset=…,mems_allowed=…,oom_memcg=…,task_memcg=…,task=…,pid=…,uid=…`
 * (dump_oom_summary, mm/oom_kill.c). Never split on commas: node masks, paths and names may hold them.
 */
export function readOomSummary(message: string): OomSummary | undefined {
  if (!message.startsWith(START)) return undefined;
  const text = message.slice(START.length);
  const constraint = /^\s?constraint=([A-Z_]{1,40})/.exec(text)?.[1];
  if (constraint === undefined) return undefined;
  const victim = readVictim(text);
  const head = text.slice(0, victim.at);
  const cpuset = between(head, ',cpuset=', [',mems_allowed=', ',oom_memcg=', ',global_oom', ',task_memcg=']);
  const oomMemcg = between(head, ',oom_memcg=', [',task_memcg=']);
  const taskMemcg = between(head, ',task_memcg=', []);
  return {
    constraint,
    ...(cpuset === undefined ? {} : { cpuset }),
    ...(oomMemcg === undefined ? {} : { oomMemcg }),
    ...(taskMemcg === undefined ? {} : { taskMemcg }),
    global: /,global_oom(?:,|$)/.test(head),
    ...victim.task,
    whole: victim.whole,
  };
}

function between(text: string, start: string, ends: readonly string[]): string | undefined {
  const at = text.indexOf(start);
  if (at < 0) return undefined;
  const from = at + start.length;
  const stops = ends.map((end) => text.indexOf(end, from)).filter((stop) => stop >= 0);
  const value = text.slice(from, Math.min(text.length, ...stops));
  return value === '' ? undefined : value;
}

interface Victim {
  /** Where `,task=` begins. */
  readonly at: number;
  readonly task: Pick<OomSummary, 'comm' | 'pid' | 'uid'>;
  readonly whole: boolean;
}

/** Anchored at the end, since the name may hold anything, even `,pid=1`. */
function readVictim(text: string): Victim {
  const tail = /,pid=(\d{1,10})(?:,uid=(\d{1,10}))?$/.exec(text);
  const pathAt = Math.max(text.indexOf(',task_memcg='), text.indexOf(',global_oom'), 0);
  const end = tail?.index ?? text.length;
  const from = Math.max(pathAt, end - COMM_LIMIT - ',task='.length);
  const at = text.indexOf(',task=', from);
  if (at < 0 || at >= end) return { at: end, task: {}, whole: false };
  const comm = text.slice(at + ',task='.length, end);
  if (tail === null) return { at, task: {}, whole: false };
  const uid = tail[2] === undefined ? {} : { uid: Number(tail[2]) };
  return { at, task: { comm, pid: Number(tail[1]), ...uid }, whole: tail[2] !== undefined };
}

/** Up to 4.20. Kernels before 3.16 could print the second half as a line of its own. */
export interface TaskInLine {
  readonly taskMemcg?: string;
  readonly oomMemcg?: string;
}

const LIMIT_OF = 'as a result of limit of ';

/** `Task in <task_memcg> killed as a result of limit of <oom_memcg>`, or one half of it. */
export function readTaskIn(message: string): TaskInLine | undefined {
  const whole = /^Task in (\/.*?) killed(?: as a result of limit of (\/.*)| as a result.{0,16}|\s*)$/.exec(
    message,
  );
  if (whole?.[1] !== undefined) {
    return { taskMemcg: whole[1], ...(whole[2] === undefined ? {} : { oomMemcg: whole[2] }) };
  }
  const half = /^Task in (\/\S*)\s*$/.exec(message);
  if (half?.[1] !== undefined) return { taskMemcg: half[1] };
  const at = message.indexOf(LIMIT_OF);
  if (at < 0 || at > 'killed '.length || message[at + LIMIT_OF.length] !== '/') return undefined;
  return { oomMemcg: message.slice(at + LIMIT_OF.length) };
}
