/** Asks every node once, some of them more thoroughly; leaves nodes that do not answer alone for a while. */
import { MINUTE_MS, type EpochMs, type Milliseconds } from '../core/units.ts';
import type { NodeReading } from '../core/parse/node-readings.ts';
import type { NodeAnswer, SampleSource } from './collect-ports.ts';
import { SourceError } from './ports.ts';

export interface NodeFailure {
  readonly node: string;
  readonly why: string;
  readonly sinceMs: EpochMs;
}

export interface RoundAnswer {
  readonly nodes: number;
  readonly failures: readonly NodeFailure[];
  readonly skewed: readonly { readonly node: string; readonly aheadMs: Milliseconds }[];
  /** Nobody gave anything, and this is why. */
  readonly nothing?: SourceError;
}

export interface Round {
  /** `take` gets each node's readings as they come, so that they need not be kept. */
  read(
    nodes: ReadonlySet<string>,
    signal: AbortSignal,
    take: (readings: readonly NodeReading[]) => void,
  ): Promise<RoundAnswer>;
}

export interface RoundOptions {
  readonly source: SampleSource;
  readonly intervalMs: Milliseconds;
  readonly now: () => EpochMs;
  readonly tell: (message: string) => void;
}

/** Nodes that are asked at the same time. */
const PARALLEL = 8;
/** Resident size and network change slowly, and cost the kubelet more than all the rest. */
const FULL_EVERY_MS = 5 * MINUTE_MS;
/** A node that failed n times in a row is left alone for 2^n - 1 ticks, at most this many. */
const LONGEST_PAUSE_TICKS = 15;
const SKEW_MS = MINUTE_MS;
/** A tick must be over before the next one begins. */
const DEADLINE_SHARE = 0.8;
/** A rack that is down is one trouble, not forty. */
const TOLD_AT_ONCE = 3;
/** The one answer for all, where nodes are not asked. */
const WHOLE = 'metrics.k8s.io';

interface NodeState {
  /** Which of the rounds between two thorough ones is this node's. */
  readonly turn: number;
  failures: number;
  pauseTicks: number;
  trouble: NodeFailure | undefined;
  aheadMs: Milliseconds;
}

export function createRound(options: RoundOptions): Round {
  return new Rounds(options);
}

interface Outcome {
  readonly take: (readings: readonly NodeReading[]) => void;
  readonly errors: SourceError[];
  answered: number;
}

class Rounds implements Round {
  readonly #options: RoundOptions;
  readonly #fullEvery: number;
  readonly #states = new Map<string, NodeState>();
  #round = -1;
  #turns = 0;

  constructor(options: RoundOptions) {
    this.#options = options;
    this.#fullEvery = Math.max(1, Math.round(FULL_EVERY_MS / options.intervalMs));
  }

  async read(known: ReadonlySet<string>, signal: AbortSignal, take: Outcome['take']): Promise<RoundAnswer> {
    const { source, intervalMs, tell } = this.#options;
    this.#round += 1;
    const nodes = source.reach === 'cluster' ? [WHOLE] : [...known];
    const present = new Set(nodes);
    for (const node of this.#states.keys()) if (!present.has(node)) this.#states.delete(node);
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(intervalMs * DEADLINE_SHARE))]);
    const outcome: Outcome = { take, errors: [], answered: 0 };
    await inParallel(nodes, (node) => this.#ask(node, outcome, { signal, deadline }));
    const failures = nodes
      .map((node) => this.#states.get(node)?.trouble)
      .filter((trouble) => trouble !== undefined);
    for (const { node, why } of failures.slice(0, TOLD_AT_ONCE)) tell(`${node}: ${why}`);
    const [nothing] = outcome.answered === 0 ? outcome.errors : [];
    return {
      nodes: nodes.length,
      failures,
      skewed: [...this.#states]
        .filter(([, { aheadMs }]) => Math.abs(aheadMs) > SKEW_MS)
        .map(([node, { aheadMs }]) => ({ node, aheadMs })),
      ...(nothing === undefined ? {} : { nothing }),
    };
  }

  async #ask(
    node: string,
    outcome: Outcome,
    { signal, deadline }: { readonly signal: AbortSignal; readonly deadline: AbortSignal },
  ): Promise<void> {
    const { source, now } = this.#options;
    const state = this.#stateOf(node);
    if (state.pauseTicks > 0) {
      state.pauseTicks -= 1;
      return;
    }
    const depth = this.#round % this.#fullEvery === state.turn ? 'full' : 'quick';
    try {
      const where = source.reach === 'cluster' ? {} : { node };
      const answer = await source.read({ ...where, depth, signal: deadline });
      outcome.answered += 1;
      settle(state, answer);
      outcome.take(answer.readings);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      if (signal.aborted) return;
      outcome.errors.push(error);
      const why = deadline.aborted ? 'no answer before the next tick' : error.message;
      fail(state, { node, why, sinceMs: state.trouble?.sinceMs ?? now() });
    }
  }

  #stateOf(node: string): NodeState {
    const known = this.#states.get(node);
    if (known !== undefined) return known;
    const turn = this.#turns++ % this.#fullEvery;
    const made: NodeState = { turn, failures: 0, pauseTicks: 0, trouble: undefined, aheadMs: 0 };
    this.#states.set(node, made);
    return made;
  }
}

function settle(state: NodeState, answer: NodeAnswer): void {
  state.failures = 0;
  state.trouble = undefined;
  state.aheadMs = answer.clockAheadMs ?? 0;
}

function fail(state: NodeState, trouble: NodeFailure): void {
  state.failures += 1;
  state.trouble = trouble;
  // The first failure may be chance.
  state.pauseTicks = Math.min(LONGEST_PAUSE_TICKS, 2 ** (state.failures - 1) - 1);
}

async function inParallel(nodes: readonly string[], ask: (node: string) => Promise<void>): Promise<void> {
  const waiting = nodes[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const node of waiting) await ask(node);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, nodes.length) }, worker));
}
