/**
 * `docker stats` (and `podman stats`) run again and again into one file, as tables or with `--format json`. The figure is
 * usage without inactive page cache (docker/cli cli/command/container/stats_helpers.go), the kubelet's working set.
 */
import type { ContainerHistory, Series } from '../../model/series.ts';
import type { EpochMs, Milliseconds } from '../../units.ts';
import { parseAmount, parseInstant } from './amounts.ts';
import { buildHistory, type ContainerName, type Quantity } from './build-history.ts';
import type { RawSamples } from './clean-series.ts';

export interface DockerStatsOptions {
  readonly source: string;
  /** When the last round was taken, as far as that is known (the file's own age); rounds carry no time. */
  readonly endMs: EpochMs;
}

export interface DockerStatsHistories {
  readonly histories: readonly ContainerHistory[];
  readonly problems: readonly string[];
}

/** What a loop around `docker stats --no-stream` and a short sleep comes to. */
const ASSUMED_STEP_MS: Milliseconds = 10_000;
const HEADER = /^(?:\x1b\[[0-9;]*[A-Za-z])*(?:CONTAINER(?: ID)?|ID) .*\bMEM USAGE ?\/ ?LIMIT\b/;
const ROW =
  /^(\S{1,200})\s+(.{1,300}?)\s+-?[\d.]{1,20}%\s+([\d.]{1,20}[A-Za-z]{1,3}) ?\/ ?([\d.]{1,20}[A-Za-z]{1,3})(?:\s|$)/;
const ANSI = /\x1b\[[0-9;]{0,8}[A-Za-z]/g;
const LINE_CHARS = 4096;
const CONTAINERS = 5000;
const ROUNDS = 1_000_000;

export function isDockerStatsHeader(line: string): boolean {
  return line.length <= LINE_CHARS && HEADER.test(line);
}

interface Container {
  readonly name: string;
  readonly rounds: number[];
  readonly bytes: number[];
  readonly limits: number[];
}

/** Feed it the lines of a file. */
export class DockerStatsReader {
  readonly #options: DockerStatsOptions;
  readonly #containers = new Map<string, Container>();
  /** Instants that stood between the rounds, by round. */
  readonly #times = new Map<number, EpochMs>();
  /** Names of this round, for files that have no headers. */
  readonly #seen = new Set<string>();
  #round = -1;
  #badLines = 0;
  #pendingMs: EpochMs | undefined;

  constructor(options: DockerStatsOptions) {
    this.#options = options;
  }

  push(raw: string): void {
    if (raw.length > LINE_CHARS || this.#round >= ROUNDS) return;
    const line = raw.replace(ANSI, '').trim();
    if (line === '') return;
    if (HEADER.test(line)) {
      // `docker stats` without containers prints its header alone: a round too.
      this.#nextRound();
      return;
    }
    const row = line.startsWith('{') ? jsonRow(line) : tableRow(line);
    if (row !== undefined) {
      if (this.#round < 0 || this.#seen.has(row.name)) this.#nextRound();
      this.#keep(row);
      return;
    }
    const timeMs = parseInstant(line);
    if (timeMs === undefined) this.#badLines += 1;
    else this.#pendingMs = timeMs;
  }

  end(): DockerStatsHistories {
    const problems: string[] = [];
    if (this.#badLines > 0) problems.push(`${this.#badLines} lines were not understood`);
    const { timeOf, note } = this.#clock();
    const shared = this.#hostMemory();
    const histories: ContainerHistory[] = [];
    for (const container of this.#containers.values()) {
      const timesMs = container.rounds.map((round) => timeOf(round));
      const samples = new Map<Quantity, RawSamples>([['workingSet', { timesMs, values: container.bytes }]]);
      const built = buildHistory({
        name: kubernetesName(container.name),
        source: this.#options.source,
        samples,
        notes: note === undefined ? [] : [note],
      });
      if (built.history === undefined) problems.push(...built.notes);
      else histories.push({ ...built.history, ...limitOf({ timesMs, values: container.limits }, shared) });
    }
    return { histories, problems };
  }

  #nextRound(): void {
    this.#round += 1;
    this.#seen.clear();
    if (this.#pendingMs !== undefined) this.#times.set(this.#round, this.#pendingMs);
    this.#pendingMs = undefined;
  }

  #keep(row: Row): void {
    this.#seen.add(row.name);
    let container = this.#containers.get(row.name);
    if (container === undefined) {
      if (this.#containers.size >= CONTAINERS) return;
      container = { name: row.name, rounds: [], bytes: [], limits: [] };
      this.#containers.set(row.name, container);
    }
    container.rounds.push(this.#round);
    container.bytes.push(row.bytes);
    container.limits.push(row.limitBytes);
  }

  #clock(): { readonly timeOf: (round: number) => EpochMs; readonly note?: string } {
    const known = [...this.#times].toSorted(([a], [b]) => a - b);
    const last = known.at(-1);
    if (last === undefined) {
      return {
        timeOf: (round) => this.#options.endMs - (this.#round - round) * ASSUMED_STEP_MS,
        note: 'the file holds no times: its rounds are taken to be 10 s apart and the last one to be as old as the file',
      };
    }
    return {
      timeOf: (round) => {
        const stated = this.#times.get(round);
        if (stated !== undefined) return stated;
        const [before, beforeMs] = known.findLast(([at]) => at < round) ?? [0, last[1]];
        return beforeMs + (round - before) * ASSUMED_STEP_MS;
      },
    };
  }

  /** A container without a limit of its own shows the machine's memory, and so do all the others without one. */
  #hostMemory(): { readonly bytes: number; readonly isSure: boolean } {
    const limits = new Set([...this.#containers.values()].flatMap((container) => container.limits));
    const isShared = this.#containers.size > 1;
    return { bytes: Math.max(0, ...limits), isSure: isShared };
  }
}

function limitOf(
  limits: Series,
  host: { readonly bytes: number; readonly isSure: boolean },
): Pick<ContainerHistory, 'limit'> {
  // One container alone: its figure may be a limit or the machine.
  if (!host.isSure) return {};
  const [fromMs] = limits.timesMs;
  const [value] = limits.values;
  if (fromMs === undefined || value === undefined) return {};
  return { limit: [{ fromMs, value: value >= host.bytes ? 'unlimited' : value }] };
}

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly limitBytes: number;
}

function tableRow(line: string): Row | undefined {
  const match = ROW.exec(line);
  if (match === null) return undefined;
  return rowOf(match[2] ?? '', match[3] ?? '', match[4] ?? '');
}

function jsonRow(line: string): Row | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return undefined;
  const fields = raw as Readonly<Record<string, unknown>>;
  const name = fields['Name'] ?? fields['name'] ?? fields['Container'];
  const usage = fields['MemUsage'] ?? fields['mem_usage'];
  if (typeof name !== 'string' || typeof usage !== 'string') return undefined;
  const [used = '', limit = ''] = usage.split('/');
  return rowOf(name, used, limit);
}

function rowOf(name: string, used: string, limit: string): Row | undefined {
  const bytes = parseAmount(used);
  const limitBytes = parseAmount(limit);
  const trimmed = name.trim();
  // A container that is not running shows `-- / --` or zeros.
  if (bytes === undefined || bytes === 0 || limitBytes === undefined || trimmed === '') return undefined;
  return { name: trimmed, bytes, limitBytes };
}

/** cri-dockerd: `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`. */
function kubernetesName(name: string): ContainerName {
  const [prefix, container = '', pod = '', namespace = '', podUid] = name.split('_');
  if (prefix === 'k8s' && podUid !== undefined && container !== 'POD')
    return { namespace, pod, container, podUid, isPod: true };
  return { namespace: '', pod: name, container: name };
}
