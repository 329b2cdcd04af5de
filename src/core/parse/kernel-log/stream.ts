/** The reports of one host's kernel, and which of them a line belongs to. */
import type { LogLine } from '../log-line.ts';
import { Draft, type Section } from './draft.ts';
import type { KillLine } from './kill-line.ts';
import type { KernelLine } from './shapes.ts';
import { ProcessTable } from './process-table.ts';

/** Reports that can still get a line; the kernel's oom_lock keeps true overlap at one, log shippers mix a few. */
const RECENT_LIMIT = 16;
/** Pids whose late reaper line must not look like a death of its own. */
const RECENT_PIDS_LIMIT = 1024;
/** From one line of a report to the next; well above what a serial console or the reaper's retries take. */
const REPORT_SECONDS = 20;
/** A group's members die within milliseconds; later kills are another event whose report was rate-limited. */
const GROUP_SECONDS = 10;
/** Lines in which a report that stays silent is given up. */
export const QUIET_LINES = 3000;

const SWAP_COUNTERS = new Set(['swap', 'memory+swap']);

export class KernelStream {
  #recent: Draft[] = [];
  readonly #pids = new Set<number>();
  readonly #emit: (draft: Draft) => void;

  constructor(emit: (draft: Draft) => void) {
    this.#emit = emit;
  }

