/**
 * A kernel log, a journal or any mix of lines, of any size, in constant memory: finds the few lines that prove a death.
 * Whole chunks are searched for rare words; a line is looked at alone only where a word occurs or a kernel report is
 * under way.
 */
import type { BundlePart, EvidenceGap } from '../model/bundle.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import type { EpochMs } from '../units.ts';
import { KERNEL_NEEDLES, type KernelLogParser, createKernelLogParser } from './kernel-log/parser.ts';
import { CoverageTracker, KIND_MARKS, LOG_KINDS } from './log-coverage.ts';
import { type ParsedLogLine, parseLogLine } from './log-line.ts';
import type { LogClock } from './log-time.ts';
import { NODE_LOG_NEEDLES, type NodeLogMatch, matchNodeLogLine } from './node-log.ts';
import { redactText } from './redact.ts';
import { createWordSearch } from './word-search.ts';

export interface TextLogOptions {
  /** The file's name; part of every record's ID. */
  readonly source: string;
  /** The node the log was fetched from; wins over the host in the lines. */
  readonly nodeName?: string;
  /** When the log was read: gives syslog's dates their year. */
  readonly nowMs?: EpochMs;
  /** For tests. */
  readonly matchNodeLine?: (message: string, unit: string | undefined) => NodeLogMatch | undefined;
}

export interface TextLogReader {
  /** Text in pieces of any size; lines may be split between pieces. */
  push(chunk: string): void;
  /** Kernel reports, journal records, what the log covers, and what was cut. Call once. */
  finish(): BundlePart;
}

/** Longer lines are cut here; no line that proves anything is longer. */
export const LINE_CHARS = 65_536;
/** Journal records kept, the newest: enough for a node's week of evictions. */
const RECORD_LIMIT = 20_000;
const EXCERPT_CHARS = 400;
/** Lines of a block that are looked at for each program not met yet. */
const KIND_TRIES = 8;
/** The time and program of every one of the first lines, then of one in so many. */
const SAMPLE_ALL = 256;
const SAMPLE_EVERY = 64;
/** Read before the first line is, so that the year does not depend on how the log was cut into pieces. */
const HEAD_CHARS = 65_536;

const nextWord = createWordSearch([
  ...KERNEL_NEEDLES,
  // Inside a JSON record every quotation mark has a backslash in front.
  ...NODE_LOG_NEEDLES.map((word) => word.replaceAll(/^"|"$/g, '')),
  // A journal message with bytes that are not text comes as an array of numbers.
  '"MESSAGE":[',
  '"MESSAGE" : [',
]);

export function createTextLogReader(options: TextLogOptions): TextLogReader {
  return new Reader(options);
}

class Reader implements TextLogReader {
  readonly #options: TextLogOptions;
  readonly #kernel: KernelLogParser;
  readonly #coverage: CoverageTracker;
  readonly #match: NonNullable<TextLogOptions['matchNodeLine']>;
  #records: NodeLogRecord[] = [];
  #droppedRecords = 0;
  #carry: string[] = [];
  #carryChars = 0;
  /** Number of the line that the next block begins with. */
  #line = 1;
  #cutLines = 0;
  #firstCutLine = 0;
  #clock: LogClock | undefined;
  /** What stands in front of every line of a pasted or quoted log. */
  #margin = '';
  /** What came before the clock was settled. */
  #head = '';
  #lastLine = '';

  constructor(options: TextLogOptions) {
    this.#options = options;
    const { source, nodeName } = options;
    this.#kernel = createKernelLogParser(nodeName === undefined ? { source } : { source, nodeName });
    this.#coverage = new CoverageTracker(source, nodeName);
    this.#match = options.matchNodeLine ?? matchNodeLogLine;
  }

