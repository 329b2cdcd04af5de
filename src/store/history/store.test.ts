import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../app/collect-ports.ts';
import { historySourceSuite, type HistoryWorld } from '../../app/history-source.suite.ts';
import { HOUR_MS, MINUTE_MS } from '../../core/units.ts';
import { embeddedHistory } from './history-source.ts';
import { openHistoryStore } from './store.ts';
import { container, fill, KEEP_ALL, PAGE, readAll, T0, temporaryPath, TICK_MS } from './test-kit.ts';

const open: HistoryStore[] = [];
afterEach(() => {
  for (const store of open.splice(0)) store.close();
});

function made(path = temporaryPath()): { readonly path: string; readonly store: HistoryStore } {
  const store = openHistoryStore(path);
  open.push(store);
  return { path, store };
}

function count(path: string, sql: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare(sql).get() as { n: number };
  database.close();
  return row.n;
}

const TICKS_PER_HOUR = 240;

const noise = (seed: number) => (tick: number) => {
  const mixed = Math.imul((tick * 1009) ^ seed ^ ((tick * 1009 + seed) >>> 7), 2_654_435_761);
  return (Math.imul(mixed ^ (mixed >>> 15), 2_246_822_519) >>> 8) + 1;
};

function spikeAndDip(tick: number): number {
  return tick === 123 ? 9999 : tick === 456 ? 3 : 500;
}

function startOf(tick: number): number {
  return T0 + (tick < 10 ? -HOUR_MS : 10 * TICK_MS - 1000);
}

