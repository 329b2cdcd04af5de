/** What is left of a pod whose object is deleted: its events, those of its owner, and its node. */
import type { EventEvidence } from '../../core/model/kubernetes.ts';
import { collectNode } from './node.ts';
import { collectEventsOf } from './object-events.ts';
import { listEvents, type Run } from './reader.ts';
import { EVENTS } from './resources.ts';

export interface GonePod {
  readonly namespace: string;
  readonly name: string;
}

export async function collectGone(run: Run, gone: GonePod): Promise<void> {
  const [events] = await Promise.all([
    collectEventsOf(run, { kind: 'Pod', ...gone }),
    collectDeletion(run, gone),
  ]);
  run.collector.gap({
    id: `gap:cluster/gone/${gone.namespace}/${gone.name}`,
    what: `pod ${gone.name} itself: it is deleted, only its events are left`,
    cost: 'Exit code, limits and restarts of its containers are unknown.',
    kind: 'pod',
    namespace: gone.namespace,
    pod: gone.name,
    fix: 'exit137 record --watch keeps the evidence of pods that vanish.',
  });
  const nodeName = nodeOf(events, gone);
  if (nodeName !== undefined) await collectNode(run, nodeName, [], gone);
}

/** The owner is named by the object that is gone; its event about the deletion names the pod. */
async function collectDeletion(run: Run, gone: GonePod): Promise<void> {
  const step = {
    source: 'events',
    what: `deletions in namespace ${gone.namespace}`,
    cost: 'Whether a controller deleted it is not seen.',
    kind: 'owner-events',
    verb: 'list',
    resource: EVENTS.rbac,
    namespace: gone.namespace,
  } as const;
  const part = await run.collector.attempt(step, () =>
    listEvents(run, {
      namespace: gone.namespace,
      fieldSelector: 'reason=SuccessfulDelete',
      keep: ({ message }) => message.split(/[\s:,]+/).includes(gone.name),
    }),
  );
  // Not how far the list reaches: events of one reason say nothing about the others.
  run.collector.add({ events: part?.events ?? [] });
}

/** The kubelet's events carry the node's name; the scheduler's says it: `Successfully assigned NS/POD to NODE`. */
function nodeOf(events: readonly EventEvidence[], { namespace, name }: GonePod): string | undefined {
  const host = events.find(
    ({ reportedBy, host: from }) => reportedBy === 'kubelet' && from !== undefined,
  )?.host;
  if (host !== undefined) return host;
  const start = `Successfully assigned ${namespace}/${name} to `;
  return events.find(({ message }) => message.startsWith(start))?.message.slice(start.length);
}
