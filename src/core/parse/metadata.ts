/** The parts of metadata and status that every kind of object shares. */
import type { Condition, ObjectRef } from '../model/kubernetes.ts';
import { defined, fieldsOf, instantOf, isFields, itemsOf, messageOf, wordOf } from './fields.ts';

/** The controlling owner; a sole reference that does not say whether it controls counts too. */
export function ownerOf(raw: unknown, namespace: string | undefined): ObjectRef | undefined {
  const references = itemsOf(raw).filter(isFields);
  const owner =
    references.find((reference) => reference['controller'] === true) ??
    references.find((reference) => references.length === 1 && reference['controller'] === undefined);
  if (owner === undefined) return undefined;
  const kind = wordOf(owner['kind']);
  const name = wordOf(owner['name']);
  if (kind === undefined || name === undefined) return undefined;
  return defined({
    kind,
    name,
    // Nodes own mirror pods and have no namespace.
    namespace: kind === 'Node' ? undefined : namespace,
    uid: wordOf(owner['uid']),
  });
}

export function conditionsOf(raw: unknown): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const item of itemsOf(raw)) {
    const fields = fieldsOf(item);
    const type = wordOf(fields['type']);
    const status = wordOf(fields['status'], 16);
    if (type === undefined || status === undefined) continue;
    conditions.push(
      defined({
        type,
        status,
        reason: wordOf(fields['reason'], 1024),
        message: messageOf(fields['message']),
        lastTransitionAtMs: instantOf(fields['lastTransitionTime']),
      }),
    );
  }
  return conditions;
}
