/** H1 and ordinary exits: the application ended by itself. */
import type { GoldenCase } from '../golden.ts';
import type { PodEvidence } from '../../../src/core/model/kubernetes.ts';
import { bundle, container, died, logTail, pod, running, sample, saying, waiting } from '../kit.ts';
import type { ContainerInput } from '../kit.ts';

function app(name: string, input: ContainerInput): PodEvidence {
  return pod({
    name: `${name}-6c9d8b7f5-x4k2m`,
    replicaSet: `${name}-6c9d8b7f5`,
    containers: [container(name, { requestMiB: 512, limitMiB: 1024, now: running('14:30:20'), ...input })],
  });
}

interface Heap {
  readonly name: string;
  readonly about: string;
  readonly pod: PodEvidence;
  readonly lines: readonly string[];
}

const container0 = (target: PodEvidence): string => target.containers[0]?.name ?? '';

function heap(one: Heap): GoldenCase {
  return {
    name: one.name,
    about: one.about,
    expected: {
      select: { namespace: 'shop', pod: one.pod.name },
      kind: 'identified',
      code: 'H1',
      confidence: ['certain', 'likely'],
      mustSay: ['heap|memory'],
      mustNotSay: ['kernel killed (it|the|container)', 'OOM.?killed by', 'raise (the|its) memory limit to'],
    },
    bundle: bundle({
      pods: [one.pod],
      logTails: [logTail(one.pod, container0(one.pod), one.lines)],
      samples: [sample(one.pod, container0(one.pod), '14:30:05', { workingSetMiB: 590, usageMiB: 640 })],
    }),
  };
}

interface Exit {
  readonly name: string;
  readonly about: string;
  readonly code: number;
  readonly pod: PodEvidence;
  readonly lines?: readonly string[];
  readonly mustNotSay?: readonly string[];
  readonly mustSay?: readonly string[];
}

function exit(one: Exit): GoldenCase {
  return {
    name: one.name,
    about: one.about,
    expected: {
      select: { namespace: 'shop', pod: one.pod.name },
      kind: 'identified',
      code: `exit-${one.code}`,
      mustNotSay: [
        'OOM.?killed',
        'killed by SIGKILL',
        'raise (the|its) (memory )?limit',
        ...(one.mustNotSay ?? []),
      ],
      ...(one.mustSay === undefined ? {} : { mustSay: one.mustSay }),
    },
    bundle: bundle({
      pods: [one.pod],
      ...(one.lines === undefined ? {} : { logTails: [logTail(one.pod, container0(one.pod), one.lines)] }),
    }),
  };
}

const last = (code: number, reason = 'Error') => died(code, reason, '12:02:10', '14:30:18');