  push(chunk: string): void {
    if (this.#clock !== undefined) {
      this.#split(chunk);
      return;
    }
    this.#head += chunk;
    if (this.#head.length >= HEAD_CHARS) this.#start();
  }

  finish(): BundlePart {
    if (this.#clock === undefined) this.#start();
    if (this.#carryChars > 0) this.#scan(`${this.#carry.join('')}\n`);
    this.#carry = [];
    this.#see(this.#lastLine, 'in-order');
    const kernelKills = this.#kernel.finish();
    const gaps = this.#gaps();
    const logCoverage = this.#coverage.result();
    const nodeLog = this.#records.slice(-RECORD_LIMIT);
    return {
      ...(kernelKills.length === 0 ? {} : { kernelKills }),
      ...(nodeLog.length === 0 ? {} : { nodeLog }),
      ...(logCoverage.length === 0 ? {} : { logCoverage }),
      ...(gaps.length === 0 ? {} : { gaps }),
    };
  }

  #start(): void {
    const head = this.#head;
    this.#head = '';
    this.#margin = marginOf(head.slice(0, HEAD_CHARS));
    this.#clock = clockOf(head.slice(0, HEAD_CHARS), this.#options.nowMs);
    this.#split(head);
  }

  #split(chunk: string): void {
    const end = chunk.lastIndexOf('\n');
    if (end < 0) {
      this.#keep(chunk);
      return;
    }
    const block = this.#carry.join('') + chunk.slice(0, end + 1);
    this.#carry = [];
    this.#carryChars = 0;
    this.#keep(chunk.slice(end + 1));
    this.#scan(block);
  }

  /** The beginning of a line whose end is still to come; what a cut would remove is not kept. */
  #keep(text: string): void {
    // One character beyond the limit, so that the cut is noticed.
    const room = LINE_CHARS + 1 - this.#carryChars;
    if (text === '' || room <= 0) return;
    const kept = text.length > room ? text.slice(0, room) : text;
    this.#carry.push(kept);
    this.#carryChars += kept.length;
    // Many tiny pieces would cost more than their characters.
    if (this.#carry.length >= 1024) this.#carry = [this.#carry.join('')];
  }

  /** `block` is whole lines. */
  #scan(block: string): void {
    this.#findKinds(block);
    this.#lastLine = block.slice(block.lastIndexOf('\n', block.length - 2) + 1, -1).slice(0, LINE_CHARS);
    let at = 0;
    while (at < block.length) {
      const start = this.#kernel.awaitsAny ? at : this.#nextLine(block, at);
      this.#countLines(block, at, start);
      if (start === block.length) return;
      const end = block.indexOf('\n', start);
      this.#take(block.slice(start, Math.min(end, start + LINE_CHARS)));
      this.#countLines(block, start, end + 1);
      at = end + 1;
    }
  }

