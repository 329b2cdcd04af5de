/** What differs between the revision that died and the one before it, and whether going back is sound advice. */
import type { DeathFacts } from '../facts/types.ts';
import type { Change, RevisionChange, Verdict } from '../model/diagnosis.ts';
import type { ContainerTemplate, WorkloadEvidence } from '../model/kubernetes.ts';
import { formatBytes, formatDuration } from '../text/amounts.ts';
import type { Bytes, Milliseconds } from '../units.ts';
import { HOUR_MS } from '../units.ts';
import { kubectl, whoUndoes, workloadAddress } from './commands.ts';

/**
 * A death this soon after the revision, counted per restart, is taken to have begun with it. A day spares the
 * slow leaks of most services; a later first death says more about time than about the change.
 */
const BEGAN_WITHIN_MS: Milliseconds = 24 * HOUR_MS;
/** Enough for any reading person; keeps a hostile template from flooding the answer. */
const MAX_CHANGES = 40;

/** Which fields can bring about a death of this kind. */
type Plausible = 'any change' | 'requests too' | 'no change';

/**
 * Compares the dead pod's revision with the one before it (k8s: `deployment.kubernetes.io/revision` of ReplicaSets,
 * `revision` of ControllerRevisions). Absent where there is only one revision or the dead one is not known.
 * The rollback command is given only where the time order and the kind of death make the change a suspect;
 * without a verdict the kind of death is read off the facts.
 */
export function whatChanged(facts: DeathFacts, verdict?: Verdict): RevisionChange | undefined {
  const newer = deadRevision(facts);
  if (newer === undefined) return undefined;
  const older = revisionBefore(facts.revisions, newer);
  if (older === undefined) return undefined;
  const changes = compareTemplates(older.containers, newer.containers);
  const rollback = rollbackAdvice({ facts, newer, older, changes, plausible: plausibility(facts, verdict) });
  return {
    ...(older.revision === undefined ? {} : { fromRevision: older.revision }),
    ...(newer.revision === undefined ? {} : { toRevision: newer.revision }),
    fromName: older.name,
    toName: newer.name,
    ...(newer.createdAtMs === undefined ? {} : { atMs: newer.createdAtMs }),
    changes: changes.slice(0, MAX_CHANGES),
    ...rollback,
  };
}

/** By owner (Deployment), by `controller-revision-hash` (StatefulSet: the whole name, DaemonSet: its end), or the only live one. */
function deadRevision(facts: DeathFacts): WorkloadEvidence | undefined {
  const owner = facts.pod?.owner;
  const owned = facts.revisions.find(
    (revision) =>
      revision.kind === owner?.kind &&
      revision.name === owner.name &&
      (revision.uid === undefined || owner.uid === undefined || revision.uid === owner.uid),
  );
  if (owned !== undefined) return owned;
  const hash = facts.pod?.labels?.['controller-revision-hash'];
  if (hash === undefined || hash === '') return undefined;
  return facts.revisions.find(({ name }) => name === hash || name.endsWith(`-${hash}`));
}

function revisionBefore(
  revisions: readonly WorkloadEvidence[],
  newer: WorkloadEvidence,
): WorkloadEvidence | undefined {
  const { revision } = newer;
  if (revision === undefined) return revisions[revisions.indexOf(newer) + 1];
  let best: WorkloadEvidence | undefined;
  for (const candidate of revisions) {
    if (candidate.revision === undefined || candidate.revision >= revision) continue;
    if (best?.revision === undefined || candidate.revision > best.revision) best = candidate;
  }
  return best;
}

function compareTemplates(
  before: readonly ContainerTemplate[],
  after: readonly ContainerTemplate[],
): readonly Change[] {
  const changes: Change[] = [];
  for (const container of after) {
    const old = before.find(({ name }) => name === container.name);
    if (old === undefined) {
      changes.push({
        container: container.name,
        field: 'container',
        after: container.image ?? container.name,
      });
    } else {
      changes.push(...compareContainer(old, container));
    }
  }
  for (const old of before) {
    if (!after.some(({ name }) => name === old.name)) {
      changes.push({ container: old.name, field: 'container', before: old.image ?? old.name });
    }
  }
  return changes;
}

