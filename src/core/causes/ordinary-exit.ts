import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import {
  endExplained,
  isPlaceholder,
  isSandboxed,
  isSigkill,
  oomHitContainer,
  isWindows,
  SIGTERM_EXIT,
} from './read.ts';
import { foreignKill, siblingWasFlagged } from './false-flag.ts';
import { isStartFailure } from './start-out-of-memory.ts';
import { NO_MEMORY_CODES } from './windows-no-oom-killer.ts';
import { found, nameOf, pro } from './say.ts';

const SIGNALS: Readonly<Record<number, string>> = {
  129: 'SIGHUP',
  130: 'SIGINT',
  131: 'SIGQUIT',
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  139: 'SIGSEGV',
  141: 'SIGPIPE',
  143: 'SIGTERM',
  152: 'SIGXCPU',
  153: 'SIGXFSZ',
  159: 'SIGSYS',
};

/** Exit codes that a runtime also uses when its own heap is exhausted (docs/causes/H1.md). */
const HEAP_LIMIT_CODES: ReadonlySet<number> = new Set([1, 2, 3, 134, 255]);

function summary(facts: DeathFacts, code: number): string {
  const name = nameOf(facts);
  const reason = facts.termination?.reason;
  if (code === 128 && reason !== undefined && reason !== 'Error')
    return `The runtime could not start ${name} (${reason}); its program never ran.`;
  if (code === 0) return `${capital(name)} ended by itself with exit code 0; nothing killed it.`;
  const signal = SIGNALS[code];
  const by = signal === undefined ? '' : `, which stands for ${signal}`;
  const tail =
    code === SIGTERM_EXIT ? ': it obeyed a request to stop' : '; no SIGKILL and no OOM kill is involved';
  return `${capital(name)} ended with exit code ${code}${by}${tail}.`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The pod goes on, so only the container was ended or ended itself. */
function livesOn({ subject, pod }: DeathFacts): boolean {
  return subject.kind === 'container' && subject.which === 'lastState' && pod?.deletionAtMs === undefined;
}

/** A probe or hook whose failure ends the container. */
function hasKillingCheck({ container }: DeathFacts): boolean {
  const checks = [container?.livenessProbe, container?.startupProbe, container?.postStart];
  return checks.some((check) => check !== undefined);
}

function weightOf(facts: DeathFacts, code: number): number {
  const foreign = foreignKill(facts) !== undefined;
  if (endExplained(facts) || (oomHitContainer(facts) && !foreign))
    return siblingWasFlagged(facts) ? 0.55 : 0.3;
  // CRI-O writes -1 where it has no exit code; on Windows negative codes are the program's own.
  if (code === -1 && !isWindows(facts)) return 0.3;
  // W1 knows what these mean.
  if (NO_MEMORY_CODES.has(code) && isWindows(facts)) return 0.3;
  if (code === 255 && facts.termination?.reason === 'Unknown') return 0.3;
  const covered = facts.eventsCoverWindow === 'yes';
  if (!covered && mayBeProbed(facts)) return code === 0 ? 0.6 : 0.5;
  // Programs also end with other codes when they are asked to stop, and a changed image asks without any probe.
  if (!covered && livesOn(facts) && (code === 0 || hasKillingCheck(facts))) return 0.7;
  // Who asked for the end stays open with 143; the end itself does not.
  if (code === SIGTERM_EXIT) return isSandboxed(facts) ? 0.7 : covered ? 0.85 : 0.75;
  // gVisor reported 128 for an OOM of the sandbox (google/gvisor#9723).
  if (code === 128) return isSandboxed(facts) && !isStartFailure(facts) ? 0.5 : 0.96;
  if (code === 255) return weightOf255(facts);
  // These are also how runtimes end at their own heap limit; only the log tells.
  const logRead = facts.logTail !== undefined || (facts.termination?.message ?? '') !== '';
  if (HEAP_LIMIT_CODES.has(code) && !logRead) return 0.9;
  return covered ? 0.96 : 0.9;
}

/**
 * containerd writes 255 with reason Error for a container whose shim died (seen with 1.6.20), and says so in its log;
 * a program that left a message, or a log that was read and is silent, speaks for the program's own code.
 */
function weightOf255({ termination, runtimeLogCovers, nodeLog }: DeathFacts): number {
  if ((termination?.message ?? '') !== '') return 0.9;
  return runtimeLogCovers && !nodeLog.some(({ kind }) => kind === 'shim-lost') ? 0.85 : 0.6;
}

/**
 * The kubelet ends a container whose probe or hook failed with SIGTERM, which programs obey with 143 or 0. Without the
 * events of that time such an end in a living pod cannot be told from the program's own.
 */
function mayBeProbed(facts: DeathFacts): boolean {
  const code = facts.termination?.exitCode;
  return (code === SIGTERM_EXIT || code === 0) && livesOn(facts) && hasKillingCheck(facts);
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { termination, subject } = facts;
  if (subject.kind !== 'container' || termination === undefined || isSigkill(facts) || isPlaceholder(facts))
    return undefined;
  const { exitCode, reason, message } = termination;
  const says = message === undefined || message === '' ? '' : `; message: ${message.slice(0, 300)}`;
  const foreign = foreignKill(facts);
  return found(
    weightOf(facts, exitCode),
    summary(facts, exitCode),
    [
      pro('pod status', `exit code ${exitCode}, reason ${reason ?? 'not given'}${says}`, {
        atMs: facts.diedAtMs,
        records: facts.pod === undefined ? [] : [facts.pod.id],
      }),
      ...(foreign === undefined
        ? []
        : [
            pro(
              'kernel log',
              `the flag OOMKilled came from a process of another container (pid ${foreign.victim?.pid ?? '?'}): on cgroup v1 a limit above the containers flags all of them`,
              { records: [foreign.id] },
            ),
          ]),
    ],
    { code: `exit-${exitCode}` },
  );
}

/** exit-N: an ordinary exit; the code is the application's (or the start failure's), no SIGKILL is involved. */
export const ordinaryExit: Cause = {
  code: 'exit-1',
  id: 'ordinary-exit',
  title: 'ordinary exit',
  sender: 'application',
  memory: 'none',
  rank: RANK.exit,
  needs: ['pod'],
  assess,
};
