/** Exit codes as containers end with them: Linux (0 to 255, and CRI-O's -1) and Windows (NTSTATUS as int32 or uint32). */
import { signalByNumber } from './signals.ts';
import { NT_STATUSES } from './nt-statuses.ts';

export interface ExitCodeMeaning {
  readonly code: number;
  readonly os: 'linux' | 'windows';
  /** A few words: `killed by SIGKILL, or never known`. */
  readonly title: string;
  /** Who chose the number. */
  readonly writer: string;
  readonly causes: readonly string[];
  /** What people wrongly conclude from it. */
  readonly misleads: readonly string[];
  readonly next: readonly string[];
  /** For 137: who may have sent it, what gives each away, whose memory it is about. */
  readonly senders?: readonly (readonly [who: string, sign: string, memory: string])[];
  /** The signal behind a code of 128 + n. */
  readonly signal?: number;
  /** NTSTATUS in hexadecimal. */
  readonly ntStatus?: string;
}

type Entry = Pick<ExitCodeMeaning, 'title' | 'causes'> &
  Partial<Pick<ExitCodeMeaning, 'writer' | 'misleads' | 'next' | 'senders'>>;

const APPLICATION = 'the application';
const RELAY =
  'A shell, tini or a supervisor that relays its child gives the same number through exit(): the API cannot tell both apart.';
const LOGS = 'Read the last lines it printed: kubectl logs POD -c CONTAINER --previous.';

