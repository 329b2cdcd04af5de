/** Evidence statements as the causes write them. */
import type { KernelOomKill } from '../model/kernel.ts';
import type { EventEvidence } from '../model/kubernetes.ts';
import type { NodeLogRecord } from '../model/node-log.ts';
import type { KillDecision, DeathFacts } from '../facts/types.ts';
import { formatBytes, formatDuration, formatTime } from '../text/amounts.ts';
import { NODE_EVENTS } from '../facts/traces.ts';
import { SECOND_MS } from '../units.ts';
import type { Assessment, Statement } from './cause.ts';

interface Extra {
  readonly atMs?: number | undefined;
  readonly records?: readonly string[];
  readonly quote?: string | undefined;
}

function statement(weighs: Statement['weighs'], source: string, text: string, extra: Extra = {}): Statement {
  return {
    text,
    source,
    weighs,
    codes: [],
    records: extra.records ?? [],
    ...(extra.atMs === undefined ? {} : { atMs: extra.atMs }),
    ...(extra.quote === undefined ? {} : { quote: extra.quote }),
  };
}

export function pro(source: string, text: string, extra?: Extra): Statement {
  return statement('for', source, text, extra);
}

export function contra(source: string, text: string, extra?: Extra): Statement {
  return statement('against', source, text, extra);
}

/** Named and carried this far. */
export function found(
  weight: number,
  summary: string,
  because: readonly Statement[],
  more: Partial<Assessment> = {},
): Assessment {
  return { weight, summary, because, against: [], ...more };
}

/** Excluded, with the reason. */
export function excluded(...against: readonly Statement[]): Assessment {
  return { weight: 0, because: [], against };
}

export function fromEvent(event: EventEvidence, text?: string): Statement {
  const atMs = event.lastAtMs ?? event.firstAtMs;
  const times = event.count > 1 ? ` (${event.count} times)` : '';
  return pro('events', text ?? `event ${event.reason}${times}: ${event.message}`, {
    atMs,
    records: [event.id],
  });
}

export function fromLine(record: NodeLogRecord, text: string): Statement {
  return pro('node journal', text, { atMs: record.atMs, records: [record.id], quote: record.line });
}

/** `container app`; for a kernel report without its pod the victim and what is known of its container. */
export function nameOf(facts: DeathFacts): string {
  if (facts.container !== undefined) return `container ${facts.container.name}`;
  if (facts.containerId !== undefined) return `container ${facts.containerId.slice(0, 12)}`;
  const kill = facts.subject.kind === 'kernel' ? facts.kernelKills.at(-1) : undefined;
  if (kill?.victim === undefined) return 'the container';
  const id = kill.taskCgroup?.containerId;
  const inside = id === undefined ? '' : ` in container ${id.slice(0, 12)}`;
  return `${kill.victim.comm} (pid ${kill.victim.pid})${inside}`;
}

export function fromDecision(decision: KillDecision): Statement {
  const source = decision.at === 'event' ? 'events' : 'kubelet journal';
  return pro(source, `the kubelet decided to kill: ${decision.message}`, {
    atMs: decision.atMs,
    records: [decision.recordId],
  });
}

/** `died 30 s after the decision; the grace period is 30 s`. */
export function timingStatement(
  facts: DeathFacts,
  decision: KillDecision,
  weighs: 'for' | 'against' = 'for',
): Statement | undefined {
  if (decision.atMs === undefined || facts.diedAtMs === undefined) return undefined;
  const after = formatDuration(facts.diedAtMs - decision.atMs);
  const grace = formatDuration(decision.graceSeconds * SECOND_MS);
  return statement(weighs, 'timing', `it ended ${after} after that; the grace period is ${grace}`, {
    atMs: facts.diedAtMs,
    records: [decision.recordId],
  });
}

/** The deciding line of a kernel report. */
export function fromKernel(kill: KernelOomKill): Statement {
  const victim = kill.victim === undefined ? 'a process' : `${kill.victim.comm} (pid ${kill.victim.pid})`;
  const at = kill.atMs === undefined ? '' : ` at ${formatTime(kill.atMs)}`;
  const quote =
    kill.excerpt.find((line) => line.includes('oom-kill:')) ??
    kill.excerpt.find((line) => /Killed? process/.test(line));
  return pro(
    kill.source === NODE_EVENTS ? 'events' : 'kernel log',
    `${actText(kill, victim)}${at}: ${scopeText(kill)}`,
    {
      atMs: kill.atMs,
      records: [kill.id],
      quote,
    },
  );
}

function actText(kill: KernelOomKill, victim: string): string {
  if (kill.outcome === 'no-killable') return 'the kernel found no process to kill';
  return kill.outcome === 'panic' ? 'the kernel panicked' : `the kernel killed ${victim}`;
}

function scopeText(kill: KernelOomKill): string {
  if (kill.scope === 'global') return 'the whole node was out of memory';
  if (kill.oomCgroup === undefined) return 'out of memory';
  const limit = kill.limitBytes === undefined ? '' : `, limit ${formatBytes(kill.limitBytes)}`;
  const usage = kill.usageBytes === undefined ? '' : `, usage ${formatBytes(kill.usageBytes)}`;
  return `the limit of ${levelText(kill)} was hit${usage}${limit}`;
}

export function levelText(kill: KernelOomKill): string {
  switch (kill.oomCgroup?.level) {
    case 'container':
      return "the container's cgroup";
    case 'pod':
      return "the pod's cgroup";
    case 'qos':
      return "a QoS class's cgroup";
    case 'kubepods':
      return 'the cgroup of all pods (kubepods)';
    case 'root':
      return 'the root cgroup';
    case 'other':
    case undefined:
      return kill.oomCgroup === undefined ? 'a cgroup' : `the cgroup ${kill.oomCgroup.path}`;
  }
}

export function present<T>(values: readonly (T | undefined)[]): readonly T[] {
  return values.filter((value) => value !== undefined);
}
