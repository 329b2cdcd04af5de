/** What a runtime says about memory, given a container's spec. */
import type { ContainerEvidence } from '../model/kubernetes.ts';
import type { Bytes, MemoryLimit, Ratio } from '../units.ts';

export const RUNTIME_IDS = [
  'elasticsearch',
  'jvm',
  'nodejs',
  'go',
  'dotnet',
  'python',
  'php',
  'ruby',
  'postgres',
  'redis',
  'mongodb',
  'nginx',
] as const;

export type RuntimeId = (typeof RUNTIME_IDS)[number];

/** Something that is wrong or risky as configured, in one sentence with its numbers. */
export interface RuntimeFlag {
  readonly kind:
    | 'heap-above-limit'
    | 'heap-near-limit'
    | 'limit-not-seen'
    | 'many-processes'
    | 'misread-knob';
  readonly text: string;
}

/** A knob that is not set and worth setting. */
export interface UnsetKnob {
  readonly name: string;
  readonly why: string;
  /** A value that fits the limit; absent where the limit is unknown. */
  readonly suggestion?: string;
}

/** Only what the spec states; defaults are told in words. */
export interface RuntimeFacts {
  readonly runtime: RuntimeId;
  /** For people: `Java (HotSpot)`. */
  readonly title: string;
  /** What gave it away: `process java`, `command`, `variable JAVA_TOOL_OPTIONS`, `image`. */
  readonly detectedBy: string;
  /** The most the runtime's own heap (or cache) may grow to, where a knob states it. */
  readonly heapMaxBytes?: Bytes;
  /** The knob: `-Xmx900m (JAVA_TOOL_OPTIONS)`. */
  readonly heapSource?: string;
  readonly heapOfLimitRatio?: Ratio;
  readonly flags: readonly RuntimeFlag[];
  readonly unsetKnobs: readonly UnsetKnob[];
  /** Safe next steps, with numbers where the limit is known. */
  readonly advice: readonly string[];
}

/** What beside the container bears on it. */
export interface RuntimeContext {
  /** The limit in force; without it the container's own is taken. */
  readonly limitBytes?: MemoryLimit;
  /** `node.status.nodeInfo.kernelVersion`. */
  readonly kernelVersion?: string;
}

/** A container prepared for the runtimes. */
export interface RuntimeInput {
  readonly container: ContainerEvidence;
  /** Command and arguments split at blanks: a shell's `-c` text too. */
  readonly words: readonly string[];
  /** Value by name; `undefined` values were not kept. */
  readonly variables: ReadonlyMap<string, string | undefined>;
  readonly limitBytes?: Bytes;
  readonly kernelVersion?: string;
}

export type RuntimeAssessment = Omit<RuntimeFacts, 'runtime' | 'title' | 'detectedBy' | 'heapOfLimitRatio'>;

export interface Runtime {
  readonly id: RuntimeId;
  readonly title: string;
  /** Process names as the kernel prints them: at most 15 characters, possibly a thread's. */
  readonly comm?: RegExp;
  /** Base names of executables in the command. */
  readonly executable?: RegExp;
  /** Names of variables that only this runtime reads. */
  readonly variable?: RegExp;
  /** The last part of the image's repository. */
  readonly image?: RegExp;
  /** A special form of another runtime, told by variables or image once that one was found. */
  readonly refines?: RuntimeId;
  readonly assess: (input: RuntimeInput) => RuntimeAssessment;
}