const LINUX: Readonly<Record<number, Entry>> = {
  [-1]: {
    title: 'exit code absent (CRI-O)',
    writer: 'CRI-O, which found no exit code',
    causes: [
      'The exit file was empty or missing when CRI-O looked, usually around a node or runtime restart.',
    ],
    next: ["Read the node's journal for that minute: restarts of crio, a reboot."],
  },
  0: {
    title: 'ended as meant',
    causes: ['The main process returned 0.'],
    misleads: [
      'With reason OOMKilled a child was killed for memory and the main process ended well: the output may be cut short although a Job counts it as success.',
    ],
  },
  1: {
    title: 'error of the application',
    causes: [
      'An uncaught exception; Python MemoryError and Ruby NoMemoryError end here too.',
      'A process that ran into its own heap limit and reported it.',
    ],
    misleads: ['Reason OOMKilled with exit 1: a child was killed for memory, then the main process gave up.'],
    next: [LOGS],
  },
  2: {
    title: 'wrong shell usage, or a Go panic',
    causes: [
      'A Go program that panicked, also "fatal error: runtime: out of memory" and "runtime: cannot allocate memory".',
      'A shell builtin that was used wrongly.',
    ],
    next: [LOGS],
  },
  3: {
    title: 'JVM: -XX:+ExitOnOutOfMemoryError',
    causes: [
      'A Java OutOfMemoryError with that flag set: the heap limit of the JVM, not the kernel.',
      'Otherwise whatever the application means by 3.',
    ],
    misleads: ['Raising the container limit alone does not raise a heap that -Xmx fixes.'],
    next: [LOGS],
  },
  125: {
    title: 'a wrapper failed before the command',
    writer: 'the docker CLI, timeout(1) or env(1)',
    causes: ['The wrapper itself failed. The kubelet, containerd and CRI-O never produce it.'],
    next: [LOGS],
  },
  126: {
    title: 'found, but cannot be executed',
    writer: 'a shell',
    causes: ['Missing execute permission, wrong architecture, or a directory, inside a shell wrapper.'],
    misleads: ['If the entrypoint itself cannot run, containerd says 128 StartError instead.'],
  },
  127: {
    title: 'command not found',
    writer: 'a shell or the dynamic loader',
    causes: [
      'A command inside a shell wrapper does not exist.',
      'A shared library or the loader is missing (glibc binary on musl).',
    ],
    misleads: [
      'If the entrypoint itself is missing, containerd says 128 StartError; dockershim said ContainerCannotRun.',
    ],
  },
  128: {
    title: 'never started (containerd StartError)',
    writer: 'containerd',
    causes: [
      'The image could not be started: wrong entrypoint, missing file, bad mount.',
      'Memory limit too low to start: the message says "container init was OOM-killed (memory limit too low?)" (runc) or "OOM: the memory limit could be too low" (crun).',
    ],
    misleads: ['startedAt is 1970-01-01: the application never ran, so its logs are empty.'],
    next: [
      'Read the message: kubectl get pod POD -o jsonpath={.status.containerStatuses[*].lastState.terminated.message}',
    ],
  },
  130: { title: 'ended by SIGINT', causes: ['ctrl-C, or an image whose STOPSIGNAL is SIGINT.'] },
  131: {
    title: 'ended by SIGQUIT',
    causes: ['An image whose STOPSIGNAL is SIGQUIT (nginx) and a process that does not handle it.'],
  },
  132: {
    title: 'illegal instruction (SIGILL)',
    causes: ["Code built for CPU features (AVX and others) that this node's CPU lacks."],
    next: ['Compare the node types of good and bad pods.'],
  },
  134: {
    title: 'aborted by itself (SIGABRT)',
    causes: [
      'Node.js at its heap limit: "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory".',
      'A JVM crash or -XX:+CrashOnOutOfMemoryError; a .NET unhandled exception; C++ bad_alloc; heap corruption.',
    ],
    misleads: [
      'Often about memory, never a kernel OOM kill: the process ended itself. A higher container limit alone may change nothing.',
    ],
    next: [LOGS],
  },
  135: {
    title: 'bus error (SIGBUS)',
    causes: [
      '/dev/shm is full (64 MiB by default).',
      'A mapped file was truncated, or a huge page was not available.',
    ],
    next: ['Mount an emptyDir with medium: Memory at /dev/shm, and count it into the memory limit.'],
  },
  136: {
    title: 'arithmetic error (SIGFPE)',
    causes: ['A bug in native code, such as a division by zero.'],
    next: [LOGS],
  },
  137: {
    title: 'killed by SIGKILL, or never known',
    writer: 'the container runtime (128 + 9), or the kubelet as a placeholder',
    causes: [
      'The kernel killed it for memory: the limit of the container, of the pod, of all pods, or the whole node. Reason OOMKilled.',
      'It did not stop within its grace period: a failed liveness or startup probe, a deletion, rollout or drain, an eviction, a preemption, a node shutdown. Reason Error.',
      'systemd-oomd, earlyoom, a debugger, a person or another process sent signal 9. Reason Error.',
      'The kubelet lost the container and wrote 137 as a placeholder. Reason ContainerStatusUnknown; nothing is known about any signal.',
      'The containerd shim died. Reason Error, and "failed to get task exit status … ttrpc: closed" in the journal.',
      'The main process relayed a killed child, or called exit(137).',
    ],
    senders: [
      ['kernel, container at its limit', 'OOMKilled; kernel log CONSTRAINT_MEMCG', 'this container'],
      ['kernel, pod or parent at a limit', 'the same, but oom_memcg is above it', 'a neighbour'],
      ['kernel, node out of memory', 'kernel log CONSTRAINT_NONE, global_oom', 'the node'],
      ['kubelet, eviction', 'pod Failed, reason Evicted', 'the node'],
      ['kubelet, probe or slow stop', 'Killing event, 137 after the grace period', 'no'],
      ['systemd-oomd, earlyoom', 'the journal of the node', 'the node'],
      ['nobody: the status was lost', 'reason ContainerStatusUnknown', 'unknown'],
      ['a dead shim, a person, the program', 'none of the above', 'no'],
    ],
    misleads: [
      '137 is not the same as out of memory.',
      'OOMKilled is not the same as "exceeded its own limit": any OOM kill inside the container sets it.',
      'Error does not rule out an OOM kill: containerd before 2.3 can lose the event.',
    ],
    next: ['exit137 why POD reads what decides: reason, events, deletion, kernel log, journals.'],
  },
  139: {
    title: 'invalid memory access (SIGSEGV)',
    causes: ['A bug in native code, a stack overflow, or glibc binaries on musl.'],
    misleads: ['Not a sign of too little memory.'],
    next: [LOGS],
  },
  141: {
    title: 'write to a closed pipe (SIGPIPE)',
    causes: ['A shell script with pipefail whose reader ended first.'],
  },
  143: {
    title: 'stopped by SIGTERM',
    causes: [
      'The normal end of a stop: deletion, rollout, drain, eviction or a failed probe, and the process obeyed within its grace period.',
    ],
    misleads: ['Not a crash. What matters is who asked it to stop.'],
    next: ['Read the events of the pod and of its owner: kubectl events --for pod/POD.'],
  },
  152: { title: 'CPU time limit (SIGXCPU)', causes: ['RLIMIT_CPU, set inside the image or by a wrapper.'] },
  153: {
    title: 'file size limit (SIGXFSZ)',
    causes: ['RLIMIT_FSIZE, set inside the image or by a wrapper.'],
  },
  159: {
    title: 'forbidden system call (SIGSYS)',
    causes: ['A seccomp profile. CRI-O also sets the reason "seccomp killed".'],
  },
  255: {
    title: 'unknown, or exit(-1)',
    writer: 'the application, containerd or CRI-O',
    causes: [
      'With reason Unknown: containerd lost the task over its own restart or a node reboot.',
      'CRI-O found no exit file for about five seconds.',
      'An application that calls exit(-1), or PHP after a fatal error such as "Allowed memory size of N bytes exhausted".',
    ],
    misleads: ['With reason Unknown it says nothing about the application.'],
    next: ["Look at the node's events and boot id around that minute."],
  },
};

