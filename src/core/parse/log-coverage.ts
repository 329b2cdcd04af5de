/** Which logs a text file holds and which span they cover. */
import type { LogCoverage } from '../model/node-log.ts';
import type { EpochMs } from '../units.ts';
import type { ParsedLogLine } from './log-line.ts';

export type LogKind = LogCoverage['log'];

export const LOG_KINDS: readonly LogKind[] = ['kernel', 'kubelet', 'runtime', 'system'];

/** A step back by more than this is another file behind the first, not a daemon's late write. */
const BACKWARDS_MS = 10 * 60_000;
const HOST_LIMIT = 256;

/** Tags (and systemd units) of the programs whose silence means something; k3s, RKE2 and MicroK8s hold a kubelet. */
const KIND_OF_TAG: readonly (readonly [RegExp, LogKind])[] = [
  [/^(?:kubelet|k3s|k3s-agent|rke2|rke2-server|rke2-agent|k0s|k0scontroller|k0sworker|kubelite)$/, 'kubelet'],
  [/^(?:containerd|crio|cri-o|dockerd|docker|cri-dockerd|conmon)$/, 'runtime'],
  [/^(?:systemd|systemd-oomd|systemd-logind|systemd-shutdown|earlyoom|init)$/, 'system'],
];

/** Where to look for a kind that was not met yet: a tag in front of a message, or its field in a JSON record. */
export const KIND_MARKS: Readonly<Record<LogKind, RegExp>> = {
  kernel: / kernel: |"_TRANSPORT" ?: ?"kernel"/g,
  kubelet: marks('kubelet|k3s(?:-agent)?|rke2(?:-server|-agent)?|k0s(?:controller|worker)?|kubelite'),
  runtime: marks('containerd|crio|dockerd|cri-dockerd|conmon'),
  system: marks('systemd(?:-oomd|-logind|-shutdown)?|earlyoom'),
};

function marks(tags: string): RegExp {
  return new RegExp(` (?:${tags})(?:\\[\\d{1,10}\\])?: |"SYSLOG_IDENTIFIER" ?: ?"(?:${tags})"`, 'g');
}

interface Span {
  fromMs?: EpochMs;
  toMs?: EpochMs;
}

interface HostLogs {
  readonly all: Span;
  /** Latest instant of the lines given in order. */
  reachedMs?: EpochMs;
  readonly kinds: Map<LogKind, Span>;
}

export class CoverageTracker {
  readonly #source: string;
  readonly #nodeName: string | undefined;
  readonly #hosts = new Map<string, HostLogs>();
  readonly #seen = new Set<LogKind>();
  /** A file named after its program needs no tag in its lines. */
  readonly #kindByName: LogKind | undefined;
  #ordered = true;

  constructor(source: string, nodeName: string | undefined) {
    this.#source = source;
    this.#nodeName = nodeName;
    const name = source.split('/').at(-1) ?? '';
    this.#kindByName = /kubelet/i.test(name)
      ? 'kubelet'
      : /containerd|crio|docker/i.test(name)
        ? 'runtime'
        : undefined;
  }

  has(kind: LogKind): boolean {
    return this.#seen.has(kind);
  }

  /** `in-order`: no line that was given as such before stands behind this one in the file. */
  see(line: ParsedLogLine, place?: 'in-order'): void {
    const kind = this.#kindOf(line);
    const logs = this.#logsOf(this.#nodeName ?? line.host ?? '');
    if (logs === undefined) return;
    if (line.atMs !== undefined) {
      const { atMs } = line;
      if (place === 'in-order') {
        if ((logs.reachedMs ?? atMs) - atMs > BACKWARDS_MS) this.#ordered = false;
        logs.reachedMs = Math.max(logs.reachedMs ?? atMs, atMs);
      }
      widen(logs.all, atMs);
    }
    if (kind === undefined) return;
    this.#seen.add(kind);
    const span = logs.kinds.get(kind) ?? {};
    if (line.atMs !== undefined) widen(span, line.atMs);
    logs.kinds.set(kind, span);
  }

  #kindOf(line: ParsedLogLine): LogKind | undefined {
    if (line.origin === 'kernel') return 'kernel';
    const tag = line.ident ?? line.unit?.replace(/\.service$/, '');
    if (tag === undefined) return line.prefixed ? this.#kindByName : undefined;
    return KIND_OF_TAG.find(([tags]) => tags.test(tag))?.[1];
  }

  #logsOf(host: string): HostLogs | undefined {
    const known = this.#hosts.get(host);
    if (known !== undefined || this.#hosts.size >= HOST_LIMIT) return known;
    const logs: HostLogs = { all: {}, kinds: new Map() };
    this.#hosts.set(host, logs);
    return logs;
  }

  /**
   * In a log in order of time, a program that wrote at all was being recorded the whole time, quiet or not. Where files
   * were put behind one another, each program has only the span of its own lines.
   */
  result(): readonly LogCoverage[] {
    return [...this.#hosts].flatMap(([host, logs]) =>
      LOG_KINDS.filter((kind) => logs.kinds.has(kind)).map((log) => ({
        source: this.#source,
        log,
        ...(host === '' ? {} : { nodeName: host }),
        ...(this.#ordered ? logs.all : logs.kinds.get(log)),
      })),
    );
  }
}

function widen(span: Span, atMs: EpochMs): void {
  span.fromMs = Math.min(span.fromMs ?? atMs, atMs);
  span.toMs = Math.max(span.toMs ?? atMs, atMs);
}
