/** Tells what a file is from its first bytes. Names play no part. */
import { parseAmount, parseInstant } from '../../core/parse/history/amounts.ts';
import { splitCells } from '../../core/parse/history/csv-cells.ts';
import { columnsOf } from '../../core/parse/history/csv-columns.ts';
import { isDockerStatsHeader } from '../../core/parse/history/docker-stats.ts';

export type Packing = 'gzip' | 'zstd' | 'zip' | 'tar';

/** Something whose bytes say what it is, and which this program does not read. */
export interface Foreign {
  readonly name: string;
  readonly fix?: string;
}

/** Memory over time: a saved answer of a Prometheus, a table, `docker stats` again and again. */
export type HistoryKind = 'prometheus' | 'table' | 'docker-stats';
export type TextKind = 'json' | 'yaml' | 'describe' | 'cgroup' | 'log' | HistoryKind | 'unknown';

export type Sniffed =
  | { readonly kind: 'empty' }
  | { readonly kind: 'packed'; readonly packing: Packing }
  | { readonly kind: 'foreign'; readonly foreign: Foreign }
  | { readonly kind: 'text'; readonly text: TextKind };

const FOREIGN: readonly (Foreign & { readonly magic: string })[] = [
  {
    magic: 'fd377a585a00',
    name: 'xz-compressed',
    fix: 'unpack it first: xz -d FILE, or tar -xJf FILE for a .tar.xz',
  },
  {
    magic: '425a68',
    name: 'bzip2-compressed',
    fix: 'unpack it first: bzip2 -d FILE, or tar -xjf FILE for a .tar.bz2',
  },
  { magic: '377abcaf271c', name: 'a 7z archive', fix: 'unpack it first: 7z x FILE' },
  { magic: '526172211a07', name: 'a RAR archive', fix: 'unpack it first: unrar x FILE' },
  { magic: '04224d18', name: 'lz4-compressed', fix: 'unpack it first: lz4 -d FILE' },
  {
    magic: '4c504b5348485248',
    name: 'a binary journal',
    fix: 'print it first: journalctl --file FILE -o short-precise > journal.log',
  },
  { magic: '7f454c46', name: 'an ELF program or core dump' },
  { magic: '25504446', name: 'a PDF document' },
  { magic: '89504e47', name: 'a PNG picture' },
  { magic: 'ffd8ff', name: 'a JPEG picture' },
];

export function sniff(head: Buffer): Sniffed {
  if (head.length === 0) return { kind: 'empty' };
  const packing = packingOf(head);
  if (packing !== undefined) return { kind: 'packed', packing };
  const start = head.toString('hex', 0, 16);
  const foreign = FOREIGN.find((known) => start.startsWith(known.magic));
  if (foreign !== undefined && !(foreign.name.startsWith('bzip2') && !isBinary(head))) {
    return { kind: 'foreign', foreign };
  }
  const isUtf16 = start.startsWith('fffe') || start.startsWith('feff');
  if (!isUtf16 && isBinary(head)) return { kind: 'foreign', foreign: { name: 'binary data' } };
  const text = decodeHead(head);
  if (text.trim() === '') return { kind: 'empty' };
  return { kind: 'text', text: textKind(text) };
}

function packingOf(head: Buffer): Packing | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length >= 4) {
    const magic = head.readUInt32BE(0);
    if (magic === 0x28b52ffd) return 'zstd';
    if (magic === 0x504b0304 || magic === 0x504b0506 || magic === 0x504b0708) return 'zip';
  }
  return isTar(head) ? 'tar' : undefined;
}

/** POSIX and GNU write `ustar`; the older format is told by its header's checksum. */
function isTar(head: Buffer): boolean {
  if (head.length < 512) return false;
  if (head.toString('latin1', 257, 262) === 'ustar') return true;
  const stated = /^ {0,6}[0-7]{1,6}/.exec(head.toString('latin1', 148, 156))?.[0];
  if (stated === undefined || head[0] === 0) return false;
  let sum = 8 * 0x20;
  for (let at = 0; at < 512; at++) if (at < 148 || at >= 156) sum += head[at] as number;
  return sum === Number.parseInt(stated, 8);
}

/** Text may hold a stray control byte (a log with escape sequences, a torn line of NULs), not a run of them. */
function isBinary(head: Buffer): boolean {
  const looked = head.subarray(0, 4096);
  let controls = 0;
  for (const byte of looked) {
    if (byte < 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0x1b && byte !== 0x1e)
      controls++;
  }
  return controls > looked.length / 20;
}