describe('history store', () => {
  it('gives back what was written, before and after it is packed', async () => {
    const { path, store } = made();
    // A rising series, one with a hole, and one that only came later.
    const web = container('web-1');
    const gone = container('web-2');
    const late = container('db-0');
    fill(store, { from: 0, to: TICKS_PER_HOUR }, [
      { identity: web, pages: (tick) => 1000 + tick },
      { identity: gone, pages: (tick) => (tick < 50 || tick > 70 ? 77 : undefined) },
      { identity: late, pages: (tick) => (tick < 130 ? undefined : 5 * tick) },
    ]);
    const before = await readAll(path);
    await store.maintain(KEEP_ALL, T0 + HOUR_MS);
    // One hour of ticks: the first half hour is behind a newer tick, the second is not.
    expect(count(path, 'select count(*) n from tick')).toBe(120);
    expect(count(path, 'select count(*) n from chunk where ready = 1')).toBe(1);
    const after = await readAll(path);
    expect(after).toEqual(before);
    const webHistory = after.histories.find(({ pod }) => pod === 'web-1');
    expect(webHistory?.workingSet).toEqual({
      timesMs: Array.from({ length: TICKS_PER_HOUR }, (_, tick) => T0 + tick * TICK_MS),
      values: Array.from({ length: TICKS_PER_HOUR }, (_, tick) => (1000 + tick) * PAGE),
    });
    expect(webHistory).toMatchObject({
      namespace: 'shop',
      podUid: web.podUid,
      container: 'app',
      nodeName: 'n1',
      workload: { kind: 'Deployment', name: 'web' },
      source: 'embedded history',
      stepMs: TICK_MS,
    });
    const times = after.histories.find(({ pod }) => pod === 'web-2')?.workingSet?.timesMs ?? [];
    // 21 ticks (50 to 70) are missing and stay missing.
    expect(times).toHaveLength(TICKS_PER_HOUR - 21);
    expect(times).not.toContain(T0 + 60 * TICK_MS);
    const db = after.histories.find(({ pod }) => pod === 'db-0');
    expect(db?.workingSet?.timesMs[0]).toBe(T0 + 130 * TICK_MS);
    expect(db?.workingSet?.values.at(-1)).toBe(5 * (TICKS_PER_HOUR - 1) * PAGE);
  });

  it('thins out what is old and keeps least, highest and last of each bin', async () => {
    const { path, store } = made();
    // Every minute 40, 90, 10, 50 pages: least 10, highest 90, last 50.
    const minute = [40, 90, 10, 50];
    const pages = (tick: number): number => minute[tick % 4] ?? 0;
    fill(store, { from: 0, to: 9 * TICKS_PER_HOUR }, [{ identity: container('web-1'), pages }]);
    await store.maintain(KEEP_ALL, T0 + 9 * HOUR_MS);
    // Raw is kept for 6 h in windows of 2 h: of nine hours the first two are thinned.
    expect(count(path, 'select count(*) n from chunk where tier = 1')).toBe(1);
    const { histories } = await readAll(path, { toMs: T0 + 2 * HOUR_MS });
    const { timesMs = [], values = [] } = histories[0]?.workingSet ?? {};
    // Two hours of minutes with three figures each.
    expect(timesMs).toHaveLength(3 * 120);
    expect(new Set(values)).toEqual(new Set([10 * PAGE, 50 * PAGE, 90 * PAGE]));
    expect(values[2]).toBe(50 * PAGE);
    expect(timesMs[2]).toBe(T0 + MINUTE_MS);
    expect(histories[0]?.stepMs).toBe(MINUTE_MS);
    expect(histories[0]?.notes).toEqual(['older figures are kept as least, highest and last of each 60 s']);
    expect(timesMs.every((at, index) => index === 0 || at > (timesMs[index - 1] ?? 0))).toBe(true);
  });

  it('thins out twice: a spike of one tick and a dip of one tick outlive both', async () => {
    const { path, store } = made();
    // A tick a minute for ten hours, then a few until the fourth day.
    const series = [{ identity: container('web-1'), pages: spikeAndDip }];
    fill(store, { from: 0, to: 600, stepMs: MINUTE_MS }, series);
    fill(store, { from: 1, to: 18, t0: T0 + 10 * HOUR_MS, stepMs: 5 * HOUR_MS }, series);
    await store.maintain(KEEP_ALL, T0 + 100 * HOUR_MS);
    expect(count(path, 'select count(*) n from chunk where tier = 2')).toBeGreaterThan(0);
    const { histories } = await readAll(path, { stepMs: 5 * MINUTE_MS, toMs: T0 + 10 * HOUR_MS });
    const values = histories[0]?.workingSet?.values ?? [];
    expect(Math.max(...values)).toBe(9999 * PAGE);
    expect(Math.min(...values)).toBe(3 * PAGE);
    expect(histories[0]?.stepMs).toBe(5 * MINUTE_MS);
  });

  it('joins fine figures to the distance that was asked for', async () => {
    const { path, store } = made();
    fill(store, { from: 0, to: 40 }, [{ identity: container('web-1'), pages: (tick) => 100 + tick }]);
    const { histories } = await readAll(path, { stepMs: 5 * MINUTE_MS });
    // Twice 20 ticks: 100 to 119 and 120 to 139; the last is the highest, so each gives least and last.
    expect(histories[0]?.workingSet?.values).toEqual([100, 119, 120, 139].map((pages) => pages * PAGE));
    expect(histories[0]?.stepMs).toBe(5 * MINUTE_MS);
  });

  it('keeps limits, requests, restarts and starts where they change', async () => {
    const { path, store } = made();
    const restartAt = T0 + 10 * TICK_MS - 4000;
    fill(store, { from: 0, to: 30 }, [
      {
        identity: container('web-1'),
        pages: () => 100,
        state: (tick) => ({
          limitBytes: tick < 20 ? 1000 * PAGE : 'unlimited',
          requestBytes: 500 * PAGE,
          // The pod's status tells of the restart one tick later than the kubelet's figures.
          restarts: tick < 11 ? 2 : 3,
          startedAtMs: tick < 10 ? T0 - HOUR_MS : restartAt,
          version: tick < 20 ? 'web:1' : 'web:2',
        }),
      },
    ]);
    const [history] = (await readAll(path)).histories;
    expect(history?.limit).toEqual([
      { fromMs: T0, value: 1000 * PAGE },
      { fromMs: T0 + 20 * TICK_MS, value: 'unlimited' },
    ]);
    expect(history?.request).toEqual([{ fromMs: T0, value: 500 * PAGE }]);
    expect(history?.version?.map(({ value }) => value)).toEqual(['web:1', 'web:2']);
    // One restart, told once: count and start change at the same sample.
    expect(history?.restarts?.values).toEqual([...Array<number>(10).fill(2), ...Array<number>(20).fill(3)]);
    expect(history?.startedAt?.values).toEqual([
      ...Array<number>(10).fill(T0 - HOUR_MS),
      ...Array<number>(20).fill(restartAt),
    ]);
    expect(count(path, 'select count(*) n from step')).toBe(9);
  });

  it('does not let the peak of a killed container open the life of the next one', async () => {
    const { path, store } = made();
    // Ticks 0 to 9 rise to the limit, then it begins again at 10 pages: all within one bin of five minutes.
    fill(store, { from: 0, to: 20 }, [
      {
        identity: container('web-1'),
        pages: (tick) => (tick < 10 ? 900 + tick : tick),
        state: (tick) => ({ startedAtMs: tick < 10 ? T0 - HOUR_MS : T0 + 10 * TICK_MS - 2000 }),
      },
    ]);
    const [history] = (await readAll(path, { stepMs: 5 * MINUTE_MS })).histories;
    const { timesMs = [], values = [] } = history?.workingSet ?? {};
    const started = history?.startedAt?.values ?? [];
    expect(values[values.indexOf(909 * PAGE)]).toBe(909 * PAGE);
    for (const [index, value] of values.entries()) {
      if (value > 500 * PAGE) expect(started[index]).toBe(T0 - HOUR_MS);
      else expect(timesMs[index]).toBeGreaterThanOrEqual(T0 + 10 * TICK_MS);
    }
  });

  it('gives the slot of a pod that is gone to another one, and mixes nothing up', async () => {
    const { path, store } = made();
    const old = container('web-1');
    const young = container('web-2');
    fill(store, { from: 0, to: 150 }, [{ identity: old, pages: (tick) => (tick < 100 ? 7 : undefined) }]);
    await store.maintain(KEEP_ALL, T0 + HOUR_MS);
    // Not seen in the whole second window, so its slot is free after it.
    fill(store, { from: 150, to: 250 }, [{ identity: container('x-1'), pages: () => 1 }]);
    await store.maintain(KEEP_ALL, T0 + 2 * HOUR_MS);
    fill(store, { from: 250, to: 400 }, [
      { identity: container('x-1'), pages: () => 1 },
      { identity: young, pages: () => 8 },
    ]);
    await store.maintain(KEEP_ALL, T0 + 2 * HOUR_MS);
    expect(count(path, 'select count(distinct slot) n from container')).toBe(2);
    const { histories } = await readAll(path);
    const values = (pod: string): Set<number> =>
      new Set(histories.find((history) => history.pod === pod)?.workingSet?.values);
    expect(values('web-1')).toEqual(new Set([7 * PAGE]));
    expect(values('web-2')).toEqual(new Set([8 * PAGE]));
    expect(values('x-1')).toEqual(new Set([PAGE]));
  });

  it('tells a pod that was made again under its name as one history with another life', async () => {
    const { path, store } = made();
    const first = container('db-0', { podUid: '11111111-0000-4000-8000-000000000000' });
    const second = container('db-0', { podUid: '22222222-0000-4000-8000-000000000000', nodeName: 'n2' });
    for (const [from, to, identity] of [
      [0, 10, first],
      [10, 20, second],
    ] as const)
      fill(store, { from, to }, [
        {
          identity,
          pages: (tick) => tick,
          state: (tick) => ({ startedAtMs: startOf(tick), limitBytes: 4096 }),
        },
      ]);
    const { histories } = await readAll(path);
    expect(histories).toHaveLength(1);
    expect(histories[0]).toMatchObject({ podUid: second.podUid, nodeName: 'n2' });
    expect(histories[0]?.workingSet?.values).toEqual(Array.from({ length: 20 }, (_, tick) => tick * PAGE));
    expect(new Set(histories[0]?.startedAt?.values)).toEqual(new Set([startOf(0), startOf(10)]));
    expect(histories[0]?.limit).toEqual([{ fromMs: T0, value: 4096 }]);
  });

  it('goes on after it was closed, with the same places', async () => {
    const path = temporaryPath();
    const first = openHistoryStore(path);
    fill(first, { from: 0, to: 130 }, [{ identity: container('web-1'), pages: () => 5 }]);
    first.close();
    const { store } = made(path);
    fill(store, { from: 130, to: 260 }, [{ identity: container('web-1'), pages: () => 6 }]);
    await store.maintain(KEEP_ALL, T0 + 2 * HOUR_MS);
    const { histories } = await readAll(path);
    expect(histories).toHaveLength(1);
    expect(histories[0]?.workingSet?.values).toHaveLength(260);
    expect(count(path, 'select count(*) n from container')).toBe(1);
  });

  it('can be closed while it is maintained, and takes that up again', async () => {
    const path = temporaryPath();
    const first = openHistoryStore(path);
    fill(first, { from: 0, to: 130 }, [{ identity: container('web-1'), pages: (tick) => tick }]);
    const maintenance = first.maintain(KEEP_ALL, T0 + HOUR_MS);
    first.close();
    await maintenance;
    const { store } = made(path);
    await store.maintain(KEEP_ALL, T0 + HOUR_MS);
    expect(count(path, 'select count(*) n from chunk')).toBe(1);
    expect((await readAll(path)).histories[0]?.workingSet?.values).toHaveLength(130);
  });

  it('refuses a tick from before the last one', () => {
    const { store } = made();
    fill(store, { from: 0, to: 2 }, []);
    expect(() => store.write({ atMs: T0, samples: [] })).toThrow('not newer than the last one');
  });

  it('forgets what is too old, and the containers with it', async () => {
    const { path, store } = made();
    fill(store, { from: 0, to: 130 }, [{ identity: container('old-1'), pages: () => 5 }]);
    fill(store, { from: 0, to: 300, t0: T0 + 50 * HOUR_MS }, [
      { identity: container('new-1'), pages: () => 5, state: () => ({ restarts: 0 }) },
    ]);
    const retention = { maxAgeMs: 24 * HOUR_MS, maxBytes: 1e12 };
    await store.maintain(retention, T0 + 52 * HOUR_MS);
    expect((await readAll(path)).histories.map(({ pod }) => pod)).toEqual(['new-1']);
    expect(count(path, 'select count(*) n from container')).toBe(1);
    expect(store.status().oldestAtMs).toBeGreaterThanOrEqual(T0 + 50 * HOUR_MS);
  });

  it('stays below its size, the oldest first', async () => {
    const { path, store } = made();
    const identities = Array.from({ length: 500 }, (_, index) => container(`web-${index}`));
    // Values that do not pack: each tick another large number.
    fill(
      store,
      { from: 0, to: 400 },
      identities.map((identity, index) => ({ identity, pages: noise(index * 7919) })),
    );
    const retention = { maxAgeMs: 1e12, maxBytes: 500_000 };
    await store.maintain(retention, T0 + 5 * HOUR_MS);
    const pages = count(path, 'select page_count n from pragma_page_count');
    const free = count(path, 'select freelist_count n from pragma_freelist_count');
    expect((pages - free) * 4096).toBeLessThan(500_000);
    const { histories } = await readAll(path);
    // What is left is the newest.
    expect(histories[0]?.workingSet?.timesMs.at(-1)).toBe(T0 + 399 * TICK_MS);
    expect(histories[0]?.workingSet?.timesMs[0]).toBeGreaterThan(T0 + 100 * TICK_MS);
  });
});

