/** L15, X1 to X5, W1: ended by something that Kubernetes does not report, or by nobody at all. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action } from '../model/diagnosis.ts';
import { commandLine, isSafeName } from '../text/shell.ts';
import { theContainer } from './words.ts';

function nodeEvents(facts: DeathFacts): { readonly command?: string } {
  const node = facts.nodeName;
  if (node === undefined || !isSafeName(node)) return {};
  const selector = `--field-selector=involvedObject.kind=Node,involvedObject.name=${node}`;
  const command = commandLine(['kubectl', 'get', 'events', '-A', selector]);
  return command === undefined ? {} : { command };
}

/** L15 */
export function adviseLostStatus(facts: DeathFacts): readonly Action[] {
  const node = facts.nodeName === undefined ? '' : ` ${facts.nodeName}`;
  const placeholder =
    facts.termination?.exitCode === 137 ? ' and wrote 137 as a placeholder; no signal is on record' : '';
  return [
    {
      kind: 'investigate',
      text: `Look at the node${node} around that time (reboot, runtime trouble, eviction, a forced deletion): the kubelet lost sight of the container${placeholder}.`,
      ...nodeEvents(facts),
    },
  ];
}

/** X1 */
export function adviseOomd(): readonly Action[] {
  return [
    {
      kind: 'fix',
      text: 'Take kubepods.slice out of systemd-oomd on the nodes (ManagedOOMMemoryPressure=auto, ManagedOOMSwap=auto for it and the slices above), so that only the kubelet decides; or stop systemd-oomd there.',
    },
    {
      kind: 'investigate',
      text: 'The memory pressure that woke it is real: see which pods of the node use far more than they request.',
    },
  ];
}

/** X2 */
export function adviseUserspaceKiller(): readonly Action[] {
  return [
    {
      kind: 'fix',
      short: 'restrain the memory watcher',
      text: 'Keep the memory watcher of the node (earlyoom, nohang, an agent) away from container processes, or let it begin only below the eviction threshold of the kubelet.',
    },
    {
      kind: 'investigate',
      text: 'The shortage that woke it is real: see which pods of the node use far more than they request.',
    },
  ];
}

/** X3 */
export function adviseNodeRestart(facts: DeathFacts): readonly Action[] {
  const others = facts.cohort.length;
  const beside =
    others === 0
      ? ''
      : ` ${others} other ${others === 1 ? 'container' : 'containers'} of the node ended within the same minute.`;
  return [
    {
      kind: 'investigate',
      text: `Look at the node, not at ${theContainer(facts)}: its runtime or the machine itself restarted, and the exit code is not the program's.${beside}`,
      ...nodeEvents(facts),
    },
  ];
}

/** X4 */
export function adviseExternalKill(facts: DeathFacts): readonly Action[] {
  return [
    {
      kind: 'investigate',
      text: `Look for who can kill inside ${theContainer(facts)}: a supervisor or master process with a worker timeout, a script that ends with exit 137, a debugger, an agent on the node, a person.`,
    },
    {
      kind: 'prevent',
      text: 'Change no memory setting for this: nothing that was read says that memory was short.',
    },
  ];
}

/** X5 */
export function adviseSandbox(facts: DeathFacts): readonly Action[] {
  const name = facts.pod?.runtimeClassName;
  return [
    {
      kind: 'investigate',
      text: `Read the log of the sandbox${name === undefined ? '' : ` (RuntimeClass ${name})`}: with gVisor or Kata memory runs out inside it, and the host's kernel log and cgroups show nothing of that.`,
    },
  ];
}

/** W1 */
export function adviseWindows(): readonly Action[] {
  return [
    {
      kind: 'investigate',
      text: 'Read the log of the program and the event log of the node: Windows has no OOM killer, an allocation fails or the node pages, so 137 there does not speak of memory.',
    },
  ];
}
