/**
 * What every `HistorySource` promises, as one suite: adapters call it in their own tests with a world they made.
 * Values are the world's business; here is what callers rely on whatever the source is.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { SERIES_PARTS, type ContainerHistory, type Series } from '../core/model/series.ts';
import type { EpochMs, Milliseconds } from '../core/units.ts';
import type { HistoryPage, HistoryRequest, HistorySource } from './history-ports.ts';
import { SourceError } from './ports.ts';

/** A source with history of at least two namespaces, one of them with a workload of several replicas. */
export interface HistoryWorld {
  readonly source: HistorySource;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly stepMs: Milliseconds;
  /** Pods of one workload and one container of theirs, all with samples in the window. */
  readonly replicas: {
    readonly namespace: string;
    readonly workload: { readonly kind: string; readonly name: string };
    readonly container: string;
    readonly pods: readonly string[];
  };
  close(): Promise<void> | void;
}

export interface HistoryWorlds {
  readonly healthy: () => Promise<HistoryWorld> | HistoryWorld;
  /** Part of what is asked cannot be read: the rest comes, with a gap. */
  readonly partial?: () => Promise<HistoryWorld> | HistoryWorld;
  /** Nothing can be read. */
  readonly dead?: () => Promise<HistoryWorld> | HistoryWorld;
}

const STEP_PARTS = ['limit', 'request', 'version'] as const;
/** Longer than any source may need to notice an interruption. */
const PATIENCE_MS = 5000;

export function historySourceSuite(name: string, worlds: HistoryWorlds): void {
  describe(`${name} as a source of history`, () => {
    const closers: (() => Promise<void> | void)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0)) await close();
    });
    const open = async (make: () => Promise<HistoryWorld> | HistoryWorld): Promise<HistoryWorld> => {
      const world = await make();
      closers.push(() => world.close());
      return world;
    };
    readsWhatThereIs(() => open(worlds.healthy));
    readsWhatIsAsked(() => open(worlds.healthy));
    stopsWhenTold(() => open(worlds.healthy));
    failsInItsWay({
      ...(worlds.partial === undefined ? {} : { partial: () => open(worlds.partial as () => HistoryWorld) }),
      ...(worlds.dead === undefined ? {} : { dead: () => open(worlds.dead as () => HistoryWorld) }),
    });
  });
}

