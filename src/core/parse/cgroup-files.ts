/**
 * Memory counter files of one cgroup, v2 and v1, to a reading. Files as the kernel writes them
 * (Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, Linux 4.5 to 6.x).
 */
import type { CgroupMemoryEvents, CgroupReading, MemoryStat } from '../model/kernel.ts';
import type { Bytes, EpochMs, MemoryLimit } from '../units.ts';

/** Whose files they are and where they came from. */
export interface CgroupContext {
  readonly id: string;
  readonly source: string;
  readonly atMs?: EpochMs;
  readonly namespace?: string;
  readonly pod?: string;
  readonly podUid?: string;
  readonly container?: string;
  readonly containerId?: string;
}

/** Content by base name: `memory.events`, `memory.usage_in_bytes`, … Other names are ignored. */
export type CgroupFiles = Readonly<Record<string, string>>;

/** The files read here; the first group exists on v2 only, the second on v1 only. `memory.stat` exists on both. */
export const CGROUP_V2_FILES: readonly string[] = [
  'memory.events',
  'memory.events.local',
  'memory.current',
  'memory.peak',
  'memory.max',
  'memory.high',
  'memory.pressure',
  'memory.oom.group',
];
export const CGROUP_V1_FILES: readonly string[] = [
  'memory.usage_in_bytes',
  'memory.max_usage_in_bytes',
  'memory.limit_in_bytes',
  'memory.failcnt',
  'memory.oom_control',
];

/** A file of counters is a few kilobytes; more is not one. */
const MAX_FILE_CHARS = 65_536;

/**
 * v1 prints "no limit" as the largest page-aligned int64: 9223372036854771712 with 4 KiB pages, 9223372036854710272 with
 * 64 KiB. Anything beyond 2^53 cannot be memory and means the same.
 */
const UNLIMITED_FROM = Number.MAX_SAFE_INTEGER;

/** The reading, or undefined where no file holds a number. Fields that cannot be read are absent. */
export function parseCgroupFiles(files: CgroupFiles, context: CgroupContext): CgroupReading | undefined {
  const version = versionOf(files);
  const reading: CgroupReading = {
    ...context,
    version,
    ...(version === 2 ? readV2(files) : readV1(files)),
    ...present('stat', statOf(file(files, 'memory.stat'), version)),
  };
  // Beside the context and the version, something must have been read.
  return Object.keys(reading).length > Object.keys(context).length + 1 ? reading : undefined;
}

type Counters = Omit<CgroupReading, keyof CgroupContext | 'version' | 'stat'>;

function readV2(files: CgroupFiles): Counters {
  return {
    ...present('events', eventsOf(file(files, 'memory.events'))),
    ...present('eventsLocal', eventsOf(file(files, 'memory.events.local'))),
    ...present('currentBytes', bytesOf(file(files, 'memory.current'))),
    ...present('peakBytes', bytesOf(file(files, 'memory.peak'))),
    ...present('limitBytes', limitOf(file(files, 'memory.max'))),
    ...present('highBytes', limitOf(file(files, 'memory.high'))),
    ...present('oomGroup', flagOf(file(files, 'memory.oom.group'))),
    ...present('pressure', pressureOf(file(files, 'memory.pressure'))),
  };
}

/** `memory.oom_control` counts kills since 4.13; `memory.failcnt` counts hits on the limit, as `max` does on v2. */
function readV1(files: CgroupFiles): Counters {
  const control = keyValues(file(files, 'memory.oom_control'));
  const events = compact({ max: bytesOf(file(files, 'memory.failcnt')), oomKill: control.get('oom_kill') });
  return {
    ...present('events', events),
    ...present('currentBytes', bytesOf(file(files, 'memory.usage_in_bytes'))),
    ...present('peakBytes', bytesOf(file(files, 'memory.max_usage_in_bytes'))),
    ...present('limitBytes', limitOf(file(files, 'memory.limit_in_bytes'))),
    ...present('pressure', pressureOf(file(files, 'memory.pressure'))),
  };
}

function versionOf(files: CgroupFiles): 1 | 2 {
  if (CGROUP_V2_FILES.some((name) => name !== 'memory.pressure' && files[name] !== undefined)) return 2;
  if (CGROUP_V1_FILES.some((name) => files[name] !== undefined)) return 1;
  return /^(?:total_)?(?:rss|cache) \d/m.test(file(files, 'memory.stat')) ? 1 : 2;
}

