import type { DeathFacts } from '../facts/types.ts';
import type { EventEvidence, WorkloadEvidence } from '../model/kubernetes.ts';
import { formatInstant } from '../text/amounts.ts';
import { SECOND_MS } from '../units.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { stopDecision } from './mechanism.ts';
import { endOfPod } from './pod-end.ts';
import { diedInDeletion, endedWithPod, exitCode, isPlaceholder, isSigkill } from './read.ts';
import { fromDecision, fromEvent, present, pro } from './say.ts';

/** Controllers act, and the pod's deletion follows, within moments. */
const CONTROLLER_TO_POD_MS = 30 * SECOND_MS;

/** When the stop of this pod began, as well as it is known. */
function stopBegan(facts: DeathFacts): number | undefined {
  return facts.deletion?.requestedAtMs ?? stopDecision(facts)?.atMs ?? facts.diedAtMs;
}

function namesPod(event: EventEvidence, facts: DeathFacts): boolean {
  const name = facts.pod?.name;
  return (
    event.reason === 'SuccessfulDelete' && name !== undefined && event.message.split(/[\s:,]+/).includes(name)
  );
}

/** `Scaled down replica set web-7d4b to 0 from 3`: the pod's own ReplicaSet, at that time. */
function scalesDown(event: EventEvidence, facts: DeathFacts): boolean {
  const owner = facts.pod?.owner?.name;
  if (event.reason !== 'ScalingReplicaSet' || owner === undefined) return false;
  if (!event.message.startsWith('Scaled down ') || !event.message.includes(owner)) return false;
  const began = stopBegan(facts);
  const last = event.lastAtMs ?? event.firstAtMs;
  const first = event.firstAtMs ?? last;
  if (began === undefined || last === undefined || first === undefined) return true;
  return began >= first - CONTROLLER_TO_POD_MS && began <= last + CONTROLLER_TO_POD_MS;
}

function newerRevision(facts: DeathFacts): WorkloadEvidence | undefined {
  const own = facts.revisions.findIndex((revision) => revision.name === facts.pod?.owner?.name);
  const newest = facts.revisions[0];
  const began = stopBegan(facts);
  if (own <= 0 || newest?.createdAtMs === undefined || began === undefined) return undefined;
  return newest.createdAtMs <= began + CONTROLLER_TO_POD_MS ? newest : undefined;
}

/** Who asked for the pod's end, from its owners. */
function deciders(facts: DeathFacts): readonly Statement[] {
  const events = facts.ownerEvents.filter((event) => namesPod(event, facts) || scalesDown(event, facts));
  const revision = newerRevision(facts);
  const job = facts.owners.find(
    (o) =>
      o.kind === 'Job' && o.conditions.some((c) => c.status === 'True' && c.reason === 'DeadlineExceeded'),
  );
  const deleted = facts.owners.find((owner) => owner.deletionAtMs !== undefined);
  return present([
    ...events.slice(0, 2).map((event) => fromEvent(event)),
    revision === undefined
      ? undefined
      : pro('workload', `a newer revision, ${revision.name}, had taken over`, {
          atMs: revision.createdAtMs,
          records: [revision.id],
        }),
    job === undefined
      ? undefined
      : pro('workload', `Job ${job.name} was active longer than its deadline, so its pods are deleted`, {
          records: [job.id],
        }),
    deleted === undefined
      ? undefined
      : pro('workload', `${deleted.kind} ${deleted.name} is being deleted`, { records: [deleted.id] }),
  ]);
}

function summary(facts: DeathFacts, who: readonly Statement[]): string {
  const code = exitCode(facts);
  const owner = facts.owners.at(-1) ?? facts.pod?.owner;
  const by =
    who.length === 0 || owner === undefined ? '' : ` by its controller (${owner.kind} ${owner.name})`;
  const end = isSigkill(facts)
    ? '; it did not stop within its grace period and got SIGKILL'
    : code === undefined
      ? ''
      : `; it ended in time with exit code ${code}`;
  return `The pod was deleted${by}${end}. This is not about memory.`;
}

function assess(facts: DeathFacts): Assessment | undefined {
  if (facts.disruption !== undefined || !endedWithPod(facts) || facts.subject.kind === 'pod')
    return undefined;
  const stop = stopDecision(facts);
  const deleting = diedInDeletion(facts);
  const lost = isPlaceholder(facts);
  if (stop === undefined && !deleting && !(lost && facts.pod?.deletionAtMs !== undefined)) return undefined;
  const who = deciders(facts);
  // A SIGKILL whose asker is unknown is named by its mechanism (L7); an obeyed SIGTERM by the deletion itself.
  const killed = isSigkill(facts) || facts.nodeLog.some(({ kind }) => kind === 'sigkill-sent');
  if (who.length === 0 && (killed || lost)) return undefined;
  // A vanished pod that was told to stop: a drain, a shutdown or a delete, and often no record says which.
  const vanished = facts.subject.kind === 'trace';
  const deletion = facts.deletion;
  const weight =
    who.length > 0 ? 0.96 : deleting && stop !== undefined ? 0.95 : deleting ? 0.9 : vanished ? 0.6 : 0.85;
  return endOfPod(facts, weight, summary(facts, who), [
    ...who,
    stop === undefined ? undefined : fromDecision(stop),
    deletion === undefined
      ? undefined
      : pro('pod metadata', `its deletion was asked for at ${formatInstant(deletion.requestedAtMs)}`, {
          atMs: deletion.requestedAtMs,
        }),
  ]);
}

/** P1: deleted by a person or a controller: delete, scale, rollout, Job clean-up. */
export const deletionOrRollout: Cause = {
  code: 'P1',
  id: 'deletion-or-rollout',
  title: 'deleted, scaled down or rolled out',
  sender: 'control-plane',
  memory: 'none',
  rank: RANK.decision + 3,
  needs: ['pod', 'pod-events'],
  assess,
};