let healthy: string | undefined;

/** Written once: nobody but readers follows. */
async function writeHealthy(): Promise<string> {
  const path = temporaryPath();
  const store = openHistoryStore(path);
  const pods = ['web-1', 'web-2', 'web-3'];
  fill(store, { from: 0, to: 200 }, [
    ...pods.map((pod) => ({
      identity: container(pod),
      pages: (tick: number) => 1000 + tick,
      state: (tick: number) => ({
        restarts: tick < 100 ? 0 : 1,
        limitBytes: 8000 * PAGE,
        requestBytes: PAGE,
      }),
    })),
    { identity: container('other-1', { namespace: 'elsewhere' }), pages: () => 5 },
  ]);
  await store.maintain(KEEP_ALL, T0 + 2 * HOUR_MS);
  store.close();
  return path;
}

historySourceSuite('the embedded history', {
  healthy: async () => {
    healthy ??= await writeHealthy();
    return worldOf(healthy);
  },
  partial: async () => {
    const { path, store } = made();
    const replicas = ['web-1', 'web-2'].map((pod) => ({ identity: container(pod), pages: () => 7 }));
    fill(store, { from: 0, to: 200 }, replicas);
    await store.maintain(KEEP_ALL, T0 + HOUR_MS);
    const database = new DatabaseSync(path);
    database.exec("update block set v = x'00'");
    database.close();
    return worldOf(path);
  },
  dead: () => worldOf(temporaryPath()),
});

function worldOf(path: string): HistoryWorld {
  return {
    source: embeddedHistory(path),
    fromMs: T0,
    toMs: T0 + 50 * MINUTE_MS,
    stepMs: TICK_MS,
    replicas: {
      namespace: 'shop',
      workload: { kind: 'Deployment', name: 'web' },
      container: 'app',
      pods: ['web-1', 'web-2', 'web-3'],
    },
    close: () => undefined,
  };
}
