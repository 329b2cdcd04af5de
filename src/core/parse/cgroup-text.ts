/** Cgroup memory files as people paste them, with or without their names. */
import type { CgroupReading } from '../model/kernel.ts';
import { CGROUP_V1_FILES, CGROUP_V2_FILES, parseCgroupFiles } from './cgroup-files.ts';
import type { CgroupContext, CgroupFiles } from './cgroup-files.ts';
import { containerOfUnit } from './node-log-fields.ts';

/** Every memory file is named `memory.…`; what a path in front of it says of pod and container is kept. */
const FILE_NAME = /^memory\.[a-z_.]{3,32}$/;
const KNOWN_FILES: ReadonlySet<string> = new Set([...CGROUP_V2_FILES, ...CGROUP_V1_FILES, 'memory.stat']);

/** A pasted page is a few hundred lines. */
const MAX_TEXT_CHARS = 1_048_576;
const MAX_CGROUPS = 256;

/**
 * What people paste: `cat memory.events` alone, `grep . /sys/fs/cgroup/memory.*` (`path:value` lines), and `head`, `tail`
 * or `for f in …; do echo "== $f"; cat $f; done` with a header per file. One reading per directory named; an id
 * suffix `#n` tells several apart. A directory that names container or pod overrides the context.
 */
export function parseCgroupText(text: string, context: CgroupContext): readonly CgroupReading[] {
  const directories = collectFiles(text.slice(0, MAX_TEXT_CHARS));
  const readings: CgroupReading[] = [];
  for (const [directory, files] of directories) {
    const named = containerOfUnit(directory);
    const id = readings.length === 0 ? context.id : `${context.id}#${readings.length + 1}`;
    const reading = parseCgroupFiles(files, { ...context, ...named, id });
    if (reading !== undefined) readings.push(reading);
  }
  return readings;
}

function collectFiles(text: string): ReadonlyMap<string, CgroupFiles> {
  const directories = new Map<string, Record<string, string>>();
  let current: { readonly directory: string; readonly name: string } | undefined;
  const append = (directory: string, name: string, line: string): void => {
    let files = directories.get(directory);
    if (files === undefined) {
      if (directories.size >= MAX_CGROUPS) return;
      files = {};
      directories.set(directory, files);
    }
    files[name] = files[name] === undefined ? line : `${files[name]}\n${line}`;
  };
  const bare: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    if (line === '') continue;
    const grep = grepLine(line);
    const header = grep === undefined ? headerOf(line) : undefined;
    if (grep !== undefined) append(grep.directory, grep.name, grep.rest);
    else if (header !== undefined) current = header;
    else if (current === undefined) bare.push(line);
    else append(current.directory, current.name, line);
  }
  for (const [name, content] of bareFiles(bare)) append('', name, content);
  return directories;
}

/** `/sys/fs/cgroup/memory.max:max`, as grep prints matches of several files. */
function grepLine(line: string): { directory: string; name: string; rest: string } | undefined {
  const colon = line.indexOf(':', line.indexOf('memory.'));
  if (colon < 0 || !line.includes('memory.')) return undefined;
  const target = fileOf(line.slice(0, colon).trim());
  const rest = line.slice(colon + 1).trim();
  return target === undefined || rest === '' ? undefined : { ...target, rest };
}

/** `==> /sys/fs/cgroup/memory.max <==`, `--- memory.max ---`, `# memory.max`, `memory.max:` or the path alone. */
function headerOf(line: string): { directory: string; name: string } | undefined {
  if (line.length > 1024) return undefined;
  return fileOf(line.replace(/^[-=#>\s]{1,16}/, '').replace(/[-=#<:\s]{1,16}$/, ''));
}

function fileOf(path: string): { directory: string; name: string } | undefined {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (!FILE_NAME.test(name) || !KNOWN_FILES.has(name)) return undefined;
  return { directory: slash < 0 ? '' : path.slice(0, slash), name };
}

const EVENTS_LINE = /^(?:low|high|max|oom|oom_kill|oom_group_kill) \d/;
const CONTROL_LINE = /^(?:oom_kill_disable|under_oom) \d/;
const PRESSURE_LINE = /^(?:some|full) avg10=/;
const STAT_LINE = /^[a-z_]+ \d+$/;

/** Lines without any file name: told apart by their own keys, because each file has its own. */
function bareFiles(lines: readonly string[]): readonly (readonly [string, string])[] {
  const events: string[] = [];
  const control: string[] = [];
  const pressure: string[] = [];
  const stat: string[] = [];
  for (const line of lines) {
    if (EVENTS_LINE.test(line)) events.push(line);
    else if (CONTROL_LINE.test(line)) control.push(line);
    else if (PRESSURE_LINE.test(line)) pressure.push(line);
    else if (STAT_LINE.test(line)) stat.push(line);
  }
  const found: [string, string][] = [];
  if (control.length > 0) found.push(['memory.oom_control', [...control, ...events].join('\n')]);
  else if (events.length >= 2) found.push(['memory.events', events.join('\n')]);
  if (pressure.length > 0) found.push(['memory.pressure', pressure.join('\n')]);
  if (stat.length >= 4) found.push(['memory.stat', stat.join('\n')]);
  return found;
}