  /** A report has begun whose next lines may have any shape. */
  awaitsAny(lineNumber: number): boolean {
    return this.#recent.some(
      (draft) => !draft.settled && draft.summary === undefined && lineNumber - draft.lastLine < QUIET_LINES,
    );
  }

  flush(): void {
    for (const draft of this.#recent) this.#emit(draft);
    this.#recent = [];
  }

  /** Returns whether the line meant something here. */
  take(line: LogLine, message: string, shape: KernelLine | undefined): boolean {
    if (shape === undefined) return this.#takeNodeFigures(line, message);
    switch (shape.kind) {
      case 'invoker':
        return this.#begin(line, message, (draft) => {
          draft.invoker = shape.invoker;
        });
      case 'cpu': {
        const draft = this.#named(line, 'cpu', shape.comm);
        if (draft !== undefined) draft.kernelVersion ??= shape.kernelVersion;
        return this.#touch(draft, line, 'cpu');
      }
      case 'cpuset': {
        const draft = this.#named(line, 'cpuset', shape.comm);
        if (draft !== undefined) draft.cpuset ??= shape.cpuset;
        return this.#touch(draft, line, 'cpuset');
      }
      case 'task-in':
      case 'usage':
      case 'stat-title':
      case 'stat':
      case 'memory-info':
      case 'table-title':
      case 'table-header':
      case 'row':
        return this.#takeSection(line, message, shape);
      default:
        return this.#takeDecision(line, message, shape);
    }
  }

  #takeSection(line: LogLine, message: string, shape: SectionLine): boolean {
    switch (shape.kind) {
      case 'task-in': {
        const half = shape.line.taskMemcg === undefined;
        const draft = half ? this.#lastOpen(line, (one) => one.taskIn.oomMemcg === undefined) : undefined;
        const target = draft ?? this.#open(line, 'task-in') ?? this.#headless(line);
        target.taskIn = { ...target.taskIn, ...shape.line };
        target.quote(message);
        return this.#touch(target, line, 'task-in', 1);
      }
      case 'usage': {
        const counter = shape.line.counter;
        const section = counter === 'memory' ? 'usage' : SWAP_COUNTERS.has(counter) ? 'swap' : 'kmem';
        const draft = this.#open(line, section) ?? (counter === 'memory' ? this.#headless(line) : undefined);
        if (draft === undefined) return false;
        draft.usage[counter] = shape.line;
        if (counter === 'memory') draft.quote(message);
        return this.#touch(draft, line, section);
      }
      case 'stat-title':
        return this.#takeStatTitle(line, shape);
      case 'stat': {
        const draft = this.#lastOpen(line, (one) => one.statOpen);
        draft?.stat.set(shape.name, shape.value);
        return this.#touch(draft, line);
      }
      case 'memory-info':
        return this.#touch(this.#open(line, 'node'), line, 'node');
      case 'table-title':
        return this.#touch(
          this.#lastOpen(line, (one) => !one.sections.has('table')),
          line,
        );
      case 'table-header': {
        const draft = this.#open(line, 'table') ?? this.#headless(line);
        draft.table = new ProcessTable(shape.columns);
        draft.statOpen = false;
        return this.#touch(draft, line, 'table');
      }
      case 'row': {
        const draft = this.#lastOpen(line, (one) => one.sections.has('table') && one.summary === undefined);
        return draft?.table.read(message) === true && this.#touch(draft, line);
      }
    }
  }

  #takeStatTitle(line: LogLine, shape: Extract<KernelLine, { kind: 'stat-title' }>): boolean {
    // v1 repeats the title for every child of the cgroup.
    const child = this.#lastWhere(
      line,
      (one) => one.statPath !== undefined && shape.path?.startsWith(`${one.statPath}/`) === true,
    );
    const draft = child ?? this.#open(line, 'stat') ?? this.#headless(line);
    draft.statPath ??= shape.path;
    draft.stat.addInline(shape.inline);
    draft.statOpen = shape.inline === '';
    return this.#touch(draft, line, 'stat');
  }

  #takeDecision(line: LogLine, message: string, shape: DecisionLine): boolean {
    switch (shape.kind) {
      case 'summary': {
        const draft = this.#forSummary(line, shape.summary) ?? this.#headless(line);
        draft.summary = shape.summary;
        draft.statOpen = false;
        if (!shape.summary.whole) draft.truncated = true;
        draft.quote(message);
        return this.#touch(draft, line, undefined, 1);
      }
      case 'kill':
        return this.#takeKill(line, message, shape.kill);
      case 'group': {
        const draft =
          this.#lastWhere(line, (one) => one.killLine || one.summary !== undefined) ?? this.#headless(line);
        draft.groupKill = true;
        draft.groupCgroup ??= shape.cgroup;
        draft.quote(message);
        return this.#touch(draft, line);
      }
      case 'no-killable':
      case 'panic': {
        const draft = this.#lastWhere(line, (one) => !one.killLine) ?? this.#headless(line);
        if (shape.kind === 'panic') draft.panic = shape.global ? 'global' : 'any';
        else draft.noKillable = true;
        draft.quote(message);
        return this.#touch(draft, line, undefined, 1);
      }
    }
  }

  #takeKill(line: LogLine, message: string, kill: KillLine): boolean {
    const { pid } = kill.process;
    if (kill.kind === 'reaped') return this.#takeReaped(line, kill);
    const draft = this.#forPid(line, kill);
    if (draft === undefined) {
      // Inside no report, only a line with the OOM killer's own words proves anything.
      if (kill.kind === 'shares-memory' || (kill.kind === 'killed' && !kill.telling)) return false;
      if (kill.kind === 'already-exiting' && this.#pids.has(pid)) return true;
    }
    const target = draft ?? this.#headless(line);
    if ('scope' in kill && kill.scope !== undefined) target.killScope ??= kill.scope;
    target.quote(message);
    if (kill.kind === 'announced') target.announced = kill.process;
    else if (kill.kind === 'already-exiting') this.#exiting(target, kill);
    else {
      if (kill.kind === 'killed' && !kill.whole) target.truncated = true;
      target.addKill(kill);
      target.killLine = true;
      this.#remember(pid);
    }
    return this.#touch(target, line, undefined, target.killed.length > 1 ? 1 : 2);
  }

  /** A member of a killed group that was exiting anyway says nothing about the victim. */
  #exiting(draft: Draft, kill: KillLine): void {
    if (!draft.killLine) draft.alreadyExiting = kill.process;
  }

  #takeReaped(line: LogLine, kill: KillLine): boolean {
    const { pid } = kill.process;
    const draft = this.#lastWhere(line, (one) => one.killedPids.has(pid) || one.chosenPid === pid);
    if (draft === undefined && this.#pids.has(pid)) return true;
    // A chosen process that is reaped was killed, though its kill line is missing.
    const target = draft ?? this.#headless(line);
    target.reaped = true;
    if (!target.killedPids.has(pid)) target.addKill(kill);
    this.#remember(pid);
    return this.#touch(target, line);
  }

  #remember(pid: number): void {
    this.#pids.add(pid);
    if (this.#pids.size <= RECENT_PIDS_LIMIT) return;
    const [oldest] = this.#pids;
    if (oldest !== undefined) this.#pids.delete(oldest);
  }

  #takeNodeFigures(line: LogLine, message: string): boolean {
    const draft = this.#lastOpen(line, (one) => one.sections.has('node') && one.summary === undefined);
    return draft !== undefined && draft.node.read(message) && this.#touch(draft, line);
  }

  /** The summary's own report: by the path of its statistics, by its process table, else the newest that waits. */
  #forSummary(line: LogLine, summary: SummaryLine): Draft | undefined {
    const waiting = this.#recent.filter(
      (one) =>
        one.summary === undefined && !one.settled && near(one, line, REPORT_SECONDS) && mayShare(one, line),
    );
    const { oomMemcg, pid } = summary;
    const fits = waiting.filter(
      (one) => one.statPath === undefined || oomMemcg === undefined || samePath(one.statPath, oomMemcg),
    );
    return (
      fits.findLast((one) => pid !== undefined && one.table.row(pid) !== undefined) ??
      fits.findLast((one) => one.statPath !== undefined) ??
      fits.at(-1)
    );
  }

  #forPid(line: LogLine, kill: KillLine): Draft | undefined {
    const { pid } = kill.process;
    const scope = 'scope' in kill ? kill.scope : undefined;
    const usable = this.#recent.filter(
      (one) => near(one, line, REPORT_SECONDS) && mayShare(one, line) && !one.contradicts(scope),
    );
    const open = usable.filter((one) => !one.settled);
    // `Killed process` may name a child of the process that was announced.
    const chosen =
      open.findLast((one) => one.chosenPid === pid) ??
      (kill.kind === 'killed' && scope === undefined
        ? open.findLast((one) => one.announced !== undefined && one.summary?.pid === undefined)
        : undefined);
    if (chosen !== undefined) return chosen;
    const same = usable.findLast((one) => one.killedPids.has(pid));
    const unknown = open.findLast((one) => one.chosenPid === undefined && !one.table.lacks(pid));
    if (unknown !== undefined) return unknown;
    if (same !== undefined) return same;
    const last = usable.findLast((one) => one.killLine);
    if (last === undefined) return undefined;
    const inGroup = last.groupKill && near(last, line, GROUP_SECONDS);
    return inGroup || kill.kind === 'shares-memory' ? last : undefined;
  }

  /** The newest report that lacks this section. */
  #open(line: LogLine, section: Section): Draft | undefined {
    return this.#lastOpen(line, (one) => !one.sections.has(section) && one.summary === undefined);
  }

  #lastOpen(line: LogLine, wanted: (draft: Draft) => boolean): Draft | undefined {
    return this.#lastWhere(line, (one) => !one.settled && wanted(one));
  }

  #lastWhere(line: LogLine, wanted: (draft: Draft) => boolean): Draft | undefined {
    return this.#recent.findLast(
      (one) => mayShare(one, line) && near(one, line, REPORT_SECONDS) && wanted(one),
    );
  }

  /** As `#open`, but the line names the task that asked for memory, which tells mixed reports apart. */
  #named(line: LogLine, section: Section, comm: string): Draft | undefined {
    return this.#lastOpen(
      line,
      (one) => !one.sections.has(section) && (one.invoker?.comm === comm || one.invoker?.comm === ''),
    );
  }

  #begin(line: LogLine, message: string, fill: (draft: Draft) => void): boolean {
    const draft = this.#headless(line);
    fill(draft);
    draft.quote(message);
    return this.#touch(draft, line);
  }

  #headless(line: LogLine): Draft {
    const draft = new Draft(line);
    this.#recent.push(draft);
    if (this.#recent.length > RECENT_LIMIT) {
      const oldest = this.#recent.shift();
      if (oldest !== undefined) this.#emit(oldest);
    }
    return draft;
  }

  #touch(draft: Draft | undefined, line: LogLine, section?: Section, rank: 0 | 1 | 2 = 0): boolean {
    if (draft === undefined) return false;
    if (section !== undefined) draft.sections.add(section);
    draft.touch(line, rank);
    return true;
  }
}

