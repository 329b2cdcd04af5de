/** `exit-N`: the program ended by itself, or by a signal that is no SIGKILL. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { kubectlOnContainer } from './commands.ts';
import { rollbackActions } from './rollback.ts';
import { theContainer } from './words.ts';

export function adviseExit(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const code = Number(verdict.code.slice('exit-'.length));
  const text = forCode(facts, code);
  if (code === 0 || code === 143) return [{ kind: 'prevent', text }];
  return [...rollbackActions(facts, verdict), { kind: 'investigate', text, ...readLog(facts) }];
}

/** The log of the dead instance: `--previous` only where a newer one exists. */
export function readLog(facts: DeathFacts): { readonly command?: string } {
  if (facts.subject.kind !== 'container') return {};
  const previous = facts.subject.which === 'lastState' ? ['--previous'] : [];
  const command = kubectlOnContainer(facts, ['logs'], [...previous, '--tail=50']);
  return command === undefined ? {} : { command };
}

/** Sources: POSIX shells (126, 127), runc and containerd (128), signal(7) (128 + n). */
function forCode(facts: DeathFacts, code: number): string {
  switch (code) {
    case 0:
      return `Nothing to repair: ${theContainer(facts)} ended by itself with success. Where it should run on, its main process must stay in the foreground.`;
    case 143:
      return 'Nothing to repair: the program ended on SIGTERM, as it should when it is stopped.';
    case 126:
      return 'Check the file that the command starts: it was found and cannot be executed (mode, a wrong architecture, a script without its interpreter).';
    case 127:
      return 'Check the command: a shell in the container did not find the program, or the program did not find its loader (a glibc binary on a musl image).';
    case 128:
      return 'Read the message of the record: the runtime could not start the container, and the program never ran.';
    case 132:
      return 'Compare the processor of this node with those where it runs: the program used an instruction that this one does not have.';
    case 134:
      return 'Read the end of the log: the program ended itself by abort. A heap limit of the runtime, a failed assertion or damaged memory are the usual reasons; the kernel did not run out.';
    case 135:
      return 'Check /dev/shm (64 MiB unless a memory-backed volume is mounted there) and files that shrink while mapped: the program touched mapped memory that nothing stands behind.';
    case 136:
    case 139:
      return 'Get the native stack (a core file, the log): the program made a native error. Memory limits do not cause this one.';
    case 141:
      return 'Look for a pipe whose reader ended first: the program was ended by writing to it.';
    case 159:
      return 'Compare the seccomp profile with what the program calls: it used a system call that the profile forbids.';
    case 255:
      return 'Read the log and look at the node: 255 is what a program gives for -1, and what the runtime writes when it lost the container.';
    default:
      return 'Read the last lines of its log: the program ended by itself, and its code means what its authors say.';
  }
}