const UINT32 = 0x1_0000_0000;

/** What a code means. Without `os`, numbers outside -1 to 255 count as Windows codes. */
export function explainExitCode(code: number, os?: 'linux' | 'windows'): ExitCodeMeaning {
  const isLinux = os === undefined ? code >= -1 && code <= 255 : os === 'linux';
  return isLinux ? linuxMeaning(code) : windowsMeaning(code);
}

function linuxMeaning(code: number): ExitCodeMeaning {
  const signal = code > 128 && code <= 192 ? signalByNumber(code - 128) : undefined;
  const entry =
    LINUX[code] ?? (signal === undefined ? undefined : signalEntry(code, signal.name, signal.meaning));
  const misleads = [...(entry?.misleads ?? []), ...(signal === undefined ? [] : [RELAY])];
  return {
    code,
    os: 'linux',
    title: entry?.title ?? 'an exit code of the application',
    writer:
      entry?.writer ?? (signal === undefined ? APPLICATION : `the container runtime (128 + ${code - 128})`),
    causes: entry?.causes ?? [
      'Whatever the application means by it: its documentation and its log say more.',
    ],
    misleads,
    next: entry?.next ?? [LOGS],
    ...(signal === undefined ? {} : { signal: signal.number }),
    ...(entry?.senders === undefined ? {} : { senders: entry.senders }),
  };
}

function signalEntry(code: number, name: string, meaning: string): Entry {
  return { title: `ended by ${name}`, causes: [`Signal ${code - 128}: ${meaning}.`] };
}

function windowsMeaning(code: number): ExitCodeMeaning {
  const unsigned = code < 0 ? code + UINT32 : code;
  const status = unsigned > 255 && unsigned < UINT32 ? NT_STATUSES[unsigned] : undefined;
  const isNtStatus = status !== undefined || unsigned >= 0xc0000000;
  return {
    code,
    os: 'windows',
    title: status?.title ?? (isNtStatus ? 'an NTSTATUS error' : 'an exit code of the application'),
    writer: isNtStatus ? 'Windows' : APPLICATION,
    causes: [
      status?.cause ??
        (unsigned > 255
          ? 'A code of a Windows program: those of Linux end at 255. It means what the application or the system library means by it.'
          : 'Whatever the application or the system library means by it.'),
    ],
    misleads: ['Windows has no OOM killer: 137 or any other code alone never proves that memory ran out.'],
    next: [LOGS],
    ...(isNtStatus
      ? {
          ntStatus: `0x${unsigned.toString(16).toUpperCase().padStart(8, '0')}${status === undefined ? '' : ` ${status.status}`}`,
        }
      : {}),
  };
}

/** The codes with an entry of their own, for suggestions and completion. */
export const KNOWN_EXIT_CODES: readonly number[] = Object.keys(LINUX)
  .map(Number)
  .toSorted((a, b) => a - b);
