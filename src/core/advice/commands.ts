/** The commands that advice prints: what they address, how they are spelled, what they restart and who undoes them. */
import type { DeathFacts } from '../facts/types.ts';
import { deploymentOf } from '../model/deployment.ts';
import type { Bytes } from '../units.ts';
import { commandLine, isSafeName, journalOverSsh } from '../text/shell.ts';
import { mebibytesUp } from './words.ts';

/** A command and what people must know before they paste it. */
export interface Advised {
  readonly command?: string;
  readonly caution?: string;
}

/** What `kubectl set resources` and `kubectl rollout undo` can work on. */
export interface WorkloadAddress {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';
  readonly name: string;
  /** `deploy/checkout-api`. */
  readonly spelled: string;
}

const SPELLING: Readonly<Record<string, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  CronJob: 'cronjob',
};

function addressOf(kind: string, name: string): WorkloadAddress | undefined {
  const short = Object.hasOwn(SPELLING, kind) ? SPELLING[kind] : undefined;
  if (short === undefined || !isSafeName(name)) return undefined;
  return { kind: kind as WorkloadAddress['kind'], name, spelled: `${short}/${name}` };
}

/**
 * The workload whose template a change must go to: the topmost owner that has a changeable template.
 * A Job's template cannot be changed.
 */
export function workloadAddress(facts: DeathFacts): WorkloadAddress | undefined {
  for (const owner of facts.owners.toReversed()) {
    const address = addressOf(owner.kind, owner.name);
    if (address !== undefined) return address;
  }
  if (facts.owners.length > 0) return undefined;
  const owner = facts.pod?.owner;
  if (owner === undefined) return undefined;
  const deployment = deploymentOf(facts.pod);
  if (deployment !== undefined) return addressOf('Deployment', deployment);
  return addressOf(owner.kind, owner.name);
}

/** `kubectl -n NS …`; absent for plain docker and where a name could deceive. */
export function kubectl(facts: DeathFacts, words: readonly string[]): string | undefined {
  const pod = facts.pod;
  if (pod === undefined || pod.origin === 'docker' || !isSafeName(pod.namespace)) return undefined;
  return commandLine(['kubectl', '-n', pod.namespace, ...words]);
}

/** `kubectl -n NS <verb…> POD -c CONTAINER <rest…>`. */
export function kubectlOnContainer(
  facts: DeathFacts,
  verb: readonly string[],
  rest: readonly string[],
): string | undefined {
  const pod = facts.pod;
  const container = facts.container;
  if (pod === undefined || container === undefined) return undefined;
  if (!isSafeName(pod.name) || !isSafeName(container.name)) return undefined;
  return kubectl(facts, [...verb, pod.name, '-c', container.name, ...rest]);
}

/** Deletes the pod so that its controller makes a new one; absent where nothing would. */
export function deletePod(facts: DeathFacts): Advised {
  const pod = facts.pod;
  if (pod?.owner === undefined || pod.owner.kind === 'Node' || !isSafeName(pod.name)) return {};
  const command = kubectl(facts, ['delete', 'pod', pod.name]);
  if (command === undefined) return {};
  return {
    command,
    caution: `Stops every container of the pod; ${pod.owner.kind} ${pod.owner.name} makes a new one. What lies in its emptyDir volumes is lost.`,
  };
}

/** What happens to running pods when the template changes. */
const RESTARTS: Readonly<Record<WorkloadAddress['kind'], (spelled: string) => string>> = {
  Deployment: (spelled) => `Replaces every pod of ${spelled} by its rollout strategy.`,
  StatefulSet: (spelled) =>
    `Restarts every pod of ${spelled}, one after another, highest ordinal first (unless its update strategy is OnDelete).`,
  DaemonSet: (spelled) =>
    `Restarts the pods of ${spelled} node by node (unless its update strategy is OnDelete).`,
  CronJob: (spelled) => `Restarts nothing: it holds from the next run of ${spelled} on.`,
};