function decodeHead(head: Buffer): string {
  if (head[0] === 0xff && head[1] === 0xfe) return head.toString('utf16le', 2, head.length & ~1);
  if (head[0] === 0xfe && head[1] === 0xff)
    return new TextDecoder('utf-16be').decode(head.subarray(2, head.length & ~1));
  const text = head.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

const YAML_KEY = /^(?:- )?["']?(?:apiVersion|kind|items|metadata)["']?:(?:[ \t\r\n]|$)/m;
const DESCRIBE_FIELD =
  /^(?:Name|Namespace|Node|Status|Roles|Labels|Containers|Init Containers|Conditions|Events):/gm;
const DESCRIBE_STATE = /^\s+(?:State|Last State|Container ID|Exit Code|Restart Count):\s/m;
const CGROUP =
  /^(?:==> )?(?:\S*\/)?(?:memory|cgroup)\.[a-z0-9_.]{2,40}(?: <==|:|\s|$)|^(?:oom_kill|oom_group_kill|oom_kill_disable|under_oom|hierarchical_memory_limit|workingset_refault_anon|slab_reclaimable|inactive_anon) \d+\s*$|^(?:some|full) avg10=/m;
/** How log lines begin: ring buffer (also `dmesg -T`, whose weekday is the locale's, and `-x`), kmsg, syslog, ISO, klog, logfmt. */
const LOG_LINE =
  /^(?:<\d{1,3}>|\[ *\d{1,9}\.\d{1,9}\]|\[\S{2,5} \S{3,5} [ \d]\d \d\d:|(?:kern|user|daemon|syslog) *:[a-z]+ *: |\d{1,6},\d+,\d+,|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[IWEF]\d{4} \d\d:\d\d:|time="|-- (?:Logs begin|Journal begins|Boot ))/m;
const KERNEL_WORDS =
  /invoked oom-killer|[Oo]ut of memory|oom-kill:|Memory cgroup|Killed process|Linux version \d/;
const JOURNAL_JSON =
  /"(?:__REALTIME_TIMESTAMP|__CURSOR|_SOURCE_REALTIME_TIMESTAMP|__MONOTONIC_TIMESTAMP)"\s*:/;
/** A JSON array of anything but bare numbers: `[ 12.5]` and `[Sat Mar 19 …]` begin kernel lines. */
const JSON_ARRAY = /^\[\s*(?:[[{"\]]|true|false|null)/;

/** Unescaped, so that an annotation that quotes an answer is none. */
const PROMETHEUS = /"resultType"\s*:\s*"(?:matrix|vector)"/;
const PROMTOOL = /^\[\s*\{\s*"metric"\s*:\s*\{/;
const DOCKER_STATS_JSON = /^\{[^\n]{0,600}"MemUsage"\s*:\s*"[^"]{1,60}\//;

function historyKind(start: string): HistoryKind | undefined {
  if (PROMTOOL.test(start) || (start.startsWith('{') && isPrometheus(start))) return 'prometheus';
  if (DOCKER_STATS_JSON.test(start)) return 'docker-stats';
  const lines = start.split('\n', 40);
  if (lines.slice(0, 4).some((line) => isDockerStatsHeader(line))) return 'docker-stats';
  const rows = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return isTable(rows[0] ?? '', rows.slice(1)) ? 'table' : undefined;
}

function isPrometheus(start: string): boolean {
  return PROMETHEUS.test(start) && !/^\{\s*"(?:apiVersion|kind)"/.test(start);
}

/** A header with a column of times and one of memory, and a row with one of each. */
function isTable(header: string, rows: readonly string[]): boolean {
  if (rows.length === 0 || header.length > 4096) return false;
  const columns = columnsOf(header);
  if (!columns.ok) return columns.error.code === 'csv.share';
  const { separator, values } = columns.value;
  return rows.slice(0, 8).some((row) => {
    const cells = splitCells(row, separator);
    return values.some(
      ({ at, timeAt }) =>
        parseInstant(cells[timeAt] ?? '') !== undefined && parseAmount(cells[at] ?? '') !== undefined,
    );
  });
}

function textKind(text: string): TextKind {
  const start = text.trimStart();
  const first = start[0];
  const history = historyKind(start);
  if (history !== undefined) return history;
  if (first === '{' || JSON_ARRAY.test(start)) {
    return first === '{' && isJournalJson(start) ? 'log' : 'json';
  }
  if (start.startsWith('==== START logs for container ')) return 'json';
  if (YAML_KEY.test(text) && !LOG_LINE.test(firstLine(start))) return 'yaml';
  const fields = new Set(text.match(DESCRIBE_FIELD));
  if (fields.size >= 3 || (fields.size >= 1 && DESCRIBE_STATE.test(text))) return 'describe';
  // An OOM report carries a whole memory.stat, so the kernel's words come before the counters'.
  if (KERNEL_WORDS.test(text)) return 'log';
  if (CGROUP.test(text) && !LOG_LINE.test(text)) return 'cgroup';
  if (LOG_LINE.test(text)) return 'log';
  // kubectl's warnings, where both streams went into one file.
  return /^\{(?:"|\s*$)/m.test(text) ? 'json' : 'unknown';
}

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

/** `journalctl -o json` writes one object a line, `-o json-pretty` one member a line. */
function isJournalJson(start: string): boolean {
  const line = firstLine(start);
  const object = line.trim() === '{' ? start.slice(0, 4096) : line;
  return JOURNAL_JSON.test(object) && !/"apiVersion"\s*:/.test(object);
}
