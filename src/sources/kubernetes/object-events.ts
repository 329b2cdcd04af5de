/** The events of one object. */
import type { EventEvidence, ObjectRef } from '../../core/model/kubernetes.ts';
import { listEvents, type Run } from './reader.ts';
import { EVENTS } from './resources.ts';

/** Node events are written to this namespace (client-go tools/record: objects without one). */
const NODE_EVENTS_NAMESPACE = 'default';

const EVENT_COSTS: Readonly<Record<string, string>> = {
  Pod: 'A kill by the kubelet (probe, hook, eviction, deletion) cannot be told from one by somebody else.',
  Node: 'Memory pressure, reboots and node-wide OOM kills are not seen.',
};

/** Empty where they may not be read: that is a gap then. */
export async function collectEventsOf(run: Run, object: ObjectRef): Promise<readonly EventEvidence[]> {
  const namespace = object.kind === 'Node' ? NODE_EVENTS_NAMESPACE : object.namespace;
  const scope = namespace === undefined ? {} : { namespace };
  const step = {
    source: 'events',
    what: `events of ${object.kind.toLowerCase()} ${object.name}`,
    cost: EVENT_COSTS[object.kind] ?? 'Scaling, rollouts and deadlines of the workload are not seen.',
    kind: object.kind === 'Pod' ? 'pod-events' : object.kind === 'Node' ? 'node-events' : 'owner-events',
    verb: 'list',
    resource: EVENTS.rbac,
    ...scope,
    ...(object.kind === 'Pod' ? { pod: object.name } : {}),
    ...(object.kind === 'Node' ? { nodeName: object.name } : {}),
  } as const;
  const part = await run.collector.attempt(step, () =>
    listEvents(run, {
      ...scope,
      fieldSelector: `involvedObject.kind=${object.kind},involvedObject.name=${object.name}`,
      regarding: { kind: object.kind, name: object.name },
    }),
  );
  if (part !== undefined) run.collector.add(part);
  return part?.events ?? [];
}
