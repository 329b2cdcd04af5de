/**
 * The JVM (HotSpot; OpenJ9 takes the same -Xmx). Sources: JDK-8146115 (container support, JDK 10 and 8u191), JDK-8230305
 * (cgroup v2: JDK 15, 11.0.16, 8u372), JDK-8349988 (controllers hidden on Linux 6.12), gc ergonomics of `arguments.cpp`
 * (25 % of the limit by default, 50 % below about 256 MiB), Paketo's memory calculator for the shares beside the heap.
 */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes, Ratio } from '../units.ts';
import { MIB } from '../units.ts';
import { heapFlags, parseSize, shareOf } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeFlag, RuntimeInput, UnsetKnob } from './types.ts';

/** Above it metaspace, code cache (240 MiB at most), 1 MiB per thread and direct buffers no longer fit. */
const FLAG_ABOVE: Ratio = 0.8;
const SAFE_RATIO: Ratio = 0.75;
const SAFE_PERCENT = 70;

/** Weakest first: the JVM applies JAVA_TOOL_OPTIONS, then JDK_JAVA_OPTIONS, the command line, and _JAVA_OPTIONS last. */
const BEFORE_COMMAND = [
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'JAVA_OPTS',
  'JAVA_OPTIONS',
  'JVM_OPTS',
  'CATALINA_OPTS',
  'JAVA_OPTS_APPEND',
  'KAFKA_HEAP_OPTS',
  'LS_JAVA_OPTS',
];
const AFTER_COMMAND = ['_JAVA_OPTIONS'];

interface Option {
  readonly word: string;
  readonly from: string;
}

export function javaOptions(input: RuntimeInput, more: readonly string[] = []): readonly Option[] {
  const from = (name: string): readonly Option[] =>
    (input.variables.get(name) ?? '').split(/\s+/).map((word) => ({ word, from: name }));
  return [
    ...[...BEFORE_COMMAND, ...more].flatMap(from),
    ...input.words.map((word) => ({ word, from: 'command' })),
    ...AFTER_COMMAND.flatMap(from),
  ];
}

export interface JavaHeap {
  readonly heapMaxBytes?: Bytes;
  readonly heapSource?: string;
  readonly isFixed: boolean;
}

/** -Xmx (or MaxHeapSize) beats the percentages; the last one given counts. */
export function javaHeap(options: readonly Option[], limitBytes: Bytes | undefined): JavaHeap {
  const fixed = options.findLast(({ word }) => /^-(?:Xmx|XX:MaxHeapSize=)\d/.test(word));
  const fixedBytes = parseSize(fixed?.word.replace(/^-(?:Xmx|XX:MaxHeapSize=)/, ''));
  if (fixed !== undefined && fixedBytes !== undefined) {
    return { heapMaxBytes: fixedBytes, heapSource: sourceOf(fixed), isFixed: true };
  }
  const percentage = options.findLast(({ word }) => /^-XX:MaxRAMPercentage=\d/.test(word));
  const percent = Number(/=(\d{1,3}(?:\.\d{1,6})?)$/.exec(percentage?.word ?? '')?.[1]);
  if (percentage === undefined || !(percent > 0 && percent <= 100) || limitBytes === undefined)
    return { isFixed: false };
  return {
    heapMaxBytes: Math.floor((limitBytes * percent) / 100),
    heapSource: sourceOf(percentage),
    isFixed: false,
  };
}

function sourceOf(option: Option): string {
  return `${option.word} in ${option.from === 'command' ? 'the command' : option.from}`;
}

function assess(input: RuntimeInput): RuntimeAssessment {
  const options = javaOptions(input);
  const { isFixed, ...heap } = javaHeap(options, input.limitBytes);
  const flags = heapFlags({
    what: 'The Java heap',
    heapMaxBytes: heap.heapMaxBytes,
    heapSource: heap.heapSource,
    limitBytes: input.limitBytes,
    flagAbove: FLAG_ABOVE,
    rest: 'metaspace, code cache, thread stacks and direct buffers',
  });
  return {
    ...heap,
    flags: [...flags, ...(isFixed ? [] : limitNotSeen(input))],
    unsetKnobs: unsetKnobs(options, heap.heapMaxBytes, input.limitBytes),
    advice: adviceFor(input.limitBytes),
  };
}