  /** Where the next line with one of the words begins; the block's end where there is none. */
  #nextLine(block: string, from: number): number {
    const hit = nextWord(block, from);
    return hit < 0 ? block.length : Math.max(from, block.lastIndexOf('\n', hit) + 1);
  }

  #countLines(block: string, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const end = block.indexOf('\n', at);
      if (end - at > LINE_CHARS) {
        this.#cutLines += 1;
        if (this.#firstCutLine === 0) this.#firstCutLine = this.#line;
      }
      if (this.#line <= SAMPLE_ALL || this.#line % SAMPLE_EVERY === 0) {
        this.#see(block.slice(at, Math.min(end, at + LINE_CHARS)), 'in-order');
      }
      this.#line += 1;
      at = end + 1;
    }
  }

  #take(slice: string): void {
    const text = this.#unquoted(slice);
    const parsed = parseLogLine(text, this.#clock);
    this.#coverage.see(parsed);
    const kernel = parsed.origin !== 'user';
    if (kernel) this.#kernel.push({ ...parsed, lineNumber: this.#line });
    const match = this.#match(parsed.message, parsed.ident ?? parsed.unit);
    // Of the kernel's own lines only the start of a boot is a record; the rest is its parser's.
    if (match === undefined || (parsed.origin === 'kernel' && match.kind !== 'boot')) return;
    this.#records.push(this.#record(parsed, match));
    if (this.#records.length < 2 * RECORD_LIMIT) return;
    this.#droppedRecords += this.#records.length - RECORD_LIMIT;
    this.#records = this.#records.slice(-RECORD_LIMIT);
  }

  #record(parsed: ParsedLogLine, match: NodeLogMatch): NodeLogRecord {
    const { source } = this.#options;
    const nodeName = this.#options.nodeName ?? parsed.host;
    return {
      ...match,
      id: `node-log:${source}:${this.#line}`,
      source,
      ...(parsed.atMs === undefined ? {} : { atMs: parsed.atMs }),
      ...(nodeName === undefined ? {} : { nodeName }),
      line: cutLine(redactText(parsed.message)),
    };
  }

  /** The first line of each program that was not met before. */
  #findKinds(block: string): void {
    for (const kind of LOG_KINDS) {
      const mark = KIND_MARKS[kind];
      mark.lastIndex = 0;
      for (let tries = 0; tries < KIND_TRIES && !this.#coverage.has(kind); tries += 1) {
        const at = mark.exec(block)?.index;
        if (at === undefined) break;
        const start = block.lastIndexOf('\n', at) + 1;
        const end = block.indexOf('\n', at);
        this.#see(block.slice(start, Math.min(end, start + LINE_CHARS)));
        mark.lastIndex = end;
      }
    }
  }

  #see(slice: string, place?: 'in-order'): void {
    this.#coverage.see(parseLogLine(this.#unquoted(slice), this.#clock), place);
  }

  #unquoted(slice: string): string {
    const margin = this.#margin;
    return detached(margin !== '' && slice.startsWith(margin) ? slice.slice(margin.length) : slice);
  }

  #gaps(): readonly EvidenceGap[] {
    const { source } = this.#options;
    const gap = (name: string, what: string, cost: string): EvidenceGap => ({
      id: `gap:${source}:${name}`,
      what,
      cost,
      kind: 'input',
      file: source,
    });
    const droppedRecords = this.#droppedRecords + Math.max(0, this.#records.length - RECORD_LIMIT);
    return [
      ...(this.#cutLines === 0
        ? []
        : [
            {
              ...gap(
                'long-lines',
                `${this.#cutLines} lines of ${source} are longer than 64 KiB and were cut`,
                'What stands behind the cut was not read.',
              ),
              place: `line ${this.#firstCutLine}`,
            },
          ]),
      ...(droppedRecords === 0
        ? []
        : [gap('records', `${droppedRecords} older journal records of ${source}`, OLDER_LOST)]),
      ...(this.#kernel.dropped === 0
        ? []
        : [gap('reports', `${this.#kernel.dropped} older kernel reports of ${source}`, OLDER_LOST)]),
    ];
  }
}

const OLDER_LOST = 'Only the newest were kept; older deaths cannot be proven from this file.';

function cutLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= EXCERPT_CHARS ? line : `${line.slice(0, EXCERPT_CHARS - 1)}…`;
}

/**
 * A copy of its own: a slice of a chunk keeps the whole chunk alive (V8's sliced strings), and what is kept of a line
 * lives as long as the bundle.
 */
function detached(slice: string): string {
  return ` ${slice}`.slice(1);
}

/**
 * Blanks or quotation marks of a mail in front of every line. Only a margin that all lines share is taken off: an
 * indented line among others continues the message of a program, and may say anything.
 */
function marginOf(block: string): string {
  // The last line may be cut.
  const lines = block
    .split('\n')
    .slice(0, block.endsWith('\n') ? undefined : -1)
    .filter((line) => line.trim() !== '');
  const margin = /^[\t >]{1,64}/.exec(lines[0] ?? '')?.[0] ?? '';
  const shared = margin !== '' && lines.length > 1 && lines.every((line) => line.startsWith(margin));
  return shared ? margin : '';
}

const FULL_DATE = /\b(20\d{2})-(\d{2})-(\d{2})[T ]\d{2}:\d{2}:\d{2}/g;

/**
 * Syslog's dates lack the year, but programs write whole dates into the same lines (`time="2023-10-12T19:00:20Z"`).
 * The first one whose month and day agree with its own line's settles the year better than the clock.
 */
function clockOf(block: string, nowMs: EpochMs | undefined): LogClock {
  const now = nowMs === undefined ? {} : { nowMs };
  let tries = 0;
  for (const date of block.matchAll(FULL_DATE)) {
    tries += 1;
    if (tries > 64) break;
    const start = block.lastIndexOf('\n', date.index) + 1;
    const wholeMs = Date.UTC(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
    const lineMs = parseLogLine(block.slice(start, start + 64), { nearMs: wholeMs }).atMs;
    // Zones differ by less than a day.
    if (lineMs !== undefined && Math.abs(lineMs - wholeMs) <= 2 * 86_400_000)
      return { ...now, nearMs: lineMs };
  }
  return now;
}
