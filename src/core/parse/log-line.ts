/**
 * The prefix of one kernel or journal line: when, where and by whom it was written. One reader for every form, told
 * apart by shape: `dmesg` (raw, `-T` in any language, `--time-format=iso`, `--decode`), `/dev/kmsg` records, syslog
 * (RFC 3164, RFC 5424, ISO, busybox), `journalctl` (short and its variants, JSON), Talos, and `epoch host [uptime]`.
 *
 * Times without a zone are taken as UTC. A klog or logrus prefix stays in the message.
 */
import { cleanText } from '../model/clean-text.ts';
import type { EpochMs, Seconds } from '../units.ts';
import { parseJournalJson } from './journal-json.ts';
import {
  type LogClock,
  fractionMs,
  monthNumber,
  readingToMs,
  readingWithoutYearToMs,
  zoneOffsetMinutes,
} from './log-time.ts';

export interface ParsedLogLine {
  readonly atMs?: EpochMs;
  /** Seconds since boot, where the kernel's own clock stands in the line. */
  readonly uptimeSeconds?: Seconds;
  readonly host?: string;
  /** The syslog tag: `kernel`, `kubelet`, `containerd`, … */
  readonly ident?: string;
  /** systemd unit, where the form names it. */
  readonly unit?: string;
  /** `T1234` or `C0`: the task or CPU that wrote it (`CONFIG_PRINTK_CALLER`). */
  readonly caller?: string;
  /**
   * `kernel`: the form says so. `user`: it says that a program wrote it, so whatever it looks like, the kernel did
   * not. `unknown`: a bare line.
   */
  readonly origin: 'kernel' | 'user' | 'unknown';
  /** False for a line with no prefix at all, such as the continuation of the line before. */
  readonly prefixed: boolean;
  readonly message: string;
}

/** A line with its place in the file, counted from 1. */
export interface LogLine extends ParsedLogLine {
  readonly lineNumber: number;
}

/** Longer lines are cut before they are read. */
const LINE_LIMIT = 65_536;

/**
 * Never fails: a line of unknown form is all message. Control characters are gone: `dmesg --color=always` paints its
 * prefix, and a process may call itself what it likes.
 */
export function parseLogLine(text: string, clock: LogClock = {}): ParsedLogLine {
  const line = cleanText(text.slice(0, LINE_LIMIT).replace(/\r$/, ''), LINE_LIMIT, 'many');
  if (line.startsWith('{')) {
    const json = parseJournalJson(line);
    if (json !== undefined) return cleaned(json);
  }
  // `<4>`: syslog's facility * 8 + severity; facility 0 is the kernel's.
  const priority = /^<(\d{1,3})>/.exec(line);
  const rest = priority === null ? line : line.slice(priority[0].length);
  for (const form of FORMS) {
    const parsed = form(rest, clock);
    if (parsed !== undefined) return parsed;
  }
  const origin = priority !== null && Number(priority[1]) < 8 ? 'kernel' : 'unknown';
  return { message: rest, origin, prefixed: priority !== null };
}

/** JSON writes control characters as escapes, so they come to light only here. */
function cleaned(line: ParsedLogLine): ParsedLogLine {
  const { host, ident, unit } = line;
  return {
    ...line,
    message: cleanText(line.message, LINE_LIMIT, 'many'),
    ...(host === undefined ? {} : { host: cleanText(host, LINE_LIMIT) }),
    ...(ident === undefined ? {} : { ident: cleanText(ident, LINE_LIMIT) }),
    ...(unit === undefined ? {} : { unit: cleanText(unit, LINE_LIMIT) }),
  };
}

type Form = (line: string, clock: LogClock) => ParsedLogLine | undefined;
type Stamp = Pick<ParsedLogLine, 'atMs' | 'uptimeSeconds' | 'caller'>;

const FORMS: readonly Form[] = [
  kmsgRecord,
  rfc5424,
  isoLine,
  syslogLine,
  bracketLine,
  epochLine,
  decodedLine,
  talosLine,
  weekdayIsoLine,
  programLine,
];