export const exitCases: readonly GoldenCase[] = [
  heap({
    name: 'h1-v8-heap-limit',
    about: `Node.js aborted itself with SIGABRT (134) because V8's old space reached --max-old-space-size=512; the container used 590 of 1024 MiB. A heap limit of the runtime, not the kernel: the fix is the opposite of an OOM kill's (more heap, or less use), so K1 advice would be wrong.`,
    pod: app('bff', {
      command: ['node', 'server.js'],
      env: { NODE_OPTIONS: '--max-old-space-size=512' },
      last: last(134),
    }),
    lines: [
      '<--- Last few GCs --->',
      '[1:0x7f2a1c000000]  8887210 ms: Mark-Compact 508.9 (523.1) -> 507.6 (523.4) MB, 412.33 / 0.00 ms  (average mu = 0.112, current mu = 0.021) allocation failure; scavenge might not succeed',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
      '----- Native stack trace -----',
    ],
  }),
  heap({
    name: 'h1-jvm-exit-on-oom',
    about: `Exit 3 is the JVM's -XX:+ExitOnOutOfMemoryError: the Java heap was full. Not the kernel.`,
    pod: app('orders', {
      command: ['java', '-XX:+ExitOnOutOfMemoryError', '-jar', '/app.jar'],
      env: { JAVA_TOOL_OPTIONS: '-Xmx512m' },
      last: last(3),
    }),
    lines: ['Terminating due to java.lang.OutOfMemoryError: Java heap space'],
  }),
  heap({
    name: 'h1-jvm-exit-1',
    about: `An uncaught java.lang.OutOfMemoryError ended the main thread: exit 1. A heap death, not an arbitrary crash and not the kernel.`,
    pod: app('orders', {
      command: ['java', '-jar', '/app.jar'],
      env: { JAVA_TOOL_OPTIONS: '-Xmx512m' },
      last: last(1),
    }),
    lines: [
      'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
      '\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)',
      '\tat com.example.orders.Import.run(Import.java:88)',
    ],
  }),
  heap({
    name: 'h1-php-memory-limit',
    about: `PHP ended with 255 after "Allowed memory size exhausted": its own memory_limit of 128 MiB, far below the container's.`,
    pod: app('cron', { command: ['php', 'import.php'], last: last(255) }),
    lines: [
      'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /app/src/Import.php on line 214',
    ],
  }),
  heap({
    name: 'h1-dotnet-heap-hard-limit',
    about: `.NET aborted (134) with an unhandled OutOfMemoryException: the GC's heap hard limit (75 % of the container's limit by default). Not the kernel.`,
    pod: app('invoice', { command: ['dotnet', 'Invoice.dll'], last: last(134) }),
    lines: [
      "Unhandled exception. System.OutOfMemoryException: Exception of type 'System.OutOfMemoryException' was thrown.",
      '   at System.Collections.Generic.List`1.set_Capacity(Int32 value)',
      '   at Invoice.Export.Run() in /src/Export.cs:line 61',
    ],
  }),
  heap({
    name: 'h1-python-memory-error',
    about: `Python raised MemoryError and ended with 1: an allocation was refused inside the process; nothing was killed.`,
    pod: app('forecast', { command: ['python3', 'forecast.py'], last: last(1) }),
    lines: [
      'Traceback (most recent call last):',
      '  File "/app/forecast.py", line 44, in <module>',
      '    frame = load(path)',
      'MemoryError',
    ],
  }),
  heap({
    name: 'h1-go-out-of-memory',
    about: `Go's runtime could not get memory from the system and ended with 2: "fatal error: runtime: out of memory". An allocation was refused; no process was killed by the kernel.`,
    pod: app('router', { command: ['/router'], env: { GOMEMLIMIT: '900MiB' }, last: last(2) }),
    lines: [
      'runtime: out of memory: cannot allocate 67108864-byte block (612368384 in use)',
      'fatal error: out of memory',
      '',
      'runtime stack:',
      'runtime.throw({0x7a1c3f, 0xd})',
    ],
  }),
  exit({
    name: 'exit-0-service-ended',
    about: `A Deployment's container keeps ending with 0 (Completed): nothing killed it, its main process simply ends, for instance because the server runs in the background. An ordinary exit, but not as meant for a service.`,
    code: 0,
    pod: app('httpd', {
      restarts: 6,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 5m0s restarting failed container=httpd pod=httpd-6c9d8b7f5-x4k2m_shop(1d6f0b4a-7c3d-4e8f-a1b2-c3d4e5f60718)',
      ),
      last: died(0, 'Completed', '14:30:16', '14:30:18'),
    }),
  }),
  exit({
    name: 'exit-1-uncaught-exception',
    about: `An uncaught exception of the application: exit 1. Nobody sent a signal; memory has no part.`,
    code: 1,
    pod: app('bff', { command: ['node', 'server.js'], last: last(1) }),
    lines: [
      "TypeError: Cannot read properties of undefined (reading 'id')",
      '    at Object.<anonymous> (/app/server.js:17:22)',
      'Node.js v24.21.0',
    ],
  }),
  exit({
    name: 'exit-2-go-panic',
    about: `A Go panic ends with 2. "panic: nil pointer" is not "out of memory".`,
    code: 2,
    pod: app('router', { command: ['/router'], last: last(2) }),
    lines: [
      'panic: runtime error: invalid memory address or nil pointer dereference',
      '[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x6d4a12]',
      'goroutine 1 [running]:',
    ],
  }),
  exit({
    name: 'exit-3-not-a-jvm',
    about: `Exit 3 of a Python program with sys.exit(3): 3 means a JVM heap death only where a JVM ran.`,
    code: 3,
    pod: app('sync', { command: ['python3', 'sync.py'], last: last(3) }),
    lines: ['ERROR remote refused the snapshot, giving up'],
    mustNotSay: ['heap'],
  }),
  exit({
    name: 'exit-126-not-executable',
    about: `126: a shell found the file but could not execute it (permission, or a wrong format).`,
    code: 126,
    pod: app('migrate', {
      command: ['sh', '-c', '/app/migrate.sh'],
      last: died(126, 'Error', '14:30:17', '14:30:18'),
    }),
    lines: ['sh: 1: /app/migrate.sh: Permission denied'],
  }),
  exit({
    name: 'exit-127-not-found',
    about: `127: a shell did not find the command. The entrypoint itself ran (sh), else it would be 128 with StartError.`,
    code: 127,
    pod: app('migrate', {
      command: ['sh', '-c', 'flyway migrate'],
      last: died(127, 'Error', '14:30:17', '14:30:18'),
    }),
    lines: ['sh: 1: flyway: not found'],
  }),
  exit({
    name: 'trap-start-error-without-oom',
    about: `StartError with 128: the entrypoint does not exist. The container never ran, and the runtime's message has no OOM in it: a start failure, not K7. startedAt of 1970 is no date.`,
    code: 128,
    pod: app('migrate', {
      restarts: 4,
      now: waiting(
        'CrashLoopBackOff',
        'back-off 1m20s restarting failed container=migrate pod=migrate-6c9d8b7f5-x4k2m_shop(1d6f0b4a-7c3d-4e8f-a1b2-c3d4e5f60719)',
      ),
      last: saying(
        died(128, 'StartError', 'epoch', '14:30:18'),
        'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/migrat": stat /app/migrat: no such file or directory: unknown',
      ),
    }),
    mustNotSay: ['1970'],
  }),
  exit({
    name: 'exit-130-interrupt',
    about: `130 is SIGINT (2): the image's STOPSIGNAL or a ctrl-C inside. No kill by kubelet or kernel.`,
    code: 130,
    pod: app('shell', { command: ['node', 'repl.js'], last: last(130) }),
    mustSay: ['SIGINT'],
  }),
  exit({
    name: 'exit-134-abort',
    about: `134 is SIGABRT: a native program aborted itself ("double free or corruption"). Memory is in the message, but neither the kernel nor a heap limit had a part.`,
    code: 134,
    pod: app('codec', { command: ['/codec'], last: last(134) }),
    lines: ['double free or corruption (!prev)'],
    mustSay: ['SIGABRT|abort'],
  }),
  exit({
    name: 'exit-139-segfault',
    about: `139 is SIGSEGV: a native fault of the program.`,
    code: 139,
    pod: app('codec', { command: ['/codec'], last: last(139) }),
    mustSay: ['SIGSEGV|segmentation'],
  }),
  exit({
    name: 'exit-143-nobody-known',
    about: `143 without any Killing event or deletion while events are retained: somebody sent SIGTERM inside or from outside, and the process honoured it. An ordinary exit with 143; no kubelet decision can be claimed.`,
    code: 143,
    pod: app('batcher', { command: ['/batcher'], last: last(143) }),
    mustSay: ['SIGTERM'],
  }),
  exit({
    name: 'exit-255-error',
    about: `255 with reason Error (not Unknown) of a single container: exit(-1) in the application. Not a lost task.`,
    code: 255,
    pod: app('etl', { command: ['perl', 'etl.pl'], last: last(255) }),
    lines: ['Cannot open /data/in.csv: No such file or directory at etl.pl line 12.'],
  }),
  exit({
    name: 'exit-132-illegal-instruction',
    about: `132 is SIGILL: the binary uses CPU features this node type lacks.`,
    code: 132,
    pod: app('vector', { command: ['/vector'], last: died(132, 'Error', '14:30:17', '14:30:18') }),
    mustSay: ['SIGILL|illegal'],
  }),
  exit({
    name: 'exit-135-bus-error',
    about: `135 is SIGBUS: /dev/shm (64 MiB unless mounted larger) is full, or a mapped file was cut. No kernel OOM.`,
    code: 135,
    pod: app('trainer', { command: ['python3', 'train.py'], last: last(135) }),
    lines: [
      "RuntimeError: DataLoader worker (pid 61) is killed by signal: Bus error. It is possible that dataloader's workers are out of shared memory. Please try to raise your shared memory limit.",
    ],
    mustSay: ['SIGBUS|shm'],
  }),
  exit({
    name: 'exit-159-seccomp',
    about: `159 is SIGSYS: a system call that the seccomp profile forbids; CRI-O says "seccomp killed".`,
    code: 159,
    pod: app('sandbox', { command: ['/sandbox'], last: died(159, 'seccomp killed', '14:30:17', '14:30:18') }),
    mustSay: ['seccomp'],
  }),
];
