/** A target in which nothing died: is it waiting for memory, or suffering? */
import { peakRatio } from '../causes/read.ts';
import type { DeathFacts } from '../facts/types.ts';
import type { Verdict } from '../model/diagnosis.ts';
import { parseFailedScheduling } from '../parse/admission.ts';
import { findLogClues } from '../runtimes/log-clues.ts';
import { formatBytes } from '../text/amounts.ts';
import { count } from '../text/numbers.ts';

/** PSI `full` of the last minute from which people notice. */
const SUFFERING_PERCENT = 10;
const LIVING_AT_LIMIT = 0.95;
const MANY_MAX_EVENTS = 100;

interface Living {
  readonly summary: string;
  readonly beside: readonly string[];
  readonly memory: Verdict['memory'];
}

/** Pending because no node has the memory requested. */
function pending(facts: DeathFacts): Living | undefined {
  if (facts.pod?.phase !== 'Pending' || facts.pod.nodeName !== undefined) return undefined;
  const event = facts.podEvents.findLast((e) => e.reason === 'FailedScheduling');
  const condition = facts.pod.conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  const text = event?.message ?? condition?.message;
  const parsed = text === undefined ? undefined : parseFailedScheduling(text);
  const memory = parsed?.reasons.find((reason) => reason.insufficient === 'memory');
  if (memory === undefined) {
    return {
      summary: `Nothing died: the pod is Pending${text === undefined ? '' : ` (${text.slice(0, 200)})`}.`,
      beside: [],
      memory: 'none',
    };
  }
  const requests = facts.pod.containers.reduce(
    (sum, c) => sum + (c.role === 'init' ? 0 : (c.requests.memoryBytes ?? c.limits.memoryBytes ?? 0)),
    0,
  );
  const asks = requests === 0 ? '' : ` the ${formatBytes(requests)} it requests`;
  return {
    summary: `Nothing died: the pod is Pending because ${memory.nodes} of ${parsed?.totalNodes ?? '?'} nodes do not have${asks === '' ? ' the memory it requests' : asks} free.`,
    beside: [`The scheduler says: ${text ?? ''}`],
    memory: 'node',
  };
}

function suffering(facts: DeathFacts): readonly string[] {
  const signs: string[] = [];
  for (const reading of facts.cgroups) {
    const full = reading.pressure?.fullAvg60Percent ?? 0;
    if (full >= SUFFERING_PERCENT)
      signs.push(`All its tasks stood still for memory ${full} % of the last minute (PSI).`);
    const { max = 0, oom = 0, high = 0, oomKill = 0 } = reading.events ?? {};
    if (max >= MANY_MAX_EVENTS && oom === 0 && oomKill === 0)
      signs.push(`It lives at its limit: usage was held back there ${max} times without an OOM kill.`);
    if (high >= MANY_MAX_EVENTS) signs.push(`It was throttled at memory.high ${high} times.`);
  }
  const ratio = peakRatio(facts);
  const { peakBytes, limitBytes } = facts;
  if (
    ratio !== undefined &&
    ratio >= LIVING_AT_LIMIT &&
    peakBytes !== undefined &&
    limitBytes !== undefined
  ) {
    signs.push(`Its highest reading is ${formatBytes(peakBytes)} of ${formatBytes(limitBytes)}.`);
  }
  return [...new Set(signs)];
}

function logSigns(facts: DeathFacts): readonly string[] {
  return findLogClues(facts.logTail?.lines ?? []).flatMap((clue) => {
    if (clue.kind === 'child-killed')
      return [
        `Its log says that a child process was killed, perhaps for memory (the line alone is no proof): ${clue.line}`,
      ];
    if (clue.kind === 'worker-timeout')
      return [`Its log says that a worker was killed for a time-out, which is not memory: ${clue.line}`];
    return [];
  });
}

function refusedResize(facts: DeathFacts): readonly string[] {
  const texts = [
    ...facts.podEvents.filter((e) => e.reason.startsWith('Resize')).map((e) => e.message),
    ...(facts.pod?.conditions ?? [])
      .filter((c) => c.type.startsWith('PodResize'))
      .map((c) => c.message ?? ''),
  ];
  const refused = texts.find((text) => /cannot decrease memory limits|below current usage/i.test(text));
  return refused === undefined
    ? []
    : [`A lower memory limit was refused because it lies below usage; nothing was killed: ${refused}`];
}

function nodePressure(facts: DeathFacts): readonly string[] {
  const pressure = facts.node?.conditions.find((c) => c.type === 'MemoryPressure' && c.status === 'True');
  return pressure === undefined
    ? []
    : ['Its node reports MemoryPressure: pods above their request may be evicted.'];
}

/** What a node without any death shows: how full it is, and whether it is short of memory. */
function ofNode(facts: DeathFacts): Living | undefined {
  const { node } = facts;
  if (node === undefined || facts.pod !== undefined) return undefined;
  const { allocated, capacityPods, allocatableMemoryBytes: room } = node;
  const limits = allocated?.memoryLimitsBytes;
  const isFull = capacityPods !== undefined && (allocated?.pods ?? 0) >= capacityPods;
  // Rounded down, as `kubectl describe node` prints it.
  const percent = limits === undefined || room === undefined ? 0 : Math.floor((limits / room) * 100);
  const overcommitted =
    percent > 100
      ? `the memory limits of its pods add up to ${percent} % of what it has for them`
      : undefined;
  const pressure = nodePressure(facts);
  const crowded = isFull
    ? `, but it runs too many pods for its capacity: ${allocated?.pods ?? 0} of at most ${capacityPods}`
    : '';
  return {
    summary: `Nothing died on node ${node.name}, as far as the evidence shows${crowded}${isFull && overcommitted !== undefined ? `, and ${overcommitted}` : ''}.`,
    beside: [
      ...(isFull || overcommitted === undefined
        ? []
        : [`${overcommitted.slice(0, 1).toUpperCase()}${overcommitted.slice(1)}.`]),
      ...pressure,
    ],
    memory: pressure.length > 0 ? 'node' : 'none',
  };
}

/** The kubelet keeps the end of one former instance, and for moments none. */
function endsUnread({ container }: DeathFacts): string | undefined {
  const { restartCount = 0, lastState } = container?.status ?? {};
  if (restartCount === 0 || lastState?.kind === 'terminated') return undefined;
  return `it was restarted ${count(restartCount, 'time')}, and the record of its last end is gone`;
}

export function living(facts: DeathFacts): Living {
  const node = ofNode(facts);
  if (node !== undefined) return node;
  const waiting = pending(facts);
  if (waiting !== undefined) return waiting;
  const signs = suffering(facts);
  const notes = [...signs, ...refusedResize(facts), ...logSigns(facts), ...nodePressure(facts)];
  const what = facts.container === undefined ? 'the pod' : `container ${facts.container.name}`;
  if (signs.length > 0)
    return {
      summary: `Nothing died, but ${what} suffers for memory. ${signs[0] ?? ''}`,
      beside: notes.slice(1),
      memory: 'container',
    };
  const unread = endsUnread(facts);
  return {
    summary:
      unread === undefined
        ? `Nothing died in ${what}, as far as the evidence shows.`
        : `No death of ${what} is left to see: ${unread}.`,
    beside: notes,
    memory: 'none',
  };
}
