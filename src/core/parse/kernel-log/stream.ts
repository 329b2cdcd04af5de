/** The kernel lines of one host, one after the other, into its reports. */
import type { LogLine } from '../log-line.ts';
import type { Draft, Section } from './draft.ts';
import type { KillLine } from './kill-line.ts';
import type { UsageLine } from './memory-lines.ts';
import { ProcessTable } from './process-table.ts';
import { ReportBook } from './report-book.ts';
import type { KernelLine } from './shapes.ts';
import type { OomSummary, TaskInLine } from './summary-line.ts';

/** Pids whose late reaper line must not look like a death of its own. */
const RECENT_PIDS_LIMIT = 1024;

/** A line with its text as the shapes read it: joined if it was wrapped, one of several if it was joined. */
interface Text {
  readonly line: LogLine;
  readonly message: string;
}

export class KernelStream {
  readonly #book: ReportBook;
  readonly #pids = new Set<number>();

  constructor(emit: (draft: Draft) => void) {
    this.#book = new ReportBook(emit);
  }

  awaitsAny(lineNumber: number): boolean {
    return this.#book.awaitsAny(lineNumber);
  }

  flush(): void {
    this.#book.flush();
  }

  take(line: LogLine, message: string, shape: KernelLine | undefined): void {
    const text = { line, message };
    if (shape === undefined) {
      this.#takeNodeFigures(text);
      return;
    }
    switch (shape.kind) {
      case 'invoker':
      case 'cpu':
      case 'cpuset':
        this.#takeHead(text, shape);
        break;
      case 'limit-write':
        this.#takeLimitWrite(text);
        break;
      case 'usage':
        this.#takeUsage(text, shape.line);
        break;
      case 'stat-title':
      case 'stat':
        this.#takeStat(text, shape);
        break;
      case 'memory-info':
        note(this.#book.lacking(line, 'node'), line, 'node');
        break;
      case 'table-title':
      case 'table-header':
      case 'row':
        this.#takeTable(text, shape);
        break;
      case 'task-in':
        this.#takeTaskIn(text, shape.line);
        break;
      case 'summary':
        this.#takeSummary(text, shape.summary);
        break;
      case 'kill':
        this.#takeKill(text, shape.kill);
        break;
      case 'group':
        this.#takeGroup(text, shape.cgroup);
        break;
      case 'no-killable':
      case 'panic':
        this.#takeEnd(text, shape);
        break;
    }
  }

  #takeHead(
    { line, message }: Text,
    shape: Extract<KernelLine, { kind: 'invoker' | 'cpu' | 'cpuset' }>,
  ): void {
    if (shape.kind === 'invoker') {
      const draft = this.#book.begin(line);
      draft.invoker = shape.invoker;
      draft.quote(message);
      draft.touch(line, 0);
      return;
    }
    const draft = this.#book.invokedBy(line, shape.kind, shape.comm);
    if (draft === undefined) return;
    if (shape.kind === 'cpu') draft.kernelVersion = shape.kernelVersion;
    else draft.cpuset = shape.cpuset;
    note(draft, line, shape.kind);
  }

