/** What the kubelet reports of a container (core/v1 ContainerStatus). */
import type { ContainerState, ContainerStatus, ContainerTermination } from '../model/kubernetes.ts';
import { amountsOf } from './container.ts';
import {
  booleanOf,
  countOf,
  defined,
  fieldsOf,
  instantOf,
  integerOf,
  isFields,
  messageOf,
  wordOf,
} from './fields.ts';

/** Absent if it is no object. */
export function parseContainerStatus(raw: unknown): ContainerStatus | undefined {
  if (!isFields(raw)) return undefined;
  const resources = fieldsOf(raw['resources']);
  return defined({
    containerId: containerIdOf(raw['containerID']),
    restartCount: countOf(raw['restartCount']) ?? 0,
    ready: booleanOf(raw['ready']),
    state: stateOf(raw['state']),
    lastState: stateOf(raw['lastState']),
    actualRequests: isFields(resources['requests']) ? amountsOf(resources['requests']) : undefined,
    actualLimits: isFields(resources['limits']) ? amountsOf(resources['limits']) : undefined,
  });
}

/** `containerd://<id>`, `cri-o://<id>`, `docker://<id>` without the scheme. Absent where nothing follows it. */
export function containerIdOf(value: unknown): string | undefined {
  const word = wordOf(value);
  if (word === undefined) return undefined;
  const scheme = word.indexOf('://');
  const id = scheme < 0 ? word : word.slice(scheme + 3);
  return id === '' ? undefined : id;
}

function stateOf(raw: unknown): ContainerState | undefined {
  if (!isFields(raw)) return undefined;
  const { terminated, running, waiting } = raw;
  if (isFields(terminated)) {
    const termination = terminationOf(terminated);
    return termination === undefined ? undefined : { kind: 'terminated', termination };
  }
  if (isFields(running))
    return defined({ kind: 'running' as const, startedAtMs: instantOf(running['startedAt']) });
  if (!isFields(waiting)) return undefined;
  return defined({
    kind: 'waiting' as const,
    reason: wordOf(waiting['reason']),
    message: messageOf(waiting['message']),
  });
}

/** A record without an exit code is no termination. */
function terminationOf(raw: Readonly<Record<string, unknown>>): ContainerTermination | undefined {
  const exitCode = integerOf(raw['exitCode']);
  if (exitCode === undefined) return undefined;
  return defined({
    exitCode,
    reason: wordOf(raw['reason']),
    // Often the last lines the application wrote, so its line breaks stay.
    message: messageOf(raw['message'], 'many'),
    startedAtMs: instantOf(raw['startedAt']),
    finishedAtMs: instantOf(raw['finishedAt']),
    containerId: containerIdOf(raw['containerID']),
  });
}
