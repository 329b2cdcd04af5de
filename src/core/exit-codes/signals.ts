/** Linux signals (x86-64 and arm64 numbers, signal(7)) and what they do to a process that does not handle them. */

export interface Signal {
  readonly number: number;
  /** With its `SIG`. */
  readonly name: string;
  readonly defaultAction: 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';
  readonly meaning: string;
  /** Who usually sends it to a container. */
  readonly usualSender: string;
}

function signal(
  number: number,
  name: string,
  rest: readonly [Signal['defaultAction'], string, string],
): Signal {
  return { number, name, defaultAction: rest[0], meaning: rest[1], usualSender: rest[2] };
}

export const SIGNALS: readonly Signal[] = [
  signal(1, 'SIGHUP', [
    'terminate',
    'hang-up, by custom "reload"',
    'a closed terminal, a supervisor, an operator',
  ]),
  signal(2, 'SIGINT', ['terminate', 'interrupt', 'ctrl-C, or an image whose STOPSIGNAL is SIGINT']),
  signal(3, 'SIGQUIT', ['core', 'quit', 'an image whose STOPSIGNAL is SIGQUIT (nginx, php-fpm)']),
  signal(4, 'SIGILL', ['core', 'illegal instruction', 'the CPU: code built for features this node lacks']),
  signal(5, 'SIGTRAP', ['core', 'trap', 'a debugger, or V8 after a fatal error']),
  signal(6, 'SIGABRT', [
    'core',
    'abort()',
    'the process itself: V8 heap limit, bad_alloc, .NET unhandled exception',
  ]),
  signal(7, 'SIGBUS', [
    'core',
    'bus error',
    'the kernel: /dev/shm full, a truncated mapped file, no huge page',
  ]),
  signal(8, 'SIGFPE', ['core', 'arithmetic error', 'the CPU: division by zero']),
  signal(9, 'SIGKILL', [
    'terminate',
    'kill; cannot be caught',
    'the kernel OOM killer, the runtime after the grace period, systemd-oomd, a person',
  ]),
  signal(10, 'SIGUSR1', ['terminate', 'user-defined', 'an operator or the application']),
  signal(11, 'SIGSEGV', ['core', 'invalid memory access', 'the CPU: a native bug, a stack overflow']),
  signal(12, 'SIGUSR2', ['terminate', 'user-defined', 'an operator or the application']),
  signal(13, 'SIGPIPE', ['terminate', 'write to a closed pipe', 'the kernel, for shell pipelines']),
  signal(14, 'SIGALRM', ['terminate', 'alarm clock', 'the process itself']),
  signal(15, 'SIGTERM', ['terminate', 'please stop', 'the runtime at the start of every ordinary stop']),
  signal(16, 'SIGSTKFLT', ['terminate', 'unused', 'nobody']),
  signal(17, 'SIGCHLD', ['ignore', 'a child ended', 'the kernel']),
  signal(18, 'SIGCONT', ['continue', 'continue', 'a shell or debugger']),
  signal(19, 'SIGSTOP', ['stop', 'stop; cannot be caught', 'a debugger or the freezer']),
  signal(20, 'SIGTSTP', ['stop', 'stop from the terminal', 'ctrl-Z']),
  signal(21, 'SIGTTIN', ['stop', 'read by a background job', 'the terminal']),
  signal(22, 'SIGTTOU', ['stop', 'write by a background job', 'the terminal']),
  signal(23, 'SIGURG', ['ignore', 'urgent data', 'the kernel; Go uses it to preempt goroutines']),
  signal(24, 'SIGXCPU', ['core', 'CPU time limit', 'the kernel: RLIMIT_CPU']),
  signal(25, 'SIGXFSZ', ['core', 'file size limit', 'the kernel: RLIMIT_FSIZE']),
  signal(26, 'SIGVTALRM', ['terminate', 'virtual alarm clock', 'the process itself']),
  signal(27, 'SIGPROF', ['terminate', 'profiling timer', 'a profiler']),
  signal(28, 'SIGWINCH', [
    'ignore',
    'window size changed',
    'the terminal; Apache httpd takes it as graceful stop',
  ]),
  signal(29, 'SIGIO', ['terminate', 'I/O possible', 'the kernel']),
  signal(30, 'SIGPWR', ['terminate', 'power failure', 'lxc and some init systems']),
  signal(31, 'SIGSYS', ['core', 'bad system call', 'the kernel: a seccomp filter']),
];

const FIRST_REAL_TIME = 34;
const LAST_SIGNAL = 64;

/** By number; the real-time signals 34 to 64 are made up as needed. */
export function signalByNumber(number: number): Signal | undefined {
  const known = SIGNALS.find((one) => one.number === number);
  if (known !== undefined) return known;
  if (!Number.isInteger(number) || number < FIRST_REAL_TIME || number > LAST_SIGNAL) return undefined;
  const offset = number - FIRST_REAL_TIME;
  const name = offset === 0 ? 'SIGRTMIN' : `SIGRTMIN+${offset}`;
  const words = [
    'terminate',
    'real-time signal',
    'the application; systemd as PID 1 stops at SIGRTMIN+3',
  ] as const;
  return signal(number, name, words);
}

/** By name, with or without `SIG`, in any case. */
export function signalByName(name: string): Signal | undefined {
  const upper = name.trim().toUpperCase();
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const offset = /^SIGRTMIN(?:\+(\d{1,2}))?$/.exec(full);
  if (offset !== null) return signalByNumber(FIRST_REAL_TIME + Number(offset[1] ?? 0));
  return SIGNALS.find((one) => one.name === full);
}