/** Who will undo a change made by hand; absent where nobody is known to. */
export function whoUndoes(facts: DeathFacts): string | undefined {
  const manager = facts.owners.findLast((owner) => owner.managedBy !== undefined)?.managedBy;
  switch (manager) {
    case 'helm':
      return 'Helm manages it: the next helm upgrade will undo this, so change the chart values too.';
    case 'argocd':
      return 'Argo CD manages it and will undo this, at once where self-heal is on: change it in Git too.';
    case 'flux':
      return 'Flux manages it and will undo this at its next reconciliation: change it in Git too.';
    case undefined:
      break;
  }
  const above = facts.owners.at(-1)?.owner;
  if (above === undefined || above.kind === 'Node') return undefined;
  return Object.hasOwn(SPELLING, above.kind) || above.kind === 'Job' || above.kind === 'ReplicaSet'
    ? undefined
    : `${above.kind} ${above.name} owns it and its operator will undo this: change it there.`;
}

/** What restarts and who undoes it, as one text. */
export function cautionFor(facts: DeathFacts, address: WorkloadAddress): string {
  const undone = whoUndoes(facts);
  return undone === undefined
    ? RESTARTS[address.kind](address.spelled)
    : `${RESTARTS[address.kind](address.spelled)} ${undone}`;
}

/**
 * `kubectl set resources` for one container of the workload. Works on init containers too
 * (kubectl pkg/cmd/set/set_resources.go). Absent where no changeable template is known.
 */
export function setMemory(
  facts: DeathFacts,
  change: { readonly container: string; readonly limitBytes?: Bytes; readonly requestBytes?: Bytes },
): Advised {
  const address = workloadAddress(facts);
  if (address === undefined || !isSafeName(change.container)) return {};
  const amounts = [
    ...(change.requestBytes === undefined ? [] : [`--requests=memory=${mebibytesUp(change.requestBytes)}`]),
    ...(change.limitBytes === undefined ? [] : [`--limits=memory=${mebibytesUp(change.limitBytes)}`]),
  ];
  if (amounts.length === 0) return {};
  const command = kubectl(facts, ['set', 'resources', address.spelled, '-c', change.container, ...amounts]);
  return command === undefined ? {} : { command, caution: cautionFor(facts, address) };
}

/** Words that name the target to exit137: the pod, or with `lasting` the workload, whose name outlives the pod. */
export function targetWords(facts: DeathFacts, lasting = false): readonly string[] | undefined {
  const pod = facts.pod;
  if (pod === undefined || !isSafeName(pod.name)) return undefined;
  const address = lasting ? workloadAddress(facts) : undefined;
  const name = address === undefined ? pod.name : address.spelled;
  if (pod.namespace === '') return [name];
  return isSafeName(pod.namespace) ? [name, '-n', pod.namespace] : undefined;
}

/** `exit137 <subcommand> TARGET -n NS <rest…>`. */
export function exit137(
  facts: DeathFacts,
  subcommand: 'why' | 'record',
  rest: readonly string[],
): string | undefined {
  const target = targetWords(facts, subcommand === 'record' && rest.includes('--watch'));
  return target === undefined ? undefined : commandLine(['exit137', subcommand, ...target, ...rest]);
}

/** Keeps what the cluster forgets: saves the bundle of each death as it happens. */
export function recordCommand(facts: DeathFacts): string | undefined {
  return facts.pod?.origin === 'docker'
    ? undefined
    : exit137(facts, 'record', ['--watch', '--out', 'deaths']);
}

/**
 * Reads the node's journal (kernel, kubelet, runtime) around the death over ssh, which changes nothing, and judges it
 * beside the evidence at hand: with a TARGET and no pod in its files, `why` reads the cluster too.
 */
export function nodeLogCommand(facts: DeathFacts): string | undefined {
  const node = facts.nodeName;
  if (node === undefined || facts.diedAtMs === undefined) return undefined;
  const journal = journalOverSsh(node, facts.diedAtMs);
  const judge = exit137(facts, 'why', ['-f', '-']);
  return journal === undefined || judge === undefined ? undefined : `${journal} | ${judge}`;
}
