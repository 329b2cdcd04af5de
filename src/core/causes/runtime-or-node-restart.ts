import type { DeathFacts } from '../facts/types.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import { within } from '../facts/window.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { exitCode, isPlaceholder, isSigkill, oomHitContainer, saysOomKilled, stopExplains } from './read.ts';
import { found, fromEvent, fromLine, nameOf, present, pro } from './say.ts';
import { SECOND_MS } from '../units.ts';
import type { EpochMs } from '../units.ts';

/** From so many containers of one node in one minute it is the node's doing. */
const COHORT = 3;

/** What started before the container did cannot have ended it; status has whole seconds. */
function isInItsLife({ termination }: DeathFacts, atMs: EpochMs | undefined): boolean {
  const { startedAtMs } = termination ?? {};
  return atMs === undefined || startedAtMs === undefined || atMs >= startedAtMs - SECOND_MS;
}

function nodeSigns(facts: DeathFacts): readonly Statement[] {
  const events = facts.nodeEvents.filter(
    (event) =>
      event.reason === 'Rebooted' &&
      isInItsLife(facts, event.lastAtMs ?? event.firstAtMs) &&
      (facts.window === undefined || (event.lastAtMs ?? event.firstAtMs ?? 0) >= facts.window.fromMs),
  );
  const lines = facts.nodeLog.filter(
    (record) =>
      within(facts.window, record.atMs) &&
      isInItsLife(facts, record.atMs) &&
      (record.kind === 'boot' ||
        ((record.kind === 'service-started' || record.kind === 'service-stopped') &&
          record.service !== 'kubelet')),
  );
  return [
    ...events.slice(0, 1).map((event) => fromEvent(event)),
    ...lines
      .slice(0, 2)
      .map((line) =>
        fromLine(line, line.kind === 'boot' ? 'the node booted' : 'the container runtime stopped or started'),
      ),
  ];
}

function lostTogether(facts: DeathFacts): number {
  // 255 with reason Error is also how Go programs end themselves (klog.Fatal), often many at once when an API server
  // goes away: only a lost status counts.
  return facts.cohort.filter(({ reason }) => reason === 'Unknown' || reason === 'ContainerStatusUnknown')
    .length;
}

/** A shim that died before the exit of its container was known: lost while containerd ran, or found dead at its start. */
function deadShim(
  facts: DeathFacts,
): { readonly record: NodeLogRecord; readonly weight: number } | undefined {
  if (oomHitContainer(facts)) return undefined;
  const lost = facts.nodeLog.find((record) => record.kind === 'shim-lost');
  if (lost !== undefined) return { record: lost, weight: 0.97 };
  const cleanup = facts.nodeLog.find(
    (record) => record.kind === 'shim-cleanup' && record.containerId !== undefined,
  );
  const ordinary = facts.nodeLog.some(
    (record) => record.kind === 'shim-left' || record.kind === 'task-exit' || record.kind === 'sigkill-sent',
  );
  if (cleanup === undefined || ordinary) return undefined;
  // Only a log that was read without a break shows that no exit came before the line.
  return { record: cleanup, weight: facts.runtimeLogCovers ? 0.9 : 0.7 };
}

/** containerd internal/cri/server/restart.go: the task was gone when the runtime came back. */
function lostTask(facts: DeathFacts, absent: boolean): Assessment {
  const signs = nodeSigns(facts);
  const others = lostTogether(facts);
  const alone = absent ? 0.6 : 0.85;
  const weight = signs.length > 0 ? 0.96 : others >= COHORT - 1 ? 0.9 : alone;
  const code = absent ? 'exit code -1 stands for "absent"' : 'exit code 255 stands for "unknown"';
  return found(
    weight,
    `${nameOf(facts)[0]?.toUpperCase() ?? ''}${nameOf(facts).slice(1)} was lost when its runtime or its node restarted; ${code}.`,
    present([
      pro(
        'pod status',
        absent
          ? 'exit code -1: the runtime has no exit code for it'
          : 'exit code 255, reason Unknown: the runtime found its task gone after a restart',
        {
          records: facts.pod === undefined ? [] : [facts.pod.id],
        },
      ),
      others >= COHORT - 1
        ? pro('pod status', `${others} other containers of this node were lost in the same minute`)
        : undefined,
      ...signs,
    ]),
  );
}

function assess(facts: DeathFacts): Assessment | undefined {
  const { termination, subject } = facts;
  if (subject.kind !== 'container' || isPlaceholder(facts) || saysOomKilled(facts)) return undefined;
  const code = exitCode(facts);
  const shim = deadShim(facts);
  if ((isSigkill(facts) || code === 255) && shim !== undefined && stopExplains(facts) === undefined) {
    return found(
      shim.weight,
      `The runtime's shim of ${nameOf(facts)} died, and the runtime wrote exit code ${code ?? 137} for it; no memory limit is involved.`,
      [
        fromLine(shim.record, 'the shim had gone before the exit of its container was known'),
        ...nodeSigns(facts),
      ],
    );
  }
  const absent = code === -1 && facts.pod?.os !== 'windows';
  if ((code === 255 && termination?.reason === 'Unknown') || absent) return lostTask(facts, absent);
  const signs = nodeSigns(facts);
  const others = lostTogether(facts);
  const unexplained = isSigkill(facts) || code === 255;
  if (!unexplained || stopExplains(facts) !== undefined) return undefined;
  if (others < COHORT - 1 && !(code === 255 && signs.length > 0)) return undefined;
  return found(0.85, `The runtime or the node restarted under ${nameOf(facts)}.`, [
    ...(others >= COHORT - 1
      ? [pro('pod status', `${others} other containers of this node were lost in the same minute`)]
      : []),
    ...signs,
  ]);
}

/** X3: runtime restart, node reboot, dead shim. containerd restarting alone kills nothing: shims survive. */
export const runtimeOrNodeRestart: Cause = {
  code: 'X3',
  id: 'runtime-or-node-restart',
  title: 'runtime, shim or node restarted',
  sender: 'node',
  memory: 'none',
  rank: RANK.outside + 2,
  needs: ['pod', 'node-log'],
  assess,
};
