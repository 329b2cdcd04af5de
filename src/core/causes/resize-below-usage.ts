import type { DeathFacts } from '../facts/types.ts';
import { within } from '../facts/window.ts';
import { formatBytes } from '../text/amounts.ts';
import { RANK } from './cause.ts';
import type { Assessment, Cause, Statement } from './cause.ts';
import { endingKill, isSigkill, limitOf, oomHitContainer, podEventsInWindow } from './read.ts';
import { found, fromEvent, fromKernel, nameOf, present, pro } from './say.ts';

const RESIZE_EVENTS = [
  'ResizeStarted',
  'ResizeError',
  'ResizeCompleted',
  'ResizeDeferred',
  'InPlaceResizedByVPA',
];

/** The kubelet refuses a limit below usage (1.34 and later): nothing dies of that. */
const REFUSED = /cannot decrease memory limits|below current usage/i;

function resizeSigns(facts: DeathFacts): readonly Statement[] {
  const events = podEventsInWindow(facts, RESIZE_EVENTS).filter((event) => !REFUSED.test(event.message));
  const conditions = (facts.pod?.conditions ?? []).filter(
    (c) =>
      c.type === 'PodResizeInProgress' &&
      c.status === 'True' &&
      !REFUSED.test(c.message ?? '') &&
      within(facts.window, c.lastTransitionAtMs),
  );
  return [
    ...events.map((event) => fromEvent(event)),
    ...conditions.map((c) =>
      pro('pod condition', `a resize was in progress: ${c.reason ?? c.message ?? ''}`, {
        atMs: c.lastTransitionAtMs,
      }),
    ),
  ];
}

function assess(facts: DeathFacts): Assessment | undefined {
  const kill = endingKill(facts) ?? (facts.subject.kind === 'kernel' ? facts.kernelKills.at(-1) : undefined);
  const written = kill?.byLimitWrite === true;
  const ended = facts.subject.kind === 'container' && isSigkill(facts) && oomHitContainer(facts);
  if (!ended && !(written && facts.subject.kind === 'kernel')) return undefined;
  const signs = resizeSigns(facts);
  if (signs.length === 0 && !written) return undefined;
  const actual = kill?.limitBytes ?? facts.container?.status?.actualLimits?.memoryBytes;
  const spec = facts.container?.limits.memoryBytes ?? limitOf(facts);
  const differs = typeof actual === 'number' && spec !== undefined && actual !== spec;
  const limits = differs
    ? [pro('pod status', `limit in force ${formatBytes(actual)}, limit in the spec ${formatBytes(spec)}`)]
    : [];
  return found(
    kill === undefined ? 0.8 : written ? 0.97 : 0.96,
    `The kernel killed ${nameOf(facts)} after its memory limit was changed in place: usage crossed the new limit.`,
    present([
      ...signs,
      written && kill !== undefined
        ? pro('kernel log', 'its call trace shows a write of a new limit (memory_max_write)', {
            records: [kill.id],
          })
        : undefined,
      kill === undefined ? undefined : fromKernel(kill),
      ...limits,
    ]),
  );
}

/** K8: an in-place resize lowered the limit and usage then crossed it (KEP-1287; checks since 1.34 are best effort). */
export const resizeBelowUsage: Cause = {
  code: 'K8',
  id: 'resize-below-usage',
  title: 'memory limit lowered in place below usage',
  sender: 'kernel.memcg',
  memory: 'container',
  rank: RANK.kernel,
  needs: ['pod-events', 'pod', 'kernel-log'],
  assess,
};
