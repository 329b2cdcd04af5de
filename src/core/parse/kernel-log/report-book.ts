/** The reports of one host that can still get a line, and which of them a line belongs to. */
import type { LogLine } from '../log-line.ts';
import { Draft, type Section } from './draft.ts';
import type { KillLine } from './kill-line.ts';
import type { OomSummary } from './summary-line.ts';

/** The kernel's oom_lock keeps reports from overlapping; log daemons and shippers mix a few. */
const RECENT_LIMIT = 16;
/** From one line of a report to the next; well above what a serial console or the reaper's retries take. */
const REPORT_SECONDS = 20;
/** A group's members die within milliseconds; later kills are another event whose report was rate-limited. */
const GROUP_SECONDS = 10;
/** Lines after which a report that got none is given up. */
const QUIET_LINES = 3000;

export class ReportBook {
  #recent: Draft[] = [];
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

  /** A new report, which begins with this line. */
  begin(line: LogLine): Draft {
    const draft = new Draft(line);
    this.#recent.push(draft);
    const oldest = this.#recent.length > RECENT_LIMIT ? this.#recent.shift() : undefined;
    if (oldest !== undefined) this.#emit(oldest);
    return draft;
  }

  /** The newest report of this time and task for which `wanted` holds. */
  last(line: LogLine, wanted: (draft: Draft) => boolean): Draft | undefined {
    return this.#near(line).findLast(wanted);
  }

  /** The same among those whose end was not read yet. */
  lastOpen(line: LogLine, wanted: (draft: Draft) => boolean): Draft | undefined {
    return this.last(line, (draft) => !draft.settled && wanted(draft));
  }

  /** The newest report that lacks this section; sections stand in front of the summary. */
  lacking(line: LogLine, section: Section): Draft | undefined {
    return this.lastOpen(line, (draft) => !draft.sections.has(section) && draft.summary === undefined);
  }

  /** The same where the line names the task that asked for memory, which tells mixed reports apart. */
  invokedBy(line: LogLine, section: Section, comm: string): Draft | undefined {
    return this.lastOpen(
      line,
      ({ sections, invoker }) => !sections.has(section) && (invoker?.comm === comm || invoker?.comm === ''),
    );
  }

  /** By process table, by the path of the statistics, else the newest that waits for a summary. */
  forSummary(line: LogLine, summary: OomSummary): Draft | undefined {
    const { oomMemcg, pid } = summary;
    const scope = summary.global ? 'global' : oomMemcg === undefined ? undefined : 'memcg';
    const fits = this.#near(line).filter(
      (draft) =>
        !draft.settled &&
        draft.summary === undefined &&
        !draft.contradicts(scope) &&
        (draft.statPath === undefined || oomMemcg === undefined || samePath(draft.statPath, oomMemcg)),
    );
    return (
      fits.findLast((draft) => pid !== undefined && draft.table.row(pid) !== undefined) ??
      fits.findLast((draft) => draft.statPath !== undefined) ??
      fits.at(-1)
    );
  }

  /** By pid, else the newest report that waits for a victim, else a group that is being killed. */
  forKill(line: LogLine, kill: KillLine): Draft | undefined {
    const { pid } = kill.process;
    const scope = 'scope' in kill ? kill.scope : undefined;
    const usable = this.#near(line).filter((draft) => !draft.contradicts(scope));
    const open = usable.filter((draft) => !draft.settled);
    return (
      open.findLast((draft) => draft.chosenPid === pid) ??
      // The second line of the old pair has no prefix, and may name a child of the process that was announced.
      (kill.kind === 'killed' && scope === undefined
        ? open.findLast((draft) => draft.announced !== undefined && draft.summary?.pid === undefined)
        : undefined) ??
      open.findLast((draft) => draft.chosenPid === undefined && !draft.table.lacks(pid)) ??
      usable.findLast((draft) => draft.killedPids.has(pid)) ??
      groupOf(usable, line, kill)
    );
  }

  #near(line: LogLine): Draft[] {
    return this.#recent.filter((draft) => mayShare(draft, line) && isNear(draft, line, REPORT_SECONDS));
  }
}

/** The last report with a kill, if this one can be another of its processes. */
function groupOf(usable: readonly Draft[], line: LogLine, kill: KillLine): Draft | undefined {
  const last = usable.findLast((draft) => draft.killLine);
  if (last === undefined) return undefined;
  const member = last.groupKill && isNear(last, line, GROUP_SECONDS) && !last.table.lacks(kill.process.pid);
  return member || kill.kind === 'shares-memory' ? last : undefined;
}

/** With `CONFIG_PRINTK_CALLER` the task that wrote a line is known, and one task writes one report at a time. */
function mayShare(draft: Draft, line: LogLine): boolean {
  return draft.caller === undefined || line.caller === undefined || draft.caller === line.caller;
}

/** A path cut by the record limit is the beginning of the whole one. */
function samePath(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function isNear(draft: Draft, line: LogLine, seconds: number): boolean {
  const { uptimeSeconds, atMs } = draft.lastSeen;
  if (uptimeSeconds !== undefined && line.uptimeSeconds !== undefined) {
    return Math.abs(line.uptimeSeconds - uptimeSeconds) <= seconds;
  }
  if (atMs !== undefined && line.atMs !== undefined) return Math.abs(line.atMs - atMs) <= seconds * 1000;
  return line.lineNumber - draft.lastLine < QUIET_LINES;
}
