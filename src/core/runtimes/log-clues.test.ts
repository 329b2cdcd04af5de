import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLogClues } from './log-clues.ts';
import { LOG_CLUE_PATTERNS } from './log-patterns.ts';

describe('findLogClues', () => {
  it.each([
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'V8'],
    ['FATAL ERROR: CALL_AND_RETRY_LAST Allocation failed - JavaScript heap out of memory', 'V8'],
    [
      '<--- JS stacktrace --->  Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory',
      'V8',
    ],
    ['Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', 'the JVM'],
    ['java.lang.OutOfMemoryError: GC overhead limit exceeded', 'the JVM'],
    ['java.lang.OutOfMemoryError: Metaspace', 'the JVM'],
    [
      'java.lang.OutOfMemoryError: Cannot reserve 1048576 bytes of direct buffer memory (allocated: 9, limit: 9)',
      'the JVM',
    ],
    ['Terminating due to java.lang.OutOfMemoryError: Java heap space', 'the JVM'],
    [
      'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /app/a.php on line 2',
      'PHP',
    ],
    [
      "Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.",
      '.NET',
    ],
    ['MemoryError', 'Python'],
    ['numpy.core._exceptions._ArrayMemoryError: Unable to allocate 7.45 GiB for an array', 'Python'],
    ['fatal error: runtime: out of memory', 'Go'],
    ['runtime: out of memory: cannot allocate 67108864-byte block (612368384 in use)', 'Go'],
    ["app.rb:3:in `*': failed to allocate memory (NoMemoryError)", 'Ruby'],
    ["terminate called after throwing an instance of 'std::bad_alloc'", 'the C++ allocator'],
  ])('%s is the heap of %s', (line, runtime) => {
    expect(findLogClues([line])).toEqual([{ kind: 'runtime-heap', line, index: 0, runtime }]);
  });

  it.each([
    'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
    'java.lang.OutOfMemoryError: unable to create new native thread',
    '# There is insufficient memory for the Java Runtime Environment to continue.',
  ])('%s is not the heap', (line) => {
    expect(findLogClues([line])[0]?.kind).toBe('native-limit');
  });

  it.each([
    ['[2026-10-02 14:12:09 +0000] [1] [ERROR] Worker (pid:42) was sent SIGKILL! Perhaps out of memory?', 42],
    ['[WARNING] Worker with pid 42 was terminated due to signal 9', 42],
    ['LOG:  server process (PID 42) was terminated by signal 9: Killed', 42],
    ['2026/10/02 14:12:09 [alert] 1#1: worker process 42 exited on signal 9', 42],
    ['WARNING: [pool www] child 42 exited on signal 9 (SIGKILL) after 12.5 seconds from start', 42],
    ["Process 'ForkPoolWorker-1' pid:42 exited with 'signal 9 (SIGKILL)'", 42],
    ['billiard.exceptions.WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.', undefined],
    [
      'concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly while the future was running or pending.',
      undefined,
    ],
    ['A jest worker process (pid=42) was terminated by another process: signal=SIGKILL, exitCode=null.', 42],
    ['npm ERR! signal SIGKILL', undefined],
    ['2026-10-02 14:12:09,000 INFO exited: web (terminated by SIGKILL; not expected)', undefined],
    ['E, [2026-10-02] ERROR -- : reaped #<Process::Status: pid 42 SIGKILL (signal 9)> worker=0', 42],
    ['DAMN ! worker 1 (pid: 42) died, killed by signal 9 :( trying respawn ...', 42],
    ['/entrypoint.sh: line 3:    42 Killed                  java -jar app.jar', 42],
    ['RuntimeError: DataLoader worker (pid 42) is killed by signal: Killed.', 42],
    ['exec failed: signal: killed', undefined],
    ['Killed', undefined],
    ['2026-10-02T14:12:09.000000000Z Killed', undefined],
  ])('%s is a killed child', (line, pid) => {
    const [clue] = findLogClues([line]);
    expect(clue?.kind).toBe('child-killed');
    expect(clue?.pid).toBe(pid);
  });

  it.each([
    ['[2026-10-02 14:12:09 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:42)', 42],
    ['E, ERROR -- : worker=0 PID:42 timeout (61s > 60s), killing', 42],
    ['*** HARAKIRI ON WORKER 1 (pid: 42, try: 1) ***', 42],
    ['[1] ! Terminating timed out worker (worker failed to check in within 60 seconds): 42', 42],
  ])('%s is a time-out', (line, pid) => {
    expect(findLogClues([line])).toMatchObject([{ kind: 'worker-timeout', pid }]);
  });

  it("does not count the end of a worker that its master timed out, but another worker's", () => {
    const clues = findLogClues([
      '[1] [CRITICAL] WORKER TIMEOUT (pid:42)',
      '[1] [ERROR] Worker (pid:42) was sent SIGKILL! Perhaps out of memory?',
      '[1] [ERROR] Worker (pid:43) was sent SIGKILL! Perhaps out of memory?',
    ]);
    expect(clues.map(({ kind, pid, index }) => ({ kind, pid, index }))).toEqual([
      { kind: 'worker-timeout', pid: 42, index: 0 },
      { kind: 'child-killed', pid: 43, index: 2 },
    ]);
  });

  it.each([
    '[2026-10-02 14:12:09 +0000] [1] [INFO] Handling signal: term',
    'SIGTERM signal received: closing HTTP server',
    'Received SIGTERM scheduling shutdown...',
    '2026/10/02 14:12:09 [notice] 1#1: signal 15 (SIGTERM) received from 0, exiting',
    'Commencing graceful shutdown. Waiting for active requests to complete',
    'LOG:  received fast shutdown request',
    '- Gracefully stopping, waiting for requests to finish',
  ])('%s is an orderly stop', (line) => {
    expect(findLogClues([line])[0]?.kind).toBe('sigterm-received');
  });

  it.each([
    'Command exited with code 137',
    'subprocess returned non-zero exit status 137',
    '{"exitCode":137}',
  ])('%s relays a killed child', (line) => {
    expect(findLogClues([line])[0]?.kind).toBe('exit-137-relayed');
  });

  it.each([
    'cache memory usage: 80 %',
    'graceful shutdown timeout: 30s',
    'Killed the background job of tenant 5',
    'InMemoryErrorStore started',
    'job 137 done',
    'took 1370 ms, status 200',
  ])('%s is no clue', (line) => {
    expect(findLogClues([line])).toEqual([]);
  });

  it('cleans what it quotes', () => {
    const [clue] = findLogClues(['\u001b[31mMemoryError: \u202Ex\u001b[0m']);
    expect(clue?.line).toBe('MemoryError: x');
  });

  it('bounds a long log and long lines', () => {
    const startedAt = performance.now();
    const line = `java.lang.OutOfMemoryError: ${'x'.repeat(100_000)}`;
    const clues = findLogClues(Array.from({ length: 30_000 }, () => line));
    expect(clues).toHaveLength(100);
    expect(clues[0]?.line.length).toBeLessThanOrEqual(400);
    // 20,000 lines; even on a busy machine far below this.
    expect(performance.now() - startedAt).toBeLessThan(2000);
  });

  it('never throws and stays cheap on repeated beginnings', () => {
    const beginnings = LOG_CLUE_PATTERNS.map(({ pattern }) =>
      pattern.source.replaceAll(/[\\^$*+?()[\]{}|]/g, ''),
    );
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.constantFrom(...beginnings, 'signal ', 'exit code ', 'received '), fc.string()),
          { maxLength: 30 },
        ),
        (parts) => {
          expect(Array.isArray(findLogClues([parts.join('')]))).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