function compareContainer(old: ContainerTemplate, now: ContainerTemplate): readonly Change[] {
  const pairs: readonly (readonly [Change['field'], string | undefined, string | undefined])[] = [
    ['image', old.image, now.image],
    ['memory limit', bytesText(old.limits.memoryBytes), bytesText(now.limits.memoryBytes)],
    ['memory request', bytesText(old.requests.memoryBytes), bytesText(now.requests.memoryBytes)],
    ['command', wordsText(old.command), wordsText(now.command)],
    ['args', wordsText(old.args), wordsText(now.args)],
    ...environmentPairs(old, now),
  ];
  return pairs
    .filter(([, before, after]) => before !== after)
    .map(([field, before, after]) => ({
      container: now.name,
      field,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }));
}

/** Names that came or went, and memory knobs (the only ones whose value is kept) that differ. */
function environmentPairs(
  old: ContainerTemplate,
  now: ContainerTemplate,
): readonly (readonly ['environment', string | undefined, string | undefined])[] {
  const before = new Map(old.environment.map((variable) => [variable.name, variableText(variable)]));
  const after = new Map(now.environment.map((variable) => [variable.name, variableText(variable)]));
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((name) => ['environment', before.get(name), after.get(name)] as const);
}

function variableText(variable: { readonly name: string; readonly value?: string }): string {
  return variable.value === undefined ? variable.name : `${variable.name}=${variable.value}`;
}

/** Two amounts that print alike count as equal: a change that nobody can see is no news. */
function bytesText(bytes: Bytes | undefined): string | undefined {
  return bytes === undefined ? undefined : formatBytes(bytes);
}

function wordsText(words: readonly string[] | undefined): string | undefined {
  return words === undefined ? undefined : words.join(' ');
}

function plausibility(facts: DeathFacts, verdict: Verdict | undefined): Plausible {
  if (verdict === undefined) {
    const planned = facts.deletion !== undefined || facts.disruption !== undefined;
    const kernel = facts.kernelKills.length > 0 || facts.termination?.reason === 'OOMKilled';
    const probe = facts.killDecisions.some(
      ({ decision }) => decision === 'liveness' || decision === 'startup',
    );
    return !planned && (kernel || probe) ? 'any change' : 'no change';
  }
  if (verdict.kind !== 'identified') return 'no change';
  return plausibleCode(verdict.code);
}

/** Causes that a new image, command or limit of the pod can bring about. */
const BY_ANY_CHANGE: ReadonlySet<string> = new Set('K1 K2 K3 K4 K7 K9 K10 L3 L4 L5 L6 H1'.split(' '));
/** Shortage of the node: the request decides who is chosen. */
const BY_REQUESTS_TOO: ReadonlySet<string> = new Set(['K5', 'K6', 'L1']);
/** Ended as it should. */
const NO_FAILURE: ReadonlySet<string> = new Set(['exit-0', 'exit-143']);

function plausibleCode(code: Verdict['code']): Plausible {
  if (BY_REQUESTS_TOO.has(code)) return 'requests too';
  const ownFailure = code.startsWith('exit-') && !NO_FAILURE.has(code);
  return BY_ANY_CHANGE.has(code) || ownFailure ? 'any change' : 'no change';
}

interface RollbackQuestion {
  readonly facts: DeathFacts;
  readonly newer: WorkloadEvidence;
  readonly older: WorkloadEvidence;
  readonly changes: readonly Change[];
  readonly plausible: Plausible;
}

