/** What the container's language runtime adds to the advice: its knobs, its own heap limit, the clues in its log. */
import type { DeathFacts } from '../facts/types.ts';
import type { Action, Verdict } from '../model/diagnosis.ts';
import { findLogClues, runtimeOf } from '../runtimes/index.ts';
import type { RuntimeFacts, RuntimeId } from '../runtimes/index.ts';
import type { Bytes, Ratio } from '../units.ts';
import { rollbackActions } from './rollback.ts';
import { ownLimit } from './words.ts';

/**
 * Share of the limit that a heap setting may take (domain: JVM, Node.js, .NET and Redis 75 %, Go 90 %, Elasticsearch 50 %).
 * The others have no setting that stands for their whole heap.
 */
const HEAP_SHARE: Readonly<Partial<Record<RuntimeId, Ratio>>> = {
  jvm: 0.75,
  nodejs: 0.75,
  dotnet: 0.75,
  redis: 0.75,
  go: 0.9,
  elasticsearch: 0.5,
};

/** Their heap is bounded below the limit by default: a missing knob did not kill them, and setting it makes the heap larger. */
const BOUNDED_BY_DEFAULT: ReadonlySet<RuntimeId> = new Set(['jvm', 'nodejs', 'elasticsearch']);

/** The victim's name first: the process table may list the whole pod. */
function runtimeIn(facts: DeathFacts): RuntimeFacts | undefined {
  if (facts.container === undefined) return undefined;
  const comms = facts.kernelKills.flatMap(({ victim, killed }) => [
    ...(victim === undefined ? [] : [victim.comm]),
    ...killed.map(({ comm }) => comm),
  ]);
  return runtimeOf(facts.container, comms, {
    ...(facts.limitBytes === undefined ? {} : { limitBytes: facts.limitBytes }),
    ...(facts.node?.kernelVersion === undefined ? {} : { kernelVersion: facts.node.kernelVersion }),
  });
}

export function isRuntime(facts: DeathFacts, id: RuntimeId): boolean {
  return runtimeIn(facts)?.runtime === id;
}

/** The container's log says that its master saw a child die by signal 9. */
export function logShowsKilledChild(facts: DeathFacts): boolean {
  return findLogClues(facts.logTail?.lines ?? []).some(({ kind }) => kind === 'child-killed');
}

/** Settings that contradict the limit are fixes; the rest of what the runtime can do is for later. */
export function knobActions(facts: DeathFacts): readonly Action[] {
  const runtime = runtimeIn(facts);
  if (runtime === undefined) return [];
  const [first, ...others] = runtime.flags;
  if (first !== undefined) {
    return [
      { kind: 'fix', text: [first.text, ...runtime.advice].join(' ') },
      ...others.map(({ text }) => ({ kind: 'fix' as const, text })),
    ];
  }
  const unset = BOUNDED_BY_DEFAULT.has(runtime.runtime) ? [] : runtime.unsetKnobs;
  const knobs = unset.map(({ name, why, suggestion }) =>
    suggestion === undefined
      ? `${name} is not set. ${why}`
      : `${name} is not set (try ${suggestion}). ${why}`,
  );
  const sentences = [...knobs, ...runtime.advice];
  if (sentences.length === 0) return [];
  return [
    { kind: 'prevent', text: `${runtime.title} (seen by its ${runtime.detectedBy}): ${sentences.join(' ')}` },
  ];
}

/**
 * The limit that a fixed heap setting needs around it, where that is above the present one. A setting in percent grows
 * with the limit, so it gives no figure.
 */
export function knobLimitBytes(facts: DeathFacts): Bytes | undefined {
  const runtime = runtimeIn(facts);
  const heap = runtime?.heapMaxBytes;
  const share = runtime === undefined ? undefined : HEAP_SHARE[runtime.runtime];
  if (heap === undefined || share === undefined || typeof facts.limitBytes !== 'number') return undefined;
  if (/percent/i.test(runtime?.heapSource ?? '')) return undefined;
  const needed = heap / share;
  return needed > facts.limitBytes ? needed : undefined;
}

/** H1: the heap setting was reached, not the container's limit. The two need opposite fixes. */
export function adviseHeapLimit(facts: DeathFacts, verdict: Verdict): readonly Action[] {
  const source = runtimeIn(facts)?.heapSource;
  const setting = source === undefined ? 'its own heap setting' : `its own heap setting, ${source}`;
  return [
    ...rollbackActions(facts, verdict),
    {
      kind: 'investigate',
      text: `Take a heap dump or profile first: the runtime stopped at ${setting}, and a higher one only delays a leak. The kernel killed nothing, so ${ownLimit(facts)} is not what it hit.`,
    },
    {
      kind: 'fix',
      text: 'If the need is real, raise the heap setting and the container limit together: a heap that fills the limit is killed by the kernel next.',
    },
  ];
}
