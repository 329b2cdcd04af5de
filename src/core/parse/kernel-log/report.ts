/** Turns a draft into the report that the bundle keeps. */
import type { KernelOomKill, KilledProcess, ProcessRow } from '../../model/kernel.ts';
import type { Bytes, MemoryLimit } from '../../units.ts';
import { KIB } from '../../units.ts';
import { parseCgroupPath } from '../cgroup-path.ts';
import type { Draft } from './draft.ts';
import type { TableRow } from './process-table.ts';

const DEFAULT_PAGE_BYTES = 4 * KIB;
/** Page sizes that Linux supports: x86 and most arm64, then arm64 and ppc64 variants. */
const PAGE_KIB: readonly number[] = [4, 8, 16, 64];

export interface ReportOrigin {
  readonly source: string;
  readonly nodeName?: string;
}

export function finishReport(draft: Draft, origin: ReportOrigin): KernelOomKill {
  const pageSizeBytes = pageSizeOf(draft);
  const killed = killedOf(draft).map((process) => repairPageTables(process, draft.table.row(process.pid)));
  const victim = victimOf(draft, killed);
  const outcome = outcomeOf(draft, killed);
  const nodeName = origin.nodeName ?? draft.host;
  return {
    id: `kernel:${origin.source}:${draft.firstLine}`,
    source: origin.source,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...draft.when,
    scope: scopeOf(draft),
    ...(draft.summary?.constraint === undefined ? {} : { constraint: draft.summary.constraint }),
    ...(draft.invoker === undefined ? {} : { invoker: draft.invoker }),
    ...cgroupsOf(draft),
    ...(victim === undefined ? {} : { victim }),
    killed,
    groupKill: draft.groupKill,
    ...figuresOf(draft),
    processes: draft.table.largest.map(withoutPageTables),
    processCount: draft.table.count,
    ...nodeOf(draft, pageSizeBytes),
    pageSizeBytes,
    ...(draft.kernelVersion === undefined ? {} : { kernelVersion: draft.kernelVersion }),
    ...(draft.byLimitWrite ? { byLimitWrite: true } : {}),
    outcome,
    complete: isComplete(draft),
    firstLine: draft.firstLine,
    lastLine: draft.lastLine,
    excerpt: draft.excerpt,
  };
}

/**
 * A cgroup's path or the prefix of the kill line prove the scope. The constraint alone does so only where it says
 * MEMCG: 5.2 printed CONSTRAINT_NONE for a cgroup's OOM.
 */
function scopeOf(draft: Draft): KernelOomKill['scope'] {
  const { summary } = draft;
  if (summary?.global === true) return 'global';
  if (draft.oomPath !== undefined || draft.usage.memory !== undefined) return 'memcg';
  if (draft.killScope !== undefined) return draft.killScope;
  if (summary?.constraint === 'CONSTRAINT_MEMCG') return 'memcg';
  if (draft.sections.has('node') || draft.panic === 'global') return 'global';
  return 'unknown';
}

/**
 * A summary line comes only after the kernel has picked a victim it goes on to kill, and the reaper only visits
 * the killed, so both stand for a kill line that is missing. `Kill process … or sacrifice child` does not: a child may
 * have died in its place.
 */
function killedOf(draft: Draft): readonly KilledProcess[] {
  const { summary } = draft;
  if (draft.killed.length > 0 || summary?.pid === undefined || draft.alreadyExiting !== undefined) {
    return draft.killed.map((process) => withSummary(process, draft));
  }
  return draft.panic === undefined && !draft.noKillable ? [fromSummary(draft, summary.pid)] : [];
}

function fromSummary(draft: Draft, pid: number): KilledProcess {
  const { comm = '', uid } = draft.summary ?? {};
  return { pid, comm, ...(uid === undefined ? {} : { uid }) };
}

/** The summary's name and user complete a kill line that was cut. */
function withSummary(process: KilledProcess, draft: Draft): KilledProcess {
  const { summary } = draft;
  if (summary === undefined || summary.pid !== process.pid) return process;
  const comm =
    summary.comm !== undefined && summary.comm.startsWith(process.comm) ? summary.comm : process.comm;
  return { ...(summary.uid === undefined ? {} : { uid: summary.uid }), ...process, comm };
}

function victimOf(draft: Draft, killed: readonly KilledProcess[]): KilledProcess | undefined {
  const chosen = killed.find((process) => process.pid === draft.summary?.pid) ?? killed[0];
  if (chosen !== undefined) return chosen;
  if (draft.alreadyExiting !== undefined) return draft.alreadyExiting;
  if (draft.announced !== undefined) return draft.announced;
  return draft.summary?.pid === undefined ? undefined : fromSummary(draft, draft.summary.pid);
}

function outcomeOf(draft: Draft, killed: readonly KilledProcess[]): KernelOomKill['outcome'] {
  if (draft.panic !== undefined) return 'panic';
  if (killed.length > 0) return 'killed';
  if (draft.alreadyExiting !== undefined) return 'already-exiting';
  if (draft.noKillable) return 'no-killable';
  return draft.taskIn.taskMemcg === undefined ? 'unknown' : 'killed';
}

