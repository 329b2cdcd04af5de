/** Text of `kubectl describe` (and `oc describe`): pods and nodes in it become evidence, other objects are passed over. */
import type { BundlePart } from '../model/bundle.ts';
import { linesOf, MAX_LINES } from './describe-lines.ts';
import { parseDescribedNode } from './describe-node.ts';
import { parseDescribedPod } from './describe-pod.ts';
import type { ParseContext } from './fields.ts';

const MAX_OBJECTS = 5000;

/**
 * Whole output, several objects in one text, or a fragment such as the `Containers:` block alone. What cannot be
 * found is absent: a fragment without a name gives a pod of the name `''`. Ages become instants only where the
 * instant of printing is known (`context.readAtMs`) or follows from the pod's own start; see `referenceFromStart`.
 */
export function parseDescribe(text: string, context: ParseContext): BundlePart {
  const parts: BundlePart[] = [];
  const objects = objectsOf(linesOf(text));
  for (const [index, lines] of objects.slice(0, MAX_OBJECTS).entries()) {
    const kind = kindOf(lines);
    if (kind === 'node') parts.push(parseDescribedNode(lines, context));
    if (kind === 'pod')
      parts.push(parseDescribedPod(lines, context, `pod:describe/${context.source}#${index + 1}`));
  }
  return parts.length === 0 ? nothingFound(context) : joined(parts);
}

/** Whether a text looks like the output of `describe`, from its first few thousand characters. */
export function looksLikeDescribe(text: string): boolean {
  const head = text.slice(0, 16_384);
  const isWhole =
    /^Name:[ \t]+\S/m.test(head) &&
    /^(?:Namespace|Roles|Labels|Annotations|CreationTimestamp|Priority):[ \t]/m.test(head);
  const isFragment =
    /^[ \t]*(?:Init )?Containers:[ \t]*$/m.test(head) &&
    /^[ \t]+(?:State|Last State):[ \t]+(?:Running|Waiting|Terminated)[ \t]*\r?$/m.test(head);
  return isWhole || isFragment;
}

/** A new object starts at its name, or (in fragments) where its containers come a second time. */
function objectsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const objects: string[][] = [[]];
  let sawContainers = false;
  for (const [index, line] of lines.entries()) {
    const repeats = sawContainers && /^(?:Init )?Containers:/.test(line);
    if (startsObject(lines, index) || repeats) {
      objects.push([]);
      sawContainers = false;
    }
    if (line.startsWith('Containers:')) sawContainers = true;
    const current = objects.at(-1);
    if (current !== undefined && current.length < MAX_LINES) current.push(line);
  }
  return objects;
}

/** `Name:` alone may stand in a log; the next line of an object is one of these. */
function startsObject(lines: readonly string[], index: number): boolean {
  if (!/^Name:\s+\S/.test(lines[index] ?? '')) return false;
  const next = lines[index + 1] ?? '';
  return /^(?:Namespace|Roles|Labels|Annotations|CreationTimestamp|Priority|Selector):/.test(next);
}

function kindOf(lines: readonly string[]): 'pod' | 'node' | 'other' {
  let kind: 'pod' | 'other' = 'other';
  for (const line of lines) {
    if (/^(?:Roles|System Info|Capacity|Allocatable|Non-terminated Pods):/.test(line)) return 'node';
    if (/^(?:Init )?Containers:/.test(line) || /^(?:QoS Class|Controlled By):/.test(line)) kind = 'pod';
    if (/^(?:Pod Template|Replicas|Selector|Type|Subsets):/.test(line)) return 'other';
    if (kind === 'pod') return kind;
  }
  return kind;
}

function joined(parts: readonly BundlePart[]): BundlePart {
  const pods = parts.flatMap((part) => part.pods ?? []);
  const nodes = parts.flatMap((part) => part.nodes ?? []);
  const events = parts.flatMap((part) => part.events ?? []);
  const eventCoverage = parts.flatMap((part) => part.eventCoverage ?? []);
  const printed = parts.flatMap((part) => part.collectedAtMs ?? []);
  const collectedAtMs = printed.reduce((newest, ms) => Math.max(newest, ms), 0);
  return {
    ...(pods.length === 0 ? {} : { pods }),
    ...(nodes.length === 0 ? {} : { nodes }),
    ...(events.length === 0 ? {} : { events }),
    ...(eventCoverage.length === 0 ? {} : { eventCoverage }),
    ...(collectedAtMs === 0 ? {} : { collectedAtMs }),
  };
}

function nothingFound(context: ParseContext): BundlePart {
  const what = `${context.source}: no pod or node in this describe text`;
  const cost = 'Nothing of this text is part of the evidence.';
  return {
    gaps: [{ id: `gap:${context.source}#describe`, what, cost, kind: 'input', file: context.source }],
  };
}