function unsetKnobs(
  options: readonly Option[],
  heap: Bytes | undefined,
  limit: Bytes | undefined,
): readonly UnsetKnob[] {
  const has = (flag: RegExp) => options.some(({ word }) => flag.test(word));
  const knobs: UnsetKnob[] = [];
  if (heap === undefined && !has(/^-XX:MaxRAMPercentage=/)) {
    // Below about 256 MiB HotSpot takes MinRAMPercentage, 50 %.
    const share = limit === undefined ? undefined : limit < 256 * MIB ? 0.5 : 0.25;
    const size =
      limit === undefined || share === undefined ? '' : ` (${formatBytes(Math.floor(limit * share))})`;
    knobs.push({
      name: '-XX:MaxRAMPercentage',
      why: `Without it the heap gets ${share === 0.5 ? 50 : 25} % of the limit${size}.`,
      suggestion: `-XX:MaxRAMPercentage=${SAFE_PERCENT}`,
    });
  }
  if (!has(/^-XX:MaxDirectMemorySize=/)) {
    knobs.push({
      name: '-XX:MaxDirectMemorySize',
      why: 'Without it direct buffers may take as much again as the heap.',
    });
  }
  return knobs;
}

/** Linux 6.12 and later without cgroup v1 controllers: older JDKs fail to read the limit and size the heap from the node. */
function limitNotSeen(input: RuntimeInput): readonly RuntimeFlag[] {
  const version = /^(\d{1,2})\.(\d{1,3})\b/.exec(input.kernelVersion ?? '');
  if (version === null) return [];
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < 6 || (major === 6 && minor < 12) || readsNewKernels(input.container.image)) return [];
  const text =
    `The node runs Linux ${input.kernelVersion}: from 6.12 on JDKs before 25 and 21.0.10 (and their 17, 11 and 8 counterparts) ` +
    'cannot see the memory limit and size the heap from the memory of the node. -Xmx is not affected.';
  return [{ kind: 'limit-not-seen', text }];
}

/** Only where the tag of a JDK image says so; anything else is not known to be safe. */
function readsNewKernels(image: string | undefined): boolean {
  const tag =
    /(?:temurin|openjdk|corretto|zulu|liberica|jre|jdk)[^/]{0,64}:(?:jre-|jdk-)?(\d{1,2})(?:\.0\.(\d{1,3}))?/.exec(
      image ?? '',
    );
  if (tag === null) return false;
  const [feature, update] = [Number(tag[1]), Number(tag[2] ?? 0)];
  return feature >= 25 || (feature === 21 && update >= 10);
}

function adviceFor(limitBytes: Bytes | undefined): readonly string[] {
  if (limitBytes === undefined) {
    return [
      `Give the JVM -XX:MaxRAMPercentage=${SAFE_PERCENT} together with a memory limit, or a fixed -Xmx.`,
    ];
  }
  const { mib } = shareOf(limitBytes, SAFE_RATIO);
  return [
    `Keep the heap at or below ${mib} MiB (75 % of ${formatBytes(limitBytes)}): -Xmx${mib}m, or -XX:MaxRAMPercentage=${SAFE_PERCENT}.`,
    'To see what lies beside the heap: start with -XX:NativeMemoryTracking=summary and run jcmd 1 VM.native_memory.',
  ];
}

export const JVM: Runtime = {
  id: 'jvm',
  title: 'Java',
  // The kernel prints the name of the thread that was chosen.
  comm: /^(?:java|jsvc|C[12] CompilerThre|G1 |GC Thread#|VM Thread|VM Periodic|http-nio-|kafka-)/,
  executable: /^(?:java|jsvc|catalina\.sh|kafka-server-start(?:\.sh)?)$|\.jar$/,
  variable:
    /^(?:JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|_JAVA_OPTIONS|JAVA_OPTS|JAVA_OPTIONS|JVM_OPTS|JAVA_HOME|CATALINA_OPTS|KAFKA_HEAP_OPTS|LS_JAVA_OPTS|BPL_JVM_[A-Z_]+)$/,
  image: /(?:openjdk|temurin|corretto|liberica|zulu|semeru|tomcat|jetty|keycloak|kafka|logstash|\bjdk|\bjre)/,
  assess,
};