function file(files: CgroupFiles, name: string): string {
  return Object.hasOwn(files, name) ? (files[name] ?? '').slice(0, MAX_FILE_CHARS) : '';
}

/** `key value` lines. Anything else is skipped. */
function keyValues(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z][a-z0-9_]{0,63})[ \t]+(\d{1,20})[ \t\r]*$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined || values.has(match[1])) continue;
    const value = Number(match[2]);
    if (Number.isSafeInteger(value)) values.set(match[1], value);
  }
  return values;
}

function eventsOf(text: string): CgroupMemoryEvents | undefined {
  const counters = keyValues(text);
  return compact({
    low: counters.get('low'),
    high: counters.get('high'),
    max: counters.get('max'),
    oom: counters.get('oom'),
    oomKill: counters.get('oom_kill'),
    oomGroupKill: counters.get('oom_group_kill'),
  });
}

/** v1's own figures leave out the children; `total_` includes them, as v2's plain names do. */
function statOf(text: string, version: 1 | 2): MemoryStat | undefined {
  const values = keyValues(text);
  const v1 = (name: string) => values.get(`total_${name}`) ?? values.get(name);
  if (version === 1) {
    return compact({
      anonBytes: v1('rss'),
      fileBytes: v1('cache'),
      shmemBytes: v1('shmem'),
      inactiveFileBytes: v1('inactive_file'),
      activeFileBytes: v1('active_file'),
      fileDirtyBytes: v1('dirty'),
      fileWritebackBytes: v1('writeback'),
    });
  }
  return compact({
    anonBytes: values.get('anon'),
    fileBytes: values.get('file'),
    shmemBytes: values.get('shmem'),
    kernelBytes: values.get('kernel'),
    slabBytes: values.get('slab'),
    slabUnreclaimableBytes: values.get('slab_unreclaimable'),
    sockBytes: values.get('sock'),
    pageTablesBytes: values.get('pagetables'),
    inactiveFileBytes: values.get('inactive_file'),
    activeFileBytes: values.get('active_file'),
    fileDirtyBytes: values.get('file_dirty'),
    fileWritebackBytes: values.get('file_writeback'),
  });
}

/** The first line alone: below it a paste may hold the next prompt. */
function bytesOf(text: string): Bytes | undefined {
  const digits = /^\d{1,20}$/.exec(firstLine(text))?.[0];
  const value = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(value) ? value : undefined;
}

function limitOf(text: string): MemoryLimit | undefined {
  if (firstLine(text) === 'max') return 'unlimited';
  const digits = /^-?\d{1,20}$/.exec(firstLine(text))?.[0];
  if (digits === undefined) return undefined;
  const value = Number(digits);
  // -1 is what v1 accepts for "no limit" and what some tools echo.
  return value === -1 || value >= UNLIMITED_FROM ? 'unlimited' : bytesOf(text);
}

function flagOf(text: string): boolean | undefined {
  const digit = firstLine(text);
  return digit === '0' || digit === '1' ? digit === '1' : undefined;
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]?.trim() ?? '';
}

/** `some avg10=0.00 avg60=1.25 avg300=0.40 total=123456` (microseconds) and the same for `full`. */
function pressureOf(text: string): CgroupReading['pressure'] {
  const some = pressureLine(text, 'some');
  const full = pressureLine(text, 'full');
  return compact({
    someAvg60Percent: some?.avg60,
    fullAvg60Percent: full?.avg60,
    someTotalMicros: some?.total,
    fullTotalMicros: full?.total,
  });
}

function pressureLine(text: string, kind: 'some' | 'full'): { avg60: number; total: number } | undefined {
  const match = new RegExp(
    String.raw`^${kind} avg10=[\d.]{1,8} avg60=(\d{1,3}(?:\.\d{1,4})?) avg300=[\d.]{1,8} total=(\d{1,16})`,
    'm',
  ).exec(text);
  if (match === null) return undefined;
  const avg60 = Number(match[1]);
  const total = Number(match[2]);
  return avg60 <= 100 && Number.isSafeInteger(total) ? { avg60, total } : undefined;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Drops undefined members; undefined when nothing is left. */
function compact<T extends object>(values: T): Defined<T> | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Defined<T>);
}

function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