function stamp(atMs: EpochMs | undefined): Stamp {
  return atMs === undefined ? {} : { atMs };
}

/** `6,22743,6115623303887,-;message` (Documentation/ABI/testing/dev-kmsg): priority, sequence, microseconds, flags. */
function kmsgRecord(line: string): ParsedLogLine | undefined {
  const match = /^(\d{1,6}),\d{1,20},(\d{1,18}),[^;]{0,64};(.*)$/s.exec(line);
  if (match === null) return undefined;
  const uptime = { uptimeSeconds: Number(match[2]) / 1_000_000, prefixed: true };
  const caller = /,caller=([TC]\d+)[,;]/.exec(line.slice(0, 128))?.[1];
  const message = match[3] ?? '';
  if (Number(match[1]) >= 8) return { ...uptime, ...tagged(message), origin: 'user' };
  return { ...uptime, ...(caller === undefined ? {} : { caller }), origin: 'kernel', message };
}

/** `1 2025-01-21T08:41:30.283Z host app procid msgid [sd] message`. */
function rfc5424(line: string): ParsedLogLine | undefined {
  const match = /^1 (\S{20,40}) (\S+) (\S+) \S+ \S+ (?:-|\[[^\n]{0,4096}?\])(?: (.*))?$/s.exec(line);
  const at = match === null ? undefined : isoStamp(match[1] ?? '');
  if (match === null || at === undefined) return undefined;
  const ident = match[3] === '-' ? undefined : match[3];
  return body({
    stamp: stamp(at.atMs),
    host: match[2],
    ident,
    message: (match[4] ?? '').replace(/^\uFEFF/, ''),
  });
}

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:([.,])(\d{1,9}))?(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?(?=[\s\]]|$)/;

function isoStamp(text: string): { atMs: EpochMs | undefined; length: number; comma: boolean } | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const fraction = match[8] === undefined ? {} : { fraction: match[8] };
  const localMs = readingToMs({ year, month, day, hour, minute, second, ...fraction });
  const atMs = localMs === undefined ? undefined : localMs - zoneOffsetMinutes(match[9]) * 60_000;
  return { atMs, length: match[0].length, comma: match[7] === ',' };
}

/** `2025-01-21T08:41:30,283302+00:00 message` (dmesg), or the same instant with a host and a tag (rsyslog, journalctl). */
function isoLine(line: string): ParsedLogLine | undefined {
  const at = isoStamp(line);
  if (at === undefined) return undefined;
  const rest = line.slice(at.length).replace(/^ /, '');
  if (at.comma) return kernelBody(stamp(at.atMs), rest);
  return hostLine(stamp(at.atMs), rest, 'maybe');
}

/** `Tue 2025-08-12 03:54:03 CEST host unit[pid]: message` (journalctl short-full and with-unit). */
function weekdayIsoLine(line: string): ParsedLogLine | undefined {
  const head = /^\p{L}{2,5}\.? (?=\d{4}-)/u.exec(line.slice(0, 16))?.[0];
  if (head === undefined) return undefined;
  const at = isoStamp(line.slice(head.length));
  if (at === undefined) return undefined;
  const rest = line.slice(head.length + at.length).replace(/^ (?:[A-Z]{2,5} )?/, '');
  return hostLine(stamp(at.atMs), rest, 'always');
}

const SYSLOG =
  /^([^\s\d[\]<{]{2,6}|\d{1,2}[月월]) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))? (.*)$/s;

/** `Oct 12 19:00:20 host kernel: [ 8523.34] message`. */
function syslogLine(line: string, clock: LogClock): ParsedLogLine | undefined {
  const match = SYSLOG.exec(line);
  if (match === null) return undefined;
  const month = monthNumber(match[1] ?? '');
  const [day = 0, hour = 0, minute = 0, second = 0] = match.slice(2, 6).map(Number);
  const fraction = match[6] === undefined ? {} : { fraction: match[6] };
  const atMs =
    month === undefined
      ? undefined
      : readingWithoutYearToMs({ month, day, hour, minute, second, ...fraction }, clock);
  return hostLine(stamp(atMs), match[7] ?? '', 'always');
}

