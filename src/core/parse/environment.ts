/** Which environment variables keep their value: the memory knobs of the runtimes, and only what bears on memory in them. */
import type { EnvironmentVariable } from '../model/kubernetes.ts';
import { cleanText, redactText } from './redact.ts';

/** Whole JVM command lines: only the memory flags in them are kept. */
const JAVA_OPTIONS = new Set([
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'JAVA_OPTS',
  '_JAVA_OPTIONS',
  'JAVA_OPTIONS',
  'JAVA_OPTS_APPEND',
  'JVM_OPTS',
  'CATALINA_OPTS',
  'ES_JAVA_OPTS',
  'OPENSEARCH_JAVA_OPTS',
  'LS_JAVA_OPTS',
  'KAFKA_HEAP_OPTS',
  'KAFKA_OPTS',
  'SBT_OPTS',
  'MAVEN_OPTS',
  'GRADLE_OPTS',
  'OPENJ9_JAVA_OPTIONS',
  'IBM_JAVA_OPTIONS',
]);

const KNOBS = new Set([
  'NODE_OPTIONS',
  'GOMEMLIMIT',
  'GOGC',
  'GODEBUG',
  'AUTOMEMLIMIT',
  'MALLOC_ARENA_MAX',
  'MALLOC_TRIM_THRESHOLD_',
  'MALLOC_CONF',
  '_RJEM_MALLOC_CONF',
  'PYTHONMALLOC',
  'WEB_CONCURRENCY',
  'GUNICORN_CMD_ARGS',
  'UVICORN_WORKERS',
  'MAX_WORKERS',
  'WORKERS',
  'PUMA_WORKERS',
  'PUMA_MAX_THREADS',
  'RAILS_MAX_THREADS',
  'PHP_MEMORY_LIMIT',
  'MEMORY_LIMIT',
  'PHP_FPM_PM_MAX_CHILDREN',
  'PHP_INI_MEMORY_LIMIT',
  'HEAP_NEWSIZE',
  'MAX_HEAP_SIZE',
  'JAVA_MAX_MEM_RATIO',
  'JAVA_INITIAL_MEM_RATIO',
  'JAVA_MAX_INITIAL_MEM',
  'JAVA_MAX_HEAP_SIZE',
  'BPL_JVM_HEAD_ROOM',
  'BPL_JVM_THREAD_COUNT',
  'BPL_JVM_LOADED_CLASS_COUNT',
  'REDIS_MAXMEMORY',
  'GLIBC_TUNABLES',
  'LD_PRELOAD',
  'NGINX_WORKER_PROCESSES',
  'KONG_NGINX_WORKER_PROCESSES',
]);

/** .NET's GC settings, V8's old space under any prefix, Ruby's GC and YJIT. */
const KNOB_PATTERN =
  /^(?:(?:DOTNET|COMPlus)_(?:GC[A-Za-z]{0,40}|gcServer|gcConcurrent|gcTrimCommitOnLowMemory)|RUBY_(?:GC|YJIT)_[A-Z_]{1,48}|PYTHONMALLOCSTATS|(?:[A-Z_]{0,32}_)?MAX_OLD_SPACE(?:_SIZE)?(?:_[A-Z]{1,16})?)$/;

const MAX_VALUE_CHARS = 512;

/** Whether the variable is a memory knob of a runtime (docs: "Runtime memory knobs"), so that its value is evidence. */
export function keepsEnvironmentValue(name: string): boolean {
  return JAVA_OPTIONS.has(name) || KNOBS.has(name) || (name.length <= 64 && KNOB_PATTERN.test(name));
}

/**
 * A variable as it may enter a bundle: its name, and its value only if it is a memory knob. The value is redacted;
 * of Java options and of NODE_OPTIONS only flags without free text stay.
 */
export function environmentVariable(name: string, value?: string): EnvironmentVariable {
  const cleanName = cleanText(name, 128);
  if (value === undefined || !keepsEnvironmentValue(name)) return { name: cleanName };
  const kept = keptPart(name, cleanText(value, 4 * MAX_VALUE_CHARS));
  return { name: cleanName, value: cleanText(redactText(kept), MAX_VALUE_CHARS) };
}

/** -Xmx1g, -XX:MaxRAMPercentage=75, OpenJ9's -Xgcpolicy; never -D properties or agents, which carry credentials. */
const JAVA_MEMORY_FLAG = /^-(?:X(?:m[nsx]|ss|mso|mo|mc|mr|mca|mcrs|soft|scmx|gc|gcpolicy|codecache)|XX:)/;
const JAVA_PATH_FLAG =
  /^-XX:(?:[A-Za-z]*(?:File|Path|Dir)[A-Za-z]*|OnError|OnOutOfMemoryError|Flags|VMOptionsFile)=/;

function keptPart(name: string, value: string): string {
  if (JAVA_OPTIONS.has(name)) {
    return words(value)
      .filter((word) => JAVA_MEMORY_FLAG.test(word) && !JAVA_PATH_FLAG.test(word))
      .join(' ');
  }
  if (name === 'NODE_OPTIONS') {
    return words(value)
      .filter(
        (word, index, all) => isV8Flag(word) || (/^\d{1,9}%?$/.test(word) && isV8Flag(all[index - 1] ?? '')),
      )
      .join(' ');
  }
  return value;
}

function isV8Flag(word: string): boolean {
  return /^--(?:max|min|initial|semi|optimize|expose|gc|huge|stack|heap|v8)[-_a-z]{0,48}(?:=|$)/.test(word);
}

function words(value: string): readonly string[] {
  return value
    .split(/\s+/)
    .map((word) => word.replace(/^["']|["']$/g, ''))
    .filter((word) => word !== '');
}
