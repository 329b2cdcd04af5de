/** What changed rarely, as it was: steps for limits, a value per sample for restarts and starts. */
import type { ContainerHistory, Series, Step } from '../../core/model/series.ts';
import { MINUTE_MS, type EpochMs, type MemoryLimit } from '../../core/units.ts';
import type { Database } from './driver.ts';
import { STATE_KINDS, UNLIMITED } from './states.ts';
import type { Stay } from './wanted.ts';

export interface StateHistory {
  readonly limit: readonly Step<MemoryLimit>[];
  readonly request: readonly Step<number>[];
  readonly version: readonly Step<string>[];
  /** From when on, and the count. */
  readonly restarts: readonly Step<number>[];
  /** From when on (the start itself, where it lies beside the tick that showed it), and the start. */
  readonly startedAt: readonly Step<EpochMs>[];
  readonly oomEvents: readonly Step<number>[];
  /** A tick whose figure is of a container that started just after the tick began: the figure is of then. */
  readonly lateStarts: ReadonlyMap<EpochMs, EpochMs>;
}

/** A kubelet's figures and a pod's status tell of one restart at slightly different times. */
const SAME_RESTART_MS = 1.5 * MINUTE_MS;

export function readStates(database: Database, stays: readonly Stay[]): StateHistory {
  const steps = new Map<string, Step<number>[]>();
  for (const { place } of stays) {
    const rows = database.all(
      'select kind, at, value from step where container = ? order by kind, at',
      place,
    );
    for (const { kind, at, value } of rows) {
      const name = STATE_KINDS[Number(kind)] ?? '';
      steps.set(name, [...(steps.get(name) ?? []), { fromMs: Number(at), value: Number(value) }]);
    }
  }
  for (const [name, list] of steps) steps.set(name, changesOf(list));
  const of = (name: (typeof STATE_KINDS)[number]): readonly Step<number>[] => steps.get(name) ?? [];
  const startedAt = startsOf(of('startedAtMs'));
  return {
    limit: of('limitBytes').map(({ fromMs, value }) => ({
      fromMs,
      value: value === UNLIMITED ? 'unlimited' : value,
    })),
    request: of('requestBytes'),
    version: of('version').flatMap(({ fromMs, value }) => {
      const text = database.get('select value from text where id = ?', value)?.['value'];
      return typeof text === 'string' ? [{ fromMs, value: text }] : [];
    }),
    startedAt,
    restarts: besideStarts(of('restarts'), startedAt),
    oomEvents: of('oomEvents'),
    lateStarts: new Map(
      of('startedAtMs')
        .filter(({ fromMs, value }) => value > fromMs && value - fromMs < MINUTE_MS)
        .map(({ fromMs, value }) => [fromMs, value]),
    ),
  };
}

/** Ascending, each value once in a row. */
function changesOf(steps: readonly Step<number>[]): Step<number>[] {
  const changes: Step<number>[] = [];
  for (const step of steps.toSorted((one, other) => one.fromMs - other.fromMs)) {
    const last = changes.at(-1);
    if (last?.fromMs === step.fromMs) changes.pop();
    if (changes.at(-1)?.value !== step.value) changes.push(step);
  }
  return changes;
}

function startsOf(steps: readonly Step<EpochMs>[]): readonly Step<EpochMs>[] {
  let before = Number.NEGATIVE_INFINITY;
  return steps.map((step, index) => {
    const isBeside = Math.abs(step.fromMs - step.value) < SAME_RESTART_MS;
    // The first one may have started long before anybody looked.
    const fromMs = index > 0 && isBeside && step.value > before ? step.value : step.fromMs;
    before = fromMs;
    return { fromMs, value: step.value };
  });
}

/** One restart must cut a life once: the count changes where the start does. */
function besideStarts(
  restarts: readonly Step<number>[],
  starts: readonly Step<EpochMs>[],
): readonly Step<number>[] {
  let before = Number.NEGATIVE_INFINITY;
  return restarts.map((step) => {
    const start = starts.find(
      ({ fromMs }) => fromMs > before && Math.abs(fromMs - step.fromMs) <= SAME_RESTART_MS,
    );
    before = start?.fromMs ?? step.fromMs;
    return { fromMs: before, value: step.value };
  });
}

/** The value that held at each instant; instants before the first step have none. */
export function sampled(steps: readonly Step<number>[], timesMs: readonly EpochMs[]): Series | undefined {
  const [first] = steps;
  if (first === undefined) return undefined;
  const times: EpochMs[] = [];
  const values: number[] = [];
  let at = 0;
  for (const time of timesMs) {
    if (time < first.fromMs) continue;
    while (at + 1 < steps.length && (steps[at + 1] as Step<number>).fromMs <= time) at += 1;
    times.push(time);
    values.push((steps[at] as Step<number>).value);
  }
  return times.length === 0 ? undefined : { timesMs: times, values };
}

/** The steps that matter in a window: the one that held at its begin, and those within. */
export function stepsIn<T>(
  steps: readonly Step<T>[],
  window: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): readonly Step<T>[] {
  return steps.filter(({ fromMs }, index) => {
    const next = steps[index + 1];
    return fromMs <= window.toMs && (next === undefined || next.fromMs > window.fromMs);
  });
}

/** The parts of a history that come from steps. */
export function stateParts(
  states: StateHistory,
  timesMs: readonly EpochMs[],
  window: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): Partial<ContainerHistory> {
  const limit = stepsIn(states.limit, window);
  const request = stepsIn(states.request, window);
  const version = stepsIn(states.version, window);
  const restarts = sampled(states.restarts, timesMs);
  const startedAt = sampled(states.startedAt, timesMs);
  const oomEvents = sampled(states.oomEvents, timesMs);
  return {
    ...(limit.length === 0 ? {} : { limit }),
    ...(request.length === 0 ? {} : { request }),
    ...(version.length === 0 ? {} : { version }),
    ...(restarts === undefined ? {} : { restarts }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(oomEvents === undefined ? {} : { oomEvents }),
  };
}
