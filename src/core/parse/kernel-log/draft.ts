/** A report while its lines come in. Which line belongs to which report is decided in `parser.ts`. */
import type { KernelOomKill, KilledProcess } from '../../model/kernel.ts';
import { parseCgroupPath } from '../cgroup-path.ts';
import type { LogLine } from '../log-line.ts';
import type { Invoker } from './invoker-line.ts';
import type { KillLine, KillScope } from './kill-line.ts';
import { NodeFigures, StatSums, type UsageLine } from './memory-lines.ts';
import { ProcessTable } from './process-table.ts';
import type { OomSummary, TaskInLine } from './summary-line.ts';

/** A report's parts that come once each; a second one of a kind belongs to another report. */
export type Section = 'cpu' | 'cpuset' | 'usage' | 'swap' | 'kmem' | 'stat' | 'node' | 'table' | 'task-in';

const EXCERPT_LINES = 12;
const EXCERPT_CHARS = 400;
/** A cgroup with `memory.oom.group` may hold thousands of processes; more names prove nothing more. */
const KILLED_LIMIT = 4096;

export class Draft {
  readonly firstLine: number;
  lastLine: number;
  host: string | undefined;
  readonly caller: string | undefined;
  readonly sections = new Set<Section>();
  readonly stat = new StatSums();
  readonly node = new NodeFigures();
  readonly killed: KilledProcess[] = [];
  readonly usage: Partial<Record<UsageLine['counter'], UsageLine>> = {};
  readonly excerpt: string[] = [];
  readonly killedPids = new Set<number>();
  table = new ProcessTable();
  invoker: Invoker | undefined;
  kernelVersion: string | undefined;
  byLimitWrite = false;
  cpuset: string | undefined;
  summary: OomSummary | undefined;
  taskIn: TaskInLine = {};
  statPath: string | undefined;
  statOpen = false;
  announced: KilledProcess | undefined;
  killScope: KillScope | undefined;
  groupCgroup: string | undefined;
  groupKill = false;
  noKillable = false;
  panic: 'global' | 'any' | undefined;
  alreadyExiting: KilledProcess | undefined;
  /** A kill line was read, not only what announces it. */
  killLine = false;
  reaped = false;
  truncated = false;
  #when: { rank: number; line: LogLine } | undefined;
  /** Any instant of the report, for telling a late line from one of another report. */
  lastSeen: LogLine;

  constructor(line: LogLine) {
    this.firstLine = line.lineNumber;
    this.lastLine = line.lineNumber;
    this.host = line.host;
    this.caller = line.caller;
    this.lastSeen = line;
  }

  /** `rank`: how well the line's time stands for the kill; the kill line's is best. */
  touch(line: LogLine, rank: 0 | 1 | 2): void {
    this.lastLine = Math.max(this.lastLine, line.lineNumber);
    this.host ??= line.host;
    this.lastSeen = line;
    const timed = line.atMs !== undefined || line.uptimeSeconds !== undefined;
    if (timed && (this.#when === undefined || rank > this.#when.rank)) this.#when = { rank, line };
  }

  /** Keeps a decisive line. The middle goes where it is too long: the victim stands at the end. */
  quote(text: string): void {
    if (this.excerpt.length >= EXCERPT_LINES) return;
    const half = EXCERPT_CHARS / 2;
    this.excerpt.push(
      text.length <= EXCERPT_CHARS ? text : `${text.slice(0, half)}…${text.slice(text.length - half + 1)}`,
    );
  }

  addKill(kill: KillLine): void {
    const known = this.killed.findIndex((process) => process.pid === kill.process.pid);
    const before = this.killed[known];
    if (before === undefined) {
      if (this.killed.length < KILLED_LIMIT) this.killed.push(kill.process);
      this.killedPids.add(kill.process.pid);
    } else {
      // The same pid may be printed twice; the second time its sizes may be gone. The first statement of a field holds.
      const comm = kill.process.comm.startsWith(before.comm) ? kill.process.comm : before.comm;
      this.killed[known] = { ...kill.process, ...before, comm };
    }
  }

  /** Nothing but lines keyed by pid (or a group's further kills) can still belong to it. */
  get settled(): boolean {
    const ended = this.killLine || this.reaped || this.noKillable;
    return ended || this.panic !== undefined || this.alreadyExiting !== undefined;
  }

  /** A kill line's prefix speaks against this report's own scope. */
  contradicts(scope: KillScope | undefined): boolean {
    const memcg =
      this.oomPath !== undefined ||
      this.usage.memory !== undefined ||
      this.summary?.constraint === 'CONSTRAINT_MEMCG' ||
      this.killScope === 'memcg';
    const global = this.summary?.global === true || this.killScope === 'global';
    return (scope === 'global' && memcg) || (scope === 'memcg' && global);
  }

  /** The pid that some line chose. */
  get chosenPid(): number | undefined {
    return this.summary?.pid ?? this.announced?.pid;
  }

  get oomPath(): string | undefined {
    return this.summary?.oomMemcg ?? this.taskIn.oomMemcg ?? this.statPath;
  }

  /** It says more than that memory was short: some line of the OOM killer itself is there. */
  get telling(): boolean {
    return (
      this.invoker !== undefined ||
      this.summary !== undefined ||
      this.taskIn.taskMemcg !== undefined ||
      this.taskIn.oomMemcg !== undefined ||
      this.announced !== undefined ||
      this.groupKill ||
      this.settled
    );
  }

  get when(): Pick<KernelOomKill, 'atMs' | 'uptimeSeconds'> {
    const { atMs, uptimeSeconds } = this.#when?.line ?? {};
    return {
      ...(atMs === undefined ? {} : { atMs }),
      ...(uptimeSeconds === undefined ? {} : { uptimeSeconds }),
    };
  }

  /** The victim's cgroup: as printed, or the group that was killed as a whole where the path is missing or cut. */
  get taskPath(): string | undefined {
    const printed = this.summary?.taskMemcg ?? this.taskIn.taskMemcg;
    const cut = printed === undefined || (this.summary?.whole === false && this.summary.pid === undefined);
    if (!cut || this.groupCgroup === undefined) return printed;
    const better = printed === undefined || parseCgroupPath(printed).containerId === undefined;
    return better && parseCgroupPath(this.groupCgroup).containerId !== undefined
      ? this.groupCgroup
      : (printed ?? this.groupCgroup);
  }
}