type SummaryLine = Extract<KernelLine, { kind: 'summary' }>['summary'];
type SectionLine = Extract<
  KernelLine,
  {
    kind:
      | 'task-in'
      | 'usage'
      | 'stat-title'
      | 'stat'
      | 'memory-info'
      | 'table-title'
      | 'table-header'
      | 'row';
  }
>;
type DecisionLine = Extract<KernelLine, { kind: 'summary' | 'kill' | 'group' | 'no-killable' | 'panic' }>;

/** With `CONFIG_PRINTK_CALLER` the task that wrote a line is known, and one task writes one report at a time. */
function mayShare(draft: Draft, line: LogLine): boolean {
  return draft.caller === undefined || line.caller === undefined || draft.caller === line.caller;
}

/** A path cut by the record limit is the beginning of the whole one. */
function samePath(a: string, b: string): boolean {
  return a === b || a.startsWith(b) || b.startsWith(a);
}

function near(draft: Draft, line: LogLine, seconds: number): boolean {
  const { uptimeSeconds, atMs } = draft.lastSeen;
  if (uptimeSeconds !== undefined && line.uptimeSeconds !== undefined) {
    return Math.abs(line.uptimeSeconds - uptimeSeconds) <= seconds;
  }
  if (atMs !== undefined && line.atMs !== undefined) return Math.abs(line.atMs - atMs) <= seconds * 1000;
  return line.lineNumber - draft.lastLine < QUIET_LINES;
}