const UPTIME = /^\[\s*(\d{1,10}\.\d{1,9})\](?:\s?\[\s*([TC]\d{1,9})\])?/;
const DMESG_T =
  /^\[\S{1,12}\s+(\S{1,8})\s+(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})\](?:\s?\[\s*([TC]\d{1,9})\])?/;

/** `[ 8523.347168] message` and `[Tue Aug 12 03:54:03 2025] message`. */
function bracketLine(line: string): ParsedLogLine | undefined {
  if (!line.startsWith('[')) return undefined;
  const uptime = uptimeStamp(line);
  if (uptime !== undefined) {
    const rest = line.slice(uptime.length).replace(/^ /, '');
    // journalctl's short-monotonic puts host and tag behind the uptime.
    const named = hostLine(uptime.stamp, rest, 'tagged');
    return named.host === undefined ? kernelBody(uptime.stamp, rest) : named;
  }
  const match = DMESG_T.exec(line);
  if (match === null) return undefined;
  const month = monthNumber(match[1] ?? '') ?? 0;
  const [day = 0, hour = 0, minute = 0, second = 0, year = 0] = match.slice(2, 7).map(Number);
  const atMs = month === 0 ? undefined : readingToMs({ year, month, day, hour, minute, second });
  const caller = match[7] === undefined ? {} : { caller: match[7] };
  return kernelBody({ ...stamp(atMs), ...caller }, line.slice(match[0].length).replace(/^ /, ''));
}

function uptimeStamp(text: string): { stamp: Stamp; length: number } | undefined {
  const match = UPTIME.exec(text);
  if (match === null) return undefined;
  const caller = match[2] === undefined ? {} : { caller: match[2] };
  return { stamp: { uptimeSeconds: Number(match[1]), ...caller }, length: match[0].length };
}

/** `1500316299 host [30533610.306528] message`, and journalctl's short-unix `1500316299.306528 host kernel: message`. */
function epochLine(line: string): ParsedLogLine | undefined {
  const match = /^(\d{9,10})(?:\.(\d{1,9}))? (\S+ .*)$/s.exec(line);
  if (match === null) return undefined;
  return hostLine({ atMs: Number(match[1]) * 1000 + fractionMs(match[2]) }, match[3] ?? '', 'always');
}

/** `kern  :warn  : ` in front of any dmesg form (`dmesg --decode`). */
function decodedLine(line: string, clock: LogClock): ParsedLogLine | undefined {
  const match =
    /^(kern|user|daemon|auth|syslog|local\d|authpriv|cron|mail|lpr|news|uucp|ftp)\s{0,6}:\w{1,6}\s{0,4}:\s?/.exec(
      line,
    );
  if (match === null) return undefined;
  const rest = line.slice(match[0].length);
  const inner = isoLine(rest) ?? bracketLine(rest) ?? syslogLine(rest, clock);
  const parsed = inner ?? { message: rest, origin: 'kernel' as const, prefixed: true };
  return match[1] === 'kern' ? parsed : { ...parsed, ...tagged(parsed.message), origin: 'user' };
}

/** `172.20.0.2: kern: warning: [2021-11-12T14:50:45.432109875Z]: message` (`talosctl dmesg`). */
function talosLine(line: string): ParsedLogLine | undefined {
  const match = /^(\S{1,253}): (kern|user|daemon|syslog):\s{1,4}\w{1,8}: \[([^\]]{20,40})\]: ?(.*)$/s.exec(
    line,
  );
  const at = match === null ? undefined : isoStamp(match[3] ?? '');
  if (match === null || at === undefined) return undefined;
  const host = match[1] === undefined ? {} : { host: match[1] };
  const common = { ...stamp(at.atMs), ...host, prefixed: true };
  if (match[2] === 'kern') return { ...common, origin: 'kernel', message: match[4] ?? '' };
  return { ...common, ...tagged(match[4] ?? ''), origin: 'user' };
}

const KLOG = /^[IWEF](\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})\.(\d{6})\s{1,8}\d{1,10} [\w.-]{1,128}:\d{1,6}\] /;

