/**
 * Kernel lines in, OOM reports out (Linux mm/oom_kill.c and mm/memcontrol.c, 2.6 to 6.x). Reports are told apart by
 * host, by the writing task where the kernel prints it, by pid and cgroup path, and else by order.
 */
import type { KernelOomKill } from '../../model/kernel.ts';
import type { EpochMs } from '../../units.ts';
import type { LogLine } from '../log-line.ts';
import type { Draft } from './draft.ts';
import { type ReportOrigin, finishReport } from './report.ts';
import { type KernelLine, isCut, readKernelLine, weightOf } from './shapes.ts';
import { KernelStream } from './stream.ts';

export interface KernelLogOptions {
  readonly source: string;
  /** Wins over the host that the lines name. */
  readonly nodeName?: string;
  /** Unused by the parser itself: times come with the lines. */
  readonly nowMs?: EpochMs;
}

export interface KernelLogParser {
  /** Lines that a program wrote (`origin: 'user'`) are ignored, whatever they look like. */
  push(line: LogLine): void;
  /** The reports in the order of their first lines. */
  finish(): readonly KernelOomKill[];
  /** A report is under way, so lines of any look may matter; else those with {@link KERNEL_NEEDLES} do. */
  readonly awaitsAny: boolean;
  /** Reports let go because there were more than {@link REPORT_LIMIT}. */
  readonly dropped: number;
}

/** The newest are kept: only the last deaths still have a pod to explain. */
export const REPORT_LIMIT = 10_000;
/** Hosts of one merged log. */
const STREAM_LIMIT = 256;
/** A wrapped line is put together from at most this many pieces and characters. */
const WRAP_LINES = 32;
const WRAP_CHARS = 8192;
/** Lines written by one printk call and joined by a log daemon. */
const JOINED_LINES = /#012|\\x0a|\n/;

/** Every line that can begin a report, or matter outside one, contains one of these; eight characters each at least. */
export const KERNEL_NEEDLES: readonly string[] = [
  'oom-kill',
  'oom_reaper: ',
  'memory.oom.group',
  'ut of memory',
  'OOM victim',
  'Kill process',
  'Killed process',
  'kill process',
  'memory: usage',
  'as a result of limit',
  'Task in /',
  'Memory cgroup stats',
  'total_vm ',
  'deadlocked on memory',
];

export function createKernelLogParser(options: KernelLogOptions): KernelLogParser {
  return new Parser(options);
}

interface Pending {
  readonly line: LogLine;
  readonly message: string;
  readonly shape: KernelLine | undefined;
  readonly pieces: number;
}

class Parser implements KernelLogParser {
  readonly #origin: ReportOrigin;
  readonly #streams = new Map<string, KernelStream>();
  #done: KernelOomKill[] = [];
  #droppedCount = 0;
  #pending: Pending | undefined;
  #lastLine = 0;

  constructor(options: KernelLogOptions) {
    const { source, nodeName } = options;
    this.#origin = { source, ...(nodeName === undefined ? {} : { nodeName }) };
  }

  get awaitsAny(): boolean {
    if (this.#pending !== undefined) return true;
    for (const stream of this.#streams.values()) if (stream.awaitsAny(this.#lastLine)) return true;
    return false;
  }

  get dropped(): number {
    return this.#droppedCount;
  }

  push(line: LogLine): void {
    this.#lastLine = line.lineNumber;
    if (line.origin === 'user') return;
    if (!JOINED_LINES.test(line.message)) {
      this.#pushOne(line, line.message);
      return;
    }
    for (const message of line.message.split(JOINED_LINES)) this.#pushOne(line, message);
  }

  finish(): readonly KernelOomKill[] {
    this.#settlePending();
    for (const stream of this.#streams.values()) stream.flush();
    this.#streams.clear();
    const reports = this.#done.toSorted((a, b) => (a.firstLine ?? 0) - (b.firstLine ?? 0));
    this.#droppedCount += Math.max(0, reports.length - REPORT_LIMIT);
    this.#done = [];
    return uniqueIds(reports.slice(-REPORT_LIMIT));
  }

  #pushOne(line: LogLine, text: string): void {
    const message = text.trim();
    if (message === '') return;
    const shape = readKernelLine(message);
    if (this.#continues(line, message, shape)) return;
    this.#settlePending();
    if (isCut(message, shape)) this.#pending = { line, message, shape, pieces: 1 };
    else this.#take(line, message, shape);
  }

  /** Joins a piece of a wrapped line to what came before it, if the whole then says more. */
  #continues(line: LogLine, message: string, shape: KernelLine | undefined): boolean {
    const before = this.#pending;
    if (before === undefined || shape !== undefined || line.prefixed) return false;
    if (before.pieces >= WRAP_LINES || before.message.length + message.length > WRAP_CHARS) return false;
    const joined = [`${before.message}${message}`, `${before.message} ${message}`].map((text) => {
      const joinedShape = readKernelLine(text);
      return { text, shape: joinedShape, weight: weightOf(joinedShape) };
    });
    const best = joined.toSorted((a, b) => b.weight - a.weight)[0];
    const inPath = before.shape?.kind === 'summary' && /^\S+$/.test(message);
    if (best === undefined || best.weight < weightOf(before.shape) || best.weight === 0) return false;
    if (best.weight === weightOf(before.shape) && !inPath) return false;
    const next = { line: before.line, message: best.text, shape: best.shape, pieces: before.pieces + 1 };
    this.#pending = next;
    if (!isCut(next.message, next.shape)) this.#settlePending();
    return true;
  }

  #settlePending(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) this.#take(pending.line, pending.message, pending.shape);
  }

  #take(line: LogLine, message: string, shape: KernelLine | undefined): void {
    const key = line.host ?? '';
    const stream = this.#streams.get(key);
    // A line without a host continues a report only where no line names one.
    if (stream !== undefined) stream.take(line, message, shape);
    else if (line.host === undefined && !line.prefixed && this.#streams.size > 0) {
      [...this.#streams.values()].at(-1)?.take(line, message, shape);
    } else if (shape !== undefined) this.#addStream(key).take(line, message, shape);
  }

  #addStream(key: string): KernelStream {
    if (this.#streams.size >= STREAM_LIMIT) {
      const [oldest] = this.#streams;
      if (oldest !== undefined) {
        oldest[1].flush();
        this.#streams.delete(oldest[0]);
      }
    }
    const stream = new KernelStream((draft) => this.#emit(draft));
    this.#streams.set(key, stream);
    return stream;
  }

  #emit(draft: Draft): void {
    if (!draft.telling) return;
    this.#done.push(finishReport(draft, this.#origin));
    if (this.#done.length < 2 * REPORT_LIMIT) return;
    this.#droppedCount += this.#done.length - REPORT_LIMIT;
    this.#done = this.#done.slice(-REPORT_LIMIT);
  }
}

/** Two reports can begin in one line where a log daemon joined several; the later one's ID gets a counter. */
function uniqueIds(reports: readonly KernelOomKill[]): readonly KernelOomKill[] {
  const seen = new Map<string, number>();
  return reports.map((report) => {
    const count = (seen.get(report.id) ?? 0) + 1;
    seen.set(report.id, count);
    return count === 1 ? report : { ...report, id: `${report.id}.${count}` };
  });
}
