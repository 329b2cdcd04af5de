import type { DeathFacts } from '../facts/types.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause } from './cause.ts';
import { endExplained, isSandboxed, isSigkill, oomHitContainer, peakRatio, SIGTERM_EXIT } from './read.ts';
import { found, nameOf, present, pro } from './say.ts';

function assess(facts: DeathFacts): Assessment | undefined {
  if (
    facts.subject.kind !== 'container' ||
    !isSandboxed(facts) ||
    endExplained(facts) ||
    oomHitContainer(facts)
  )
    return undefined;
  const code = facts.termination?.exitCode;
  // gVisor reported 143 or 128 for an OOM of the sandbox (google/gvisor#9723).
  if (!isSigkill(facts) && code !== 128 && code !== SIGTERM_EXIT) return undefined;
  const ratio = peakRatio(facts);
  const atLimit = ratio !== undefined && ratio >= 0.9;
  return found(
    atLimit ? 0.7 : 0.5,
    `Probably memory ran out inside the sandbox of ${nameOf(facts)}; its guest kernel's OOM kill does not show on the host.`,
    present([
      pro(
        'pod spec',
        `it runs in the sandboxed runtime ${facts.pod?.runtimeClassName ?? ''}, whose OOM kills neither the API nor the host's kernel log shows`,
      ),
      atLimit
        ? pro('metrics', `its highest reading was ${Math.round((ratio ?? 0) * 100)} % of its limit`)
        : undefined,
    ]),
  );
}

/** X5: gVisor, Kata and other VM runtimes (google/gvisor#9723, cri-o#4203): OOM in the guest, nothing on the host. */
export const sandboxedRuntime: Cause = {
  code: 'X5',
  id: 'sandboxed-runtime',
  title: 'out of memory inside a sandboxed runtime',
  sender: 'unknown',
  memory: 'container',
  rank: RANK.outside + 4,
  needs: ['pod'],
  assess,
};