/** A daemon's own log file: klog's `I1012 19:00:20.123456     812 a.go:1] …` or logrus' `time="…" level=…`. */
function programLine(line: string, clock: LogClock): ParsedLogLine | undefined {
  const klog = KLOG.exec(line);
  if (klog !== null) {
    const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = klog.slice(1, 6).map(Number);
    const reading = { month, day, hour, minute, second, fraction: klog[6] ?? '' };
    const atMs = readingWithoutYearToMs(reading, clock);
    return { ...stamp(atMs), origin: 'user', prefixed: true, message: line };
  }
  const logrus = /^time="([^"]{19,40})" level=/.exec(line);
  if (logrus === null) return undefined;
  return { ...stamp(isoStamp(logrus[1] ?? '')?.atMs), origin: 'user', prefixed: true, message: line };
}

const HOST_TAG =
  /^(\S{1,253}) (?:(?:kern|user|daemon|auth|syslog|local\d)\.\w{1,7} )?([^\s:[\]]{1,128})(?:\[([^\]\s]{1,20})\])?: ?(.*)$/s;

/**
 * What follows the time. `always`: a host comes first. `maybe`: only where a tag follows it (dmesg's ISO form has
 * none). `tagged`: only where the tag is `kernel` or carries a pid, since kernel messages themselves contain colons.
 */
function hostLine(at: Stamp, rest: string, host: 'always' | 'maybe' | 'tagged'): ParsedLogLine {
  const match = HOST_TAG.exec(rest);
  const hasTag = match !== null && match[1]?.endsWith(':') === false;
  const sure = match?.[2] === 'kernel' || match?.[3] !== undefined;
  if (hasTag && (host !== 'tagged' || sure)) {
    return body({ stamp: at, host: match[1], ident: match[2], message: match[4] ?? '' });
  }
  if (host === 'tagged') return kernelBody(at, rest);
  const bare = /^(kernel): (.*)$/s.exec(rest);
  if (bare !== null) return body({ stamp: at, host: undefined, ident: 'kernel', message: bare[2] ?? '' });
  const untagged = host === 'always' ? /^([^\s:]{1,253}) (.*)$/s.exec(rest) : null;
  return body({ stamp: at, host: untagged?.[1], ident: undefined, message: untagged?.[2] ?? rest });
}

interface BodyParts {
  readonly stamp: Stamp;
  readonly host: string | undefined;
  readonly ident: string | undefined;
  readonly message: string;
}

function body(parts: BodyParts): ParsedLogLine {
  const { ident, message } = parts;
  const kernel = ident === 'kernel' || ident === 'vmunix';
  const uptime = kernel || ident === undefined ? uptimeStamp(message) : undefined;
  // Hosts blacked out as `**` or `-` name nothing.
  const host = parts.host !== undefined && /[\p{L}\d]/u.test(parts.host) ? { host: parts.host } : {};
  return {
    ...parts.stamp,
    ...uptime?.stamp,
    ...host,
    ...(ident === undefined ? {} : { ident }),
    ...(ident?.endsWith('.service') === true ? { unit: ident } : {}),
    origin: kernel || uptime !== undefined ? 'kernel' : ident === undefined ? 'unknown' : 'user',
    prefixed: true,
    message: uptime === undefined ? message : message.slice(uptime.length).replace(/^ /, ''),
  };
}

/** A line of the kernel's ring buffer. Programs write there too, with their tag and pid in front. */
function kernelBody(at: Stamp, message: string): ParsedLogLine {
  const program = /^[\w.@-]{1,64}\[\d{1,10}\]: /.test(message.slice(0, 96));
  if (program) return { ...at, ...tagged(message), origin: 'user', prefixed: true };
  return { ...at, origin: 'kernel', prefixed: true, message };
}

/** `systemd[1]: message` as programs write it to `/dev/kmsg`. */
function tagged(message: string): Pick<ParsedLogLine, 'ident' | 'message'> {
  const match = /^([^\s:[\]]{1,128})(?:\[\d{1,10}\])?: (.*)$/s.exec(message);
  if (match?.[1] === undefined) return { message };
  return { ident: match[1], message: match[2] ?? '' };
}
