/** One kernel message to what it says in an OOM report. Shapes alone decide, never the kernel's version: distributions back-port. */
import { type Invoker, readCpuLine, readCpusetLine, readInvoker } from './invoker-line.ts';
import { type KillLine, readKillLine } from './kill-line.ts';
import { type UsageLine, readStatLine, readStatTitle, readUsageLine } from './memory-lines.ts';
import { isTableRow, readTableHeader } from './process-table.ts';
import { type OomSummary, type TaskInLine, readOomSummary, readTaskIn } from './summary-line.ts';

export type KernelLine =
  | { readonly kind: 'invoker'; readonly invoker: Invoker }
  | { readonly kind: 'cpu'; readonly comm: string; readonly kernelVersion?: string }
  | { readonly kind: 'cpuset'; readonly comm: string; readonly cpuset: string }
  | { readonly kind: 'limit-write' }
  | { readonly kind: 'task-in'; readonly line: TaskInLine }
  | { readonly kind: 'usage'; readonly line: UsageLine }
  | { readonly kind: 'stat-title'; readonly path?: string; readonly inline: string }
  | { readonly kind: 'stat'; readonly name: string; readonly value: number }
  | { readonly kind: 'memory-info' }
  | { readonly kind: 'table-title' }
  | { readonly kind: 'table-header'; readonly columns: readonly string[] }
  | { readonly kind: 'row' }
  | { readonly kind: 'summary'; readonly summary: OomSummary }
  | { readonly kind: 'kill'; readonly kill: KillLine }
  | { readonly kind: 'group'; readonly cgroup: string }
  | { readonly kind: 'no-killable' }
  | { readonly kind: 'panic'; readonly global: boolean };

/** Undefined for a line of no known shape; the figures of `Mem-Info` are read by the report that is open. */
export function readKernelLine(message: string): KernelLine | undefined {
  return message.startsWith('[') ? readTableLine(message) : (readSection(message) ?? readDecisive(message));
}

function readTableLine(message: string): KernelLine | undefined {
  const columns = readTableHeader(message);
  if (columns !== undefined) return { kind: 'table-header', columns };
  return isTableRow(message) ? { kind: 'row' } : undefined;
}

/** A frame of the call trace: the reclaim that a write to `memory.max` begins (cgroup v2; v1 refuses such a write). */
const LIMIT_WRITE = /^ *(?:\? )?memory_max_write\+0x/;

function readSection(message: string): KernelLine | undefined {
  const usage = readUsageLine(message);
  if (usage !== undefined) return { kind: 'usage', line: usage };
  const title = readStatTitle(message);
  if (title !== undefined) return { kind: 'stat-title', ...title };
  const stat = readStatLine(message);
  if (stat !== undefined) return { kind: 'stat', ...stat };
  if (message.startsWith('Mem-Info:')) return { kind: 'memory-info' };
  if (message.startsWith('Tasks state (')) return { kind: 'table-title' };
  if (LIMIT_WRITE.test(message)) return { kind: 'limit-write' };
  const cpu = readCpuLine(message);
  if (cpu !== undefined) return { kind: 'cpu', ...cpu };
  const cpuset = message.includes(' cpuset=') ? readCpusetLine(message) : undefined;
  return cpuset === undefined ? undefined : { kind: 'cpuset', ...cpuset };
}

const GROUP = /^Tasks in (\/.{0,4096}) are going to be killed due to memory\.oom\.group set/;

function readDecisive(message: string): KernelLine | undefined {
  const summary = readOomSummary(message);
  if (summary !== undefined) return { kind: 'summary', summary };
  const kill = readKillLine(message);
  if (kill !== undefined) return { kind: 'kill', kill };
  const task = readTaskIn(message);
  if (task !== undefined) return { kind: 'task-in', line: task };
  const group = GROUP.exec(message)?.[1];
  if (group !== undefined) return { kind: 'group', cgroup: group };
  if (/^Out of memory and no killable processes/i.test(message)) return { kind: 'no-killable' };
  const panic = /^Kernel panic - not syncing: (Out of memory|System is deadlocked on memory)(.*)/i.exec(
    message,
  );
  // A compulsory panic (panic_on_oom=2) also follows a cgroup's OOM.
  if (panic !== null) return { kind: 'panic', global: !/compulsory/.test(message) };
  const invoker = readInvoker(message);
  return invoker === undefined ? undefined : { kind: 'invoker', invoker };
}

const KILL_HEADS = [
  'Memory cgroup out of memory: Killed process ',
  'Out of memory: Killed process ',
  'Killed process ',
];
/** Fewer characters of a kill line begin too much else. */
const HEAD_CHARS = 8;

/**
 * Whether a decisive line lacks its end, so that an unprefixed line behind it may be its continuation (text that was
 * wrapped by a terminal, a mail program or a log shipper).
 */
export function isCut(message: string, line: KernelLine | undefined): boolean {
  if (line === undefined) {
    const head = message.replace(/\d{1,10}$/, '');
    return message.length >= HEAD_CHARS && KILL_HEADS.some((kill) => kill.startsWith(head));
  }
  if (line.kind === 'summary') return !line.summary.whole;
  if (line.kind === 'kill') return line.kill.kind === 'killed' && !line.kill.whole;
  if (line.kind === 'task-in') return line.line.oomMemcg === undefined;
  return false;
}

/** How many fields a line states; joining a continuation must not lower it. */
export function weightOf(line: KernelLine | undefined): number {
  if (line === undefined) return 0;
  if (line.kind === 'summary') return Object.keys(line.summary).length + (line.summary.whole ? 1 : 0);
  if (line.kind !== 'kill') return line.kind === 'task-in' ? 1 + Object.keys(line.line).length : 1;
  const whole = line.kill.kind === 'killed' && line.kill.whole ? 1 : 0;
  return 1 + Object.keys(line.kill.process).length + whole;
}
