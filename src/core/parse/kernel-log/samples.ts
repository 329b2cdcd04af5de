/** Hand-written reports in the shapes of mm/oom_kill.c and mm/memcontrol.c, for the tests of this folder. */
import type { KernelOomKill } from '../../model/kernel.ts';
import { parseLogLine } from '../log-line.ts';
import { createKernelLogParser } from './parser.ts';

/** Year hint for syslog's dates: 2025-11-23T00:00:00Z. */
export const NOW_MS = Date.UTC(2025, 10, 23);
export const CONTAINER = '46b3aa0c'.repeat(8);
export const UID = '94eb36cd-29e1-4a3c-9d8f-1c2b3a4d5e6f';
export const POD_SLICE = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID.replaceAll('-', '_')}.slice`;
export const SCOPE = `cri-containerd-${CONTAINER}.scope`;

/** Whole text in, reports out. */
export function readReports(text: string, nodeName?: string): readonly KernelOomKill[] {
  const parser = createKernelLogParser({ source: 'log', ...(nodeName === undefined ? {} : { nodeName }) });
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    parser.push({ ...parseLogLine(line, { nowMs: NOW_MS }), lineNumber: index + 1 });
  }
  return parser.finish();
}

interface Memcg {
  readonly pid: number;
  readonly comm?: string;
  readonly invoker?: string;
  readonly limitKib?: number;
  readonly slice?: string;
  readonly scope?: string;
}

/** 5.x to 6.x, cgroup v2; 14 lines. */
export function memcgReport(options: Memcg): readonly string[] {
  const { pid, comm = 'node', invoker = 'node', limitKib = 102_400 } = options;
  const { slice = POD_SLICE, scope = SCOPE } = options;
  return [
    `${invoker} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=969`,
    `CPU: 3 PID: ${pid + 1} Comm: ${invoker} Not tainted 6.8.0-51-generic #52-Ubuntu`,
    'Call Trace:',
    ` memory_like_frame+0x1/0x2`,
    `memory: usage ${limitKib}kB, limit ${limitKib}kB, failcnt 6402`,
    'swap: usage 0kB, limit 0kB, failcnt 0',
    `Memory cgroup stats for ${slice}:`,
    'anon 98742272',
    'file 2469888',
    'Tasks state (memory values in pages):',
    '[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name',
    `[${String(pid).padStart(7)}]     0 ${pid}    74798    23376   487424        0           969 ${comm}`,
    `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=${scope},mems_allowed=0,oom_memcg=${slice},task_memcg=${slice}/${scope},task=${comm},pid=${pid},uid=0`,
    `Memory cgroup out of memory: Killed process ${pid} (${comm}) total-vm:299192kB, anon-rss:93176kB, file-rss:316kB, shmem-rss:12kB, UID:0 pgtables:476kB oom_score_adj:969`,
  ];
}

/** 3.10, cgroup v1, with the pause container's and the container's own statistics. */
export const V1_REPORT: readonly string[] = [
  'java invoked oom-killer: gfp_mask=0xd0, order=0, oom_score_adj=969',
  `java cpuset=${CONTAINER} mems_allowed=0-1,3`,
  'CPU: 4 PID: 8308 Comm: java Not tainted 3.10.0-957.el7.x86_64 #1',
  `Task in /kubepods/burstable/pod${UID}/${CONTAINER} killed as a result of limit of /kubepods/burstable/pod${UID}`,
  'memory: usage 524288kB, limit 524288kB, failcnt 20628',
  'memory+swap: usage 534288kB, limit 1048576kB, failcnt 0',
  'kmem: usage 2016kB, limit 9007199254740988kB, failcnt 0',
  `Memory cgroup stats for /kubepods/burstable/pod${UID}: cache:0KB rss:0KB rss_huge:0KB shmem:0KB mapped_file:0KB dirty:0KB writeback:0KB swap:0KB inactive_file:0KB active_file:0KB unevictable:0KB`,
  `Memory cgroup stats for /kubepods/burstable/pod${UID}/${'0f'.repeat(32)}: cache:4KB rss:36KB rss_huge:0KB shmem:0KB dirty:0KB writeback:0KB inactive_file:0KB active_file:0KB`,
  `Memory cgroup stats for /kubepods/burstable/pod${UID}/${CONTAINER}: cache:840KB rss:523448KB rss_huge:0KB shmem:12KB dirty:8KB writeback:0KB inactive_file:464KB active_file:376KB`,
  '[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name',
  '[ 8290]  1000  8290      253        1       4       2        0          -998 pause',
  '[ 8308]  1000  8308  5063909   116540     560      20        0           969 java',
  '[28438]  1000 28438  5063909   116000     560      20        0           969 java',
  'Memory cgroup out of memory: Kill process 8308 (java) score 1894 or sacrifice child',
  'Killed process 28438 (java) total-vm:20255636kB, anon-rss:466160kB, file-rss:13684kB, shmem-rss:0kB',
];

/** 6.8, the whole node: a container's process dies for it. */
export const GLOBAL_REPORT: readonly string[] = [
  'kworker/u8:1 invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE|__GFP_COMP), order=0, oom_score_adj=0',
  'CPU: 0 UID: 0 PID: 77 Comm: kworker/u8:1 Kdump: loaded Tainted: G           OE      6.8.1+nas #1',
  'Mem-Info:',
  'active_anon:101 inactive_anon:127 isolated_anon:29',
  ' slab_reclaimable:13680 slab_unreclaimable:4350',
  ' free:7279 free_pcp:184 free_cma:1094',
  'Node 0 Normal free:29116kB boost:18432kB min:26624kB active_anon:404kB inactive_anon:712kB',
  'Node 0 Normal: 10*64kB (UE) 1*128kB (U) 0*256kB = 768kB',
  'Free swap  = 93424kB',
  'Total swap = 102396kB',
  '262144 pages RAM',
  'Tasks state (memory values in pages):',
  '[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name',
  '[    704]     0   704      395      352       64      288         0     6144        0         -1000 watchdog',
  `[   1888]  1001  1888     5000     4000     3900       90        10    65536       11          1000 a, b (c) [d]`,
  `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,3,global_oom,task_memcg=${POD_SLICE}/${SCOPE},task=a, b (c) [d],pid=1888,uid=1001`,
  'Out of memory: Killed process 1888 (a, b (c) [d]) total-vm:320000kB, anon-rss:249600kB, file-rss:5760kB, shmem-rss:640kB, UID:1001 pgtables:64kB oom_score_adj:1000',
  'oom_reaper: reaped process 1888 (a, b (c) [d]), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
];
