/** The head of a report: who asked for memory, and on which kernel. */
import type { KernelOomKill } from '../../model/kernel.ts';

export type Invoker = NonNullable<KernelOomKill['invoker']>;

const MARK = 'oom-killer:';

/**
 * `<comm> invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969`; kernels before 2.6.20 left the
 * name out. 2.6 to 3.x wrote `oom_adj` or `oomkilladj`, on another scale, which is not read.
 */
export function readInvoker(message: string): Invoker | undefined {
  const at = message.lastIndexOf(MARK);
  if (at < 0) return undefined;
  const head = message.slice(0, at);
  const tail = message.slice(at + MARK.length);
  const comm = head.endsWith(' invoked ') ? head.slice(0, -' invoked '.length) : undefined;
  if (comm === undefined && (head !== '' || !tail.startsWith(' gfp_mask='))) return undefined;
  if (comm !== undefined && comm.length > 64) return undefined;
  const gfpMask = /\bgfp_mask=(0x[0-9a-f]{1,16}(?:\([^)]{0,256}\))?)/.exec(tail)?.[1];
  const order = /\border=(-?\d{1,3})\b/.exec(tail)?.[1];
  const adj = /\boom_score_adj=(-?\d{1,4})\b/.exec(tail)?.[1];
  return {
    comm: comm ?? '',
    ...(gfpMask === undefined ? {} : { gfpMask }),
    ...(order === undefined ? {} : { order: Number(order) }),
    ...(adj === undefined ? {} : { oomScoreAdj: Number(adj) }),
  };
}

/** `CPU: 3 PID: 4312 Comm: node Not tainted 6.8.0-51-generic #52-Ubuntu`, or 2.6's `Pid: 2, comm: x Not tainted …`. */
export function readCpuLine(
  message: string,
): { readonly comm: string; readonly kernelVersion?: string } | undefined {
  const match =
    /^(?:CPU: \d{1,5} (?:UID: \d{1,10} )?PID: \d{1,10} Comm: |Pid: \d{1,10}, comm: )(.{0,64}?)(?: Kdump: loaded)? (?:Not tainted|Tainted: .{1,64}?)\s+(\d{1,3}\.\d\S{0,80})/.exec(
      message.slice(0, 400),
    );
  if (match === null) return undefined;
  return { comm: match[1] ?? '', ...(match[2] === undefined ? {} : { kernelVersion: match[2] }) };
}

/** `<comm> cpuset=<leaf> mems_allowed=0` (before 5.0). */
export function readCpusetLine(
  message: string,
): { readonly comm: string; readonly cpuset: string } | undefined {
  const match = /^(.{1,64}) cpuset=(\S{1,255}) mems_allowed=\S*/.exec(message.slice(0, 400));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { comm: match[1], cpuset: match[2] };
}