  #takeLimitWrite({ line, message }: Text): void {
    const draft = this.#book.lastOpen(line, ({ killLine }) => !killLine);
    if (draft === undefined) return;
    draft.byLimitWrite = true;
    draft.quote(message.trim());
    draft.touch(line, 0);
  }

  #takeUsage({ line, message }: Text, usage: UsageLine): void {
    const { counter } = usage;
    const section = counter === 'memory' ? 'usage' : counter === 'kmem' ? 'kmem' : 'swap';
    const open = this.#book.lacking(line, section);
    const draft = open ?? (counter === 'memory' ? this.#book.begin(line) : undefined);
    if (draft === undefined) return;
    draft.usage[counter] = usage;
    if (counter === 'memory') draft.quote(message);
    note(draft, line, section);
  }

  #takeStat({ line }: Text, shape: Extract<KernelLine, { kind: 'stat-title' | 'stat' }>): void {
    if (shape.kind === 'stat') {
      const draft = this.#book.lastOpen(line, ({ statOpen }) => statOpen);
      draft?.stat.set(shape.name, shape.value);
      draft?.touch(line, 0);
      return;
    }
    // v1 repeats the title for every child of the cgroup.
    const parent = this.#book.lastOpen(
      line,
      ({ statPath }) => statPath !== undefined && shape.path?.startsWith(`${statPath}/`) === true,
    );
    const draft = parent ?? this.#book.lacking(line, 'stat') ?? this.#book.begin(line);
    draft.statPath ??= shape.path;
    draft.stat.addInline(shape.inline);
    draft.statOpen = shape.inline === '';
    note(draft, line, 'stat');
  }

  #takeTable(
    { line, message }: Text,
    shape: Extract<KernelLine, { kind: 'table-title' | 'table-header' | 'row' }>,
  ): void {
    if (shape.kind === 'table-title') {
      note(this.#book.lacking(line, 'table'), line);
    } else if (shape.kind === 'table-header') {
      const draft = this.#book.lacking(line, 'table') ?? this.#book.begin(line);
      draft.table = new ProcessTable(shape.columns);
      draft.statOpen = false;
      note(draft, line, 'table');
    } else {
      const draft = this.#book.lastOpen(
        line,
        ({ sections, summary }) => sections.has('table') && summary === undefined,
      );
      if (draft?.table.read(message) === true) note(draft, line);
    }
  }

  #takeNodeFigures({ line, message }: Text): void {
    const draft = this.#book.lastOpen(
      line,
      ({ sections, summary }) => sections.has('node') && summary === undefined,
    );
    if (draft?.node.read(message) === true) note(draft, line);
  }

  #takeTaskIn({ line, message }: Text, taskIn: TaskInLine): void {
    const half = taskIn.taskMemcg === undefined;
    const begun = half
      ? this.#book.lastOpen(
          line,
          (one) => one.taskIn.taskMemcg !== undefined && one.taskIn.oomMemcg === undefined,
        )
      : undefined;
    const draft = begun ?? this.#book.lacking(line, 'task-in') ?? this.#book.begin(line);
    draft.taskIn = { ...draft.taskIn, ...taskIn };
    draft.quote(message);
    note(draft, line, 'task-in', 1);
  }

  #takeSummary({ line, message }: Text, summary: OomSummary): void {
    const draft = this.#book.forSummary(line, summary) ?? this.#book.begin(line);
    draft.summary = summary;
    draft.statOpen = false;
    if (!summary.whole) draft.truncated = true;
    draft.quote(message);
    draft.touch(line, 1);
  }

  #takeKill(text: Text, kill: KillLine): void {
    const { line, message } = text;
    if (kill.kind === 'reaped') {
      this.#takeReaped(text, kill);
      return;
    }
    const known = this.#book.forKill(line, kill);
    if (known === undefined && this.#provesNothing(kill)) return;
    const draft = known ?? this.#book.begin(line);
    if ('scope' in kill) draft.killScope ??= kill.scope;
    draft.quote(message);
    if (kill.kind === 'announced') draft.announced = kill.process;
    else if (kill.kind === 'already-exiting') {
      // A member of a killed group that was exiting anyway says nothing about the victim.
      if (!draft.killLine) draft.alreadyExiting = kill.process;
    } else {
      if (kill.kind === 'killed' && !kill.whole) draft.truncated = true;
      draft.addKill(kill);
      draft.killLine = true;
      this.#remember(kill.process.pid);
    }
    draft.touch(line, draft.killed.length > 1 ? 1 : 2);
  }

  /** Inside no report, only a line with the OOM killer's own words counts. */
  #provesNothing(kill: KillLine): boolean {
    if (kill.kind === 'already-exiting') return this.#pids.has(kill.process.pid);
    return kill.kind === 'shares-memory' || (kill.kind === 'killed' && !kill.telling);
  }

  #takeReaped({ line }: Text, kill: KillLine): void {
    const { pid } = kill.process;
    // The reaper is a task of its own, so the writing task says nothing here.
    const { caller: _, ...anyTask } = line;
    const known = this.#book.last(anyTask, (one) => one.killedPids.has(pid) || one.chosenPid === pid);
    if (known === undefined && this.#pids.has(pid)) return;
    // A chosen process that is reaped was killed, though its kill line is missing.
    const draft = known ?? this.#book.begin(line);
    draft.reaped = true;
    if (!draft.killedPids.has(pid)) draft.addKill(kill);
    this.#remember(pid);
    draft.touch(line, 0);
  }

  #takeGroup({ line, message }: Text, cgroup: string): void {
    const draft =
      this.#book.last(line, (one) => one.killLine || one.summary !== undefined) ?? this.#book.begin(line);
    draft.groupKill = true;
    draft.groupCgroup ??= cgroup;
    draft.quote(message);
    draft.touch(line, 0);
  }

  #takeEnd({ line, message }: Text, shape: Extract<KernelLine, { kind: 'no-killable' | 'panic' }>): void {
    const draft = this.#book.last(line, (one) => !one.killLine && !one.reaped) ?? this.#book.begin(line);
    if (shape.kind === 'panic') draft.panic = shape.global ? 'global' : 'any';
    else draft.noKillable = true;
    draft.quote(message);
    draft.touch(line, 1);
  }

  #remember(pid: number): void {
    this.#pids.add(pid);
    if (this.#pids.size <= RECENT_PIDS_LIMIT) return;
    const [oldest] = this.#pids;
    if (oldest !== undefined) this.#pids.delete(oldest);
  }
}

function note(draft: Draft | undefined, line: LogLine, section?: Section, rank: 0 | 1 = 0): void {
  if (draft === undefined) return;
  if (section !== undefined) draft.sections.add(section);
  draft.touch(line, rank);
}
