/**
 * The last state of a pod as it is kept for as long as the pod lives: packed, because a cluster has tens of thousands
 * and hardly one of them is looked at again. About half a kilobyte, against six as an object.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { PodEvidence } from '../../core/model/kubernetes.ts';
import { endedContainers } from './deaths.ts';

export interface PackedPod {
  readonly key: string;
  /** Its ended container instances. */
  readonly ends: readonly string[];
  /** Ended as a pod: evicted, past its deadline, refused, or lost with its node. */
  readonly isEnded: boolean;
  unpack(): PodEvidence;
}

/** Pods are much alike: the first one is what the others are told apart from. */
export function createPodPacker(): (pod: PodEvidence) => PackedPod {
  let dictionary: Buffer | undefined;
  return (pod) => {
    const text = Buffer.from(JSON.stringify(pod));
    dictionary ??= text;
    return new Packed(pod, text, dictionary);
  };
}

class Packed implements PackedPod {
  readonly key: string;
  readonly ends: readonly string[];
  readonly isEnded: boolean;
  /** One character a byte: tens of thousands of small buffers cost more than what they hold. */
  readonly #bytes: string;
  readonly #dictionary: Buffer;

  constructor(pod: PodEvidence, text: Buffer, dictionary: Buffer) {
    this.key = pod.uid ?? `${pod.namespace}/${pod.name}`;
    this.ends = endedContainers(pod).map(({ container, termination }) => endKey(container, termination));
    this.isEnded = pod.phase === 'Failed' || pod.statusReason !== undefined;
    const options = { level: 1, memLevel: 4, windowBits: 13, dictionary };
    this.#bytes = deflateRawSync(text, options).toString('latin1');
    this.#dictionary = dictionary;
  }

  unpack(): PodEvidence {
    const text = inflateRawSync(Buffer.from(this.#bytes, 'latin1'), {
      windowBits: 13,
      dictionary: this.#dictionary,
    });
    return JSON.parse(text.toString('utf8')) as PodEvidence;
  }
}

/** The same end stands first in `state`, later in `lastState`. */
export function endKey(
  container: string,
  end: { readonly containerId?: string; readonly finishedAtMs?: number },
): string {
  return `${container}/${end.containerId ?? ''}/${end.finishedAtMs ?? ''}`;
}
