/** The kernel's OOM report and cgroup counters as evidence (Linux mm/oom_kill.c, mm/memcontrol.c, 2.6 to 6.x). */
import type { Bytes, EpochMs, MemoryLimit, Pages, Seconds } from '../units.ts';

/**
 * Where in the kubelet's tree a cgroup lies. `qos` = kubepods-burstable and the like; `kubepods` = the
 * node-allocatable root; `root` = `/`; `other` = outside kubepods (system.slice, /docker/…, a bare test group).
 */
export type CgroupLevel = 'container' | 'pod' | 'qos' | 'kubepods' | 'root' | 'other';

export interface CgroupRef {
  /** As printed. */
  readonly path: string;
  readonly level: CgroupLevel;
  /** With dashes, also where systemd wrote underscores. For a static pod this is the config hash. */
  readonly podUid?: string;
  readonly containerId?: string;
}

/** One process the kernel killed, as its kill line states it. */
export interface KilledProcess {
  readonly pid: number;
  /** At most 15 characters; may be a thread's name. */
  readonly comm: string;
  readonly uid?: number;
  readonly totalVmBytes?: Bytes;
  readonly anonRssBytes?: Bytes;
  readonly fileRssBytes?: Bytes;
  readonly shmemRssBytes?: Bytes;
  readonly pgtablesBytes?: Bytes;
  readonly oomScoreAdj?: number;
}

/** A row of the kernel's process table ("Tasks state"). */
export interface ProcessRow {
  readonly pid: number;
  readonly tgid?: number;
  readonly uid?: number;
  readonly comm: string;
  readonly totalVmPages?: Pages;
  readonly rssPages: Pages;
  readonly swapEntries?: number;
  readonly oomScoreAdj?: number;
}

/** `memory.stat` values the judgement reads; v1 names are mapped (`total_rss` or `rss` → anon, `cache` → file). */
export interface MemoryStat {
  readonly anonBytes?: Bytes;
  readonly fileBytes?: Bytes;
  readonly shmemBytes?: Bytes;
  readonly kernelBytes?: Bytes;
  readonly slabBytes?: Bytes;
  readonly slabUnreclaimableBytes?: Bytes;
  readonly sockBytes?: Bytes;
  readonly pageTablesBytes?: Bytes;
  readonly inactiveFileBytes?: Bytes;
  readonly activeFileBytes?: Bytes;
  readonly fileDirtyBytes?: Bytes;
  readonly fileWritebackBytes?: Bytes;
}

/** One OOM episode of the kernel: from `invoked oom-killer` to the last kill line that belongs to it. */
export interface KernelOomKill {
  readonly id: string;
  readonly source: string;
  /** Name of the log's host, or of the node that the log was fetched from. */
  readonly nodeName?: string;
  /** Absent where the log carries only the uptime. */
  readonly atMs?: EpochMs;
  readonly uptimeSeconds?: Seconds;
  /** `memcg` = a cgroup's limit; `global` = the whole node; `unknown` = the lines that say so are missing. */
  readonly scope: 'memcg' | 'global' | 'unknown';
  /** `CONSTRAINT_MEMCG`, `CONSTRAINT_NONE`, … as printed. Never decides the scope alone (5.2 printed NONE for a memcg OOM). */
  readonly constraint?: string;
  /** The process that asked for memory: not the victim, not the culprit. */
  readonly invoker?: {
    readonly comm: string;
    readonly gfpMask?: string;
    readonly order?: number;
    readonly oomScoreAdj?: number;
  };
  /** The cgroup whose limit was hit. Absent for a global OOM. */
  readonly oomCgroup?: CgroupRef;
  /** The victim's cgroup. */
  readonly taskCgroup?: CgroupRef;
  /** `cpuset=` of the invoker: its container, a fallback when the paths are cut. */
  readonly cpuset?: string;
  /** The process chosen, even if its kill line is missing. */
  readonly victim?: KilledProcess;
  /** Every process killed in this episode, the victim included, each pid once. */
  readonly killed: readonly KilledProcess[];
  /** `memory.oom.group` was set: the whole cgroup was killed. */
  readonly groupKill: boolean;
  /** Usage and limit of `oomCgroup`, not of the victim. */
  readonly usageBytes?: Bytes;
  readonly limitBytes?: MemoryLimit;
  readonly failCount?: number;
  readonly swapUsageBytes?: Bytes;
  readonly swapLimitBytes?: MemoryLimit;
  readonly kmemUsageBytes?: Bytes;
  readonly stat?: MemoryStat;
  /** Largest first, at most 64. */
  readonly processes: readonly ProcessRow[];
  /** Rows of the table before it was cut to 64. */
  readonly processCount: number;
  /** Whole-node figures of a global report. */
  readonly nodeMemory?: {
    readonly totalBytes?: Bytes;
    readonly freeBytes?: Bytes;
    readonly activeAnonBytes?: Bytes;
    readonly inactiveAnonBytes?: Bytes;
    readonly slabUnreclaimableBytes?: Bytes;
    readonly swapTotalBytes?: Bytes;
    readonly swapFreeBytes?: Bytes;
  };
  readonly pageSizeBytes: Bytes;
  readonly kernelVersion?: string;
  /** The call trace shows a write to `memory.max`: the limit was lowered below usage (mm/memcontrol.c, memory_max_write). */
  readonly byLimitWrite?: boolean;
  /** `no killable processes`, a panic, or a victim already exiting: nobody was killed by this report. */
  readonly outcome: 'killed' | 'no-killable' | 'panic' | 'already-exiting' | 'unknown';
  /** False where the report was cut: some of `invoker`, summary line or kill line is missing. */
  readonly complete: boolean;
  /** 1-based line numbers in the source, and the decisive lines themselves (at most 12, 400 characters each). */
  readonly firstLine?: number;
  readonly lastLine?: number;
  readonly excerpt: readonly string[];
}

/** `memory.events` (v2) or its v1 twin (`memory.oom_control`, `memory.failcnt`). */
export interface CgroupMemoryEvents {
  readonly low?: number;
  readonly high?: number;
  readonly max?: number;
  readonly oom?: number;
  readonly oomKill?: number;
  readonly oomGroupKill?: number;
}

/** Counter files of one cgroup, read inside a container or on its node. */
export interface CgroupReading {
  readonly id: string;
  readonly source: string;
  readonly atMs?: EpochMs;
  readonly namespace?: string;
  readonly pod?: string;
  readonly podUid?: string;
  readonly container?: string;
  readonly containerId?: string;
  readonly version: 1 | 2;
  readonly events?: CgroupMemoryEvents;
  readonly eventsLocal?: CgroupMemoryEvents;
  readonly currentBytes?: Bytes;
  readonly peakBytes?: Bytes;
  readonly limitBytes?: MemoryLimit;
  readonly highBytes?: MemoryLimit;
  readonly oomGroup?: boolean;
  readonly stat?: MemoryStat;
  /** `memory.pressure`: share of time stalled, 0 to 100, and microseconds in total. */
  readonly pressure?: {
    readonly someAvg60Percent?: number;
    readonly fullAvg60Percent?: number;
    readonly someTotalMicros?: number;
    readonly fullTotalMicros?: number;
  };
}
