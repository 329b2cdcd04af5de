/** Which runtime a container runs, and what its spec means for memory. */
import type { ContainerEvidence } from '../model/kubernetes.ts';
import type { Bytes, MemoryLimit } from '../units.ts';
import { RUNTIMES } from './list.ts';
import type { Runtime, RuntimeContext, RuntimeFacts, RuntimeInput } from './types.ts';

const MAX_WORDS = 512;

/**
 * `comms`: names of the container's processes (kernel log, `/proc`), best evidence of all. Absent when nothing gives the
 * runtime away. Evidence in order: process, command, variables, image.
 */
export function runtimeOf(
  container: ContainerEvidence,
  comms: readonly string[],
  context: RuntimeContext = {},
): RuntimeFacts | undefined {
  const input = inputOf(container, context);
  const detected = detect(input, comms);
  if (detected === undefined) return undefined;
  const { runtime, detectedBy } = detected;
  const assessment = runtime.assess(input);
  const { heapMaxBytes } = assessment;
  return {
    runtime: runtime.id,
    title: runtime.title,
    detectedBy,
    ...assessment,
    ...(heapMaxBytes === undefined || input.limitBytes === undefined
      ? {}
      : { heapOfLimitRatio: heapMaxBytes / input.limitBytes }),
  };
}

function inputOf(container: ContainerEvidence, context: RuntimeContext): RuntimeInput {
  const words = [...(container.command ?? []), ...(container.args ?? [])].flatMap((arg) =>
    arg.split(/\s+/).filter((word) => word !== ''),
  );
  const own = container.status?.actualLimits?.memoryBytes ?? container.limits.memoryBytes;
  const limitBytes = finite(context.limitBytes) ?? own;
  return {
    container,
    words: words.slice(0, MAX_WORDS).map((word) => word.replace(/^["']|["';]+$/g, '')),
    variables: new Map(container.environment.map(({ name, value }) => [name, value])),
    ...(limitBytes === undefined || limitBytes <= 0 ? {} : { limitBytes }),
    ...(context.kernelVersion === undefined ? {} : { kernelVersion: context.kernelVersion }),
  };
}

function finite(limit: MemoryLimit | undefined): Bytes | undefined {
  return limit === 'unlimited' ? undefined : limit;
}

interface Detected {
  readonly runtime: Runtime;
  readonly detectedBy: string;
}

function detect(input: RuntimeInput, comms: readonly string[]): Detected | undefined {
  const found = byComm(comms) ?? byCommand(input) ?? byVariable(input) ?? byImage(input);
  if (found === undefined) return undefined;
  const special = RUNTIMES.find(
    (one) =>
      one.refines === found.runtime.id &&
      (variableOf(one, input) !== undefined || matches(one.image, imageName(input.container.image))),
  );
  return special === undefined ? found : { ...found, runtime: special };
}

function byComm(comms: readonly string[]): Detected | undefined {
  for (const comm of comms) {
    const runtime = RUNTIMES.find((one) => matches(one.comm, comm));
    if (runtime !== undefined) return { runtime, detectedBy: `process ${comm}` };
  }
  return undefined;
}

function byCommand(input: RuntimeInput): Detected | undefined {
  for (const word of input.words) {
    const base = word.slice(word.lastIndexOf('/') + 1);
    const runtime = RUNTIMES.find((one) => matches(one.executable, base));
    if (runtime !== undefined) return { runtime, detectedBy: `command ${base}` };
    // Behind the first flag of the first program only values follow, unless a shell text does.
    if (word.startsWith('--') && !isShell(input.words[0])) return undefined;
  }
  return undefined;
}

function isShell(word: string | undefined): boolean {
  return (
    /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(word ?? '') ||
    /(?:tini|dumb-init|env|exec|entrypoint)/.test(word ?? '')
  );
}

function byVariable(input: RuntimeInput): Detected | undefined {
  for (const runtime of RUNTIMES) {
    const name = variableOf(runtime, input);
    if (name !== undefined) return { runtime, detectedBy: `variable ${name}` };
  }
  return undefined;
}

function variableOf(runtime: Runtime, input: RuntimeInput): string | undefined {
  return [...input.variables.keys()].find((name) => matches(runtime.variable, name));
}

function byImage(input: RuntimeInput): Detected | undefined {
  const name = imageName(input.container.image);
  const runtime = RUNTIMES.find((one) => matches(one.image, name));
  return runtime === undefined ? undefined : { runtime, detectedBy: `image ${name}` };
}

/** `registry:5000/team/openjdk:17@sha256:…` → `openjdk`. */
function imageName(image: string | undefined): string {
  const path = (image ?? '').replace(/@.*$/, '').split('/').at(-1) ?? '';
  return path.replace(/:.*$/, '').toLowerCase();
}

function matches(pattern: RegExp | undefined, text: string): boolean {
  return pattern !== undefined && text !== '' && pattern.test(text);
}
