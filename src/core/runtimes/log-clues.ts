/**
 * What applications print when memory ends: a runtime at its own heap limit, a supervisor that lost a child, and the lines
 * that look alike but mean something else. A line is a clue, never a proof: supervisors print the same text for any SIGKILL.
 */
import { cleanText } from '../model/clean-text.ts';
import { LOG_CLUE_PATTERNS } from './log-patterns.ts';

export type LogClueKind =
  /** The runtime's own heap limit, or an allocation that it could not make: no kernel kill. */
  | 'runtime-heap'
  /** The system refused threads or native memory; a larger heap makes it worse. */
  | 'native-limit'
  /** A child process ended by SIGKILL. */
  | 'child-killed'
  /** A master process killed a worker that had timed out: no memory involved. */
  | 'worker-timeout'
  /** The process was asked to stop and said so. */
  | 'sigterm-received'
  /** A child's exit code 137 was reported or passed on. */
  | 'exit-137-relayed';

export interface LogClue {
  readonly kind: LogClueKind;
  /** The line, cleaned, at most 400 characters. */
  readonly line: string;
  /** Position in the lines given, from 0. */
  readonly index: number;
  /** Who speaks: `the JVM`, `V8`, `gunicorn`, …; absent where the text is nobody's own. */
  readonly runtime?: string;
  /** Of the child, inside the container's PID namespace. */
  readonly pid?: number;
}

const MAX_LINES = 20_000;
const MAX_LINE_CHARS = 2000;
const MAX_QUOTE_CHARS = 400;
const MAX_CLUES = 100;

/** Every clue contains one of these; most lines of a log stop here. */
const WORTH_A_LOOK =
  /memory|MemoryError|bad_alloc|kill|signal|sig(?:term|kill|quit)|137|timed? ?out|terminat|HARAKIRI|shut|stopping|killing|allocate|process pool|loky|prematurely|OOM/i;

/**
 * Clues in the order of the log. A worker that its master had timed out is not counted as killed for memory when the master
 * reports its end. At most 20,000 lines (the last ones) and 100 clues (the last ones).
 */
export function findLogClues(lines: readonly string[]): readonly LogClue[] {
  const clues: LogClue[] = [];
  const timedOut = new Set<number>();
  const first = Math.max(0, lines.length - MAX_LINES);
  for (const [offset, raw] of lines.slice(first).entries()) {
    const clue = clueOf(raw, first + offset);
    if (clue === undefined) continue;
    if (clue.kind === 'worker-timeout' && clue.pid !== undefined) timedOut.add(clue.pid);
    if (clue.kind === 'child-killed' && clue.pid !== undefined && timedOut.has(clue.pid)) continue;
    clues.push(clue);
  }
  return clues.slice(-MAX_CLUES);
}

function clueOf(raw: string, index: number): LogClue | undefined {
  const head = raw.length > MAX_LINE_CHARS ? raw.slice(0, MAX_LINE_CHARS) : raw;
  if (!WORTH_A_LOOK.test(head)) return undefined;
  // Coloured logs: the sequences stand in front of the very word.
  const line = cleanText(head, MAX_LINE_CHARS);
  for (const { kind, pattern, runtime } of LOG_CLUE_PATTERNS) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const pid = match.groups?.['pid'];
    return {
      kind,
      line: cleanText(line, MAX_QUOTE_CHARS),
      index,
      ...(runtime === undefined ? {} : { runtime }),
      ...(pid === undefined ? {} : { pid: Number(pid) }),
    };
  }
  return undefined;
}
