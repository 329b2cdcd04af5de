/** What `docker inspect` and `crictl inspect` have in common. */
import type { ContainerEvidence, ContainerState, MemoryVolume } from '../model/kubernetes.ts';
import type { EpochMs, Seconds } from '../units.ts';
import { environmentVariable } from './environment.ts';
import { defined, numberOf, secondsOf, textsOf, wordOf } from './fields.ts';
import type { Fields } from './fields.ts';
import { redactArgs } from './redact.ts';

/** One instance of a container, before instances and siblings are brought together. */
export interface InspectedContainer {
  readonly pod: PodLabels;
  readonly containerId?: string;
  /** How often it was restarted before this instance; decides which instance is the newest. */
  readonly attempt: number;
  readonly createdAtMs?: EpochMs;
  readonly state?: ContainerState;
  /** The runtime saw an OOM kill in this container while its main process lived on. */
  readonly oomWhileRunning: boolean;
  readonly evidence: Omit<ContainerEvidence, 'status'>;
  readonly memoryVolumes: readonly MemoryVolume[];
  readonly restartPolicy?: string;
  readonly os?: 'linux' | 'windows';
}

export interface PodLabels {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly terminationGraceSeconds?: Seconds;
}

/** Names from labels; the grace from labels (dockershim) or annotations (CRI). */
export function podLabels(labels: Fields, annotations: Fields): PodLabels {
  return defined({
    namespace: wordOf(labels['io.kubernetes.pod.namespace']) ?? '',
    name: wordOf(labels['io.kubernetes.pod.name']) ?? '',
    uid: wordOf(labels['io.kubernetes.pod.uid'], 64),
    terminationGraceSeconds: secondsOf(
      annotations['io.kubernetes.pod.terminationGracePeriod'] ??
        annotations['annotation.io.kubernetes.pod.terminationGracePeriod'],
    ),
  });
}

/** 64 hex digits, as Docker, containerd and CRI-O make them; older or foreign ids are kept as words. */
export function containerIdOf(value: unknown): string | undefined {
  return wordOf(value, 128)?.replace(/^[a-z-]{1,20}:\/\//, '');
}

export function argsOf(value: unknown): readonly string[] | undefined {
  // Docker before 1.20 and hand-made pages may hold one text.
  const texts = typeof value === 'string' && value !== '' ? [value] : textsOf(value);
  return texts === undefined ? undefined : redactArgs(texts);
}

/** `NAME=value` texts. */
export function environmentOf(value: unknown): ContainerEvidence['environment'] {
  return (textsOf(value) ?? []).map((text) => {
    const equals = text.indexOf('=');
    return equals < 0
      ? environmentVariable(text)
      : environmentVariable(text.slice(0, equals), text.slice(equals + 1));
  });
}

/** 0 and -1 mean none. */
export function memoryLimit(value: unknown): ContainerEvidence['limits'] {
  const bytes = numberOf(value);
  return bytes !== undefined && bytes > 0 && Number.isSafeInteger(bytes) ? { memoryBytes: bytes } : {};
}
