/** L7, L8, L14 and every kill that gave a grace period first: why the program was still there when it ran out. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import type { ContainerEvidence } from '../model/kubernetes.ts';

/** Shells that, as PID 1 without `exec`, neither die of SIGTERM nor pass it on. */
const SHELLS: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh']);
/** The kubelet leaves at least this much (k8s pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds). */
const FLOOR_SECONDS = 2;
/** Events and `finishedAt` have a resolution of one second each; domain rule 9 allows 3 s. */
const TIMING_SLACK_MS = 3000;

/** The shutdown half of a verdict: nothing where the container ended in time or was never asked. */
export function stopActions(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  if (verdict.via === 'L8') return adviseHookOverrun(facts);
  if (verdict.via === 'L14') return adviseSidecar(facts);
  return verdict.via === 'L7' || usedItsGrace(facts) ? adviseIgnoredTerm(facts) : [];
}

/** 137 at the end of the grace period that a `Killing` record opened; earlier than that something else killed. */
function usedItsGrace(facts: DeathFacts): boolean {
  const died = facts.termination?.finishedAtMs;
  if (facts.termination?.exitCode !== 137 || died === undefined) return false;
  return facts.killDecisions.some(
    ({ atMs, graceSeconds }) =>
      atMs !== undefined && died >= atMs && died - atMs >= graceSeconds * 1000 - TIMING_SLACK_MS,
  );
}

/** L7: stopped in an orderly way and still running when the grace period was over. */
export function adviseIgnoredTerm(facts: DeathFacts): readonly Action[] {
  const shell = shellAsFirst(facts.container);
  const reach: Action =
    shell === undefined
      ? {
          kind: 'fix',
          short: `handle SIGTERM within ${facts.graceSeconds} s`,
          text: `Let the program end within ${facts.graceSeconds} s of SIGTERM: PID 1 ignores a signal it has no handler for, so it needs a handler or an init such as tini before it; a shell as PID 1 must exec the program.`,
        }
      : {
          kind: 'fix',
          text: `Start the program with exec: it runs through ${shell}, and a shell that stays PID 1 does not pass SIGTERM on, so the program does not hear of its ${facts.graceSeconds} s. Where it is exec'd already, it needs a SIGTERM handler.`,
        };
  return [reach, ...stopSignal(facts.container), longerGrace(facts)];
}

function stopSignal(container: ContainerEvidence | undefined): readonly Action[] {
  if (container === undefined) return [];
  return [
    {
      kind: 'investigate',
      text:
        container.stopSignal === undefined
          ? "Check the image's STOPSIGNAL: some images ask for another signal than SIGTERM, and that is the one sent."
          : `Check that the program handles ${container.stopSignal}: lifecycle.stopSignal asks for it in place of SIGTERM.`,
    },
  ];
}

function longerGrace(facts: DeathFacts): Action {
  return {
    kind: 'fix',
    text: `If it does shut down but needs longer: drain less, or raise terminationGracePeriodSeconds above ${facts.graceSeconds}. Killed after its grace period is a slow end, not a memory problem.`,
  };
}

/** L8: the preStop hook used the grace period up. */
export function adviseHookOverrun(facts: DeathFacts): readonly Action[] {
  const sleep = facts.container?.preStop?.sleepSeconds;
  const grace = facts.graceSeconds;
  const sum =
    sleep === undefined
      ? `Its time counts against the ${grace} s of the grace period`
      : `It sleeps ${sleep} s of the ${grace} s grace period`;
  return [
    {
      kind: 'fix',
      text: `Shorten the preStop hook, or raise terminationGracePeriodSeconds above the hook's time plus the program's own shutdown. ${sum}, and the program then gets what is left, at least ${FLOOR_SECONDS} s.`,
    },
  ];
}

/** L14: a sidecar that got what was left after the main containers. */
export function adviseSidecar(facts: DeathFacts): readonly Action[] {
  return [
    {
      kind: 'prevent',
      short: 'none needed',
      text: 'Nothing is broken by the code alone: sidecars stop after the main containers, with what is left of the grace period (at least 2 s), and 137 at the end of a pod is normal for them. Exclude it from alerts.',
    },
    {
      kind: 'fix',
      text: `If the sidecar must flush something: make the main containers stop sooner, or raise terminationGracePeriodSeconds above ${facts.graceSeconds}.`,
    },
  ];
}

/** `sh -c "…"` whose script does not exec; a script file cannot be looked into, so it is not claimed. */
function shellAsFirst(container: ContainerEvidence | undefined): string | undefined {
  const words = [...(container?.command ?? []), ...(container?.args ?? [])];
  const name = words[0]?.split('/').at(-1);
  const flag = words.findIndex((word, index) => index > 0 && /^-[a-z]*c[a-z]*$/.test(word));
  if (name === undefined || !SHELLS.has(name) || flag < 0 || container?.command === undefined)
    return undefined;
  const script = words[flag + 1] ?? '';
  // bash and dash exec a lone simple command by themselves; only a compound script keeps the shell alive.
  const compound = /[;&|\n]/.test(script);
  return compound && !/\bexec\s/.test(script) ? `${name} -c` : undefined;
}
