/**
 * The texts themselves, from the sources of the programs named. Order matters: the first match wins, so exceptions stand
 * before the rule. No pattern repeats a repetition; every gap is bounded.
 */
import type { LogClueKind } from './log-clues.ts';

export interface LogCluePattern {
  readonly kind: LogClueKind;
  /** May name the child in the group `pid`. */
  readonly pattern: RegExp;
  readonly runtime?: string;
}

function clue(kind: LogClueKind, pattern: RegExp, runtime?: string): LogCluePattern {
  return { kind, pattern, ...(runtime === undefined ? {} : { runtime }) };
}

/** Threads and native memory that the system refused; a JVM heap that is too large makes both more likely. */
const NATIVE_LIMIT: readonly LogCluePattern[] = [
  clue('native-limit', /OutOfMemoryError: unable to create (?:new )?native thread/i, 'the JVM'),
  clue('native-limit', /insufficient memory for the Java Runtime Environment to continue/, 'the JVM'),
  clue('native-limit', /Native memory allocation \((?:mmap|malloc)\) failed/, 'the JVM'),
  clue('native-limit', /runtime: failed to create new OS thread/, 'Go'),
  clue('native-limit', /can't start new thread/, 'Python'),
];

const RUNTIME_HEAP: readonly LogCluePattern[] = [
  clue('runtime-heap', /FATAL ERROR:.{0,120}(?:heap limit|heap out of memory|Allocation failed)/, 'V8'),
  clue('runtime-heap', /JavaScript heap out of memory/, 'V8'),
  // Its text covers heap space, GC overhead limit, Metaspace, Compressed class space, direct buffers and array size.
  clue('runtime-heap', /java\.lang\.OutOfMemoryError\b/, 'the JVM'),
  clue('runtime-heap', /(?:Terminating|Aborting) due to java\.lang\.OutOfMemoryError/, 'the JVM'),
  clue('runtime-heap', /Allowed memory size of \d{1,20} bytes exhausted/, 'PHP'),
  clue('runtime-heap', /System\.OutOfMemoryException/, '.NET'),
  clue('runtime-heap', /(?:^|[\s.:])(?:_?Array)?MemoryError(?::|\s*$|\(\))/, 'Python'),
  clue('runtime-heap', /fatal error: (?:runtime: )?(?:out of memory|cannot allocate memory)/, 'Go'),
  clue('runtime-heap', /runtime: (?:out of memory: )?cannot allocate/, 'Go'),
  clue('runtime-heap', /failed to allocate memory \(NoMemoryError\)|\bNoMemoryError\b/, 'Ruby'),
  clue('runtime-heap', /std::bad_alloc/, 'the C++ allocator'),
  clue('runtime-heap', /memory allocation of \d{1,20} bytes failed/, 'the Rust allocator'),
];

/** A master that kills its own worker. */
const WORKER_TIMEOUT: readonly LogCluePattern[] = [
  clue('worker-timeout', /WORKER TIMEOUT \(pid:\s?(?<pid>\d{1,10})\)/, 'gunicorn'),
  clue('worker-timeout', /worker=\S{1,16} PID:(?<pid>\d{1,10}) timeout \(.{1,40}\), killing/, 'unicorn'),
  clue('worker-timeout', /HARAKIRI ON WORKER \d{1,5} \(pid: (?<pid>\d{1,10})/, 'uWSGI'),
  clue('worker-timeout', /Terminating timed out worker[^:]{0,80}(?:: (?<pid>\d{1,10}))?/, 'puma'),
  clue('worker-timeout', /child (?<pid>\d{1,10}), script .{1,200} execution timed out/, 'php-fpm'),
  clue('worker-timeout', /Hard time limit \(\d{1,9}(?:\.\d{1,9})?s\) exceeded/, 'celery'),
];

const CHILD_KILLED: readonly LogCluePattern[] = [
  clue('child-killed', /Worker \(pid:\s?(?<pid>\d{1,10})\) was sent SIGKILL/, 'gunicorn'),
  clue('child-killed', /Worker with pid (?<pid>\d{1,10}) was terminated due to signal 9/, 'gunicorn'),
  clue('child-killed', /\(PID (?<pid>\d{1,10})\) was terminated by signal 9/, 'PostgreSQL'),
  clue('child-killed', /worker process (?<pid>\d{1,10}) exited on signal 9/, 'nginx'),
  clue('child-killed', /child (?<pid>\d{1,10}) exited on signal 9/, 'php-fpm'),
  clue('child-killed', /pid:(?<pid>\d{1,10}) exited with 'signal 9/, 'celery'),
  clue('child-killed', /Worker exited prematurely: signal 9/, 'celery'),
  clue('child-killed', /process in the process pool was terminated abruptly/, 'Python'),
  clue('child-killed', /worker process managed by the executor was unexpectedly terminated/, 'joblib'),
  clue(
    'child-killed',
    /DataLoader worker \(pid\(?s?\)? (?<pid>\d{1,10})\) is killed by signal: Killed/,
    'PyTorch',
  ),
  clue('child-killed', /died with <Signals\.SIGKILL: 9>|non-zero exit status -9\b/, 'Python'),
  clue(
    'child-killed',
    /jest worker process \(pid=(?<pid>\d{1,10})\) was terminated by another process: signal=SIGKILL/,
    'jest',
  ),
  clue('child-killed', /npm (?:ERR!|error) (?:command failed with )?signal "?SIGKILL/i, 'npm'),
  clue('child-killed', /signal[ =:]{1,2}["']?SIGKILL|via signal \[SIGKILL\]/, 'Node.js'),
  clue('child-killed', /exited: \S{1,80} \(terminated by SIGKILL/, 'supervisord'),
  clue('child-killed', /reaped #<Process::Status: pid (?<pid>\d{1,10}) SIGKILL/, 'unicorn'),
  clue('child-killed', /\(pid: (?<pid>\d{1,10})\) died, killed by signal 9/, 'uWSGI'),
  clue('child-killed', /\bsignal: killed\b/, 'Go'),
  // A shell that waited for it: `line 3:    17 Killed    java -jar app.jar`, or the word alone.
  clue('child-killed', /line \d{1,6}:\s{1,8}(?<pid>\d{1,10}) Killed\b/, 'the shell'),
  clue(
    'child-killed',
    /^(?:\d{4}-\d\d-\d\dT\S{1,40} )?(?:(?:stdout|stderr) [FP] )?Killed(?: {2,}.{0,200})?\s{0,4}$/,
    'the shell',
  ),
];

const EXIT_137: readonly LogCluePattern[] = [
  clue('exit-137-relayed', /exit(?:ed)?(?: with)?(?: (?:code|status|with))?[ :=]{1,3}\(?137\b/i),
  clue('exit-137-relayed', /(?:code|status|exitCode)["']?[ :=]{1,3}\[?137\b/i),
];

const SIGTERM: readonly LogCluePattern[] = [
  clue(
    'sigterm-received',
    /(?:receiv|caught|catch|got|handling|trapp).{0,40}(?:SIGTERM|signal 15\b|signal: ?term|signal terminated)/i,
  ),
  clue('sigterm-received', /(?:SIGTERM|signal 15\b)\)?.{0,20}(?:receiv|caught|shutting|stopping|exiting)/i),
  clue('sigterm-received', /received (?:fast|smart|immediate) shutdown request/, 'PostgreSQL'),
  clue('sigterm-received', /signal 3 \(SIGQUIT\).{0,40}received/),
  // "graceful shutdown timeout=30s" is configuration, not an event.
  clue(
    'sigterm-received',
    /(?:commencing|starting|initiating|beginning) graceful shutdown|shutting down gracefully|gracefully (?:shutting|stopping)/i,
  ),
  clue('sigterm-received', /worker: Warm shutdown|Waiting for application shutdown/),
];

export const LOG_CLUE_PATTERNS: readonly LogCluePattern[] = [
  ...NATIVE_LIMIT,
  ...RUNTIME_HEAP,
  ...WORKER_TIMEOUT,
  ...CHILD_KILLED,
  ...EXIT_137,
  ...SIGTERM,
];
