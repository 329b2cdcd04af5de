/** The memory of all containers of a node together, from their histories: what its pods' cgroup holds. */
import type { NodeEvidence } from '../core/model/kubernetes.ts';
import type { ContainerHistory } from '../core/model/series.ts';
import type { Bytes, EpochMs, Milliseconds } from '../core/units.ts';

export interface NodeWindow {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
}

interface NodeSum {
  readonly bytes: Float64Array;
  readonly present: Uint32Array;
  readonly expected: Int32Array;
  containers: number;
}

/** A sample that is missed once or twice is carried; a longer hole makes the sum of that time unknown. */
const CARRIED_STEPS = 2;
const MOST_NODES = 5000;

/** State: one sum per node and step of time, so that ten thousand containers pass through without staying. */
export class NodeSums {
  readonly #window: NodeWindow;
  readonly #bins: number;
  readonly #nodes = new Map<string, NodeSum>();

  constructor(window: NodeWindow) {
    this.#window = window;
    this.#bins = Math.max(1, Math.floor((window.toMs - window.fromMs) / window.stepMs) + 1);
  }

  add({ nodeName, workingSet }: ContainerHistory): void {
    if (nodeName === undefined || workingSet === undefined || workingSet.timesMs.length === 0) return;
    const sum = this.#sumOf(nodeName);
    if (sum === undefined) return;
    sum.containers += 1;
    const { timesMs, values } = workingSet;
    const first = this.#binOf(timesMs[0] ?? 0);
    const last = this.#binOf(timesMs.at(-1) ?? 0);
    let index = 0;
    let value: number | undefined;
    let valueBin = -1;
    for (let bin = first; bin <= last; bin += 1) {
      while (index < timesMs.length && this.#binOf(timesMs[index] ?? 0) <= bin) {
        value = values[index];
        valueBin = this.#binOf(timesMs[index] ?? 0);
        index += 1;
      }
      sum.expected[bin] = (sum.expected[bin] ?? 0) + 1;
      if (value === undefined || bin - valueBin > CARRIED_STEPS) continue;
      sum.bytes[bin] = (sum.bytes[bin] ?? 0) + value;
      sum.present[bin] = (sum.present[bin] ?? 0) + 1;
    }
  }

  /** One history per node whose allocatable memory is known; it stands for the limit. */
  histories(nodes: readonly NodeEvidence[]): readonly ContainerHistory[] {
    return nodes.flatMap(({ name, allocatableMemoryBytes }) => {
      const sum = this.#nodes.get(name);
      if (sum === undefined || allocatableMemoryBytes === undefined) return [];
      return [this.#history(name, { sum, allocatableBytes: allocatableMemoryBytes })];
    });
  }

  #history(
    name: string,
    node: { readonly sum: NodeSum; readonly allocatableBytes: Bytes },
  ): ContainerHistory {
    const { fromMs, toMs, stepMs } = this.#window;
    const timesMs: number[] = [];
    const values: number[] = [];
    for (let bin = 0; bin < this.#bins; bin += 1) {
      const expected = node.sum.expected[bin] ?? 0;
      if (expected === 0 || node.sum.present[bin] !== expected) continue;
      timesMs.push(fromMs + bin * stepMs);
      values.push(node.sum.bytes[bin] ?? 0);
    }
    return {
      namespace: '',
      pod: name,
      container: 'all pods',
      nodeName: name,
      workload: { kind: 'Node', name },
      source: 'sum of its containers',
      stepMs,
      fromMs,
      toMs,
      workingSet: { timesMs, values },
      limit: [{ fromMs, value: node.allocatableBytes }],
    };
  }

  #sumOf(nodeName: string): NodeSum | undefined {
    const known = this.#nodes.get(nodeName);
    if (known !== undefined || this.#nodes.size >= MOST_NODES) return known;
    const sum: NodeSum = {
      bytes: new Float64Array(this.#bins),
      present: new Uint32Array(this.#bins),
      expected: new Int32Array(this.#bins),
      containers: 0,
    };
    this.#nodes.set(nodeName, sum);
    return sum;
  }

  #binOf(atMs: EpochMs): number {
    const bin = Math.floor((atMs - this.#window.fromMs) / this.#window.stepMs);
    return Math.min(this.#bins - 1, Math.max(0, bin));
  }
}
