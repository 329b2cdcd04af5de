/** `kubectl describe node` as evidence. */
import type { BundlePart } from '../model/bundle.ts';
import type { Condition, NodeEvidence, NodeTaint } from '../model/kubernetes.ts';
import { describedCoverage, describedEvents, eventRows } from './describe-events.ts';
import {
  entriesOf,
  isConditionRow,
  type Section,
  type Sections,
  sectionsOf,
  tableOf,
  valueOf,
} from './describe-lines.ts';
import { booleanOf, bytesOf, countOf, defined, messageOf, type ParseContext, wordOf } from './fields.ts';
import { nodeId } from './node.ts';
import { parseRfc1123 } from './time.ts';

const RANKS: Readonly<Record<string, number>> = {
  Name: 0,
  Roles: 0,
  Labels: 0,
  Annotations: 0,
  CreationTimestamp: 1,
  Taints: 1,
  Unschedulable: 1,
  Phase: 1,
  Lease: 1,
  Conditions: 1,
  Addresses: 1,
  Capacity: 1,
  Allocatable: 1,
  'System Info': 1,
  PodCIDR: 1,
  PodCIDRs: 1,
  ProviderID: 1,
  ExternalID: 1,
  'Non-terminated Pods': 2,
  'Allocated resources': 2,
  Events: 3,
};

/** One node's lines. Empty if they do not name it. */
export function parseDescribedNode(lines: readonly string[], context: ParseContext): BundlePart {
  const sections = sectionsOf(lines, RANKS);
  const name = wordOf(valueOf(sections, 'Name'));
  if (name === undefined) return {};
  const regarding = { kind: 'Node', name };
  const about = { regarding, containers: [], ...defined({ referenceAtMs: context.readAtMs }) };
  const events = describedEvents(eventRows(sections.get('Events')), about, context);
  const coverage = sections.has('Events') ? describedCoverage(events, regarding, context) : undefined;
  return {
    nodes: [nodeOf(name, sections, context)],
    ...(events.length === 0 ? {} : { events }),
    ...(coverage === undefined ? {} : { eventCoverage: [coverage] }),
  };
}

function nodeOf(name: string, sections: Sections, context: ParseContext): NodeEvidence {
  const capacity = entriesOf(sections.get('Capacity'));
  const info = entriesOf(sections.get('System Info'));
  return defined({
    id: nodeId(name),
    source: context.source,
    name,
    createdAtMs: parseRfc1123(valueOf(sections, 'CreationTimestamp') ?? ''),
    capacityMemoryBytes: bytesOf(capacity.get('memory')),
    allocatableMemoryBytes: bytesOf(entriesOf(sections.get('Allocatable')).get('memory')),
    capacityPods: countOf(capacity.get('pods')),
    conditions: conditionsOf(sections.get('Conditions')),
    taints: taintsOf(sections.get('Taints')),
    unschedulable: booleanOf(valueOf(sections, 'Unschedulable')),
    kubeletVersion: wordOf(info.get('Kubelet Version')),
    kernelVersion: wordOf(info.get('Kernel Version')),
    containerRuntimeVersion: wordOf(info.get('Container Runtime Version')),
    osImage: wordOf(info.get('OS Image')),
    operatingSystem: wordOf(info.get('Operating System'), 32),
    bootId: wordOf(info.get('Boot ID')),
    allocated: allocatedOf(sections),
  });
}

function conditionsOf(section: Section | undefined): readonly Condition[] {
  return tableOf(section?.lines ?? [], /^\s*Type\s+Status/, isConditionRow).map((cells) =>
    defined({
      type: wordOf(cells.get('Type')) ?? '',
      status: cells.get('Status') ?? '',
      reason: wordOf(cells.get('Reason'), 1024),
      message: messageOf(cells.get('Message')),
      lastTransitionAtMs: parseRfc1123(cells.get('LastTransitionTime') ?? ''),
    }),
  );
}

/** `key=value:Effect`, one a line, the first beside the key of the section. */
function taintsOf(section: Section | undefined): readonly NodeTaint[] {
  const taints: NodeTaint[] = [];
  for (const line of [section?.value ?? '', ...(section?.lines ?? [])].slice(0, 64)) {
    const match = /^([^\s=:]{1,320})(?:=([^\s:]{0,63}))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(
      line.trim(),
    );
    if (match === null) continue;
    const value = match[2] === '' ? undefined : match[2];
    taints.push(defined({ key: match[1] ?? '', value, effect: match[3] ?? '' }));
  }
  return taints;
}

/** `memory  2174Mi (65%)  5418Mi (163%)`; up to 1.10 one row under `CPU Requests … Memory Limits`. */
function allocatedOf(sections: Sections): NodeEvidence['allocated'] {
  const lines = sections.get('Allocated resources')?.lines ?? [];
  const pods = countOf(/\((\d{1,6}) in total\)/.exec(sections.get('Non-terminated Pods')?.value ?? '')?.[1]);
  const amounts = lines
    .map((line) => /^\s*memory\s+(\S{1,64}) \([^)]{1,24}\)\s+(\S{1,64}) \(/.exec(line))
    .find((match) => match !== null);
  const old = tableOf(lines, /^\s*CPU Requests\s/, (cells) => cells.has('Memory Requests'))[0];
  const oldAmount = (name: string): string | undefined => old?.get(name)?.split(' ')[0];
  const allocated = defined({
    memoryRequestsBytes: bytesOf(amounts?.[1] ?? oldAmount('Memory Requests')),
    memoryLimitsBytes: bytesOf(amounts?.[2] ?? oldAmount('Memory Limits')),
    pods,
  });
  return Object.keys(allocated).length === 0 ? undefined : allocated;
}
