/** A core/v1 Node as evidence. */
import type { NodeEvidence, NodeTaint } from '../model/kubernetes.ts';
import { fault, ok, type Result } from '../model/result.ts';
import {
  booleanOf,
  bytesOf,
  countOf,
  defined,
  fieldsOf,
  instantOf,
  itemsOf,
  type ParseContext,
  wordOf,
} from './fields.ts';
import { conditionsOf } from './metadata.ts';

/** Fault `node.not-a-node`: no object, another kind, or no name. */
export function parseNode(raw: unknown, context: ParseContext): Result<NodeEvidence> {
  const fields = fieldsOf(raw);
  const metadata = fieldsOf(fields['metadata']);
  const name = wordOf(metadata['name']);
  if (name === undefined || (fields['kind'] !== undefined && fields['kind'] !== 'Node')) {
    return fault('node.not-a-node', 'This is not a node: it has no name, or another kind.');
  }
  const spec = fieldsOf(fields['spec']);
  const status = fieldsOf(fields['status']);
  const info = fieldsOf(status['nodeInfo']);
  const capacity = fieldsOf(status['capacity']);
  return ok(
    defined({
      id: nodeId(name),
      source: context.source,
      name,
      createdAtMs: instantOf(metadata['creationTimestamp']),
      capacityMemoryBytes: bytesOf(capacity['memory']),
      allocatableMemoryBytes: bytesOf(fieldsOf(status['allocatable'])['memory']),
      capacityPods: countOf(capacity['pods']),
      conditions: conditionsOf(status['conditions']),
      taints: taintsOf(spec['taints']),
      unschedulable: booleanOf(spec['unschedulable']),
      kubeletVersion: wordOf(info['kubeletVersion']),
      kernelVersion: wordOf(info['kernelVersion']),
      containerRuntimeVersion: wordOf(info['containerRuntimeVersion']),
      osImage: wordOf(info['osImage']),
      operatingSystem: wordOf(info['operatingSystem'], 32),
      bootId: wordOf(info['bootID']),
    }),
  );
}

export function nodeId(name: string): string {
  return `node:${name}`;
}

function taintsOf(raw: unknown): readonly NodeTaint[] {
  const taints: NodeTaint[] = [];
  for (const item of itemsOf(raw)) {
    const fields = fieldsOf(item);
    const key = wordOf(fields['key'], 512);
    const effect = wordOf(fields['effect'], 32);
    if (key === undefined || effect === undefined) continue;
    taints.push(
      defined({ key, value: wordOf(fields['value']), effect, addedAtMs: instantOf(fields['timeAdded']) }),
    );
  }
  return taints;
}