function rollbackAdvice(question: RollbackQuestion): Pick<RevisionChange, 'rollbackCommand' | 'caution'> {
  const { facts, newer, older, plausible } = question;
  if (plausible === 'no change' || !canCause(question)) return {};
  if (
    newer.revision !== undefined &&
    facts.revisions.some((r) => (r.revision ?? 0) > (newer.revision ?? 0))
  ) {
    return {
      caution: 'A newer revision than the one that died is already rolling out: see first whether it lives.',
    };
  }
  if (!beganWithNewer(facts, newer, older)) return {};
  const address = workloadAddress(facts);
  if (address === undefined || address.kind === 'CronJob' || older.revision === undefined) return {};
  const top = facts.owners.find(({ kind, name }) => kind === address.kind && name === address.name);
  if (top?.paused === true) {
    return {
      caution: `${address.spelled} is paused, and a paused Deployment cannot be rolled back: resume it first, which also rolls out what waits in its template.`,
    };
  }
  if (top?.deletionAtMs !== undefined) return { caution: `${address.spelled} is being deleted.` };
  const command = kubectl(facts, ['rollout', 'undo', address.spelled, `--to-revision=${older.revision}`]);
  if (command === undefined) return {};
  return { rollbackCommand: command, caution: rollbackCaution(question, address.spelled, address.kind) };
}

/** Some change of the dead container, or of a neighbour in the pod, that can bring about a death of this kind. */
function canCause({ facts, changes, plausible }: RollbackQuestion): boolean {
  // The victim of a node's shortage is often innocent: its new image is a suspect only if it took more than it asked for.
  const innocent = plausible === 'requests too' && !tookMoreThanRequested(facts);
  return changes.some((change) => {
    if (change.field === 'memory request') return plausible === 'requests too';
    if (innocent) return false;
    const other = facts.container !== undefined && change.container !== facts.container.name;
    // A neighbour's new command can fill a shared pod limit or a node; a neighbour's limit cannot kill this container.
    return other ? change.field !== 'memory limit' : true;
  });
}

function tookMoreThanRequested(facts: DeathFacts): boolean {
  const request = facts.requestBytes ?? 0;
  const evicted = (facts.eviction?.consumers ?? []).some(
    ({ exceedsRequest, usageBytes, requestBytes }) =>
      exceedsRequest || (usageBytes ?? 0) > (requestBytes ?? 0),
  );
  return evicted || facts.kernelKills.some(({ victim }) => (victim?.anonRssBytes ?? 0) > request);
}

/**
 * The newer revision was made before this pod and the death, the death came soon after it (per restart),
 * and the older one had at least as long to die. A revision made before its predecessor is itself a return.
 */
function beganWithNewer(facts: DeathFacts, newer: WorkloadEvidence, older: WorkloadEvidence): boolean {
  const madeAt = newer.createdAtMs;
  const olderAt = older.createdAtMs;
  const diedAt = facts.diedAtMs;
  if (madeAt === undefined || olderAt === undefined || diedAt === undefined) return false;
  if (olderAt >= madeAt || diedAt < madeAt) return false;
  const restarts = Math.max(1, facts.container?.status?.restartCount ?? 1);
  const perDeathMs = (diedAt - madeAt) / restarts;
  return perDeathMs <= BEGAN_WITHIN_MS && madeAt - olderAt >= perDeathMs;
}

function rollbackCaution(question: RollbackQuestion, spelled: string, kind: string): string {
  const { facts, newer, older } = question;
  const livedMs = (newer.createdAtMs ?? 0) - (older.createdAtMs ?? 0);
  const sentences = [
    `Replaces the pods of ${spelled}; everything else that came with revision ${newer.revision ?? newer.name} goes too.`,
    `Revision ${older.revision ?? older.name} ran for ${formatDuration(livedMs)}; that it did not die as well is taken from the dates only.`,
  ];
  if (kind === 'Deployment' && (older.desiredReplicas ?? 0) > 0) {
    sentences.push('The rollout is not finished: both revisions have pods now.');
  }
  if (kind === 'StatefulSet') {
    sentences.push(
      'A StatefulSet waits for its broken pod: delete that pod after the undo if it never became ready.',
    );
  }
  const undone = whoUndoes(facts);
  if (undone !== undefined) sentences.push(undone);
  return sentences.join(' ');
}