function readsWhatThereIs(open: () => Promise<HistoryWorld>): void {
  it('gives all replicas of a container in one page, each once', async () => {
    const world = await open();
    const { namespace, container, pods } = world.replicas;
    const pages = await readAll(world);
    const holding = pages.filter(({ histories }) =>
      histories.some((one) => one.namespace === namespace && pods.includes(one.pod)),
    );
    expect(holding).toHaveLength(1);
    const found = (holding[0]?.histories ?? []).filter(
      (one) => one.namespace === namespace && one.container === container && pods.includes(one.pod),
    );
    expect(found.map(({ pod }) => pod).toSorted()).toEqual([...pods].toSorted());
    const keys = pages.flatMap(({ histories }) => histories.map(keyOf));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('knows whose the pods are', async () => {
    const world = await open();
    const { pods, workload } = world.replicas;
    const histories = (await readAll(world)).flatMap((page) => page.histories);
    const owners = histories.filter(({ pod }) => pods.includes(pod)).map((one) => one.workload);
    expect(owners).not.toHaveLength(0);
    for (const owner of owners) expect(owner).toEqual(workload);
  });

  it('gives series that ascend strictly, are finite and lie in the window', async () => {
    const world = await open();
    const histories = (await readAll(world)).flatMap((page) => page.histories);
    expect(histories.length).toBeGreaterThan(0);
    for (const history of histories) {
      expect(history.workingSet ?? history.usage ?? history.rss, keyOf(history)).toBeDefined();
      expect(history.stepMs).toBeGreaterThan(0);
      expect(history.source).not.toBe('');
      expect(faultsOf(history, world), keyOf(history)).toEqual([]);
    }
  });
}

function readsWhatIsAsked(open: () => Promise<HistoryWorld>): void {
  it('gives only the pods, the container and the window that are asked for', async () => {
    const world = await open();
    const { namespace, container, pods } = world.replicas;
    const [pod = ''] = pods;
    const middleMs = Math.round((world.fromMs + world.toMs) / 2);
    const asked = { namespace, pods: [pod], container, fromMs: middleMs };
    const histories = (await readAll(world, asked)).flatMap((page) => page.histories);
    expect(histories.map(keyOf)).toEqual([`${namespace}/${pod}/${container}`]);
    for (const history of histories) expect(faultsOf(history, { ...world, fromMs: middleMs })).toEqual([]);
  });

  it('gives all pods of a workload that is asked for', async () => {
    const world = await open();
    const { namespace, workload, container, pods } = world.replicas;
    const histories = (await readAll(world, { namespace, workload, container })).flatMap(
      (page) => page.histories,
    );
    expect(histories.map(({ pod }) => pod).toSorted()).toEqual([...pods].toSorted());
  });

  it('gives no other namespace than the one that is asked for', async () => {
    const world = await open();
    const everything = (await readAll(world)).flatMap((page) => page.histories);
    const { namespace } = world.replicas;
    const histories = (await readAll(world, { namespace })).flatMap((page) => page.histories);
    expect(new Set(histories.map((one) => one.namespace))).toEqual(new Set([namespace]));
    expect(histories.length).toBeLessThan(everything.length);
  });

  it('does not read for the analysis what only memory is asked for', async () => {
    const world = await open();
    const histories = (await readAll(world, { depth: 'memory' })).flatMap((page) => page.histories);
    expect(histories.length).toBeGreaterThan(0);
    for (const history of histories) {
      expect(history.workingSet ?? history.usage, keyOf(history)).toBeDefined();
      expect(history.traffic).toBeUndefined();
    }
  });

  it('is silent, and no error, for a pod that never was', async () => {
    const world = await open();
    const { namespace } = world.replicas;
    const histories = (await readAll(world, { namespace, pods: ['no-such-pod'] })).flatMap(
      (page) => page.histories,
    );
    expect(histories).toEqual([]);
  });
}

function stopsWhenTold(open: () => Promise<HistoryWorld>): void {
  it('stops when it is interrupted, before and between pages', async () => {
    const world = await open();
    const before = AbortSignal.abort();
    await expect(within(readAll(world, { signal: before }))).rejects.toMatchObject({ code: 'aborted' });
    const stop = new AbortController();
    const reading = (async () => {
      for await (const page of world.source.read(requestOf(world, { signal: stop.signal }))) {
        if (page.histories.length > 0) stop.abort();
      }
    })();
    // What was ready may still come; then it ends, or says that it was interrupted.
    await within(reading.catch((error: unknown) => expect(error).toMatchObject({ code: 'aborted' })));
  });

  it('ends with its reader', async () => {
    const world = await open();
    await within(
      (async () => {
        for await (const page of world.source.read(requestOf(world))) if (page.histories.length > 0) break;
      })(),
    );
  });

  it('can be read twice', async () => {
    const world = await open();
    const count = async (): Promise<number> =>
      (await readAll(world)).reduce((sum, page) => sum + page.histories.length, 0);
    expect(await count()).toBe(await count());
  });
}

function failsInItsWay(open: {
  readonly partial?: () => Promise<HistoryWorld>;
  readonly dead?: () => Promise<HistoryWorld>;
}): void {
  it.skipIf(open.partial === undefined)('says as a gap what it could not read', async () => {
    const world = await (open.partial as () => Promise<HistoryWorld>)();
    const pages = await readAll(world);
    const gaps = pages.flatMap((page) => page.gaps);
    expect(gaps.length).toBeGreaterThan(0);
    for (const gap of gaps) {
      expect(gap.what).not.toBe('');
      expect(gap.cost).not.toBe('');
    }
    expect(new Set(gaps.map(({ id }) => id)).size).toBe(gaps.length);
    expect(pages.flatMap((page) => page.histories).length).toBeGreaterThan(0);
  });

  it.skipIf(open.dead === undefined)('throws a SourceError where there is nothing at all', async () => {
    const world = await (open.dead as () => Promise<HistoryWorld>)();
    await expect(within(readAll(world))).rejects.toBeInstanceOf(SourceError);
  });
}

function requestOf(world: HistoryWorld, changes: Partial<HistoryRequest> = {}): HistoryRequest {
  const { fromMs, toMs, stepMs } = world;
  return { fromMs, toMs, stepMs, depth: 'analysis', signal: new AbortController().signal, ...changes };
}

async function readAll(
  world: HistoryWorld,
  changes: Partial<HistoryRequest> = {},
): Promise<readonly HistoryPage[]> {
  const pages: HistoryPage[] = [];
  for await (const page of world.source.read(requestOf(world, changes))) pages.push(page);
  return pages;
}

async function within<T>(task: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not done after ${PATIENCE_MS} ms`)), PATIENCE_MS);
  try {
    return await Promise.race([task, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function keyOf({ namespace, pod, container }: ContainerHistory): string {
  return `${namespace}/${pod}/${container}`;
}

/** One sentence for each thing that a caller could not work with. */
function faultsOf(
  history: ContainerHistory,
  window: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): readonly string[] {
  const faults: string[] = [];
  for (const part of SERIES_PARTS) {
    const series = history[part];
    if (series !== undefined) faults.push(...seriesFaults(part, series, window));
  }
  if (history.traffic !== undefined)
    faults.push(...seriesFaults('traffic', history.traffic.perSecond, window));
  for (const part of STEP_PARTS) {
    const steps = history[part] ?? [];
    if (history[part]?.length === 0) faults.push(`${part}: no entry`);
    for (const [at, { fromMs }] of steps.entries()) {
      if (!Number.isFinite(fromMs)) faults.push(`${part}: no instant`);
      if (at > 0 && fromMs <= (steps[at - 1]?.fromMs ?? 0)) faults.push(`${part}: does not ascend`);
    }
  }
  return faults;
}

function seriesFaults(
  part: string,
  series: Series,
  window: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): readonly string[] {
  const { timesMs, values } = series;
  const faults: string[] = [];
  if (timesMs.length === 0) faults.push(`${part}: empty`);
  if (timesMs.length !== values.length) faults.push(`${part}: lengths differ`);
  if (!values.every((value) => Number.isFinite(value))) faults.push(`${part}: a value is not finite`);
  if (!timesMs.every((time) => Number.isInteger(time)))
    faults.push(`${part}: a time is no whole millisecond`);
  if (timesMs.some((time, at) => at > 0 && time <= (timesMs[at - 1] as number)))
    faults.push(`${part}: does not ascend`);
  if (timesMs.some((time) => time < window.fromMs || time > window.toMs))
    faults.push(`${part}: outside of the window`);
  return faults;
}