function isComplete(draft: Draft): boolean {
  const hasSummary =
    draft.summary?.whole === true ||
    (draft.summary === undefined && (draft.taskIn.oomMemcg !== undefined || draft.sections.has('node')));
  return draft.invoker !== undefined && hasSummary && draft.settled && !draft.truncated;
}

function cgroupsOf(draft: Draft): Pick<KernelOomKill, 'oomCgroup' | 'taskCgroup' | 'cpuset'> {
  const { oomPath, taskPath } = draft;
  const cpuset = draft.summary?.cpuset ?? draft.cpuset;
  return {
    ...(oomPath === undefined ? {} : { oomCgroup: parseCgroupPath(oomPath) }),
    ...(taskPath === undefined ? {} : { taskCgroup: parseCgroupPath(taskPath) }),
    ...(cpuset === undefined ? {} : { cpuset }),
  };
}

type Figures = Pick<
  KernelOomKill,
  'usageBytes' | 'limitBytes' | 'failCount' | 'swapUsageBytes' | 'swapLimitBytes' | 'kmemUsageBytes' | 'stat'
>;

function figuresOf(draft: Draft): Figures {
  const { memory, kmem } = draft.usage;
  const stat = draft.stat.result;
  return {
    ...(memory === undefined ? {} : { usageBytes: memory.usageBytes }),
    ...(memory?.limitBytes === undefined ? {} : { limitBytes: memory.limitBytes }),
    ...(memory?.failCount === undefined ? {} : { failCount: memory.failCount }),
    ...swapOf(draft),
    ...(kmem === undefined ? {} : { kmemUsageBytes: kmem.usageBytes }),
    ...(stat === undefined ? {} : { stat }),
  };
}

/** cgroup v1 counts memory and swap together, and prints 0 where swap accounting is off. */
function swapOf(draft: Draft): Pick<KernelOomKill, 'swapUsageBytes' | 'swapLimitBytes'> {
  const { memory, swap, 'memory+swap': both } = draft.usage;
  if (swap !== undefined) {
    const limit = swap.limitBytes === undefined ? {} : { swapLimitBytes: swap.limitBytes };
    return { swapUsageBytes: swap.usageBytes, ...limit };
  }
  if (both === undefined || memory === undefined) return {};
  const usage = both.usageBytes - memory.usageBytes;
  const limit = swapLimit(both.limitBytes, memory.limitBytes);
  return {
    ...(usage < 0 ? {} : { swapUsageBytes: usage }),
    ...(limit === undefined ? {} : { swapLimitBytes: limit }),
  };
}

function swapLimit(both: MemoryLimit | undefined, memory: MemoryLimit | undefined): MemoryLimit | undefined {
  if (both === undefined || both === 'unlimited') return both;
  return typeof memory === 'number' && both >= memory ? both - memory : undefined;
}

function nodeOf(draft: Draft, pageSizeBytes: Bytes): Pick<KernelOomKill, 'nodeMemory'> {
  const nodeMemory = draft.node.result(pageSizeBytes);
  return nodeMemory === undefined ? {} : { nodeMemory };
}

function withoutPageTables(row: TableRow): ProcessRow {
  const { pageTablesBytes: _, ...rest } = row;
  return rest;
}

/**
 * The buddy allocator's smallest block says it; else total-vm, which the table states in pages and the kill line in
 * kilobytes.
 */
function pageSizeOf(draft: Draft): Bytes {
  if (draft.node.pageSizeBytes !== undefined) {
    return PAGE_KIB.includes(draft.node.pageSizeBytes / KIB) ? draft.node.pageSizeBytes : DEFAULT_PAGE_BYTES;
  }
  for (const process of draft.killed) {
    const pages = draft.table.row(process.pid)?.totalVmPages ?? 0;
    const kib = pages > 0 && process.totalVmBytes !== undefined ? process.totalVmBytes / KIB / pages : 0;
    if (PAGE_KIB.includes(kib)) return kib * KIB;
  }
  return DEFAULT_PAGE_BYTES;
}

/**
 * The first 5.4 kernels printed page tables in bytes but labelled kB (corrected by commit 941f762 and
 * back-ported, so the version says nothing). The process table tells; without it, a figure that is a whole number of
 * pages as bytes and out of all proportion to the process (page tables take about 1/512 of what they map) is bytes.
 */
function repairPageTables(process: KilledProcess, row: TableRow | undefined): KilledProcess {
  const { pgtablesBytes, ...rest } = process;
  if (pgtablesBytes === undefined) return process;
  const printed = pgtablesBytes / KIB;
  const residentKib =
    ((process.anonRssBytes ?? 0) + (process.fileRssBytes ?? 0) + (process.shmemRssBytes ?? 0)) / KIB;
  const implausible = printed % DEFAULT_PAGE_BYTES === 0 && printed > 0 && printed * 16 > residentKib;
  const isBytes = row?.pageTablesBytes === undefined ? implausible : printed > row.pageTablesBytes / 32;
  return isBytes ? { ...rest, pgtablesBytes: printed } : process;
}
